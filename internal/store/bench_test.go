package store_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/store"
)

const benchPool = "r_bench"

// person is the n-th of many users with what people usually have.
func person(n int) (*directory.User, directory.Keys) {
	name := fmt.Sprintf("user%d", n)
	at := time.UnixMilli(1_700_000_000_000 + int64(n))
	u := &directory.User{
		PoolID: benchPool, ID: fmt.Sprintf("%08x-0000-4000-8000-%012d", uint32(n)*2654435761, n), Username: name,
		Status: directory.Confirmed, Enabled: true, CreatedAt: at, ModifiedAt: at,
		Attributes: map[string]string{
			"email": name + "@example.com", "email_verified": "true", "name": "Person " + name, "given_name": name,
			"family_name": "Person", "phone_number": fmt.Sprintf("+1555%07d", n),
		},
	}
	return u, directory.Keys{Username: name, Aliases: []directory.Alias{{Kind: "email", Value: name + "@example.com"}}}
}

// crowd opens a SQLite file with so many users.
func crowd(b *testing.B, users int, observe func(writes, waiting int, took time.Duration)) *store.Store {
	b.Helper()
	s, err := store.Open(b.Context(), "sqlite:"+filepath.Join(b.TempDir(), "bench.db"), store.Options{Observe: observe})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	if err := s.InsertPool(b.Context(), &directory.Pool{ID: benchPool}); err != nil {
		b.Fatal(err)
	}
	for n := 0; n < users; {
		if err := s.InTx(b.Context(), func(ctx context.Context) error {
			for end := min(n+1000, users); n < end; n++ {
				u, keys := person(n)
				if err := s.InsertUser(ctx, u, keys); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
	return s
}

func BenchmarkRead(b *testing.B) {
	for _, users := range []int{1_000, 100_000} {
		b.Run(fmt.Sprintf("users=%d", users), func(b *testing.B) { benchmarkReads(b, users) })
	}
}

func benchmarkReads(b *testing.B, users int) {
	s := crowd(b, users, nil)
	ctx, cancel := context.WithCancel(b.Context()) // requests can be cancelled
	defer cancel()
	search := func(q directory.UserQuery) error {
		q.PoolID = benchPool
		list, err := s.ListUsers(ctx, q)
		if err == nil && len(list) != q.Limit {
			return fmt.Errorf("%d users, want %d", len(list), q.Limit)
		}
		return err
	}
	for _, op := range []struct {
		name string
		read func(u *directory.User) error
	}{
		{"User", func(u *directory.User) error {
			_, err := s.User(ctx, benchPool, u.ID)
			return err
		}},
		{"FindByUsername", func(u *directory.User) error {
			_, err := s.FindUser(ctx, benchPool, u.Username, u.Username)
			return err
		}},
		{"FindByAlias", func(u *directory.User) error {
			_, err := s.FindUser(ctx, benchPool, u.Attributes["email"], u.Attributes["email"])
			return err
		}},
		{"ListByEmail", func(u *directory.User) error {
			return search(directory.UserQuery{Attribute: "email", Value: u.Attributes["email"], Limit: 1})
		}},
		{"ListByPrefix", func(u *directory.User) error {
			return search(directory.UserQuery{Attribute: "email", Prefix: true, Value: u.Username, Limit: 1})
		}},
		{"ListPage", func(u *directory.User) error {
			return search(directory.UserQuery{Limit: 60, After: directory.UserPosition{CreatedAt: u.CreatedAt.UnixMilli() - 60}})
		}},
		{"Session", func(u *directory.User) error {
			_, err := s.Session(ctx, u.ID)
			return err
		}},
	} {
		b.Run(op.name, func(b *testing.B) {
			b.ReportAllocs()
			people := make([]*directory.User, 997)
			for i := range people {
				people[i], _ = person(100 + i*7919%(users-100))
			}
			for i := 0; b.Loop(); i++ {
				if err := op.read(people[i%len(people)]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkWrite inserts users from one and from many callers. writes/commit is also writes per fsync of the log.
func BenchmarkWrite(b *testing.B) {
	for _, callers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			var commits, writes, waited atomic.Int64
			s := crowd(b, 0, func(n, _ int, took time.Duration) {
				commits.Add(1)
				writes.Add(int64(n))
				waited.Add(int64(took))
			})
			commits.Store(0)
			writes.Store(0)
			waited.Store(0)
			var next atomic.Int64
			var group sync.WaitGroup
			b.ResetTimer()
			for range callers {
				group.Go(func() {
					for {
						n := next.Add(1)
						if n > int64(b.N) {
							return
						}
						u, keys := person(int(n))
						if err := s.InsertUser(b.Context(), u, keys); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			group.Wait()
			b.StopTimer()
			b.ReportMetric(float64(writes.Load())/float64(commits.Load()), "writes/commit")
			b.ReportMetric(float64(commits.Load())/b.Elapsed().Seconds(), "commits/s")
			b.ReportMetric(float64(writes.Load())/b.Elapsed().Seconds(), "writes/s")
			b.ReportMetric(float64(waited.Load())/float64(commits.Load())/1e3, "µs/commit")
		})
	}
}
