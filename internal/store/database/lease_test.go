package database_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/store/storetest"
)

// shared runs a test on nodes that share a PostgreSQL database, and on processes that share a SQLite file.
func shared(t *testing.T, test func(t *testing.T, nodes []*store.Store)) {
	for name, url := range map[string]func(*testing.T) string{
		"Postgres": func(t *testing.T) string { return cluster.NewDatabase(t) },
		"SQLite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "shared.db") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := url(t)
			test(t, []*store.Store{storetest.Store(t, at), storetest.Store(t, at), storetest.Store(t, at)})
		})
	}
}

func TestAJobRunsOnOneNode(t *testing.T) {
	t.Parallel()
	shared(t, func(t *testing.T, nodes []*store.Store) {
		var runs, ran atomic.Int64
		var all sync.WaitGroup
		for _, s := range nodes {
			for range 4 {
				all.Go(func() {
					did, err := s.Once(t.Context(), "job", time.Hour, func(context.Context) error {
						runs.Add(1)
						return nil
					})
					if err != nil {
						t.Error(err)
					}
					if did {
						ran.Add(1)
					}
				})
			}
		}
		all.Wait()
		if runs.Load() != 1 || ran.Load() != 1 {
			t.Errorf("%d runs, %d callers were told that theirs ran; want one", runs.Load(), ran.Load())
		}
	})
}

func TestAJobThatFailedIsDueAndOneThatDidNotIsNot(t *testing.T) {
	t.Parallel()
	shared(t, func(t *testing.T, nodes []*store.Store) {
		broken := errors.New("broken")
		if ran, err := nodes[0].Once(t.Context(), "job", time.Hour, func(context.Context) error { return broken }); !ran || !errors.Is(err, broken) {
			t.Fatalf("%v, %v", ran, err)
		}
		for i, want := range []bool{true, false} {
			if ran, err := nodes[1].Once(t.Context(), "job", time.Hour, func(context.Context) error { return nil }); ran != want || err != nil {
				t.Errorf("time %d: %v, %v; want %v", i, ran, err, want)
			}
		}
		for range 2 { // another job, always due
			if ran, err := nodes[1].Once(t.Context(), "other", 0, func(context.Context) error { return nil }); !ran || err != nil {
				t.Errorf("%v, %v", ran, err)
			}
		}
	})
}

// TestARunningJobKeepsItsLease fails when a job that takes longer than a lease lives is begun a second time.
func TestARunningJobKeepsItsLease(t *testing.T) {
	t.Parallel()
	shared(t, func(t *testing.T, nodes []*store.Store) {
		const life = 10 * time.Second // longer than a busy machine keeps a process waiting
		for _, s := range nodes {
			s.SetLeaseLife(life)
		}
		ran, err := nodes[0].Once(t.Context(), "job", 0, func(ctx context.Context) error {
			end, tick := time.After(life*3/2), time.NewTicker(life/20)
			defer tick.Stop()
			for {
				select {
				case <-end:
					return ctx.Err()
				case <-tick.C:
				}
				if ran, err := nodes[1].Once(ctx, "job", 0, func(context.Context) error { return nil }); ran || err != nil {
					t.Errorf("a running job: %v, %v", ran, err)
				}
			}
		})
		if !ran || err != nil {
			t.Errorf("%v, %v", ran, err)
		}
	})
}

// TestALostLeaseEndsTheJob fails when a node that could not renew its lease goes on beside another one.
func TestALostLeaseEndsTheJob(t *testing.T) {
	t.Parallel()
	url := cluster.NewDatabase(t)
	s := storetest.Store(t, url)
	s.SetLeaseLife(400 * time.Millisecond)
	db := direct(t, url)
	ran, err := s.Once(t.Context(), "job", 0, func(ctx context.Context) error {
		if _, err := db.ExecContext(ctx, "UPDATE leases SET holder = 'another'"); err != nil {
			return err
		}
		<-ctx.Done()
		return ctx.Err()
	})
	if !ran || err == nil || t.Context().Err() != nil {
		t.Errorf("%v, %v; want that the job ended with an error", ran, err)
	}
}
