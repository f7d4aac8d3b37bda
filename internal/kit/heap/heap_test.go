package heap

import (
	"runtime"
	"runtime/debug"
	"testing"
)

// The collector's percentage belongs to the process, so nothing here runs in parallel.

func setPercent() int {
	p := debug.SetGCPercent(100)
	debug.SetGCPercent(p)
	return p
}

func TestASmallHeapIsCollectedSeldomAndALargeOneAsOftenAsNeeded(t *testing.T) {
	for _, c := range []struct {
		live, room uint64
		want       int
	}{
		{32 << 20, 64 << 20, 200}, {64 << 20, 64 << 20, 100}, {1 << 30, 64 << 20, least}, {0, 64 << 20, 6400}, {1, 64 << 20, 10_000},
	} {
		if got := percent(c.live, c.room); got != c.want {
			t.Errorf("%d bytes alive, room for %d: %d %%, want %d %%", c.live, c.room, got, c.want)
		}
	}
}

func TestTheRoomFollowsWhatIsAlive(t *testing.T) {
	defer Keep(64 << 20)()
	before := setPercent()
	held := make([][]byte, 64)
	for i := range held {
		held[i] = make([]byte, 1<<20)
	}
	for range 100 { // a cleanup runs on a goroutine of the runtime, some time after its collection
		runtime.GC()
		runtime.Gosched()
		if setPercent() < before {
			break
		}
	}
	if after := setPercent(); after >= before {
		t.Errorf("with 64 MiB more alive the collector still waits for %d %% of garbage; it was %d %%", after, before)
	}
	runtime.KeepAlive(held)
}

func TestStoppingRestoresWhatWasSet(t *testing.T) {
	before := setPercent()
	Keep(64 << 20)()
	runtime.GC()
	if after := setPercent(); after != before {
		t.Errorf("%d %% after stopping, %d %% before", after, before)
	}
}

func TestMemoryGoesBackOnlyInARest(t *testing.T) {
	r := rester{allocated: read(allocs)}
	runtime.KeepAlive(make([]byte, 2*worth)) // garbage from here on
	if r.due() {
		t.Error("memory was to go back in the middle of work")
	}
	if !r.due() {
		t.Error("nothing was allocated and much is held, but no memory is to go back")
	}
	debug.FreeOSMemory()
	if r.due() {
		t.Error("there is still memory to give back after it was given back")
	}
}
