package audit

import (
	"context"
	"sync"
)

// act collects what is known of something that is being done, until it is answered.
type act struct {
	log *Log

	mu    sync.Mutex
	r     Record
	early *waiting // what Ahead has begun; nil: nothing
}

type actKey struct{}

// begin makes a context in which an act can be noted.
func (l *Log) begin(ctx context.Context, r Record) (context.Context, *act) {
	a := &act{log: l, r: r}
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

// Ahead has the act of ctx recorded as done while the caller still works: for what nothing can refuse any more, but takes time,
// as a signature does. The answer waits for the record all the same, and if it is an error after all, another record says so.
// Everything that is to be noted has been.
func Ahead(ctx context.Context) {
	a, ok := ctx.Value(actKey{}).(*act)
	if !ok {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.early == nil && a.r.Outcome == "" {
		a.early, _ = a.log.due(a.r) // what is not to be recorded now is decided at the end
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

// settle records the act, unless that is not to be done, and returns when the record is on disk. Outcome is what the answer
// says where nobody has noted one; empty: that it went well.
func (a *act) settle(outcome string) error {
	a.mu.Lock()
	r, early := a.r, a.early
	a.mu.Unlock()
	if r.Outcome == "" {
		r.Outcome = outcome
	}
	if early != nil {
		if err := a.log.wait(early); err != nil || r.Outcome == "" || r.Outcome == OK {
			return err
		}
	}
	w, err := a.log.due(r)
	if w == nil || err != nil {
		return err
	}
	return a.log.wait(w)
}
