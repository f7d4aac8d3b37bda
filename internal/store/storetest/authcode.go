package storetest

import (
	"fmt"
	"testing"
	"time"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/fault"
)

// authCode is the n-th code, as an authorization makes it.
func authCode(n int, userID string) *authorize.Code {
	return &authorize.Code{
		Hash: fmt.Sprintf("hash-%d", n), PoolID: poolID, UserID: userID, ClientID: "client",
		RedirectURI: "https://app.example.com/?a=1", RedirectGiven: true, Challenge: "challenge", Nonce: "nonce",
		Scopes: []string{"openid", "api/read"}, Resource: "https://api.example.com", AuthTime: now, BrowserID: "browser",
		CreatedAt: later(n), ExpiresAt: later(1000),
	}
}

func authCodes(t *testing.T, open Open) {
	t.Run("EveryFieldComesBack", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		bare := &authorize.Code{Hash: "bare", PoolID: poolID, UserID: sub(1)}
		used := authCode(2, sub(1))
		used.SessionID, used.Replayed = "session", true
		for _, want := range []*authorize.Code{authCode(1, sub(1)), used, bare} {
			must(t, s.InsertAuthCode(ctx(), want))
			got, err := s.AuthCode(ctx(), want.Hash)
			must(t, err)
			same(t, "code", got, want)
		}
		none, err := s.AuthCode(ctx(), "none")
		must(t, err)
		same(t, "a code that was never given", none, nil)
	})
	t.Run("ACodeIsTakenOnce", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		must(t, s.InsertAuthCode(ctx(), authCode(1, sub(1))))
		won := make(chan string, 20)
		together(t, 20, func(i int) error {
			first, mine := false, fmt.Sprint(i)
			err := s.UpdateAuthCode(ctx(), "hash-1", func(c *authorize.Code) error {
				if first = c.SessionID == ""; first {
					c.SessionID = mine
				} else {
					c.Replayed = true
				}
				return nil
			})
			if first {
				won <- mine
			}
			return err
		})
		same(t, "winners", len(won), 1)
		got, err := s.AuthCode(ctx(), "hash-1")
		must(t, err)
		same(t, "session", got.SessionID, <-won)
		same(t, "replayed", got.Replayed, true)
	})
	t.Run("AnUnknownCodeCannotChange", func(t *testing.T) {
		t.Parallel()
		err := seeded(t, open).UpdateAuthCode(ctx(), "none", func(*authorize.Code) error {
			t.Error("a code that does not exist was changed")
			return nil
		})
		faulty(t, "update", err, fault.Missing, "", "")
	})
	t.Run("AnUnknownUserGetsNone", func(t *testing.T) {
		t.Parallel()
		faulty(t, "insert", seeded(t, open).InsertAuthCode(ctx(), authCode(1, sub(1))), fault.Missing, fault.User, "")
	})
	t.Run("ACodeGoesWithItsUser", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		must(t, s.InsertAuthCode(ctx(), authCode(1, sub(1))))
		must(t, s.DeleteUser(ctx(), poolID, sub(1)))
		got, err := s.AuthCode(ctx(), "hash-1")
		must(t, err)
		same(t, "code", got, nil)
	})
	t.Run("ResetAndSweepTakeCodesAway", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		must(t, s.InsertAuthCode(ctx(), authCode(1, sub(1))))
		old := authCode(2, sub(1))
		old.ExpiresAt = now.Add(-authorize.CodeMemory - time.Millisecond)
		must(t, s.InsertAuthCode(ctx(), old))
		must(t, s.Sweep(ctx(), now))
		got, err := s.AuthCode(ctx(), "hash-2")
		must(t, err)
		same(t, "an old code", got, nil)
		got, err = s.AuthCode(ctx(), "hash-1")
		must(t, err)
		same(t, "a code that works", got, authCode(1, sub(1)))
		must(t, s.Reset(ctx()))
		must(t, s.InsertPool(ctx(), pool(poolID)))
		insert(t, s, 1)
		got, err = s.AuthCode(ctx(), "hash-1")
		must(t, err)
		same(t, "a code after a reset", got, nil)
	})
}
