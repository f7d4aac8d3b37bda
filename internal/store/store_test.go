package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/store/storetest"
)

var cluster storetest.Cluster

func TestMain(m *testing.M) {
	if os.Getenv(crashFile) != "" {
		writeUntilKilled()
		return
	}
	code := m.Run()
	if err := cluster.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stop postgres:", err)
		code = max(code, 1)
	}
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

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
