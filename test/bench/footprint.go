package main

import (
	"errors"
	"fmt"
	"time"
)

// startUp is the time from the start of the process to its banner, on a database of the greatest size.
func startUp(b *bench) ([]result, error) {
	w, err := b.world(sizes[len(sizes)-1])
	if err != nil {
		return nil, err
	}
	var times []float64
	for range 2*b.turns + 1 {
		s, err := w.start(b)
		if err != nil {
			return nil, err
		}
		times = append(times, s.ReadyIn.Seconds())
		if err := s.stop(); err != nil {
			return nil, err
		}
	}
	return []result{ceiling(fmt.Sprintf("start-up, %d users", len(w.users)), median(times), "s", 0.3)}, nil
}

// quiet is how long the server is left alone before its memory is read: time for the runtime to collect and to give
// back what the load needed.
const quiet = 30 * time.Second

// memory is what the server keeps resident with the greatest number of users: when it has just started, at the height
// of a mixed load (sign-ins, reads and lists at once), and when it has been left alone after that.
func memory(b *bench) ([]result, error) {
	return b.served(sizes[len(sizes)-1], func(w *world, s *server) ([]result, error) {
		fresh := s.memory("VmRSS")
		if err := b.mixed(w, s); err != nil {
			return nil, err
		}
		peak := s.memory("VmHWM")
		b.say("waiting %s for memory to settle", quiet)
		time.Sleep(quiet)
		note := fmt.Sprintf(", %d users", len(w.users))
		return []result{
			ceiling("memory after start"+note, fresh, "MiB", 0),
			ceiling("memory at the height of load"+note, peak, "MiB", 0),
			ceiling("memory, idle after load"+note, s.memory("VmRSS"), "MiB", 120),
		}, nil
	})
}

// mixed loads the server with everything at once.
func (b *bench) mixed(w *world, s *server) error {
	var list [][]byte
	for _, body := range []func(*world, int) (string, object){byName, byEmail} {
		some, err := signedAsks(w, s, body)
		if err != nil {
			return err
		}
		list = append(list, some...)
	}
	reads, openReads, err := requests(s.cognito, b.connections, list)
	if err != nil {
		return err
	}
	defer openReads.close()
	var signIns [][]byte
	for i := range actors {
		req, err := w.signInRequest(s, i)
		if err != nil {
			return err
		}
		signIns = append(signIns, req)
	}
	logins, openLogins, err := requests(s.cognito, b.connections, signIns)
	if err != nil {
		return err
	}
	defer openLogins.close()
	other := make(chan error, 1)
	go func() {
		_, err := drive(logins, b.seconds)
		other <- err
	}()
	_, err = drive(reads, b.seconds)
	return errors.Join(err, <-other)
}
