// Package heap keeps the garbage collector from running too often over a small heap, and gives memory back when the
// process rests. It owns the collector's percentage while it runs; how much memory a process may take, and when it
// rests, its callers know.
package heap

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"time"
)

// Go collects when the heap has grown by a percentage of what is alive. Where little is alive and single objects are
// large (a password hash takes 19 MiB), that means a collection every few requests, each of which walks everything
// that is alive. A fixed room for garbage costs that much memory and no more, however little is alive.

// least is the percentage below which Keep never goes: with a large heap, less room than this would mean collecting
// without end.
const least = 50

// Keep lets at least room bytes of garbage stand before each collection, or half of what is alive where that is more. It
// holds until stop is called, which restores what was set before. Keep once per process.
//
// The size at which the next collection begins is the greatest that was due lately, not what the last collection alone
// would have it be: large objects that come and go make that swing, and at each swing down the runtime gives memory to
// the operating system that it takes back, page fault by page fault, at the next swing up.
func Keep(room uint64) (stop func()) {
	k := &keeper{room: room, seen: read(cycles)}
	k.set = k.percent(live())
	before := debug.SetGCPercent(k.set)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		k.watch(ctx)
	}()
	return func() {
		cancel()
		<-done
		debug.SetGCPercent(before)
	}
}

type keeper struct {
	room  uint64
	set   int            // the percentage
	seen  uint64         // collections
	goals [lately]uint64 // in bytes, of the last collections
	next  int            // where the next goal goes
}

// lately is how many collections a goal holds.
const lately = 16

// How often watch looks: soon where there was a collection within the last second, else seldom.
const (
	soon   = 5 * time.Millisecond
	seldom = 100 * time.Millisecond
)

// watch sets the percentage anew after each collection, until ctx ends. Until it does, the old percentage holds for what
// is alive now: had little been alive before, and two large blocks now, the heap would grow to many times the room. So
// it looks at a clock. A finalizer or cleanup would not do: it runs only when its object has been swept, which on busy
// processors is more than a second later.
func (k *keeper) watch(ctx context.Context) {
	timer := time.NewTimer(soon)
	defer timer.Stop()
	last := time.Now() // when there was a collection
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if k.settle() {
			last = time.Now()
		}
		if time.Since(last) < time.Second {
			timer.Reset(soon)
		} else {
			timer.Reset(seldom)
		}
	}
}

// settle sets the percentage if there was a collection since it last did, and reports whether there was.
func (k *keeper) settle() bool {
	n := read(cycles)
	if n == k.seen {
		return false
	}
	k.seen = n
	if p := k.percent(live()); p != k.set {
		k.set = p
		debug.SetGCPercent(p)
	}
	return true
}

// percent is the growth in percent that takes live bytes to the greatest goal of late.
func (k *keeper) percent(live uint64) int {
	live = max(live, 1<<20)
	k.goals[k.next] = live + max(k.room, live*least/100)
	k.next = (k.next + 1) % lately
	return int(min((slices.Max(k.goals[:])-live)*100/live, 10_000))
}

const cycles = "/gc/cycles/total:gc-cycles"

// live is what the last collection found alive, in bytes.
func live() uint64 { return read("/gc/heap/live:bytes") }

// The shape of a rest: in every restEvery less than restful bytes were allocated, and at least worth could be returned.
const (
	restEvery = 10 * time.Second
	restful   = 1 << 20
	worth     = 8 << 20
)

// Rest gives memory back to the operating system whenever the process rests, until ctx ends. Garbage that stands at the
// end of a load would otherwise stay for minutes, since nothing asks for a collection.
func Rest(ctx context.Context) {
	tick := time.NewTicker(restEvery)
	defer tick.Stop()
	r := rester{allocated: read(allocs)}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if r.due() {
				debug.FreeOSMemory() // collects first; some milliseconds of every processor
			}
		}
	}
}

const allocs = "/gc/heap/allocs:bytes"

// rester knows how much had been allocated at the last look.
type rester struct{ allocated uint64 }

// due reports whether little was allocated since the last look, while much memory is held that could be returned.
func (r *rester) due() bool {
	before := r.allocated
	r.allocated = read(allocs)
	if r.allocated-before > restful {
		return false
	}
	garbage := int64(read("/memory/classes/heap/objects:bytes")) - int64(live())
	return garbage+int64(read("/memory/classes/heap/free:bytes")) > worth
}

func read(name string) uint64 {
	s := []metrics.Sample{{Name: name}}
	metrics.Read(s)
	if s[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return s[0].Value.Uint64()
}
