package main

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// side is one of two things that are compared: what one worker does once, and how many workers do it at a time.
// do is called by one goroutine per worker; an error ends the run.
type side struct {
	workers int
	do      func(worker int) error
}

// everyCore is a limit: the work alone, once on each processor.
func everyCore(do func(worker int) error) side {
	return side{workers: runtime.GOMAXPROCS(0), do: do}
}

// slice is what one stretch of load did.
type slice struct {
	ops  int
	took time.Duration
}

func (s slice) rate() float64 { return float64(s.ops) / s.took.Seconds() }

// drive keeps all workers of a side busy for a time, in which each does something. The stretch ends when the last of them has finished what it had
// begun, so nothing is counted that was not done within it.
func drive(s side, d time.Duration) (slice, error) {
	var (
		wg     sync.WaitGroup
		total  atomic.Int64
		failed atomic.Pointer[error]
		start  = time.Now()
		end    = start.Add(d)
	)
	for w := range s.workers {
		wg.Go(func() {
			ops := 0
			for failed.Load() == nil && (ops == 0 || time.Now().Before(end)) {
				if err := s.do(w); err != nil {
					failed.CompareAndSwap(nil, &err)
					break
				}
				ops++
			}
			total.Add(int64(ops))
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return slice{}, *err
	}
	return slice{ops: int(total.Load()), took: time.Since(start)}, nil
}

// comparison is the outcome of two sides that took turns.
type comparison struct {
	rate, limit float64   // medians over the turns, per second
	ratios      []float64 // of the server to the limit, one for each turn
	// Processor time of one operation: of the limit, of the server, of the load generator while it loads the server.
	limitCPU, serverCPU, clientCPU time.Duration
	faults                         float64 // pages that the kernel gave the server for one operation
}

// against lets the limit and the server take turns, the limit first and last. Each of the server's turns is compared
// with the two of the limit around it, so a machine that slows down or is shared cancels out.
func against(limit, load side, s *server, total time.Duration, turns int) (comparison, error) {
	d := total / time.Duration(2*turns+1)
	for _, warm := range []side{limit, load} {
		if _, err := drive(warm, d/2); err != nil {
			return comparison{}, err
		}
	}
	s.settle() // the first requests may have made keys, and spares for them
	var limits, rates []float64
	var alone, served, asking effort
	var faults int
	for turn := range 2*turns + 1 {
		own, theirs, pages := ownCPU(), s.cpu(), s.faults()
		if turn%2 == 0 {
			got, err := drive(limit, d)
			if err != nil {
				return comparison{}, fmt.Errorf("the limit: %w", err)
			}
			limits = append(limits, got.rate())
			alone.add(got.ops, ownCPU()-own)
			continue
		}
		got, err := drive(load, d)
		if err != nil {
			return comparison{}, err
		}
		rates = append(rates, got.rate())
		asking.add(got.ops, ownCPU()-own)
		served.add(got.ops, s.cpu()-theirs)
		faults += s.faults() - pages
	}
	c := comparison{rate: median(rates), limit: median(limits), limitCPU: alone.each(), serverCPU: served.each(), clientCPU: asking.each(),
		faults: float64(faults) / float64(max(served.ops, 1))}
	for i, r := range rates {
		c.ratios = append(c.ratios, 2*r/(limits[i]+limits[i+1]))
	}
	return c, nil
}

// effort is the processor time that operations took.
type effort struct {
	ops int
	cpu time.Duration
}

func (e *effort) add(ops int, cpu time.Duration) { e.ops, e.cpu = e.ops+ops, e.cpu+cpu }

func (e *effort) each() time.Duration { return e.cpu / time.Duration(max(e.ops, 1)) }

// requests makes a side of connections that send prepared requests, each walking the whole list from a place of its
// own. Close the returned connections afterwards.
func requests(addr string, connections int, list [][]byte) (side, *lines, error) {
	if len(list) == 0 {
		return side{}, nil, fmt.Errorf("no requests to send")
	}
	l, err := dialAll(addr, connections)
	if err != nil {
		return side{}, nil, err
	}
	next := make([]struct {
		at int
		_  [56]byte // a cache line each: workers do not share
	}, connections)
	for w := range next {
		next[w].at = w * len(list) / connections
	}
	return side{workers: connections, do: func(w int) error {
		at := next[w].at
		next[w].at = (at + 1) % len(list)
		_, err := l.conns[w].ok(list[at])
		return err
	}}, l, nil
}

// lines are the open connections of a side.
type lines struct{ conns []*conn }

func dialAll(addr string, n int) (*lines, error) {
	l := &lines{}
	for range n {
		c, err := dial(addr)
		if err != nil {
			l.close()
			return nil, err
		}
		if err := c.net.SetDeadline(time.Now().Add(patience)); err != nil {
			l.close()
			return nil, err
		}
		l.conns = append(l.conns, c)
	}
	return l, nil
}

func (l *lines) close() {
	for _, c := range l.conns {
		_ = c.net.Close()
	}
}

// median of an odd or even number of values; of none it is 0.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	v := slices.Sorted(slices.Values(values))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}
