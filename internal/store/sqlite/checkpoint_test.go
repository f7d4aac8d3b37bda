package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cognate.dev/cognate/internal/kit/rows"
)

// page is a value that takes a page of its own.
var page = make([]byte, 3500)

// grow writes so many pages, many in each commit, by several writers at once.
func grow(t testing.TB, db *DB, pages int) {
	t.Helper()
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() {
			for i := 0; i < pages/4; i += 5 {
				err := db.Write(context.Background(), func(c rows.Conn) error {
					for j := range 5 {
						if _, err := c.Exec(context.Background(), "INSERT INTO big (n, v) VALUES ($1, $2) ON CONFLICT (n) DO UPDATE SET v = $2, n = $1", w*400+(i+j)%400, page); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}

// busy opens a database with a table of pages and readers that never pause, so that at each moment somebody reads. Each reads little, so
// that on a machine with no time for them, too, they end within what a commit may wait for readers.
func busy(t testing.TB, checkpoint func(int64, time.Duration)) (db *DB, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "busy.db")
	db, err := Open(t.Context(), path, Options{Checkpoint: checkpoint})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Write(t.Context(), func(c rows.Conn) error {
		_, err := c.Exec(t.Context(), "CREATE TABLE big (n INTEGER PRIMARY KEY, v BLOB)")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	stop, readers := make(chan struct{}), sync.WaitGroup{}
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, _, err := rows.One(context.Background(), db.Conn(), rows.Value[int64], "SELECT COALESCE(sum(length(v)), 0) FROM big WHERE n < 20"); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	t.Cleanup(func() { close(stop); readers.Wait() })
	return db, path
}

const bound = 64 << 20

// TestTheLogStaysBoundedUnderReadersThatNeverPause writes several times the bound while three readers never pause. Where no commit
// waits for those who read, the log begins anew only when by chance nobody does.
func TestTheLogStaysBoundedUnderReadersThatNeverPause(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 80 MiB")
	}
	t.Parallel()
	var most, checkpoints atomic.Int64
	db, path := busy(t, func(size int64, took time.Duration) {
		if most.Store(max(most.Load(), size)); took > 0 {
			checkpoints.Add(1)
		}
	})
	grow(t, db, 20_000)
	if size := max(most.Load(), fileSize(path+"-wal")); size > bound || size == 0 {
		t.Errorf("the log has grown to %d MiB", size>>20)
	}
	if checkpoints.Load() == 0 {
		t.Error("no checkpoint was told of")
	}
	t.Logf("at most %.1f MiB after %d checkpoints", float64(most.Load())/(1<<20), checkpoints.Load())
}

// TestTheLogShrinksWhenALongReaderEnds holds one read transaction open while more than the bound is written, as a backup would, and
// then ends it.
func TestTheLogShrinksWhenALongReaderEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 80 MiB")
	}
	t.Parallel()
	ctx := t.Context()
	db, path := busy(t, nil)
	grow(t, db, 1000)
	long, err := connect(path, 1, "query_only(1)")
	if err != nil {
		t.Fatal(err)
	}
	defer long.Close()
	if _, err := long.ExecContext(ctx, "BEGIN"); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := long.QueryRowContext(ctx, "SELECT count(*) FROM big").Scan(&n); err != nil {
		t.Fatal(err)
	}
	grow(t, db, 18_000)
	if size := fileSize(path + "-wal"); size < bound {
		t.Fatalf("the log has %d MiB while a transaction reads from its start: is this a long reader?", size>>20)
	}
	if _, err := long.ExecContext(ctx, "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	for tries := 0; fileSize(path+"-wal") > bound; tries++ {
		if tries == 200 {
			t.Fatalf("the log still has %d MiB", fileSize(path+"-wal")>>20)
		}
		grow(t, db, 500)
	}
}

// TestALogAtRestGivesItsRoomBack waits for it, some ten seconds.
func TestALogAtRestGivesItsRoomBack(t *testing.T) {
	if testing.Short() {
		t.Skip("waits")
	}
	t.Parallel()
	path := filepath.Join(t.TempDir(), "rest.db")
	freed := make(chan struct{})
	var once sync.Once
	var full atomic.Bool
	db, err := Open(t.Context(), path, Options{Checkpoint: func(size int64, _ time.Duration) {
		if size > worthTruncate {
			full.Store(true)
		} else if full.Load() {
			once.Do(func() { close(freed) })
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Write(t.Context(), func(c rows.Conn) error {
		_, err := c.Exec(t.Context(), "CREATE TABLE big (n INTEGER PRIMARY KEY, v BLOB)")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	grow(t, db, 2000)
	select {
	case <-freed:
	case <-time.After(2 * time.Minute):
		t.Errorf("the log still has %d MiB", fileSize(path+"-wal")>>20)
	}
}

// BenchmarkCommitBesideCheckpoint compares commits while checkpoints run beside them with those of a writer that does checkpoints
// itself, as SQLite does unless told otherwise: p50 and p99 of single writes in microseconds, under constant writers.
func BenchmarkCommitBesideCheckpoint(b *testing.B) {
	for _, inline := range []bool{false, true} {
		b.Run(fmt.Sprintf("inline=%t", inline), func(b *testing.B) {
			dir, err := os.MkdirTemp(os.Getenv("COGNATE_BENCH_DIR"), "checkpoint-")
			if err != nil {
				b.Fatal(err)
			}
			defer os.RemoveAll(dir)
			db, err := Open(b.Context(), filepath.Join(dir, "b.db"), Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			if err := db.Write(b.Context(), func(c rows.Conn) error {
				if inline {
					if err := c.Query(b.Context(), func(*sql.Rows) (bool, error) { return true, nil }, "PRAGMA wal_autocheckpoint = 1000"); err != nil {
						return err
					}
				}
				_, err := c.Exec(b.Context(), "CREATE TABLE big (n INTEGER PRIMARY KEY, v BLOB)")
				return err
			}); err != nil {
				b.Fatal(err)
			}
			var times []time.Duration
			for i := 0; b.Loop(); i++ {
				began := time.Now()
				err := db.Write(b.Context(), func(c rows.Conn) error {
					for j := range 8 {
						if _, err := c.Exec(b.Context(), "INSERT INTO big (n, v) VALUES ($1, $2) ON CONFLICT (n) DO UPDATE SET v = $2", (i*7919+j*104729)%20000, page); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
				times = append(times, time.Since(began))
			}
			slices.Sort(times)
			for name, q := range map[string]float64{"p50-µs": 0.5, "p99-µs": 0.99, "max-µs": 1} {
				b.ReportMetric(float64(times[min(len(times)-1, int(q*float64(len(times))))])/float64(time.Microsecond), name)
			}
		})
	}
}
