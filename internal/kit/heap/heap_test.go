package heap

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
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
		{32 << 20, 64 << 20, 200}, {64 << 20, 64 << 20, 100}, {1 << 30, 64 << 20, least}, {0, 64 << 20, 6400}, {1, 64 << 20, 6400},
		{1 << 20, 1 << 30, 10_000},
	} {
		k := &keeper{room: c.room}
		if got := k.percent(c.live); got != c.want {
			t.Errorf("%d bytes alive, room for %d: %d %%, want %d %%", c.live, c.room, got, c.want)
		}
	}
}

func TestWhatComesAndGoesDoesNotMoveTheGoalUntilItStaysAway(t *testing.T) {
	k := &keeper{room: 100 << 20}
	for _, c := range []struct{ live, want uint64 }{{50, 150}, {20, 150}, {30, 150}, {80, 180}, {20, 180}} { // in MiB
		if goal := c.live * uint64(100+k.percent(c.live<<20)) / 100; goal+1 < c.want || goal > c.want {
			t.Errorf("with %d MiB alive the collector waits for %d MiB, want %d (percents are whole)", c.live, goal, c.want)
		}
	}
	for range lately {
		k.percent(20 << 20)
	}
	if got := k.percent(20 << 20); got != 500 {
		t.Errorf("long after the height of load there is still room for %d %%, want 500", got)
	}
}

func TestTheRoomFollowsWhatIsAlive(t *testing.T) {
	defer Keep(64 << 20)()
	before := setPercent()
	held := make([][]byte, 64)
	for i := range held {
		held[i] = make([]byte, 1<<20)
	}
	deadline := time.Now().Add(10 * time.Second)
	for setPercent() >= before && time.Now().Before(deadline) {
		runtime.GC()
		runtime.Gosched()
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
