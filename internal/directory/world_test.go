package directory_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/store/storetest"
)

// world is a directory on a store of its own.
type world struct {
	*directory.Directory
	t       testing.TB
	store   *store.Store
	now     *clock.Fake
	changes *changes
}

// changes remembers who was told to have changed.
type changes struct {
	mu   sync.Mutex
	seen []string
}

func (c *changes) Changed(_ context.Context, poolID, userID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = append(c.seen, poolID+"/"+userID)
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, store: storetest.Memory(t), now: clock.NewFake(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)), changes: &changes{}}
	w.Directory = w.node()
	return w
}

// node builds the services anew over the same store, as another machine has them.
func (w *world) node() *directory.Directory {
	return w.nodeHashing(password.Params{MemoryKiB: 64, Time: 1, Threads: 1})
}

func (w *world) nodeHashing(p password.Params) *directory.Directory {
	return directory.New(directory.Parts{
		Pools: w.store, Clients: w.store, Groups: w.store, Users: w.store, Credentials: w.store, Resources: w.store,
		Changes: w.changes, OnCommit: w.store.OnCommit, Keys: storetest.Sealer(w.t), Hasher: password.NewHasher(p, 2), Now: w.now.Now,
	})
}

func (w *world) pool(spec directory.PoolSpec) *directory.Pool {
	w.t.Helper()
	if spec.Region == "" {
		spec.Region = "eu-west-1"
	}
	if spec.Name == "" {
		spec.Name = "people"
	}
	p, err := w.Pools.Create(w.t.Context(), spec)
	if err != nil {
		w.t.Fatalf("create pool: %v", err)
	}
	return p
}

func (w *world) client(pool *directory.Pool, s directory.ClientSettings) *directory.Client {
	w.t.Helper()
	if s.Name == "" {
		s.Name = "app"
	}
	c, err := w.Clients.Create(w.t.Context(), directory.ClientSpec{PoolID: pool.ID, ClientSettings: s})
	if err != nil {
		w.t.Fatalf("create client: %v", err)
	}
	return c
}

func (w *world) user(pool *directory.Pool, name string, attributes map[string]string) *directory.User {
	w.t.Helper()
	x, err := w.Users.Create(w.t.Context(), pool, directory.NewUser{
		Username: name, Attributes: attributes, Status: directory.Confirmed, By: directory.ByAdmin,
	}, false)
	if err != nil {
		w.t.Fatalf("create user %s: %v", name, err)
	}
	return x
}

// refused fails unless err is a fault of the kind and subject with the text; an empty text is not compared.
func refused(t testing.TB, err error, kind fault.Kind, subject fault.Subject, text string) {
	t.Helper()
	f := fault.As(err)
	if f == nil || f.Kind != kind || f.Subject != subject || text != "" && f.Text != text {
		t.Errorf("got %v, want %s/%s: %s", err, kind, subject, text)
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
