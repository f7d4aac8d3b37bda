package storetest

import (
	"fmt"
	"testing"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/token"
)

// session is the n-th session, as a sign-in makes it.
func session(n int, userID string) *token.Session {
	return &token.Session{
		ID: fmt.Sprintf("session-%d", n), PoolID: poolID, UserID: userID, ClientID: "client", EventID: "event",
		AuthTime: now, ExpiresAt: later(1000), RefreshID: "first", CreatedAt: later(n),
	}
}

func sessions(t *testing.T, open Open) {
	full := session(1, sub(1))
	full.RevokedAt, full.RotatedAt = later(5), later(4)
	full.ActiveAt, full.From, full.BrowserID = later(6), token.Origin{Address: "192.0.2.1", Agent: "curl/8"}, "browser"
	full.AMR, full.ACR = []string{"pwd", "otp", "mfa"}, "urn:cognito:loa:4"
	full.Scopes, full.DeviceKey, full.PreviousID = []string{"openid", "aws.cognito.signin.user.admin"}, "device", "zeroth"
	full.Resource = "https://api.example.com"
	t.Run("EveryFieldComesBack", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		for _, want := range []*token.Session{full, session(2, sub(1))} {
			must(t, s.InsertSession(ctx(), want))
			got, err := s.Session(ctx(), want.ID)
			must(t, err)
			same(t, "session", got, want)
		}
		must(t, s.UpdateSession(ctx(), "session-2", func(x *token.Session) error {
			created := x.CreatedAt
			*x = *full
			x.ID, x.CreatedAt = "ignored", created
			return nil
		}))
		want := *full
		want.ID, want.CreatedAt = "session-2", later(2)
		got, err := s.Session(ctx(), "session-2")
		must(t, err)
		same(t, "updated session", got, &want)
	})
	t.Run("AnUnknownSessionIsNilAndCannotChange", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		got, err := s.Session(ctx(), "none")
		must(t, err)
		same(t, "session", got, nil)
		err = s.UpdateSession(ctx(), "none", func(*token.Session) error {
			t.Error("a session that does not exist was changed")
			return nil
		})
		faulty(t, "update", err, fault.Missing, "", "")
	})
	t.Run("ASessionComesWithItsUser", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		insert(t, s, 2)
		for _, want := range []*token.Session{full, session(2, sub(2))} {
			must(t, s.InsertSession(ctx(), want))
			got, whose, err := s.SessionAndUser(ctx(), want.ID)
			must(t, err)
			same(t, "session", got, want)
			user, err := s.User(ctx(), poolID, want.UserID)
			must(t, err)
			same(t, "user", whose, user)
		}
		got, whose, err := s.SessionAndUser(ctx(), "none")
		must(t, err)
		same(t, "session", got, nil)
		same(t, "user", whose, nil)
	})
	t.Run("AnUnknownUserGetsNone", func(t *testing.T) {
		t.Parallel()
		faulty(t, "insert", seeded(t, open).InsertSession(ctx(), session(1, sub(1))), fault.Missing, fault.User, "")
	})
	t.Run("OfTwoRotationsOneSeesTheOther", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		must(t, s.InsertSession(ctx(), session(1, sub(1))))
		won := make(chan string, 20)
		together(t, 20, func(i int) error {
			id, first := fmt.Sprintf("rotated-%d", i), false
			err := s.UpdateSession(ctx(), "session-1", func(x *token.Session) error {
				if first = x.RefreshID == "first"; first {
					x.PreviousID, x.RefreshID, x.RotatedAt = x.RefreshID, id, later(1)
				}
				return nil
			})
			if first {
				won <- id
			}
			return err
		})
		same(t, "winners", len(won), 1)
		got, err := s.Session(ctx(), "session-1")
		must(t, err)
		same(t, "refresh token", got.RefreshID, <-won)
		same(t, "refresh token before", got.PreviousID, "first")
	})
	t.Run("RevokingEndsTheLivingSessionsOfOneUser", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		insert(t, s, 2)
		dead := session(3, sub(1))
		dead.RevokedAt = later(1)
		for _, x := range []*token.Session{session(1, sub(1)), session(2, sub(1)), dead, session(4, sub(2))} {
			must(t, s.InsertSession(ctx(), x))
		}
		must(t, s.RevokeSessions(ctx(), poolID, sub(1), later(9)))
		for n, want := range map[int]time.Time{1: later(9), 2: later(9), 3: later(1), 4: {}} {
			got, err := s.Session(ctx(), fmt.Sprintf("session-%d", n))
			must(t, err)
			same(t, fmt.Sprintf("end of session %d", n), got.RevokedAt, want)
		}
	})
	t.Run("SessionsAreListedNewestFirst", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		for _, n := range []int{2, 3, 1} {
			must(t, s.InsertSession(ctx(), session(n, sub(1))))
		}
		got, err := s.ListSessions(ctx(), poolID, sub(1), 2)
		must(t, err)
		same(t, "sessions", got, []*token.Session{session(3, sub(1)), session(2, sub(1))})
	})
	t.Run("TheLivingAreListedLastUsedFirst", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		insert(t, s, 2)
		unused, used, revoked, ended, other := session(1, sub(1)), session(2, sub(1)), session(3, sub(1)), session(4, sub(1)), session(5, sub(2))
		used.ActiveAt, revoked.RevokedAt, ended.ExpiresAt = later(50), now, later(20)
		late := session(6, sub(1))
		for _, x := range []*token.Session{late, used, unused, revoked, ended, other} {
			must(t, s.InsertSession(ctx(), x))
		}
		got, err := s.LiveSessions(ctx(), poolID, sub(1), later(20), 2)
		must(t, err)
		same(t, "sessions", got, []*token.Session{used, late})
	})
	t.Run("ManyEndedSessionsAreAllDropped", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		must(t, s.InTx(ctx(), func(ctx Context) error {
			for n := range 1100 { // more than one step of the sweep
				if err := s.InsertSession(ctx, session(n, sub(1))); err != nil {
					return err
				}
			}
			return nil
		}))
		must(t, s.DropExpiredSessions(ctx(), later(1000)))
		got, err := s.ListSessions(ctx(), poolID, sub(1), 2000)
		must(t, err)
		same(t, "sessions that end now", len(got), 1100)
		must(t, s.DropExpiredSessions(ctx(), later(1001)))
		got, err = s.ListSessions(ctx(), poolID, sub(1), 2000)
		must(t, err)
		same(t, "sessions that have ended", len(got), 0)
	})
}
