package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
)

// sizes are the numbers of users that are compared; the last against the first.
var sizes = []int{1_000, 10_000, 100_000}

// asks is how many different requests go round: the same number for each size, so that the load generator's own memory
// plays no part, and enough of them to walk the whole table.
const asks = 20_000

// scale asks for users by name (AdminGetUser, signed) and by email (ListUsers, signed) at each size. The servers run at
// the same time and take turns, so a slow moment of the machine hits all of them.
func scale(b *bench) (all []result, err error) {
	worlds, servers := make([]*world, len(sizes)), make([]*server, len(sizes))
	defer func() {
		for _, s := range servers {
			err = errors.Join(err, s.stop())
		}
	}()
	for i, size := range sizes {
		if worlds[i], err = b.world(size); err != nil {
			return nil, err
		}
		if servers[i], err = worlds[i].start(b); err != nil {
			return nil, err
		}
		servers[i].settle()
	}
	for _, kind := range []struct {
		name string
		body func(w *world, i int) (string, object)
	}{{"AdminGetUser", byName}, {"ListUsers by email", byEmail}} {
		runs, err := b.race(worlds, servers, kind.body)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", kind.name, err)
		}
		all = append(all, sizeResults(kind.name, runs)...)
	}
	return all, nil
}

func byName(w *world, i int) (string, object) {
	return "AdminGetUser", object{"UserPoolId": w.pool, "Username": w.users[i].Username}
}

func byEmail(w *world, i int) (string, object) {
	return "ListUsers", object{"UserPoolId": w.pool, "Filter": fmt.Sprintf("email = %q", w.users[i].Attributes["email"])}
}

// runner is how one of the servers did.
type runner struct {
	rates          []float64 // of its turns
	served, asking effort
}

// race lets the servers take turns.
func (b *bench) race(worlds []*world, servers []*server, body func(*world, int) (string, object)) ([]runner, error) {
	loads, runs := make([]side, len(worlds)), make([]runner, len(worlds))
	for i, w := range worlds {
		list, err := signedAsks(w, servers[i], body)
		if err != nil {
			return nil, err
		}
		load, open, err := requests(servers[i].cognito, b.connections, list)
		if err != nil {
			return nil, err
		}
		defer open.close()
		if err := rightAnswer(open.conns[0], list[0]); err != nil {
			return nil, err
		}
		loads[i] = load
	}
	d := b.seconds / 10
	for turn := range b.turns + 1 {
		for i := range loads {
			if turn%2 == 1 { // there and back, so that nobody is always first
				i = len(loads) - 1 - i
			}
			own, theirs := ownCPU(), servers[i].cpu()
			got, err := drive(loads[i], d)
			if err != nil {
				return nil, err
			}
			if turn > 0 { // the first one warms up
				runs[i].rates = append(runs[i].rates, got.rate())
				runs[i].asking.add(got.ops, ownCPU()-own)
				runs[i].served.add(got.ops, servers[i].cpu()-theirs)
			}
		}
	}
	return runs, nil
}

func signedAsks(w *world, s *server, body func(*world, int) (string, object)) ([][]byte, error) {
	list := make([][]byte, asks)
	for n := range list {
		operation, in := body(w, rand.IntN(len(w.users))) // #nosec G404 -- which row is read next is no secret
		req, err := s.signed(operation, in)
		if err != nil {
			return nil, err
		}
		list[n] = req
	}
	return list, nil
}

// rightAnswer makes sure that the answer holds a user: an empty list would be fast, and a 200.
func rightAnswer(c *conn, request []byte) error {
	got, err := c.object("the first answer", request)
	if err != nil {
		return err
	}
	users, _ := got["Users"].([]any)
	if got.text("Username") == "" && len(users) != 1 {
		return fmt.Errorf("the first answer holds no user: %v", got)
	}
	return nil
}

// sizeResults compares the greater sizes with the first, turn by turn. Only the greatest has a target.
func sizeResults(name string, runs []runner) []result {
	var all []result
	least := runs[0]
	for i := 1; i < len(sizes); i++ {
		c := comparison{
			rate: median(runs[i].rates), limit: median(least.rates),
			limitCPU:  least.served.each() + least.asking.each(),
			serverCPU: runs[i].served.each(), clientCPU: runs[i].asking.each(),
		}
		for turn, rate := range runs[i].rates {
			c.ratios = append(c.ratios, rate/least.rates[turn])
		}
		target := 0.0
		if i == len(sizes)-1 {
			target = 0.9
		}
		all = append(all, compared(fmt.Sprintf("%s, %d users", name, sizes[i]), fmt.Sprintf("the same, %d users", sizes[0]), c, target))
	}
	return all
}
