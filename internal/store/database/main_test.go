package database_test

import (
	"os"
	"testing"

	"cognate.dev/cognate/internal/store/storetest"
)

var cluster storetest.Cluster

func TestMain(m *testing.M) {
	if os.Getenv(crashFile) != "" {
		writeUntilKilled()
		return
	}
	cluster.Main(m)
}
