package cores

import (
	"runtime"
	"testing"
)

// Long work is bounded by the processors, not by the threads that short work may use besides.
func TestThreadsAreMoreThanProcessors(t *testing.T) {
	t.Setenv("GOMAXPROCS", "")
	before := runtime.GOMAXPROCS(0)
	stop := Spread()
	if got := runtime.GOMAXPROCS(0); got != 2*Count() || Count() != before {
		t.Errorf("%d threads for %d processors", got, Count())
	}
	stop()
	if got := runtime.GOMAXPROCS(0); got != before {
		t.Errorf("%d threads are left, there were %d", got, before)
	}
}

func TestTheEnvironmentWins(t *testing.T) {
	t.Setenv("GOMAXPROCS", "1")
	before := runtime.GOMAXPROCS(0)
	defer Spread()()
	if got := runtime.GOMAXPROCS(0); got != before {
		t.Errorf("%d threads, where the environment had its say", got)
	}
}
