package main

import "errors"

const (
	smallWorld = 1000
	// actors is how many users take part where each must have signed in first.
	actors = 64
)

// served runs do with a server on the world of the given size.
func (b *bench) served(size int, do func(w *world, s *server) ([]result, error)) (all []result, err error) {
	w, err := b.world(size)
	if err != nil {
		return nil, err
	}
	s, err := w.start(b)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	s.settle()
	return do(w, s)
}

// compare sends the requests by turns with a limit.
func (b *bench) compare(s *server, addr string, list [][]byte, limit side) (comparison, error) {
	load, open, err := requests(addr, b.connections, list)
	if err != nil {
		return comparison{}, err
	}
	defer open.close()
	return against(limit, load, s, b.seconds, b.turns)
}

// passwordSignIn is USER_PASSWORD_AUTH. Its limit is argon2id alone, so the ratio says what everything else costs:
// two RSA signatures, the lockout and session rows on disk, HTTP, and the load generator itself.
func passwordSignIn(b *bench) ([]result, error) {
	return b.served(smallWorld, func(w *world, s *server) ([]result, error) {
		var list [][]byte
		for i := range actors {
			req, err := w.signInRequest(s, i)
			if err != nil {
				return nil, err
			}
			list = append(list, req)
		}
		c, err := b.compare(s, s.cognito, list, argon2Limit())
		if err != nil {
			return nil, err
		}
		return []result{compared("password sign-in", "argon2id", c, 0.85)}, nil
	})
}

// refresh is REFRESH_TOKEN_AUTH without rotation: an answer carries two signatures, and so does a unit of the limit.
func refresh(b *bench) ([]result, error) {
	return b.served(smallWorld, func(w *world, s *server) ([]result, error) {
		in, err := w.signIn(s, actors)
		if err != nil {
			return nil, err
		}
		var list [][]byte
		for _, t := range in {
			req, err := s.unsigned("InitiateAuth", object{"AuthFlow": "REFRESH_TOKEN_AUTH", "ClientId": w.client,
				"AuthParameters": object{"REFRESH_TOKEN": t.refresh}})
			if err != nil {
				return nil, err
			}
			list = append(list, req)
		}
		work, err := newRSAWork()
		if err != nil {
			return nil, err
		}
		c, err := b.compare(s, s.cognito, list, everyCore(func(int) error { return work.sign(2) }))
		if err != nil {
			return nil, err
		}
		return []result{compared("refresh", "2 RSA-2048 signatures", c, 0.80)}, nil
	})
}

// getUser is GetUser with an access token.
func getUser(b *bench) ([]result, error) {
	return b.served(smallWorld, func(w *world, s *server) ([]result, error) {
		in, err := w.signIn(s, actors)
		if err != nil {
			return nil, err
		}
		var list [][]byte
		for _, t := range in {
			req, err := s.unsigned("GetUser", object{"AccessToken": t.access})
			if err != nil {
				return nil, err
			}
			list = append(list, req)
		}
		limit, db, err := readLimit(w.home, w, actors)
		if err != nil {
			return nil, err
		}
		c, err := b.compare(s, s.cognito, list, limit)
		if err := errors.Join(err, db.Close()); err != nil {
			return nil, err
		}
		return []result{compared("GetUser", "RSA verification + row read", c, 0.30)}, nil
	})
}
