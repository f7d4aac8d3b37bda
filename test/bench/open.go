package main

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Open loops: requests leave when they are due, whether or not earlier ones were answered. That is how people come, and the
// only way to see what happens when they are too many.

// answered is one request of an open loop.
type answered struct {
	n      int           // which request of the loop it was
	at     time.Duration // when it was due, from the start
	took   time.Duration // from when it was due until the answer was there
	status int
}

// line is connections that are used by whoever needs one, and opened when there is none.
type line struct {
	addr string
	mu   sync.Mutex
	free []rested
	all  int
}

// rested is a connection and since when nobody uses it.
type rested struct {
	*conn
	since time.Time
}

// tooLong has a connection rested that the server may be about to close: it waits for two minutes. Those that were used last are used
// first, so the others rest.
const tooLong = time.Minute

// most is how many connections a line may have: more requests than that at once mean that something hangs.
const most = 4000

func (l *line) get() (*conn, error) {
	l.mu.Lock()
	if n := len(l.free); n > 0 {
		c := l.free[n-1]
		if time.Since(c.since) < tooLong {
			l.free = l.free[:n-1]
			l.mu.Unlock()
			return c.conn, nil
		}
		for _, c := range l.free { // those below have rested for longer
			_ = c.net.Close()
		}
		l.free, l.all = nil, l.all-n
	}
	l.all++
	n := l.all
	l.mu.Unlock()
	if n > most {
		return nil, fmt.Errorf("%d requests wait for an answer", most)
	}
	return dial(l.addr)
}

func (l *line) put(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.free = append(l.free, rested{c, time.Now()})
}

func (l *line) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.free {
		_ = c.net.Close()
	}
	l.free = nil
}

// paced sends requests at a rate for a time and waits for all answers. Each answer must be 200, or one of the others that
// are allowed.
func paced(l *line, next func(i int) []byte, rate float64, d time.Duration, allowed ...int) ([]answered, error) {
	return pacedTo(func(i int) (*line, []byte) { return l, next(i) }, rate, d, allowed...)
}

func pacedTo(next func(i int) (*line, []byte), rate float64, d time.Duration, allowed ...int) ([]answered, error) {
	var (
		all    sync.WaitGroup
		mu     sync.Mutex
		list   []answered
		failed error
		start  = time.Now()
		due    = time.NewTimer(0)
	)
	defer due.Stop()
	for i := 0; ; i++ {
		at := time.Duration(float64(i) / rate * float64(time.Second))
		if at >= d {
			break
		}
		due.Reset(at - time.Since(start)) // one that is late leaves at once
		<-due.C
		l, request := next(i)
		all.Go(func() {
			status, err := l.ask(request)
			a := answered{n: i, at: at, took: time.Since(start) - at, status: status}
			if err == nil && status != http.StatusOK && !slices.Contains(allowed, status) {
				err = fmt.Errorf("status %d", status)
			}
			mu.Lock()
			defer mu.Unlock()
			list, failed = append(list, a), errors.Join(failed, err)
		})
		mu.Lock()
		err := failed
		mu.Unlock()
		if err != nil {
			break
		}
	}
	all.Wait()
	return list, failed
}

func (l *line) ask(request []byte) (int, error) {
	c, err := l.get()
	if err != nil {
		return 0, err
	}
	if err := c.net.SetDeadline(time.Now().Add(patience)); err != nil {
		return 0, err
	}
	status, _, err := c.ask(request)
	if err != nil {
		return 0, errors.Join(err, c.net.Close())
	}
	l.put(c)
	return status, nil
}

// quantile of the times of answers that came with 200, in milliseconds.
func quantile(list []answered, q float64) float64 {
	var times []time.Duration
	for _, a := range list {
		if a.status == http.StatusOK {
			times = append(times, a.took)
		}
	}
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	return float64(times[min(len(times)-1, int(q*float64(len(times))))]) / float64(time.Millisecond)
}

// good is how many were answered with 200.
func good(list []answered) (n int) {
	for _, a := range list {
		if a.status == http.StatusOK {
			n++
		}
	}
	return n
}
