package authorize_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/token"
)

// tracked is a world whose pool tracks sessions, and the service over it.
func tracked(t *testing.T) (*world, *authorize.Sessions) {
	t.Helper()
	w := newWorld(t)
	var err error
	w.pool, err = w.dir.Pools.SetSessions(t.Context(), poolID, directory.SessionTracking{Enabled: true, MaxPerUser: 9})
	w.check(err)
	return w, &authorize.Sessions{Tokens: w.parts.Ended.(*token.Sessions), Browsers: w.Browser}
}

// through signs alice in at a client through a browser session.
func (w *world) through(s *authorize.Session, c *directory.Client) *token.Set {
	w.t.Helper()
	r, err := w.request()
	w.check(err)
	location, err := w.Complete(w.t.Context(), r, s)
	w.check(err)
	set, err := w.Codes.Redeem(w.t.Context(), authorize.Exchange{Pool: w.pool, Client: c, Code: code(w.t, location), RedirectURI: app})
	w.check(err)
	return set
}

func ids(list []authorize.Signed) (out []string) {
	for _, s := range list {
		out = append(out, s.ID)
	}
	return out
}

// TestLinkedSessionsEndTogether is the table of what ends with what.
func TestLinkedSessionsEndTogether(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		target int // of: the first and second app through one browser, an app by itself, the browser, another browser
		linked bool
		left   []int
	}{
		"an app":                       {0, false, []int{1, 2, 3, 4}},
		"an app and its browser":       {0, true, []int{1, 2, 4}},
		"a browser":                    {3, false, []int{0, 1, 2, 4}},
		"a browser and its apps":       {3, true, []int{2, 4}},
		"an app that came through no":  {2, true, []int{0, 1, 3, 4}},
		"a browser that led nowhere":   {4, true, []int{0, 1, 2, 3}},
		"an app by itself, not linked": {2, false, []int{0, 1, 3, 4}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, sessions := tracked(t)
			client := w.client("client")
			browser, idle := w.begin(), w.begin()
			first, second := w.through(browser, client), w.through(browser, client)
			alone, err := w.minter.Issue(t.Context(), token.Grant{Pool: w.pool, Client: client, User: w.alice})
			w.check(err)
			all := []string{first.SessionID, second.SessionID, alone.SessionID, browser.ID, idle.ID}
			w.check(sessions.End(t.Context(), w.pool, w.alice, all[c.target], c.linked))
			list, err := sessions.List(t.Context(), w.pool, w.alice)
			w.check(err)
			for i, id := range all {
				if got, want := slices.Contains(ids(list), id), slices.Contains(c.left, i); got != want {
					t.Errorf("session %d is left: %v", i, got)
				}
			}
			err = sessions.End(t.Context(), w.pool, w.alice, all[c.target], c.linked)
			if !fault.Is(err, fault.Missing, "") {
				t.Errorf("ended twice: %v", err)
			}
		})
	}
}

func TestARevokedTokenTakesItsBrowserAlong(t *testing.T) {
	t.Parallel()
	for linked, left := range map[bool]int{false: 1, true: 0} {
		w, sessions := tracked(t)
		client := w.client("client")
		set := w.through(w.begin(), client)
		w.check(sessions.RevokeToken(t.Context(), w.pool, client, set.Refresh, linked))
		list, err := sessions.List(t.Context(), w.pool, w.alice)
		w.check(err)
		if len(list) != left {
			t.Errorf("linked %v: %d sessions are left", linked, len(list))
		}
	}
}

func TestUntrackedPoolsListNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sessions := &authorize.Sessions{Tokens: w.parts.Ended.(*token.Sessions), Browsers: w.Browser}
	client := w.client("client")
	set := w.through(w.begin(), client)
	_, err := sessions.List(t.Context(), w.pool, w.alice)
	for _, err := range []error{
		err, sessions.End(t.Context(), w.pool, w.alice, set.SessionID, false),
		sessions.RevokeToken(t.Context(), w.pool, client, set.Refresh, true),
	} {
		if !fault.Is(err, fault.Unsupported, fault.Operation) {
			t.Errorf("got %v", err)
		}
	}
	w.check(sessions.RevokeToken(t.Context(), w.pool, client, set.Refresh, false))
}

// TestEachClientTrustsABrowserForItsOwnTime fails when a client's limit does not hold, or ends the session for others.
func TestEachClientTrustsABrowserForItsOwnTime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		minutes int // below zero: the default
		after   time.Duration
		asked   bool
	}{
		"never":                {0, 0, true},
		"usual":                {-1, 59 * time.Minute, false},
		"usual, over":          {-1, time.Hour, true},
		"long":                 {129_600, 89 * 24 * time.Hour, false},
		"longer than anything": {129_600, 90 * 24 * time.Hour, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _ := tracked(t)
			client := w.client("client")
			if c.minutes >= 0 {
				_, err := w.dir.Clients.SetSSO(t.Context(), w.pool, client.ID, c.minutes)
				w.check(err)
			}
			_, secret, err := w.Browser.Begin(t.Context(), authorize.Proof{Pool: w.pool, User: w.alice})
			w.check(err)
			w.clock.Advance(c.after)
			r, err := w.request()
			w.check(err)
			_, err = w.Continue(t.Context(), r, secret)
			if asked := errors.Is(err, authorize.ErrSignIn); asked != c.asked || err != nil && !asked {
				t.Errorf("asked %v, %v", asked, err)
			}
		})
	}
}
