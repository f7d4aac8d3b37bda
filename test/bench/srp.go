package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"cognate.dev/cognate/internal/password/srp"
)

// srpSignIn is USER_SRP_AUTH, both calls of it. The client has to compute too, so the limit is the arithmetic of both
// sides and the two signatures, in one process.
func srpSignIn(b *bench) ([]result, error) {
	return b.served(smallWorld, func(w *world, s *server) ([]result, error) {
		p, err := newSRPPool(s)
		if err != nil {
			return nil, err
		}
		open, err := dialAll(s.cognito, b.connections)
		if err != nil {
			return nil, err
		}
		defer open.close()
		people := make([]*srpPerson, b.connections)
		for i := range people {
			if people[i], err = p.person(s, i); err != nil {
				return nil, err
			}
		}
		limit, err := srpLimit()
		if err != nil {
			return nil, err
		}
		load := side{workers: b.connections, do: func(worker int) error { return people[worker].signIn(open.conns[worker], s) }}
		c, err := against(limit, load, s, b.seconds, b.turns)
		if err != nil {
			return nil, err
		}
		return []result{compared("SRP sign-in", "SRP of both sides + 2 signatures", c, 0)}, nil
	})
}

// srpPool is a pool whose client allows SRP.
type srpPool struct{ pool, client string }

func newSRPPool(s *server) (*srpPool, error) {
	pool, err := s.call("CreateUserPool", object{"PoolName": "bench-srp"})
	if err != nil {
		return nil, err
	}
	p := &srpPool{pool: pool.text("UserPool", "Id")}
	client, err := s.call("CreateUserPoolClient", object{"UserPoolId": p.pool, "ClientName": "bench",
		"ExplicitAuthFlows": []string{"ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}})
	p.client = client.text("UserPoolClient", "ClientId")
	return p, err
}

// srpPerson signs in again and again. Its public value is always the same, which no real client may do: it spares the
// load generator an exponentiation.
type srpPerson struct {
	*srpPool
	name   string
	client *srp.Client
}

func (p *srpPool) person(s *server, i int) (*srpPerson, error) {
	name := fmt.Sprintf("srp%02d", i)
	if _, err := s.call("AdminCreateUser", object{"UserPoolId": p.pool, "Username": name, "MessageAction": "SUPPRESS"}); err != nil {
		return nil, err
	}
	_, err := s.call("AdminSetUserPassword", object{"UserPoolId": p.pool, "Username": name, "Password": secretWord, "Permanent": true})
	return &srpPerson{srpPool: p, name: name, client: srp.NewClient()}, err
}

func (p *srpPerson) signIn(c *conn, s *server) error {
	first, err := s.unsigned("InitiateAuth", object{"AuthFlow": "USER_SRP_AUTH", "ClientId": p.srpPool.client,
		"AuthParameters": object{"USERNAME": p.name, "SRP_A": p.client.PublicA()}})
	if err != nil {
		return err
	}
	got, err := c.object("InitiateAuth", first)
	if err != nil {
		return err
	}
	asked := func(name string) string { return got.text("ChallengeParameters", name) }
	_, poolName, _ := strings.Cut(p.pool, "_")
	claim, err := p.client.Sign(srp.Challenge{PoolName: poolName, UserID: asked("USER_ID_FOR_SRP"), Salt: asked("SALT"),
		PublicB: asked("SRP_B"), SecretBlock: asked("SECRET_BLOCK")}, secretWord, time.Now())
	if err != nil {
		return err
	}
	answers := object{"USERNAME": asked("USER_ID_FOR_SRP"), "PASSWORD_CLAIM_SECRET_BLOCK": asked("SECRET_BLOCK"),
		"PASSWORD_CLAIM_SIGNATURE": claim.Signature, "TIMESTAMP": claim.Timestamp}
	reply := object{"ChallengeName": "PASSWORD_VERIFIER", "ClientId": p.srpPool.client, "ChallengeResponses": answers}
	if session := got.text("Session"); session != "" { // the secret block alone may carry it
		reply["Session"] = session
	}
	second, err := s.unsigned("RespondToAuthChallenge", reply)
	if err != nil {
		return err
	}
	tokens, err := c.object("RespondToAuthChallenge", second)
	if err == nil && tokens.text("AuthenticationResult", "AccessToken") == "" {
		err = errors.New("an SRP sign-in gave no tokens")
	}
	return err
}

// srpLimit is the arithmetic of one sign-in.
func srpLimit() (side, error) {
	work, err := newRSAWork()
	if err != nil {
		return side{}, err
	}
	const pool, user = "Example01", "alice"
	salt := srp.NewSalt()
	verifier := srp.Verifier(pool, user, secretWord, salt)
	client := srp.NewClient()
	return everyCore(func(int) error {
		exchange, err := srp.Begin(verifier, client.PublicA())
		if err != nil {
			return err
		}
		claim, err := client.Sign(srp.Challenge{PoolName: pool, UserID: user, Salt: fmt.Sprintf("%x", salt), PublicB: exchange.PublicB}, secretWord, time.Now())
		if err != nil {
			return err
		}
		if !srp.Check(exchange.Key, claim) {
			return errors.New("the claim is wrong")
		}
		return work.sign(2)
	}), nil
}
