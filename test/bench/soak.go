package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"time"
)

// soak sends a mixed load at 70 % of what the server can do of it for -seconds, and says what the server holds and how fast
// it answers at the beginning (after a tenth of the time, warm) and at the end. What leaks, grows. A machine that stands still for
// some seconds meanwhile has more to do than it can: whoever is turned away for it is counted.
func soak(b *bench) ([]result, error) {
	return b.served(smallWorld, func(w *world, s *server) ([]result, error) {
		list, err := w.mixture(s)
		if err != nil {
			return nil, err
		}
		load, open, err := mixedLoad(b, list)
		if err != nil {
			return nil, err
		}
		_, err = drive(load, time.Second)
		if err != nil {
			return nil, err
		}
		got, err := drive(load, max(5*time.Second, b.seconds/60))
		open()
		if err != nil {
			return nil, err
		}
		b.say("capacity: %.0f requests of the mixture a second", got.rate())
		lines := map[string]*line{}
		defer func() {
			for _, l := range lines {
				l.close()
			}
		}()
		stretch := func(d time.Duration) (list []answered, err error) {
			return pacedMixture(lines, w, s, 0.7*got.rate(), d)
		}
		var states []held
		var ends [2][]answered
		sent, away := 0, 0
		tenth := b.seconds / 10
		for i, d := range []time.Duration{tenth, tenth, b.seconds - 3*tenth, tenth} { // warm up, begin, go on, end
			answers, err := stretch(d)
			if err != nil {
				return nil, err
			}
			sent, away = sent+len(answers), away+len(answers)-good(answers)
			if i == 1 || i == 3 {
				now, err := s.held()
				if err != nil {
					return nil, err
				}
				states = append(states, now)
				ends[i/2] = answers
			}
		}
		out := []result{ceiling("soak: load", 0.7*got.rate(), "/s", 0), ceiling("soak: turned away (429)", float64(away)/float64(sent), "of all", 0.001)}
		for _, kind := range []string{"sign-in", "refresh", "GetUser", "decision"} {
			var p99 [2]float64
			for i, when := range []string{"begin", "end"} {
				one := slices.DeleteFunc(slices.Clone(ends[i]), func(a answered) bool { return kinds[a.n%len(kinds)] != kind || a.status != http.StatusOK })
				p50 := quantile(one, 0.5)
				p99[i] = quantile(one, 0.99)
				out = append(out, ceiling("soak: "+kind+", p50, "+when, p50, "ms", 0),
					ceiling("soak: "+kind+", p99 of p50, "+when, p99[i]/max(p50, 0.001), "×", 3))
			}
			out = append(out, ceiling("soak: "+kind+", p99 at the end, of the beginning", p99[1]/max(p99[0], 0.001), "×", 1.5))
		}
		for i, when := range []string{"begin", "end"} {
			out = append(out,
				ceiling("soak: resident memory, "+when, states[i].memory, "MiB", 0),
				ceiling("soak: goroutines, "+when, states[i].goroutines, "", 0),
				ceiling("soak: open files, "+when, states[i].files, "", 0))
		}
		return append(out,
			ceiling("soak: memory at the end, of the beginning", states[1].memory/states[0].memory, "×", 1.2),
			ceiling("soak: goroutines, likewise", states[1].goroutines/states[0].goroutines, "×", 1.2),
			ceiling("soak: open files, likewise", states[1].files/states[0].files, "×", 1.2)), nil
	})
}

// wanted is one request of the mixture, and where it goes.
type wanted struct {
	addr    string
	request []byte
}

// kinds of the requests of a mixture, again and again.
var kinds = []string{"decision", "GetUser", "sign-in", "decision", "refresh", "GetUser", "decision", "refresh", "GetUser", "decision"}

// mixture is of ten requests one password sign-in, two refreshes, three GetUser and four decisions, in the order of
// kinds. Its tokens are good for an hour.
func (w *world) mixture(s *server) (list []wanted, err error) {
	in, err := w.signIn(s, actors)
	if err != nil {
		return nil, err
	}
	for i, t := range in {
		signIn, e1 := w.signInRequest(s, i)
		refresh, e2 := s.unsigned("InitiateAuth", object{"AuthFlow": "REFRESH_TOKEN_AUTH", "ClientId": w.client, "AuthParameters": object{"REFRESH_TOKEN": t.refresh}})
		getUser, e3 := s.unsigned("GetUser", object{"AccessToken": t.access})
		decide, e4 := s.decision(question(w.member(i), 1, []string{"delete"}))
		if err := errors.Join(e1, e2, e3, e4); err != nil {
			return nil, err
		}
		c, d := s.cognito, s.pdp
		list = append(list, wanted{d, decide}, wanted{c, getUser}, wanted{c, signIn}, wanted{d, decide}, wanted{c, refresh},
			wanted{c, getUser}, wanted{d, decide}, wanted{c, refresh}, wanted{c, getUser}, wanted{d, decide})
	}
	return list, nil
}

// mixedLoad is a side that sends the mixture as fast as it is answered.
func mixedLoad(b *bench, list []wanted) (side, func(), error) {
	type pair struct {
		at    int
		conns map[string]*conn
	}
	workers := make([]pair, b.connections)
	closeAll := func() {
		for _, w := range workers {
			for _, c := range w.conns {
				_ = c.net.Close()
			}
		}
	}
	for i := range workers {
		workers[i] = pair{at: i * len(list) / len(workers), conns: map[string]*conn{}}
		for _, one := range list[:10] {
			if workers[i].conns[one.addr] == nil {
				c, err := dial(one.addr)
				if err != nil {
					closeAll()
					return side{}, nil, err
				}
				workers[i].conns[one.addr] = c
			}
		}
	}
	return side{workers: b.connections, do: func(w int) error {
		one := list[workers[w].at%len(list)]
		workers[w].at++
		_, err := workers[w].conns[one.addr].ok(one.request)
		return err
	}}, closeAll, nil
}

// renewEvery is how long prepared tokens are used.
const renewEvery = 10 * time.Minute

// pacedMixture is paced for the mixture: each address has its line.
func pacedMixture(lines map[string]*line, w *world, s *server, rate float64, d time.Duration) (all []answered, err error) {
	for d > 0 {
		list, err := w.mixture(s)
		if err != nil {
			return nil, err
		}
		for _, one := range list[:10] {
			if lines[one.addr] == nil {
				lines[one.addr] = &line{addr: one.addr}
			}
		}
		part := min(d, renewEvery)
		d -= part
		some, err := pacedTo(func(i int) (*line, []byte) {
			one := list[i%len(list)]
			return lines[one.addr], one.request
		}, rate, part, http.StatusTooManyRequests)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// held is what a server holds.
type held struct{ memory, goroutines, files float64 }

func (s *server) held() (h held, err error) {
	h.memory = s.memory("VmRSS")
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.PID()))
	if err != nil {
		return h, err
	}
	h.files = float64(len(files))
	c, err := dial(s.cognito)
	if err != nil {
		return h, err
	}
	defer c.net.Close()
	metrics, err := c.ok(fmt.Appendf(nil, "GET /_cognate/metrics HTTP/1.1\r\nHost: %s\r\n\r\n", s.cognito))
	if err != nil {
		return h, err
	}
	_, rest, found := bytes.Cut(metrics, []byte("\ngo_goroutines "))
	if !found {
		return h, errors.New("the metrics tell no number of goroutines")
	}
	number, _, _ := bytes.Cut(rest, []byte("\n"))
	h.goroutines, err = strconv.ParseFloat(string(number), 64)
	return h, err
}
