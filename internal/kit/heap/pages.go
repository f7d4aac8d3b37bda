package heap

import (
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// A password hash reads and writes 19 MiB in no order, so half of its reads miss what the processor remembers of small
// pages, and memory that is new costs a page fault for every 4 KiB. Backed with huge pages of 2 MiB the same hash takes
// about an eighth less time. At rest they would be waste: one live object would hold 2 MiB. So they come with work and
// go with rest.

// backing is what pages back the heap of this process.
var backing struct {
	kept atomic.Bool // Keep is in force: nobody else's heap is touched
	huge atomic.Bool
	mu   sync.Mutex // held while it changes
}

// Wake tells that work with large blocks begins: from now until the next rest the kernel backs the heap with huge pages,
// where it can (Linux, /sys/kernel/mm/transparent_hugepage/enabled not "never"), as far as it has grown by now. It costs
// nothing while awake, and does nothing unless Keep is in force.
func Wake() {
	if backing.huge.Load() || !backing.kept.Load() {
		return
	}
	backing.mu.Lock()
	defer backing.mu.Unlock()
	if !backing.huge.Swap(true) {
		advise(hugePages)
	}
}

// sleep gives back what is free, and all huge pages with it.
func sleep() {
	backing.mu.Lock()
	defer backing.mu.Unlock()
	if backing.huge.Swap(false) {
		advise(smallPages)
	}
	debug.FreeOSMemory() // collects first; some milliseconds of every processor
}
