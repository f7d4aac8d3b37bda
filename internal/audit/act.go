package audit

import (
	"context"
	"sync"
)

// act collects what is known of something that is being done, until it is answered.
type act struct {
	mu sync.Mutex
	r  Record
}

type actKey struct{}

// Begin makes a context in which an act can be noted.
func begin(ctx context.Context, r Record) (context.Context, *act) {
	a := &act{r: r}
	return context.WithValue(ctx, actKey{}, a), a
}

// Note adds to the act of ctx: fill gets what is known so far. Without an act in the context, nothing happens.
func Note(ctx context.Context, fill func(*Record)) {
	if a, ok := ctx.Value(actKey{}).(*act); ok {
		a.mu.Lock()
		fill(&a.r)
		a.mu.Unlock()
	}
}

// NotePerson says whom an act is about: a user of a pool by the sub, or, while nobody knows one, what was typed.
func NotePerson(ctx context.Context, pool, sub, typed string) {
	Note(ctx, func(r *Record) { r.Pool, r.User, r.Login = pool, sub, typed })
}

// NoteProven says that a user has proven to be one, and acts unless somebody else was proven to before.
func NoteProven(ctx context.Context, pool, sub string) {
	Note(ctx, func(r *Record) {
		r.Pool, r.User = pool, sub
		if r.Actor.Kind == Anyone {
			r.Actor = Actor{User, sub}
		}
	})
}

// NoteActor says who is proven to act.
func NoteActor(ctx context.Context, kind, id string) {
	Note(ctx, func(r *Record) { r.Actor = Actor{kind, id} })
}

// taken is what was noted.
func (a *act) taken() Record {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.r
}
