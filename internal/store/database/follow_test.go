package database_test

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
	"cognate.dev/cognate/internal/permission"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/store/database"
	"cognate.dev/cognate/internal/store/postgres"
	"cognate.dev/cognate/internal/store/storetest"
)

const followPool = "eu-west-1_Follow"

// following gives what a node hears, after the first word, which must be Everything.
func following(t *testing.T, s *store.Store) <-chan database.Change {
	t.Helper()
	heard := make(chan database.Change, 100)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Follow(ctx, func(c database.Change) { heard <- c }, func(err error) { t.Errorf("following: %v", err) })
	}()
	t.Cleanup(func() { stop(); <-ended })
	if c := <-heard; c != (database.Change{}) {
		t.Fatalf("the first word is %+v, want everything", c)
	}
	return heard
}

// hears waits for a change and gives how long that took.
func hears(t *testing.T, heard <-chan database.Change, want database.Change) time.Duration {
	t.Helper()
	began := time.Now()
	deadline := time.NewTimer(5 * time.Minute)
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

// promptly makes changes until one is heard of within a second, as is promised: where others take the processor some come late,
// and all of them where a node looks too seldom.
func promptly(t *testing.T, heard <-chan database.Change, want database.Change, change func() error) {
	t.Helper()
	const tries = 20
	for range tries {
		for len(heard) > 0 {
			<-heard
		}
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if hears(t, heard, want) <= time.Second {
			return
		}
	}
	t.Errorf("none of %d changes was heard of within a second", tries)
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
	hears(t, heard, database.Change{Kind: database.PersonKind, Pool: followPool, ID: "u1"})
	member := false
	promptly(t, heard, database.Change{Kind: database.PersonKind, Pool: followPool, ID: "u1"}, func() error {
		if member = !member; member {
			return one.AddMember(t.Context(), followPool, "admin", "u1")
		}
		return one.RemoveMember(t.Context(), followPool, "admin", "u1")
	})
	if !member {
		if err := one.AddMember(t.Context(), followPool, "admin", "u1"); err != nil {
			t.Fatal(err)
		}
		hears(t, heard, database.Change{Kind: database.PersonKind, Pool: followPool, ID: "u1"})
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
		if c.Kind == database.PoolKind {
			break
		}
		if c.Kind == database.PersonKind {
			t.Errorf("heard of %+v, which was undone", c)
		}
	}
	select {
	case c := <-own:
		t.Errorf("a node heard its own change %+v", c)
	default:
	}
}

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
		hears(t, heard, database.Change{Kind: database.PersonKind, Pool: followPool, ID: fmt.Sprint("many", i)})
	}
}

// TestMessagesSpareTheWait races a node that gets messages against one that only reads the table now and then. The next change is
// made as soon as the first has heard of the last one: without messages it would have to wait longest, each time.
func TestMessagesSpareTheWait(t *testing.T) {
	t.Parallel()
	url := cluster.NewDatabase(t)
	one, told, deaf := storetest.Store(t, url), storetest.Store(t, url), openPostgres(t, url, postgres.Config{Pooler: true})
	people(t, one)
	heard, looked := following(t, told), following(t, deaf)
	following(t, one) // who follows also tells
	const n = 40
	late := 0
	for i := range n {
		c := database.Change{Kind: database.PersonKind, Pool: followPool, ID: fmt.Sprint("told", i)}
		addUser(t, one, c.ID)
		hears(t, heard, c)
		for before := true; before; {
			select {
			case other := <-looked:
				if other == c {
					late++
				}
			default:
				before = false
			}
		}
	}
	if late > n*3/4 {
		t.Errorf("of %d changes the node that gets messages heard %d later than the one that does not", n, late)
	}
	t.Logf("%d of %d later", late, n)
}

// TestAChangeIsHeardWithoutAMessage fails when a node behind a pooler, where messages never arrive, hears nothing.
func TestAChangeIsHeardWithoutAMessage(t *testing.T) {
	t.Parallel()
	url := cluster.NewDatabase(t)
	heard := following(t, storetest.Store(t, url))
	db := direct(t, url)
	promptly(t, heard, database.Change{Kind: database.KeyKind, Pool: "p"}, func() error {
		_, err := db.ExecContext(t.Context(), `INSERT INTO changes (node, kind, pool_id, item, made_at) VALUES ('x', 'key', 'p', '', 0)`)
		return err
	})
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
	hears(t, heard, database.Change{Kind: database.KeyKind, Pool: "early"})
	if err := late.Commit(); err != nil {
		t.Fatal(err)
	}
	hears(t, heard, database.Change{Kind: database.KeyKind, Pool: "late"})
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
	n := 1
	promptly(t, heard, database.Change{}, func() error {
		n++
		addUser(t, one, fmt.Sprint("u", n))
		return nil
	})
	addUser(t, two, "other")
	hears(t, own, database.Change{})
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

// TestANodeHearsOfPolicyStores changes one, what is in it, and its alias.
func TestANodeHearsOfPolicyStores(t *testing.T) {
	t.Parallel()
	url := cluster.NewDatabase(t)
	one, two := storetest.Store(t, url), storetest.Store(t, url)
	heard := following(t, two)
	if err := one.InsertPolicyStore(t.Context(), &permission.PolicyStore{ID: "a", Mode: permission.Off}); err != nil {
		t.Fatal(err)
	}
	promptly(t, heard, database.Change{Kind: database.PolicyStoreKind, ID: "a"}, func() error {
		_, err := one.ChangePolicyStore(t.Context(), "a", func(*permission.PolicyStore) error { return nil })
		return err
	})
	const alias = permission.AliasPrefix + "x"
	if err := one.PutPolicyStoreAlias(t.Context(), &permission.Alias{Name: alias, StoreID: "a"}); err != nil {
		t.Fatal(err)
	}
	hears(t, heard, database.Change{Kind: database.PolicyStoreKind, ID: alias})
	if err := one.DeletePolicyStoreAlias(t.Context(), alias); err != nil {
		t.Fatal(err)
	}
	hears(t, heard, database.Change{Kind: database.PolicyStoreKind, ID: alias})
	if err := one.DeletePolicyStore(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	hears(t, heard, database.Change{Kind: database.PolicyStoreKind, ID: "a"})
}
