package storetest

import (
	"fmt"
	"testing"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/fault"
)

// browser is the n-th browser session.
func browser(n int, userID string) *authorize.Session {
	return &authorize.Session{
		ID: fmt.Sprintf("browser-%d", n), Hash: fmt.Sprintf("digest-%d", n), PoolID: poolID, UserID: userID, Provider: "COGNITO",
		AMR: []string{"pwd", "otp"}, AuthTime: now, UserAgent: "browser", Address: "192.0.2.1", Level: 3,
		CreatedAt: later(n), ExpiresAt: later(1000),
	}
}

func browsers(t *testing.T, open Open) {
	t.Run("EveryFieldComesBack", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		bare := &authorize.Session{ID: "bare", Hash: "bare", PoolID: poolID, UserID: sub(1)}
		for _, want := range []*authorize.Session{browser(1, sub(1)), bare} {
			must(t, s.InsertBrowserSession(ctx(), want))
			got, err := s.BrowserSession(ctx(), want.Hash)
			must(t, err)
			same(t, "session", got, want)
		}
		none, err := s.BrowserSession(ctx(), "browser-1")
		must(t, err)
		same(t, "a session found by its id", none, nil)
	})
	t.Run("AnUnknownUserGetsNone", func(t *testing.T) {
		t.Parallel()
		faulty(t, "insert", seeded(t, open).InsertBrowserSession(ctx(), browser(1, sub(1))), fault.Missing, fault.User, "")
	})
	t.Run("OneSessionEndsForItsOwnUserOnly", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		insert(t, s, 2)
		must(t, s.InsertBrowserSession(ctx(), browser(1, sub(1))))
		for _, c := range []struct {
			user string
			want bool
		}{{sub(2), false}, {sub(1), true}, {sub(1), false}} {
			was, err := s.DeleteBrowserSession(ctx(), poolID, c.user, "browser-1")
			must(t, err)
			same(t, "ended by "+c.user, was, c.want)
		}
	})
	t.Run("AUsersSessionsAreListedAndEndTogether", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		insert(t, s, 2)
		ended := browser(4, sub(1))
		ended.ExpiresAt = now
		for _, b := range []*authorize.Session{browser(2, sub(1)), browser(3, sub(1)), browser(1, sub(1)), ended, browser(5, sub(2))} {
			must(t, s.InsertBrowserSession(ctx(), b))
		}
		got, err := s.ListBrowserSessions(ctx(), poolID, sub(1), now, 2)
		must(t, err)
		same(t, "sessions", got, []*authorize.Session{browser(3, sub(1)), browser(2, sub(1))})
		must(t, s.DeleteBrowserSessions(ctx(), poolID, sub(1)))
		got, err = s.ListBrowserSessions(ctx(), poolID, sub(1), now, 9)
		must(t, err)
		same(t, "sessions after the end", got, nil)
		got, err = s.ListBrowserSessions(ctx(), poolID, sub(2), now, 9)
		must(t, err)
		same(t, "sessions of another", got, []*authorize.Session{browser(5, sub(2))})
	})
	t.Run("ResetSweepAndDeletionTakeThemAway", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		insert(t, s, 2)
		ended := browser(1, sub(1))
		ended.ExpiresAt = later(-1)
		for _, b := range []*authorize.Session{ended, browser(2, sub(1)), browser(3, sub(2))} {
			must(t, s.InsertBrowserSession(ctx(), b))
		}
		must(t, s.Sweep(ctx(), now))
		must(t, s.DeleteUser(ctx(), poolID, sub(2)))
		for n, want := range map[int]*authorize.Session{1: nil, 2: browser(2, sub(1)), 3: nil} {
			got, err := s.BrowserSession(ctx(), fmt.Sprintf("digest-%d", n))
			must(t, err)
			same(t, fmt.Sprintf("session %d", n), got, want)
		}
		must(t, s.Reset(ctx()))
		got, err := s.BrowserSession(ctx(), "digest-2")
		must(t, err)
		same(t, "session after a reset", got, nil)
	})
}
