// Package delivery carries the logs of pools to where their log delivery configuration leads: to files, collectors and
// standard output that the operator has put in the place of ARNs. It owns the form of records, queues and tries; it leaves
// what happened to its callers, whom it never makes wait.
package delivery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"cognate.dev/cognate/internal/kit/wildcard"
	"cognate.dev/cognate/internal/upkeep"
)

// Parts is what a courier is built from.
type Parts struct {
	Routes []Config  // that Check accepts
	Stdout io.Writer // also for ARNs that no route matches
	// Wanted gives where the logs of a pool go.
	Wanted func(ctx context.Context, poolID string) ([]upkeep.LogDelivery, error)
	// Counted hears how many records of a source were delivered or lost.
	Counted func(source string, delivered bool, n int)
	// Failed hears why records were lost, or are not kept as they should be.
	Failed func(err error)
}

const (
	// waiting is how many records may wait to be led somewhere, and for each place: what comes then is lost.
	waiting = 4096
	// batch is how many are written at once.
	batch = 256
	// oneTry ends a try that hangs.
	oneTry = 10 * time.Second
)

// pauses are those between tries: a collector that is started anew loses nothing.
var pauses = []time.Duration{100 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second, 5 * time.Second}

// Courier carries records. A nil one carries nothing. Safe for concurrent use.
type Courier struct {
	Parts
	queue  chan Record
	routes []route
	ctx    context.Context // of the tries
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu     sync.RWMutex
	closed bool
}

type route struct {
	pattern string
	place   *place
}

// place is a sink and what waits for it.
type place struct {
	sink  sink
	queue chan parcel
}

// parcel is a record on its way.
type parcel struct {
	source string
	line   []byte
}

// New opens the places and starts carrying. Close the courier when done.
func New(p Parts) (*Courier, error) {
	c := &Courier{Parts: p, queue: make(chan Record, waiting)}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	places := map[Config]*place{}
	for _, r := range append(p.Routes[:len(p.Routes):len(p.Routes)], Config{ARN: "*", Stdout: true}) {
		pattern := r.ARN
		r.ARN = ""
		at := places[r]
		if at == nil {
			s, err := r.sink(p.Stdout, p.Failed)
			if err != nil {
				c.cancel()
				for _, other := range places {
					err = errors.Join(err, other.sink.Close())
				}
				return nil, fmt.Errorf("%s: %w", pattern, err)
			}
			at = &place{s, make(chan parcel, waiting)}
			places[r] = at
		}
		c.routes = append(c.routes, route{pattern, at})
	}
	var sinks sync.WaitGroup
	for _, at := range places {
		sinks.Go(func() { c.empty(at) })
	}
	c.done.Go(func() {
		c.lead()
		for _, at := range places {
			close(at.queue)
		}
		sinks.Wait()
	})
	return c, nil
}

// Carry takes a record without making its caller wait. What is too much is lost, and counted.
func (c *Courier) Carry(r Record) {
	if c == nil {
		return
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed {
		c.lose(r.Source, 1, errors.New("the server is ending"))
		return
	}
	select {
	case c.queue <- r:
	default:
		c.lose(r.Source, 1, errFull)
	}
}

var errFull = errors.New("too many records wait")

func (c *Courier) lose(source string, n int, why error) {
	c.Counted(source, false, n)
	c.Failed(fmt.Errorf("lost %d records of %s: %w", n, source, why))
}

// Close carries what waits, until the context ends: then the rest is lost, and counted.
func (c *Courier) Close(ctx context.Context) error {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	close(c.queue)
	stop := context.AfterFunc(ctx, c.cancel)
	defer stop()
	c.done.Wait()
	c.cancel()
	seen := map[*place]bool{}
	var errs []error
	for _, r := range c.routes {
		if !seen[r.place] {
			seen[r.place] = true
			errs = append(errs, r.place.sink.Close())
		}
	}
	return errors.Join(errs...)
}

// lead puts each record into the queue of where it should go.
func (c *Courier) lead() {
	for r := range c.queue {
		list, err := c.wanted(r.PoolID)
		if err != nil {
			c.lose(r.Source, 1, fmt.Errorf("read where logs go: %w", err))
			continue
		}
		for _, d := range list {
			if d.Source == r.Source {
				c.put(r, d.Target())
			}
		}
	}
}

func (c *Courier) wanted(poolID string) ([]upkeep.LogDelivery, error) {
	ctx, cancel := context.WithTimeout(c.ctx, oneTry)
	defer cancel()
	return c.Wanted(ctx, poolID)
}

func (c *Courier) put(r Record, arn string) {
	line, err := r.line()
	if err != nil {
		c.lose(r.Source, 1, err)
		return
	}
	for _, to := range c.routes { // the last one matches everything
		if wildcard.Match(to.pattern, arn) {
			select {
			case to.place.queue <- parcel{r.Source, line}:
			default:
				c.lose(r.Source, 1, errFull)
			}
			return
		}
	}
}

// empty gives a sink what waits for it, as much at once as there is.
func (c *Courier) empty(at *place) {
	for first := range at.queue {
		lines, counts := first.line, map[string]int{first.source: 1}
	more:
		for n := 1; n < batch; n++ {
			select {
			case p, ok := <-at.queue:
				if !ok {
					break more
				}
				lines = append(lines, p.line...)
				counts[p.source]++
			default:
				break more
			}
		}
		err := c.try(at.sink, lines)
		for source, n := range counts {
			if err != nil {
				c.lose(source, n, err)
				continue
			}
			c.Counted(source, true, n)
		}
	}
}

// try writes, and tries again for a while.
func (c *Courier) try(s sink, lines []byte) error {
	for i := 0; ; i++ {
		ctx, cancel := context.WithTimeout(c.ctx, oneTry)
		err := s.write(ctx, lines)
		cancel()
		if err == nil || i == len(pauses) {
			return err
		}
		select {
		case <-time.After(pauses[i]):
		case <-c.ctx.Done():
			return err
		}
	}
}
