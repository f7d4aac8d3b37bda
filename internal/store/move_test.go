package store_test

import (
	"path/filepath"
	"testing"

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
