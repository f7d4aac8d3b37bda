package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/store/storetest"
)

const followPool = "eu-west-1_Follow"

// following gives what a node hears, after the first word, which must be Everything.
func following(t *testing.T, s *store.Store) <-chan store.Change {
	t.Helper()
	heard := make(chan store.Change, 100)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Follow(ctx, func(c store.Change) { heard <- c }, func(err error) { t.Errorf("following: %v", err) })
	}()
	t.Cleanup(func() { stop(); <-ended })
	if c := <-heard; c != (store.Change{}) {
		t.Fatalf("the first word is %+v, want everything", c)
	}
	return heard
}

// hears waits for a change and gives how long that took.
func hears(t *testing.T, heard <-chan store.Change, want store.Change) time.Duration {
	t.Helper()
	began := time.Now()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	for {
		select {
		case got := <-heard:
			if got == want {
				return time.Since(began)
			}
		case <-deadline.C:
			t.Fatalf("nothing was heard of %+v", want)
		}
	}
}

func people(t *testing.T, s *store.Store) {
	t.Helper()
	if err := s.InsertPool(t.Context(), &directory.Pool{ID: followPool}); err != nil {
		t.Fatal(err)
	}
	addUser(t, s, "u1")
	if err := s.InsertGroup(t.Context(), &directory.Group{PoolID: followPool, Name: "admin"}); err != nil {
		t.Fatal(err)
	}
}

func addUser(t *testing.T, s *store.Store, id string) {
	t.Helper()
	u := &directory.User{PoolID: followPool, ID: id, Username: id}
	if err := s.InsertUser(t.Context(), u, directory.Keys{Username: id}); err != nil {
		t.Fatal(err)
	}
}

func TestANodeHearsWhatAnotherCommitsAndNothingElse(t *testing.T) {
	t.Parallel()
	url := cluster.NewDatabase(t)
	one, two := storetest.Store(t, url), storetest.Store(t, url)
	heard, own := following(t, two), following(t, one)
	people(t, one)
	hears(t, heard, store.Change{Kind: store.PersonKind, Pool: followPool, ID: "u1"})
	if err := one.AddMember(t.Context(), followPool, "admin", "u1"); err != nil {
		t.Fatal(err)
	}
	took := hears(t, heard, store.Change{Kind: store.PersonKind, Pool: followPool, ID: "u1"})
	t.Logf("heard after %v", took)
	if took > time.Second {
		t.Errorf("it took %v to hear of a change", took)
	}
	undone := errors.New("undone")
	err := one.InTx(t.Context(), func(ctx context.Context) error {
		if err := one.RemoveMember(ctx, followPool, "admin", "u1"); err != nil {
			return err
		}
		if err := one.InTx(ctx, func(ctx context.Context) error {
			return errors.Join(one.DeleteUser(ctx, followPool, "u1"), undone)
		}); !errors.Is(err, undone) {
			t.Errorf("the part: %v", err)
		}
		return undone
	})
	if !errors.Is(err, undone) {
		t.Fatal(err)
	}
	if err := one.UpdatePool(t.Context(), followPool, func(*directory.Pool) error { return nil }); err != nil {
		t.Fatal(err)
	}
	for {
		c := <-heard
		if c.Kind == store.PoolKind {
			break
		}
		if c.Kind == store.PersonKind {
			t.Errorf("heard of %+v, which was undone", c)
		}
	}
	select {
	case c := <-own:
		t.Errorf("a node heard its own change %+v", c)
	default:
	}
}

// TestAChangeIsHeardWithoutAMessage fails when a node behind a pooler, where messages never arrive, hears nothing.
// TestEveryChangeOfALargeTransactionIsHeard fails when a node misses some of what an import tells of.
func TestEveryChangeOfALargeTransactionIsHeard(t *testing.T) {
	t.Parallel()
	url := cluster.NewDatabase(t)
	one, two := storetest.Store(t, url), storetest.Store(t, url)
	people(t, one)
	heard := following(t, two)
	const n = 123
	if err := one.InTx(t.Context(), func(ctx context.Context) error {
		for i := range n {
			id := fmt.Sprint("many", i)
			u := &directory.User{PoolID: followPool, ID: id, Username: id}
			if err := errors.Join(one.InsertUser(ctx, u, directory.Keys{Username: id}), one.AddMember(ctx, followPool, "admin", id)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		hears(t, heard, store.Change{Kind: store.PersonKind, Pool: followPool, ID: fmt.Sprint("many", i)})
	}
}

func TestAChangeIsHeardWithoutAMessage(t *testing.T) {
	t.Parallel()
	url := cluster.NewDatabase(t)
	heard := following(t, storetest.Store(t, url))
	db := direct(t, url)
	if _, err := db.ExecContext(t.Context(), `INSERT INTO changes (node, kind, pool_id, item, made_at) VALUES ('x', 'key', 'p', '', 0)`); err != nil {
		t.Fatal(err)
	}
	if took := hears(t, heard, store.Change{Kind: store.KeyKind, Pool: "p"}); took > time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestAChangeThatCommitsLateIsHeard fails when a reader that has seen a newer id never looks back.
func TestAChangeThatCommitsLateIsHeard(t *testing.T) {
	t.Parallel()
	url := cluster.NewDatabase(t)
	heard := following(t, storetest.Store(t, url))
	db := direct(t, url)
	late, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	const insert = `INSERT INTO changes (node, kind, pool_id, item, made_at) VALUES ('x', 'key', $1, '', 0)`
	if _, err := late.ExecContext(t.Context(), insert, "late"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), insert, "early"); err != nil {
		t.Fatal(err)
	}
	hears(t, heard, store.Change{Kind: store.KeyKind, Pool: "early"})
	if err := late.Commit(); err != nil {
		t.Fatal(err)
	}
	hears(t, heard, store.Change{Kind: store.KeyKind, Pool: "late"})
}

func direct(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestAProcessHearsThatAnotherWroteToTheSameFile(t *testing.T) {
	t.Parallel()
	url := "sqlite:" + filepath.Join(t.TempDir(), "shared.db")
	one, two := storetest.Store(t, url), storetest.Store(t, url)
	people(t, one)
	heard, own := following(t, two), following(t, one)
	addUser(t, one, "u2")
	if took := hears(t, heard, store.Change{}); took > time.Second {
		t.Errorf("it took %v", took)
	}
	addUser(t, two, "u3")
	hears(t, own, store.Change{})
	select {
	case c := <-own:
		t.Errorf("heard %+v once more: its own write?", c)
	default:
	}
}

func TestOldChangesAreSweptOut(t *testing.T) {
	t.Parallel()
	url := cluster.NewDatabase(t)
	s := storetest.Store(t, url)
	people(t, s)
	count := func() (n int) {
		t.Helper()
		if err := direct(t, url).QueryRowContext(t.Context(), "SELECT count(*) FROM changes").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if count() == 0 {
		t.Fatal("nothing was written down")
	}
	if err := s.Sweep(t.Context(), time.Now()); err != nil || count() == 0 {
		t.Errorf("%v, %d rows: what others may not have heard of must stay", err, count())
	}
	if err := s.Sweep(t.Context(), time.Now().Add(time.Hour)); err != nil || count() != 0 {
		t.Errorf("%v, %d rows are left", err, count())
	}
}
