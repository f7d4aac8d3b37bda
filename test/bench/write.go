package main

import (
	"errors"
	"fmt"
	"sync/atomic"
)

// crowd is how many connections write at once: group commit shows only when writers meet.
const crowd = 32

// writes are operations that must be on disk before they are answered: a sign-up, which also hashes a password, and an
// attribute update, which does not. The update's limit is one writer that waits for the disk each time, so a ratio
// above 1 means that writers share their waiting.
func writes(b *bench) ([]result, error) {
	return b.served(smallWorld, func(w *world, s *server) ([]result, error) {
		ups, err := b.signUps(w, s)
		if err != nil {
			return nil, fmt.Errorf("sign-up: %w", err)
		}
		var list [][]byte
		for i := range w.users {
			req, err := s.signed("AdminUpdateUserAttributes", object{"UserPoolId": w.pool, "Username": w.users[i].Username,
				"UserAttributes": []object{{"Name": "given_name", "Value": fmt.Sprintf("Changed%d", i)}}})
			if err != nil {
				return nil, err
			}
			list = append(list, req)
		}
		limit, file, err := syncLimit(w.home)
		if err != nil {
			return nil, err
		}
		load, open, err := requests(s.cognito, crowd, list)
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		defer open.close()
		c, err := against(limit, load, s, b.seconds, b.turns)
		if err := errors.Join(err, file.Close()); err != nil {
			return nil, err
		}
		update := compared("attribute update", "one fsync after another", c, 0)
		update.ByCPU = 0 // the limit waits for the disk and hardly computes
		return []result{ups, update}, nil
	})
}

// signUps makes new users as fast as it can.
func (b *bench) signUps(w *world, s *server) (result, error) {
	open, err := dialAll(s.cognito, b.connections)
	if err != nil {
		return result{}, err
	}
	defer open.close()
	var count atomic.Int64
	load := side{workers: b.connections, do: func(worker int) error {
		name := fmt.Sprintf("new%06d", count.Add(1))
		req, err := s.unsigned("SignUp", object{"ClientId": w.client, "Username": name, "Password": secretWord,
			"UserAttributes": []object{{"Name": "email", "Value": name + "@example.com"}}})
		if err != nil {
			return err
		}
		_, err = open.conns[worker].ok(req)
		return err
	}}
	c, err := against(argon2Limit(), load, s, b.seconds, b.turns)
	return compared("sign-up", "argon2id", c, 0), err
}
