package job_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/store/storetest"
	"cognate.dev/cognate/internal/transfer"
	"cognate.dev/cognate/internal/transfer/job"
)

// world is a pool on a store of its own, and nodes that work on its jobs.
type world struct {
	*job.Jobs
	t     testing.TB
	store *store.Store
	now   *clock.Fake
	dir   *directory.Directory
	pool  *directory.Pool
	fails []error
}

// stores is what a node keeps jobs in; a test may put something before it.
type stores interface {
	job.Store
	job.Files
}

func newWorld(t testing.TB, c job.Config) *world {
	t.Helper()
	w := &world{t: t, store: storetest.Memory(t), now: clock.NewFake(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))}
	w.dir = directory.New(directory.Parts{
		Pools: w.store, Clients: w.store, Groups: w.store, Users: w.store, Credentials: w.store, Resources: w.store, Changes: quiet{},
		OnCommit: w.store.OnCommit, Keys: storetest.Sealer(t), Hasher: password.NewHasher(password.Params{MemoryKiB: 64, Time: 1, Threads: 1}, 2), Now: w.now.Now,
	})
	w.Jobs = w.node(w.store, c)
	var err error
	w.pool, err = w.dir.Pools.Create(t.Context(), directory.PoolSpec{Region: "eu-west-1", Settings: directory.Settings{Name: "people", AutoVerified: []string{"email"}}})
	w.check(err)
	return w
}

func (w *world) node(s stores, c job.Config) *job.Jobs {
	return job.New(job.Parts{
		Config: c, Store: s, Files: s, Pools: w.dir.Pools, Cursors: storetest.Sealer(w.t), Digests: storetest.Sealer(w.t),
		Public: "http://127.0.0.1:9229", Now: w.now.Now, Rouse: func() {},
		Door:   &transfer.Door{Users: w.dir.Users, Passwords: w.dir.Passwords, Groups: w.dir.Groups, Tx: w.store},
		Failed: func(_ context.Context, _ *job.Job, err error) { w.fails = append(w.fails, err) },
	})
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

const header = "name,given_name,family_name,middle_name,nickname,preferred_username,profile,picture,website,email,email_verified," +
	"gender,birthdate,zoneinfo,locale,phone_number,phone_number_verified,address,updated_at,cognito:mfa_enabled,cognito:username\n"

// line is the n-th person of a file.
func line(n int) string {
	return fmt.Sprintf(",,,,,,,,,p%d@example.com,true,,,,,,,,,,p%d\n", n, n)
}

func people(n int) string {
	var b strings.Builder
	b.WriteString(header)
	for i := range n {
		b.WriteString(line(i))
	}
	return b.String()
}

// started makes a job with a file and starts it.
func (w *world) started(file string) *job.Job {
	w.t.Helper()
	j := w.made(file)
	j, err := w.Start(w.t.Context(), w.pool.ID, j.ID)
	w.check(err)
	return j
}

func (w *world) made(file string) *job.Job {
	w.t.Helper()
	j, err := w.Create(w.t.Context(), w.pool.ID, "people", "arn", "")
	w.check(err)
	w.check(w.Receive(w.t.Context(), w.pool.ID, j.ID, strings.NewReader(file)))
	return j
}

func (w *world) job(id string) *job.Job {
	w.t.Helper()
	j, err := w.Get(w.t.Context(), w.pool.ID, id)
	w.check(err)
	return j
}

// log is the whole log of a job.
func (w *world) log(id string) string {
	w.t.Helper()
	var all strings.Builder
	for after := int64(0); ; {
		text, line, err := w.Log(w.t.Context(), w.pool.ID, id, after)
		w.check(err)
		if text == "" {
			return all.String()
		}
		all.WriteString(text)
		after = line
	}
}

func (w *world) users() int {
	w.t.Helper()
	n, err := w.dir.Pools.EstimatedUsers(w.t.Context(), w.pool.ID)
	w.check(err)
	return n
}

func refused(t testing.TB, err error, kind fault.Kind, text string) {
	t.Helper()
	if f := fault.As(err); f == nil || f.Kind != kind || f.Text != text {
		t.Errorf("got %v, want %s: %s", err, kind, text)
	}
}

type quiet struct{}

func (quiet) Changed(context.Context, string, string) {}
