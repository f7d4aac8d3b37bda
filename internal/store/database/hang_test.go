package database_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/store/postgres"
	"cognate.dev/cognate/internal/store/storetest"
)

// saidBy is the SQLSTATE with which a server ended something.
func saidBy(err error) string {
	var e *pgconn.PgError
	errors.As(err, &e)
	if e == nil {
		return ""
	}
	return e.Code
}

func rename(ctx context.Context, s *store.Store) error {
	_, err := s.UpdateUser(ctx, followPool, "u1", func(u *directory.User) (directory.Keys, error) {
		if u.Attributes == nil {
			u.Attributes = map[string]string{}
		}
		u.Attributes["name"] += "x"
		return directory.Keys{Username: u.Username}, nil
	})
	return err
}

// A statement, a wait for a row, or a pause in a transaction that takes too long is ended by the server: a node that hangs, or that
// its network has left, holds nothing for ever.
func TestTheServerEndsWhatHangs(t *testing.T) {
	t.Parallel()
	database := cluster.Database(t)
	s := openPostgres(t, database, postgres.Config{StatementTimeout: 10 * time.Second, LockTimeout: 2 * time.Second, IdleTimeout: 3 * time.Second})
	people(t, s)
	if code := saidBy(s.InTx(t.Context(), func(ctx context.Context) error { return s.Execute(ctx, "SELECT pg_sleep(60)") })); code != "57014" {
		t.Errorf("a statement: SQLSTATE %q, want 57014", code)
	}
	holds := direct(t, database)
	tx, err := holds.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), "SELECT 1 FROM users WHERE id = 'u1' FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	if code := saidBy(rename(t.Context(), s)); code != "55P03" {
		t.Errorf("a wait for a row: SQLSTATE %q, want 55P03", code)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	runs := 0
	var ended error
	if err := s.InTx(t.Context(), func(ctx context.Context) error {
		if runs++; runs > 1 {
			return nil // a connection that is gone is a reason to try again
		}
		if err := s.Execute(ctx, "SELECT 1"); err != nil {
			return err
		}
		for began := time.Now(); paused(t, holds) > 0; {
			if time.Since(began) > 5*time.Minute {
				return errors.New("a pause was not ended")
			}
		}
		ended = s.Execute(ctx, "SELECT 1")
		return ended
	}); ended == nil {
		t.Errorf("a pause in a transaction: %v", err)
	}
	if err := rename(t.Context(), s); err != nil {
		t.Errorf("after all that: %v", err)
	}
}

// paused counts the transactions of this database that wait for their clients.
func paused(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// "For ever" is for ever where the database has limits of its own, and migrations take the time that they need.
func TestNoLimitIsNoLimit(t *testing.T) {
	t.Parallel()
	database := cluster.NewDatabase(t)
	db := direct(t, database)
	if _, err := db.ExecContext(t.Context(), `DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET statement_timeout = 2'; END $$`); err != nil {
		t.Fatal(err)
	}
	s := openPostgres(t, database, postgres.Config{StatementTimeout: -1})
	if err := s.InTx(t.Context(), func(ctx context.Context) error { return s.Execute(ctx, "SELECT pg_sleep(0.2)") }); err != nil {
		t.Error(err)
	}
	limited := openPostgres(t, database, postgres.Config{StatementTimeout: time.Second})
	if code := saidBy(limited.InTx(t.Context(), func(ctx context.Context) error { return limited.Execute(ctx, "SELECT pg_sleep(60)") })); code != "57014" {
		t.Errorf("SQLSTATE %q, want 57014", code)
	}
}

// A transaction that the server refuses to put in order with another is tried again, and both changes are there.
func TestASerializationFailureIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := storetest.Store(t, cluster.Database(t))
	people(t, s)
	runs := 0
	if err := s.InTx(t.Context(), func(ctx context.Context) error {
		if err := s.Execute(ctx, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"); err != nil {
			return err
		}
		if _, err := s.User(ctx, followPool, "u1"); err != nil { // from now on it sees this moment
			return err
		}
		if runs++; runs == 1 {
			if err := rename(t.Context(), s); err != nil {
				return err
			}
		}
		return rename(ctx, s)
	}); err != nil || runs != 2 {
		t.Errorf("%d runs, %v", runs, err)
	}
	if u, err := s.User(t.Context(), followPool, "u1"); err != nil || u.Attributes["name"] != "xx" {
		t.Errorf("%v, %v", u, err)
	}
}
