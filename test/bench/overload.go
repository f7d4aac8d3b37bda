package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// overload sends five times as many sign-ins as the server can do, and at the same time, at a calm pace, decisions and
// requests for the key set. Who is turned away must be told so (429), not left waiting; what is admitted must still be most
// of what the machine can do; and decisions and key sets must not notice. -seconds is the time of the overload.
func overload(b *bench) ([]result, error) {
	return b.served(smallWorld, func(w *world, s *server) ([]result, error) {
		signIns, err := w.signIns(s)
		if err != nil {
			return nil, err
		}
		capacity, calm, err := b.capacity(s, signIns)
		if err != nil {
			return nil, err
		}
		b.say("capacity: %.1f sign-ins a second, the median takes %.0f ms", capacity, calm)
		stop, besides := b.besides(w, s)
		crowd := &line{addr: s.cognito}
		defer crowd.close()
		storm, err := paced(crowd, func(i int) []byte { return signIns[i%len(signIns)] }, 5*capacity, b.seconds, http.StatusTooManyRequests)
		ended := time.Now()
		stop()
		decisions, keys := <-besides, <-besides
		if err := errors.Join(err, decisions.err, keys.err); err != nil {
			return nil, err
		}
		recovered, err := b.recovery(s, signIns, calm, ended)
		if err != nil {
			return nil, err
		}
		span := b.seconds
		for _, a := range storm { // answers that came late count for the time they took
			span = max(span, a.at+a.took)
		}
		goodput := float64(good(storm)) / span.Seconds()
		return []result{
			ceiling("overload: sign-ins sent, a second", 5*capacity, "/s", 0),
			floor("overload: goodput, of capacity", goodput/capacity, "", 0.8),
			ceiling("overload: turned away (429)", float64(len(storm)-good(storm))/float64(len(storm)), "", 0),
			ceiling("overload: p99 of admitted sign-ins", quantile(storm, 0.99), "ms", 0),
			ceiling("overload: p99 of decisions", quantile(decisions.list, 0.99), "ms", 50),
			ceiling("overload: p99 of the key set", quantile(keys.list, 0.99), "ms", 50),
			ceiling("overload: recovery", recovered.Seconds(), "s", 5),
		}, nil
	})
}

// signIns are those of the actors.
func (w *world) signIns(s *server) (list [][]byte, err error) {
	for i := range actors {
		req, err := w.signInRequest(s, i)
		if err != nil {
			return nil, err
		}
		list = append(list, req)
	}
	return list, nil
}

// capacity is how many sign-ins a second the server does when as many come as it can do, and the median time of one alone,
// in milliseconds.
func (b *bench) capacity(s *server, list [][]byte) (rate, calm float64, err error) {
	load, open, err := requests(s.cognito, b.connections, list)
	if err != nil {
		return 0, 0, err
	}
	defer open.close()
	if _, err := drive(load, time.Second); err != nil { // warm
		return 0, 0, err
	}
	got, err := drive(load, max(5*time.Second, b.seconds/4))
	if err != nil {
		return 0, 0, err
	}
	alone := &line{addr: s.cognito}
	defer alone.close()
	calmly, err := paced(alone, func(i int) []byte { return list[i%len(list)] }, 5, 4*time.Second)
	return got.rate(), quantile(calmly, 0.5), err
}

// beside is what was asked beside the overload.
type beside struct {
	list []answered
	err  error
}

// besides asks for decisions and key sets, 50 a second of each, until stop is called. The channel brings both, decisions first.
func (b *bench) besides(w *world, s *server) (stop func(), both <-chan beside) {
	ctx, cancel := context.WithCancel(context.Background())
	out := make(chan beside)
	run := func(addr string, next func(i int) ([]byte, error)) func() beside {
		done := make(chan beside, 1)
		go func() {
			l := &line{addr: addr}
			defer l.close()
			var all beside
			for ctx.Err() == nil && all.err == nil {
				req, err := next(len(all.list))
				if err != nil {
					all.err = err
					break
				}
				list, err := paced(l, func(int) []byte { return req }, 50, 200*time.Millisecond)
				all.list, all.err = append(all.list, list...), err
			}
			done <- all
		}()
		return func() beside { return <-done }
	}
	decisions := run(s.pdp, func(i int) ([]byte, error) { return s.decision(question(w.member(i%actors), 1, []string{"delete"})) })
	keys := run(s.cognito, func(int) ([]byte, error) {
		return fmt.Appendf(nil, "GET /%s/.well-known/jwks.json HTTP/1.1\r\nHost: %s\r\n\r\n", w.pool, s.cognito), nil
	})
	go func() { out <- decisions(); out <- keys() }()
	return cancel, out
}

// recovery is how long after the end of an overload the first sign-in takes no longer than twice what one took before it.
func (b *bench) recovery(s *server, list [][]byte, calm float64, ended time.Time) (time.Duration, error) {
	l := &line{addr: s.cognito}
	defer l.close()
	for i := 0; time.Since(ended) < time.Minute; i++ {
		one, err := paced(l, func(int) []byte { return list[i%len(list)] }, 1, time.Millisecond, http.StatusTooManyRequests)
		if err != nil {
			return 0, err
		}
		if good(one) == 1 && quantile(one, 0.5) <= 2*calm {
			return time.Since(ended), nil
		}
	}
	return 0, errors.New("a minute after the overload sign-ins were still slow")
}
