package enrich_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/types/known/structpb"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a directory on a database in memory, wired to an enricher as the application wires them.
type world struct {
	store    *store.Store
	dir      *directory.Directory
	clock    *clock.Fake
	enricher *enrich.Enricher
	asked    atomic.Int64 // people looked up
	down     atomic.Bool  // the directory does not answer
	mu       sync.Mutex
	seen     []enrich.Step
}

func newWorld(t *testing.T, sources ...enrich.SourceConfig) *world {
	t.Helper()
	w := &world{store: storetest.Memory(t), clock: clock.NewFake(time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC))}
	w.dir = directory.New(directory.Parts{
		Pools: w.store, Clients: w.store, Groups: w.store, Users: w.store, Credentials: w.store,
		Changes: w, OnCommit: w.store.OnCommit, Keys: storetest.Sealer(t), Now: w.clock.Now,
	})
	w.enricher = w.enrich(t, sources...)
	return w
}

// enrich makes another enricher over the same people.
func (w *world) enrich(t *testing.T, sources ...enrich.SourceConfig) *enrich.Enricher {
	t.Helper()
	if len(sources) == 0 {
		sources = []enrich.SourceConfig{{}}
	}
	for i := range sources {
		sources[i].Timeout = time.Minute // a busy machine is no slow source
	}
	e, err := enrich.New(enrich.Config{Sources: sources}, func(c enrich.SourceConfig) (enrich.Source, error) {
		return counted{enrich.NewPool(c, enrich.Directory(w.dir)), w}, nil
	}, w, w.clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Wait)
	return e
}

// counted counts what reaches the real source, and can cut it off.
type counted struct {
	enrich.Source
	w *world
}

func (c counted) Fetch(ctx context.Context, q enrich.Query) (enrich.Answer, error) {
	c.w.asked.Add(1)
	if c.w.down.Load() {
		return enrich.Answer{}, errors.New("the database is gone")
	}
	return c.Source.Fetch(ctx, q)
}

// Changed is directory.Changes, as the application fills it.
func (w *world) Changed(ctx context.Context, poolID, userID string) {
	w.store.OnCommit(ctx, func() { w.enricher.Invalidate(poolID, userID) })
}

func (w *world) Fetched(string, time.Duration, string) {}
func (w *world) Breaker(string, bool)                  {}
func (w *world) Tried(string, bool)                    {}

func (w *world) LookedUp(_ string, step enrich.Step) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, step)
}

func (w *world) pool(t *testing.T, spec directory.PoolSpec) *directory.Pool {
	t.Helper()
	w.clock.Advance(time.Millisecond) // pools are ordered by creation
	spec.Region, spec.Name = "eu-west-1", "test"
	p, err := w.dir.Pools.Create(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (w *world) user(t *testing.T, p *directory.Pool, name string, attributes map[string]string, groups ...string) *directory.User {
	t.Helper()
	u, err := w.dir.Users.Create(t.Context(), p, directory.NewUser{
		Username: name, Attributes: attributes, Status: directory.Confirmed, By: directory.BySystem,
	}, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		w.join(t, u, g)
	}
	return u
}

func (w *world) join(t *testing.T, u *directory.User, group string) {
	t.Helper()
	if _, err := w.dir.Groups.Get(t.Context(), u.PoolID, group); err != nil {
		if _, err := w.dir.Groups.Create(t.Context(), directory.GroupSpec{PoolID: u.PoolID, Name: group}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.dir.Groups.Add(t.Context(), u.PoolID, group, u.ID); err != nil {
		t.Fatal(err)
	}
}

func (w *world) change(t *testing.T, p *directory.Pool, u *directory.User, change func(*directory.User)) {
	t.Helper()
	if _, err := w.dir.Users.Change(t.Context(), p, u.ID, func(x *directory.User) error { change(x); return nil }); err != nil {
		t.Fatal(err)
	}
}

// ask enriches a principal that has this id and these roles.
func (w *world) ask(t *testing.T, id string, roles ...string) (*enginev1.Principal, enrich.Trace) {
	t.Helper()
	p := &enginev1.Principal{Id: id, Roles: roles}
	trace, err := w.enricher.Enrich(t.Context(), p, nil)
	if err != nil {
		t.Fatalf("enrich %q: %v", id, err)
	}
	return p, trace
}

// account is principal.attr.cognito as plain Go.
func account(p *enginev1.Principal) map[string]any {
	v := p.GetAttr()["cognito"]
	if v == nil {
		return nil
	}
	return v.GetStructValue().AsMap()
}

// roles of the principal, after a look-up that must have had this outcome.
func (w *world) roles(t *testing.T, id, outcome string) []string {
	t.Helper()
	p, trace := w.ask(t, id)
	if got := string(trace[0].Outcome); got != outcome {
		t.Errorf("%s: outcome %s, want %s", id, got, outcome)
	}
	return p.Roles
}

func principal(attr map[string]any) *enginev1.Principal {
	s, err := structpb.NewStruct(attr)
	if err != nil {
		panic(err)
	}
	return &enginev1.Principal{Id: "alice", Roles: []string{"admin"}, Attr: s.GetFields()}
}
