// Package heap keeps the garbage collector from running too often over a small heap, and gives memory back when the
// process rests. It owns the collector's percentage while it runs; how much memory a process may take, and when it
// rests, its callers know.
package heap

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"cognate.dev/cognate/internal/kit/often"
)

// Go collects when the heap has grown by a percentage of what is alive. Where little is alive and single objects are
// large (a password hash takes 19 MiB), that means a collection every few requests, each of which walks everything that
// is alive; and the size at which the next one begins swings with what happens to be alive at the last, so that at each
// swing down the runtime gives memory to the operating system that it takes back, page fault by page fault, at the next
// swing up. A ballast that is never touched, and so takes no memory, counts as alive: it steadies both.

// share is how much garbage may stand, in percent of what is alive and the ballast.
const share = 50

// Keep lets room bytes of garbage stand before each collection, and half of what is alive besides. It holds until stop is
// called, which restores what was set before. Keep once per process, early: memory that was used before would have to be
// cleared to be a ballast.
func Keep(room uint64) (stop func()) {
	// What comes and goes takes the lowest addresses that are free, so its place is made first.
	place := make([]byte, room*3/2)
	ballast := make([]byte, room*100/share)
	runtime.KeepAlive(place)
	before := debug.SetGCPercent(share)
	runtime.GC() // gives the place free
	backing.kept.Store(true)
	return func() {
		backing.kept.Store(false)
		sleep()
		debug.SetGCPercent(before)
		runtime.KeepAlive(ballast)
	}
}

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
	r := rester{allocated: read(allocs)}
	often.Every(ctx, restEvery, func(context.Context) {
		if r.due() {
			sleep()
		}
	})
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
