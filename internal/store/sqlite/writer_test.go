package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"cognate.dev/cognate/internal/kit/rows"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder notes the sizes of commits.
type recorder struct {
	mu    sync.Mutex
	sizes []int
}

func (r *recorder) note(writes, _ int, _ time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sizes = append(r.sizes, writes)
}

func open(t *testing.T) (*DB, *recorder) {
	t.Helper()
	r := &recorder{}
	path := filepath.Join(t.TempDir(), "test.db")
	image, err := empty() // migrating takes longer than most tests
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, image, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := Open(t.Context(), path, Options{Observe: r.note})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db, r
}

func mark(conn rows.Conn, id string) error {
	_, err := conn.Exec(context.Background(), "INSERT INTO marks (id, expires_at) VALUES ($1, 0)", id)
	return err
}

// marked fails the test unless exactly so many marks are in the database.
func marked(t *testing.T, db *DB, want int) {
	t.Helper()
	got, _, err := rows.One(t.Context(), db.Conn(), rows.Value[int], "SELECT count(*) FROM marks")
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("%d marks were written, want %d", got, want)
	}
}

// behind starts writes that wait behind an open turn, ends the turn once all of them are in the queue, and returns
// their errors and that of the turn (last).
func behind(t *testing.T, db *DB, first func(rows.Conn) error, others ...func(rows.Conn) error) []error {
	t.Helper()
	errs := make([]error, len(others)+1)
	started, proceed := make(chan struct{}), make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		errs[len(others)] = db.Write(context.Background(), func(conn rows.Conn) error {
			close(started)
			<-proceed
			return first(conn)
		})
	})
	<-started
	db.writer.work = time.Hour // however slow this machine is today, the others get their turns
	for i, fn := range others {
		group.Go(func() { errs[i] = db.Write(context.Background(), fn) })
	}
	for len(db.writer.queue) < len(others) {
		runtime.Gosched()
	}
	close(proceed)
	group.Wait()
	return errs
}

func TestThoseWhoWaitShareACommit(t *testing.T) {
	t.Parallel()
	db, r := open(t)
	for _, err := range behind(t, db,
		func(c rows.Conn) error { return mark(c, "first") },
		func(c rows.Conn) error { return mark(c, "second") },
		func(c rows.Conn) error { return mark(c, "third") },
	) {
		if err != nil {
			t.Error(err)
		}
	}
	marked(t, db, 3)
	if !slices.Equal(r.sizes, []int{3}) {
		t.Errorf("commits of %v writes, want one of 3", r.sizes)
	}
}

func TestAFailingCommitFailsForAllWhoShareIt(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	broken := func(c rows.Conn) error {
		ctx := context.Background()
		if _, err := c.Exec(ctx, "PRAGMA defer_foreign_keys = ON"); err != nil {
			return err
		}
		_, err := c.Exec(ctx, "INSERT INTO attempts (pool_id, user_id, operation, tries, ends_at) VALUES ('none', '', '', 1, 1)")
		return err
	}
	errs := behind(t, db, broken, func(c rows.Conn) error { return mark(c, "second") })
	for _, err := range errs {
		if err == nil {
			t.Error("a commit that fails was reported as a success")
		}
	}
	marked(t, db, 0)
	if err := db.Write(t.Context(), func(c rows.Conn) error { return mark(c, "next") }); err != nil {
		t.Errorf("after a failed commit nothing can be written: %v", err)
	}
	marked(t, db, 1)
}

// TestARefusalIsNotToldBeforeWhatItRestsOnIsTrue fails when somebody who found a row taken looks for it and finds nothing,
// since the one who took it shares the commit and has not been committed yet.
func TestARefusalIsNotToldBeforeWhatItRestsOnIsTrue(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	taken := errors.New("taken")
	seen := -1
	refuse := func(c rows.Conn) error {
		n, _, err := rows.One(context.Background(), c, rows.Value[int], "SELECT count(*) FROM marks WHERE id = 'first'")
		if err != nil || n == 0 {
			return errors.Join(errors.New("the turn before this one is not seen"), err)
		}
		return taken
	}
	look := func() error {
		err := db.Write(context.Background(), refuse)
		seen, _, _ = rows.One(context.Background(), db.Conn(), rows.Value[int], "SELECT count(*) FROM marks")
		return err
	}
	started, proceed, told := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	first := make(chan error, 1)
	go func() {
		first <- db.Write(context.Background(), func(c rows.Conn) error {
			close(started)
			<-proceed
			return mark(c, "first")
		})
	}()
	<-started
	db.writer.work = time.Hour
	go func() { told <- look() }()
	for len(db.writer.queue) == 0 {
		runtime.Gosched()
	}
	third := make(chan error, 1)
	go func() { // holds the commit back for as long as a refusal that does not wait needs to be told
		third <- db.Write(context.Background(), func(rows.Conn) error {
			for range 1000 {
				runtime.Gosched()
			}
			return nil
		})
	}()
	for len(db.writer.queue) < 2 {
		runtime.Gosched()
	}
	close(proceed)
	if err := <-told; !errors.Is(err, taken) {
		t.Error(err)
	}
	if err := errors.Join(<-first, <-third); err != nil {
		t.Error(err)
	}
	if seen != 1 {
		t.Errorf("%d rows were found by the one who was refused because of a row, want 1", seen)
	}
}

