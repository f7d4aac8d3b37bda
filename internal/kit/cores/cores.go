// Package cores says how many processors the process may keep busy, and gives short work threads of its own beside long work.
// It owns the runtime's number of threads; what is long, and how much of it runs at once, its callers decide.
package cores

import (
	"os"
	"runtime"
)

// count is read before anybody spreads: the processors of the machine, or the share that a container or GOMAXPROCS gives.
var count = runtime.GOMAXPROCS(0)

// Count is how many processors there are for this process: as much long work as can run at once without taking turns.
func Count() int { return count }

// Spread lets twice as many threads run Go code as there are processors, until stop is called. A password hash or a signature holds a
// thread for milliseconds; where every thread has one, a request that needs a tenth of that waits until the Go scheduler
// interrupts, after ten. With threads to spare it is the operating system that divides the processors, and that gives them at
// once to who has used them least. GOMAXPROCS in the environment wins.
func Spread() (stop func()) {
	if os.Getenv("GOMAXPROCS") != "" {
		return func() {}
	}
	before := runtime.GOMAXPROCS(2 * count)
	return func() { runtime.GOMAXPROCS(before) }
}
