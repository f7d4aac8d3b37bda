package heap

import (
	"fmt"
	"os"
	"os/exec"
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

func TestGarbageStandsUntilTheRoomIsFull(t *testing.T) {
	const room = 64 << 20
	defer Keep(room)()
	cycles := func() uint64 { return read("/gc/cycles/total:gc-cycles") }
	fill := func(share int) {
		for range room / (1 << 20) * share / 100 {
			runtime.KeepAlive(make([]byte, 1<<20))
		}
	}
	runtime.GC()
	before := cycles()
	fill(70)
	if n := cycles() - before; n != 0 {
		t.Errorf("%d collections before the room was full", n)
	}
	for i := 0; cycles() == before; i++ { // a collection begins when the room is full, and ends while it overflows
		if i == 100 {
			t.Fatal("no collection while the room was filled a hundred times")
		}
		fill(100)
	}
}

// TestTheBallastTakesNoMemory fails when it is touched, which would make every server larger. It takes a new process: in
// this one memory was used before.
func TestTheBallastTakesNoMemory(t *testing.T) {
	const child = "HEAP_TEST_CHILD"
	if os.Getenv(child) == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTheBallastTakesNoMemory$")
		cmd.Env = append(os.Environ(), child+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	before := resident(t)
	defer Keep(128 << 20)()
	if grown := resident(t) - before; grown > 32<<20 {
		t.Errorf("the process took %d MiB more", grown>>20)
	}
}

// resident is the memory that this process holds, in bytes.
func resident(t *testing.T) int {
	t.Helper()
	raw, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("SKIPPED: the kernel does not tell how much memory a process has")
	}
	var size, pages int
	if _, err := fmt.Sscan(string(raw), &size, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
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
