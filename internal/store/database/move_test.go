package database_test

import (
	"path/filepath"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/store"

	"cognate.dev/cognate/internal/store/storetest"
)

func TestAnInstallationMovesFromSQLiteToPostgres(t *testing.T) {
	t.Parallel()
	storetest.Moves(t, storetest.Store(t, "sqlite://"+filepath.Join(t.TempDir(), "a.db")), storetest.Store(t, cluster.Database(t)))
}

func TestAnInstallationMovesFromPostgresToSQLite(t *testing.T) {
	t.Parallel()
	storetest.Moves(t, storetest.Store(t, cluster.Database(t)), storetest.Store(t, "sqlite://"+filepath.Join(t.TempDir(), "a.db")))
}

// TestWhatArrivesIsComparedByContent has the target's database change what it is given, and count right.
func TestWhatArrivesIsComparedByContent(t *testing.T) {
	t.Parallel()
	url := cluster.NewDatabase(t)
	from, to := storetest.Store(t, "sqlite://"+filepath.Join(t.TempDir(), "a.db")), storetest.Store(t, url)
	people(t, from)
	if _, err := direct(t, url).ExecContext(t.Context(), `
		CREATE FUNCTION mangle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name := NEW.name || ' '; RETURN NEW; END $$;
		CREATE TRIGGER mangle BEFORE INSERT ON user_groups FOR EACH ROW EXECUTE FUNCTION mangle()`); err != nil {
		t.Fatal(err)
	}
	if err := store.Move(t.Context(), from, to, func(store.Moved) {}); err == nil || !strings.Contains(err.Error(), "other ones") {
		t.Errorf("rows that were changed on their way: %v", err)
	}
	var groups int
	if err := direct(t, url).QueryRowContext(t.Context(), "SELECT count(*) FROM user_groups").Scan(&groups); err != nil || groups != 0 {
		t.Errorf("%d groups stayed, %v", groups, err)
	}
}