func TestALostTransactionFailsForAllWhoShareIt(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	errs := behind(t, db,
		func(c rows.Conn) error { return mark(c, "first") },
		func(c rows.Conn) error { // as SQLite does by itself when the disk is full
			_, err := c.Exec(context.Background(), "ROLLBACK")
			return err
		},
	)
	for _, err := range errs {
		if err == nil {
			t.Error("a transaction that was lost was reported as a success")
		}
	}
	marked(t, db, 0)
	if err := db.Write(t.Context(), func(c rows.Conn) error { return mark(c, "next") }); err != nil {
		t.Errorf("after a lost transaction nothing can be written: %v", err)
	}
	marked(t, db, 1)
}

func TestWhoGivesUpInTheQueueChangesNothing(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	started, proceed := make(chan struct{}), make(chan struct{})
	first, second := make(chan error), make(chan error)
	go func() {
		first <- db.Write(context.Background(), func(c rows.Conn) error {
			close(started)
			<-proceed
			return mark(c, "first")
		})
	}()
	<-started
	go func() { second <- db.Write(ctx, func(c rows.Conn) error { return mark(c, "second") }) }()
	for len(db.writer.queue) < 1 {
		runtime.Gosched()
	}
	cancel()
	if err := <-second; !errors.Is(err, context.Canceled) {
		t.Errorf("write: %v, want that it was cancelled", err)
	}
	close(proceed)
	if err := <-first; err != nil {
		t.Error(err)
	}
	marked(t, db, 1)
}

func TestATransactionThatWaitsForAnotherEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, err := Open(t.Context(), Memory, Options{})
		if err != nil {
			t.Fatal(err)
		}
		err = db.Write(t.Context(), func(c rows.Conn) error {
			if err := mark(c, "outer"); err != nil {
				return err
			}
			return db.Write(context.Background(), func(c rows.Conn) error { return mark(c, "inner") })
		})
		if !errors.Is(err, errBusy) {
			t.Errorf("write: %v, want %v", err, errBusy)
		}
		marked(t, db, 0)
		// Not waiting in a transaction for what it holds up, but reading outside of it, ends too.
		err = db.Write(t.Context(), func(rows.Conn) error { return db.Ping(context.Background()) })
		if !errors.Is(err, errOutside) {
			t.Errorf("read outside of the transaction: %v, want %v", err, errOutside)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestCloseFailsThoseWhoWait(t *testing.T) {
	t.Parallel()
	for _, path := range []string{t.TempDir() + "/test.db", Memory} {
		db, err := Open(t.Context(), path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		started, proceed := make(chan struct{}), make(chan struct{})
		first, closed := make(chan error), make(chan error)
		go func() {
			first <- db.Write(context.Background(), func(c rows.Conn) error {
				close(started)
				<-proceed
				return mark(c, "first")
			})
		}()
		<-started
		go func() { closed <- db.Close() }()
		<-db.writer.quit
		close(proceed)
		if err := <-first; err != nil {
			t.Errorf("a write under way at Close: %v", err)
		}
		if err := <-closed; err != nil {
			t.Errorf("close: %v", err)
		}
		if err := db.Write(t.Context(), func(rows.Conn) error { return nil }); !errors.Is(err, errClosed) {
			t.Errorf("write after Close: %v, want %v", err, errClosed)
		}
	}
}

func TestReadersCannotWrite(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	if err := mark(db.Conn(), "a"); err == nil {
		t.Error("a write outside of transactions went past the writer")
	}
}

func TestAReadInMemoryWaitsForTheCommit(t *testing.T) {
	t.Parallel()
	db, err := Open(t.Context(), Memory, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	seen := make(chan int, 1)
	if err := db.Write(t.Context(), func(c rows.Conn) error {
		if err := mark(c, "a"); err != nil {
			return err
		}
		go func() {
			n, _, _ := rows.One(context.Background(), db.Conn(), rows.Value[int], "SELECT count(*) FROM marks")
			seen <- n
		}()
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := db.Conn().Query(ctx, func(*sql.Rows) (bool, error) { return false, nil }, "SELECT 1"); !errors.Is(err, context.Canceled) {
			t.Errorf("a cancelled read: %v", err)
		}
		return mark(c, "b")
	}); err != nil {
		t.Fatal(err)
	}
	if n := <-seen; n != 2 {
		t.Errorf("a read saw %d marks of an open transaction, want both or to wait", n)
	}
}
