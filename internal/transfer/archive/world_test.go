package archive_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/store/storetest"
	"cognate.dev/cognate/internal/transfer"
	"cognate.dev/cognate/internal/transfer/archive"
)

// world is an installation with one pool.
type world struct {
	t          testing.TB
	store      *store.Store
	now        *clock.Fake
	dir        *directory.Directory
	factors    *factor.Factors
	pool       *directory.Pool
	told       []string
	statements atomic.Int64
}

func newWorld(t testing.TB, spec directory.PoolSpec) *world {
	t.Helper()
	w := &world{t: t, now: clock.NewFake(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))}
	keys := storetest.Sealer(t)
	var err error
	w.store, err = store.Open(t.Context(), "sqlite::memory:", store.Options{Sealer: keys, Statement: func(string) { w.statements.Add(1) }})
	w.check(err)
	t.Cleanup(func() { w.check(w.store.Close()) })
	w.dir = directory.New(directory.Parts{
		Pools: w.store, Clients: w.store, Groups: w.store, Users: w.store, Credentials: w.store, Resources: w.store, Changes: quiet{},
		OnCommit: w.store.OnCommit, Keys: keys, Hasher: password.NewHasher(password.Params{MemoryKiB: 64, Time: 1, Threads: 1}, 2), Now: w.now.Now,
	})
	w.factors = factor.New(factor.Parts{Store: w.store, DeviceStore: w.store, Tx: w.store, Users: w.dir.Users, Sealer: keys, Now: w.now.Now})
	spec.Region, spec.Name = "eu-west-1", "people"
	w.pool, err = w.dir.Pools.Create(t.Context(), spec)
	w.check(err)
	return w
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) importer(s archive.Store) *archive.Importer {
	return &archive.Importer{
		Door:  &transfer.Door{Users: w.dir.Users, Passwords: w.dir.Passwords, Groups: w.dir.Groups, Tokens: w.factors, Tx: w.store},
		Store: s, Progress: func(archive.Progress) {},
		Tell: func(line int64, why string) { w.told = append(w.told, fmt.Sprintf("%d: %s", line, why)) },
	}
}

// read imports a file.
func (w *world) read(file string) archive.Progress {
	w.t.Helper()
	p, err := w.importer(w.store).Run(w.t.Context(), w.pool, "file:x", strings.NewReader(file))
	w.check(err)
	return p
}

func (w *world) write(change ...func(*archive.Exporter)) (string, archive.Left) {
	w.t.Helper()
	var out strings.Builder
	ex := &archive.Exporter{Directory: w.dir, People: w.store, Tokens: w.factors, Now: w.now.Now, Progress: func(int64) {}}
	for _, c := range change {
		c(ex)
	}
	left, err := ex.Run(w.t.Context(), w.pool, &out)
	w.check(err)
	return out.String(), left
}

func (w *world) user(name string) *directory.User {
	w.t.Helper()
	x, err := w.dir.Users.Find(w.t.Context(), w.pool, name)
	w.check(err)
	return x
}

func (w *world) users() int {
	w.t.Helper()
	n, err := w.dir.Pools.EstimatedUsers(w.t.Context(), w.pool.ID)
	w.check(err)
	return n
}

func (w *world) knows(name, pw string) bool {
	w.t.Helper()
	ok, err := w.dir.Passwords.Verify(w.t.Context(), w.pool, w.user(name), pw)
	w.check(err)
	return ok
}

type quiet struct{}

func (quiet) Changed(context.Context, string, string) {}
