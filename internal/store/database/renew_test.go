package database_test

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/store/postgres"
)

// TestADatabasePasswordCanBeChangedUnderARunningServer changes the role in the file that holds the URL: the next
// connection is the new role's.
func TestADatabasePasswordCanBeChangedUnderARunningServer(t *testing.T) {
	t.Parallel()
	address := cluster.NewDatabase(t)
	file := filepath.Join(t.TempDir(), "url")
	put := func(text string) {
		if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(address)
	s, err := store.Open(t.Context(), "file:"+file, store.Options{Postgres: postgres.Config{ConnLifetime: time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	db, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	role := fmt.Sprintf("renewed_%d", os.Getpid())
	if _, err := db.ExecContext(t.Context(), "CREATE ROLE "+role+" SUPERUSER LOGIN"); err != nil {
		t.Fatal(err)
	}
	other, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	query := other.Query()
	query.Set("user", role) // which wins over the one before the host
	other.RawQuery = query.Encode()
	put(other.String())
	for began := time.Now(); ; {
		if err := s.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
		var n int
		err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE usename = $1 AND datname = current_database()", role).Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			return
		}
		if time.Since(began) > 5*time.Minute {
			t.Fatal("new connections are still the old role's")
		}
	}
}
