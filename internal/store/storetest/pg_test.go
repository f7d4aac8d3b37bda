package storetest

import (
	"runtime"
	"testing"
)

// verdict is a test that only remembers how it ended.
type verdict struct {
	testing.TB
	skipped, failed bool
}

func (v *verdict) Helper() {}

func (v *verdict) Skip(...any) {
	v.skipped = true
	runtime.Goexit()
}

func (v *verdict) Fatal(...any) {
	v.failed = true
	runtime.Goexit()
}

func TestWithoutPostgresATestIsSkippedButNotInCI(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: every test of PostgreSQL is skipped")
	}
	for _, ci := range []string{"", "true"} {
		t.Setenv("CI", ci)
		none := &Cluster{err: errNoPostgres}
		none.once.Do(func() {})
		v := &verdict{}
		done := make(chan struct{})
		go func() {
			defer close(done)
			none.Database(v)
		}()
		<-done
		if v.skipped == v.failed || v.failed != (ci == "true") {
			t.Errorf("with CI=%q: skipped %v, failed %v", ci, v.skipped, v.failed)
		}
	}
}
