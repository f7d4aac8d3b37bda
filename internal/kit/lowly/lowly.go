// Package lowly runs long computations on threads of their own that give way to all others, where the operating system knows
// how (Linux). It owns those threads; what runs on them, and how much at once, is its callers'.
package lowly

import "runtime"

// Threads are a number of threads of low priority. Close them when they are not needed any more.
type Threads struct {
	jobs chan job
	quit chan struct{}
	done chan struct{}
}

type job struct {
	do    func()
	ended chan any // what it panicked with, nil for a return
}

// by is how much nicer the threads are: their share of a busy processor is a third of that of one of the others, so they do not
// starve, and whoever wakes up runs at once.
const by = 5

// New starts so many threads.
func New(threads int) *Threads {
	t := &Threads{jobs: make(chan job), quit: make(chan struct{}), done: make(chan struct{}, threads)}
	for range threads {
		go t.run()
	}
	return t
}

// run never unlocks its thread: it ends with the goroutine, since a process may not take back what it gave up.
func (t *Threads) run() {
	defer func() { t.done <- struct{}{} }()
	runtime.LockOSThread()
	giveWay(by)
	for {
		select {
		case j := <-t.jobs:
			j.ended <- j.run()
		case <-t.quit:
			return
		}
	}
}

func (j job) run() (panicked any) {
	defer func() { panicked = recover() }()
	j.do()
	return nil
}

// Do runs one thing on one of the threads, waits for one if need be, and returns when it has ended; a panic comes back to the
// caller. Nil or closed Threads run it where they are called.
func (t *Threads) Do(do func()) {
	if t == nil {
		do()
		return
	}
	j := job{do: do, ended: make(chan any, 1)}
	select {
	case t.jobs <- j:
	case <-t.quit:
		do()
		return
	}
	if panicked := <-j.ended; panicked != nil {
		panic(panicked)
	}
}

// Close ends the threads, once what they run has ended.
func (t *Threads) Close() {
	if t == nil {
		return
	}
	close(t.quit)
	for range cap(t.done) {
		<-t.done
	}
}
