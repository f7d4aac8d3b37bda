package lowly

import (
	"runtime"
	"sync"
	"testing"
)

// TestWorkRunsOnThreadsThatGiveWay fails when work runs on a thread of the others, or when one of the others became nicer.
func TestWorkRunsOnThreadsThatGiveWay(t *testing.T) {
	t.Parallel()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before, err := niceness()
	if err != nil {
		t.Fatal(err)
	}
	threads := New(2)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			threads.Do(func() {
				if got, err := niceness(); err != nil || got != min(19, before+by) {
					t.Errorf("niceness %d, %v; the others have %d", got, err, before)
				}
			})
		})
	}
	all.Wait()
	threads.Close()
	late := false
	if threads.Do(func() { late = true }); !late {
		t.Error("closed, and nothing ran")
	}
	if after, err := niceness(); err != nil || after != before {
		t.Errorf("a thread that was not ours went from %d to %d, %v", before, after, err)
	}
}

func TestPanicsComeBack(t *testing.T) {
	t.Parallel()
	threads := New(1)
	defer threads.Close()
	for range 2 { // and the thread lives on
		func() {
			defer func() {
				if got := recover(); got != "no" {
					t.Errorf("recovered %v", got)
				}
			}()
			threads.Do(func() { panic("no") })
		}()
	}
	var none *Threads
	ran := false
	none.Do(func() { ran = true })
	none.Close()
	if !ran {
		t.Error("no threads, and nothing ran")
	}
}
