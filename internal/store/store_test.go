package store_test

import (
	"path/filepath"
	"testing"

	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/store/storetest"
)

var cluster storetest.Cluster

func TestMain(m *testing.M) { cluster.Main(m) }

func TestSQLiteInMemory(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t testing.TB) *store.Store { return storetest.Memory(t) })
}

func TestSQLite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t testing.TB) *store.Store {
		return storetest.Store(t, "sqlite://"+filepath.Join(t.TempDir(), "a b", "people?#%.db"))
	})
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t testing.TB) *store.Store { return storetest.Store(t, cluster.Database(t)) })
}
