package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	svcv1 "github.com/cerbos/cerbos/api/genpb/cerbos/svc/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// rawCodec sends and receives ready-made bytes: the load generator shares the processors with what it measures.
type rawCodec struct{}

func (rawCodec) Name() string { return "proto" }

func (rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(*v.(*[]byte))}, nil
}

func (rawCodec) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}

// rpcConn is one connection to a gRPC port.
type rpcConn struct{ *grpc.ClientConn }

func dialRPC(addr string) (rpcConn, error) {
	c, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodecV2(rawCodec{})))
	return rpcConn{c}, err
}

// call makes a CheckResources.
func (c rpcConn) call(ctx context.Context, request []byte) (answer []byte, err error) {
	err = c.Invoke(ctx, svcv1.CerbosService_CheckResources_FullMethodName, &request, &answer)
	return answer, err
}

// asker is a side that notes how long each answer took.
type asker struct {
	side
	took  [][]time.Duration // by worker, of the running stretch
	close func()
}

// ask prepares connections that walk through the requests, each from a place of its own.
func ask(s *server, rpc bool, connections int, list []*requestv1.CheckResourcesRequest) (*asker, error) {
	a := &asker{took: make([][]time.Duration, connections)}
	send, err := a.open(s, rpc, connections, list)
	if err != nil {
		return nil, err
	}
	next := make([]int, connections*8) // a cache line each
	a.side = side{workers: connections, do: func(w int) error {
		at := (w*len(list)/connections + next[w*8]) % len(list)
		next[w*8]++
		begun := time.Now()
		err := send(w, at)
		a.took[w] = append(a.took[w], time.Since(begun))
		return err
	}}
	return a, nil
}

// open makes the connections and gives the function that sends the n-th request over one of them.
func (a *asker) open(s *server, rpc bool, connections int, list []*requestv1.CheckResourcesRequest) (func(w, n int) error, error) {
	ready := make([][]byte, len(list))
	for i, r := range list {
		raw, err := proto.Marshal(r)
		if !rpc {
			var text []byte
			if text, err = protojson.Marshal(r); err == nil {
				var body object
				if err = json.Unmarshal(text, &body); err == nil {
					raw, err = s.decision(body)
				}
			}
		}
		if err != nil {
			return nil, err
		}
		ready[i] = raw
	}
	if !rpc {
		l, err := dialAll(s.pdp, connections)
		if err != nil {
			return nil, err
		}
		a.close = l.close
		return func(w, n int) error {
			_, err := l.conns[w].ok(ready[n])
			return err
		}, nil
	}
	conns := make([]rpcConn, connections)
	a.close = func() {
		for _, c := range conns {
			if c.ClientConn != nil {
				c.Close()
			}
		}
	}
	for i := range conns {
		var err error
		if conns[i], err = dialRPC(s.grpc); err != nil {
			a.close()
			return nil, err
		}
	}
	ctx := context.Background()
	return func(w, n int) error {
		answer, err := conns[w].call(ctx, ready[n])
		if err == nil && len(answer) == 0 {
			err = errors.New("an empty answer")
		}
		return err
	}, nil
}

// stretch drives the side and gives the 99th percentile of its answers' times, too.
func (a *asker) stretch(d time.Duration) (slice, time.Duration, error) {
	for w := range a.took {
		a.took[w] = a.took[w][:0]
	}
	got, err := drive(a.side, d)
	all := slices.Concat(a.took...)
	if err != nil || len(all) == 0 {
		return got, 0, errors.Join(err, errNothingDone(len(all)))
	}
	slices.Sort(all)
	return got, all[int(math.Ceil(0.99*float64(len(all))))-1], nil
}

func errNothingDone(n int) error {
	if n > 0 {
		return nil
	}
	return errors.New("nothing was answered in time")
}

// bout is what a duel showed. Tail is our 99th percentile by theirs, the median over the turns.
type bout struct {
	comparison
	tail float64
}

// duel lets two servers take turns, theirs first and last, as against does.
func (b *bench) duel(theirs *server, a *asker, ours *server, o *asker) (bout, error) {
	d := b.seconds / time.Duration(2*b.turns+1)
	for _, warm := range []*asker{a, o} {
		if _, _, err := warm.stretch(d); err != nil {
			return bout{}, err
		}
	}
	ours.settle() // the first requests may have made keys, and spares for them
	var rates [2][]float64
	var tails [2][]float64
	var served, asking [2]effort
	for turn := range 2*b.turns + 1 {
		i, s, side := turn%2, theirs, a
		if i == 1 {
			s, side = ours, o
		}
		own, used := ownCPU(), s.cpu()
		got, p99, err := side.stretch(d)
		if err != nil {
			return bout{}, fmt.Errorf("turn %d: %w", turn, err)
		}
		rates[i], tails[i] = append(rates[i], got.rate()), append(tails[i], p99.Seconds())
		served[i].add(got.ops, s.cpu()-used)
		asking[i].add(got.ops, ownCPU()-own)
	}
	x := bout{comparison: comparison{rate: median(rates[1]), limit: median(rates[0]),
		limitCPU: served[0].each() + asking[0].each(), serverCPU: served[1].each(), clientCPU: asking[1].each()}}
	var ratios []float64
	for i := range rates[1] {
		x.ratios = append(x.ratios, 2*rates[1][i]/(rates[0][i]+rates[0][i+1]))
		ratios = append(ratios, 2*tails[1][i]/(tails[0][i]+tails[0][i+1]))
	}
	x.tail = median(ratios)
	return x, nil
}
