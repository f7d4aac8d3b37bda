package token_test

import (
	"context"
	"errors"
	"regexp"
	"sync"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/token"
)

func TestRefreshReadsPeopleAnewAndKeepsTheSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.signIn()
	w.clock.Advance(90 * time.Minute)
	w.change(func(u *directory.User) error { u.Attributes["name"] = "Alicia"; return nil })
	w.group("admins", "")
	second, err := w.refresh(first.Refresh)
	w.check(err)
	if second.Refresh != "" {
		t.Error("a refresh without rotation gave a refresh token")
	}
	before, after := claimsOf(t, first.ID), claimsOf(t, second.ID)
	for _, same := range []string{"auth_time", "origin_jti", "event_id", "sub"} {
		if before[same] != after[same] {
			t.Errorf("%s changed from %v to %v", same, before[same], after[same])
		}
	}
	if after["name"] != "Alicia" || after["cognito:groups"] == nil || after["jti"] == before["jti"] {
		t.Errorf("the new token holds old facts: %v", after)
	}
	if after["iat"] != before["iat"].(float64)+5400 {
		t.Errorf("iat is %v after %v", after["iat"], before["iat"])
	}
	_, err = w.verifier.Access(t.Context(), second.Access)
	w.check(err)
}

func TestARefreshTokenIsOpaque(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.signIn().Refresh
	if !regexp.MustCompile(`^[A-Za-z0-9-_=.]+$`).MatchString(got) {
		t.Errorf("%q has characters that clients refuse", got)
	}
	for _, clear := range []string{w.client.ID, w.pool.ID, sub} {
		if regexp.MustCompile(clear).MatchString(got) || regexp.MustCompile(clear).Match(decode(t, got, 0)) {
			t.Errorf("%q can be read in it", clear)
		}
	}
}

func TestRefreshIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end  func(*world, *token.Set) string // gives the token to refresh with
		kind fault.Kind
		text string
	}{
		"for garbage": {
			func(*world, *token.Set) string { return "garbage" }, fault.Denied, "Invalid Refresh Token",
		},
		"for an access token": {
			func(_ *world, s *token.Set) string { return s.Access }, fault.Denied, "Invalid Refresh Token",
		},
		"for a changed token": {
			func(_ *world, s *token.Set) string { return s.Refresh[:50] + "A" + s.Refresh[51:] }, fault.Denied, "Invalid Refresh Token",
		},
		"for another client": {
			func(w *world, s *token.Set) string { w.client = w.newClient(w.pool.ID, "client2"); return s.Refresh },
			fault.Denied, "Refresh Token has different Client",
		},
		"after its time": {
			func(w *world, s *token.Set) string { w.clock.Advance(30 * 24 * time.Hour); return s.Refresh },
			fault.Denied, "Refresh Token has expired",
		},
		"after RevokeToken": {
			func(w *world, s *token.Set) string {
				w.check(w.sessions.Revoke(w.t.Context(), w.client, s.Refresh))
				return s.Refresh
			}, fault.Denied, "Refresh Token has been revoked",
		},
		"after a global sign-out": {
			func(w *world, s *token.Set) string {
				w.check(w.store.RevokeSessions(w.t.Context(), w.pool.ID, sub, w.clock.Now()))
				return s.Refresh
			}, fault.Denied, "Refresh Token has been revoked",
		},
		"for a disabled user": {
			func(w *world, s *token.Set) string {
				w.change(func(u *directory.User) error { u.Enabled = false; return nil })
				return s.Refresh
			}, fault.Denied, "User is disabled.",
		},
		"for a deleted user": {
			func(w *world, s *token.Set) string {
				w.check(w.dir.Users.Delete(w.t.Context(), w.pool.ID, sub))
				return s.Refresh
			}, fault.Denied, "The user has been deleted for the associated refresh token",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			_, err := w.refresh(c.end(w, w.signIn()))
			refused(t, err, c.kind, c.text)
		})
	}
}

func TestADeviceSessionNeedsItsDevice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	set := w.signIn(func(g *token.Grant) { g.DeviceKey = "eu-west-1_device" })
	_, err := w.refresh(set.Refresh)
	refused(t, err, fault.Denied, "Invalid Refresh Token")
	_, err = w.minter.Refresh(t.Context(), token.Renewal{Client: w.client, Token: set.Refresh, DeviceKey: "eu-west-1_device"})
	w.check(err)
}

func TestTheCheckComesBeforeAnythingHappens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rotating(0))
	set := w.signIn()
	_, err := w.refresh(set.Refresh)
	w.check(err)
	no := errors.New("no")
	for range 2 { // with the used token: reuse must not end the session for somebody who is not the client
		_, err = w.minter.Refresh(t.Context(), token.Renewal{
			Client: w.client, Token: set.Refresh, Check: func(*directory.User) error { return no },
		})
		if !errors.Is(err, no) {
			t.Errorf("got %v", err)
		}
	}
	_, err = w.verifier.Access(t.Context(), set.Access)
	w.check(err)
}

func TestRotationGivesTheRemainingLife(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rotating(0))
	first := w.signIn()
	w.clock.Advance(29 * 24 * time.Hour)
	second, err := w.refresh(first.Refresh)
	w.check(err)
	if second.Refresh == "" || second.Refresh == first.Refresh {
		t.Fatal("no new refresh token")
	}
	third, err := w.refresh(second.Refresh)
	w.check(err)
	w.clock.Advance(24 * time.Hour)
	_, err = w.refresh(third.Refresh)
	refused(t, err, fault.Denied, "Refresh Token has expired")
}

func TestReuseAfterRotationEndsTheWholeSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rotating(0))
	first := w.signIn()
	second, err := w.refresh(first.Refresh)
	w.check(err)
	_, err = w.refresh(first.Refresh) // a thief, or the victim after the thief
	refused(t, err, fault.Reused, "Refresh token reuse detected")
	_, err = w.refresh(second.Refresh)
	refused(t, err, fault.Denied, "Refresh Token has been revoked")
	for _, access := range []string{first.Access, second.Access} {
		_, err = w.verifier.Access(t.Context(), access)
		refused(t, err, fault.Denied, "Access Token has been revoked")
	}
}

func TestTheGracePeriodForgivesOneLostAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rotating(10))
	first := w.signIn()
	second, err := w.refresh(first.Refresh)
	w.check(err)
	w.clock.Advance(9 * time.Second)
	again, err := w.refresh(first.Refresh)
	w.check(err)
	for _, next := range []*token.Set{second, again} { // both lead on, as one
		_, err := w.verifier.Access(t.Context(), next.Access)
		w.check(err)
	}
	third, err := w.refresh(again.Refresh)
	w.check(err)
	w.clock.Advance(10 * time.Second)
	_, err = w.refresh(second.Refresh)
	refused(t, err, fault.Reused, "Refresh token reuse detected")
	_, err = w.refresh(third.Refresh)
	refused(t, err, fault.Denied, "Refresh Token has been revoked")
}

func TestTheGracePeriodEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rotating(10))
	first := w.signIn()
	_, err := w.refresh(first.Refresh)
	w.check(err)
	w.clock.Advance(10 * time.Second)
	_, err = w.refresh(first.Refresh)
	refused(t, err, fault.Reused, "Refresh token reuse detected")
}

func TestOfTwoRotationsAtOnceOneWins(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rotating(0))
	first := w.signIn()
	var mu sync.Mutex
	var winners []*token.Set
	reused := 0
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			set, err := w.minter.Refresh(context.Background(), token.Renewal{Client: w.client, Token: first.Refresh})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				winners = append(winners, set)
			case fault.Is(err, fault.Reused, ""), fault.Is(err, fault.Denied, ""): // the latter once the session is over
				reused++
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(winners) != 1 || reused != 5 {
		t.Fatalf("%d winners and %d refused, want 1 and 5", len(winners), reused)
	}
	_, err := w.refresh(winners[0].Refresh)
	refused(t, err, fault.Denied, "Refresh Token has been revoked")
}

// Two requests read the clock before either writes, and the clocks of two nodes differ.
func TestWithoutAGracePeriodAnEarlierClockForgivesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rotating(0))
	first := w.signIn()
	w.clock.Advance(time.Minute)
	second, err := w.refresh(first.Refresh)
	w.check(err)
	w.clock.Advance(-2 * time.Second)
	_, err = w.refresh(first.Refresh)
	refused(t, err, fault.Reused, "Refresh token reuse detected")
	_, err = w.refresh(second.Refresh)
	refused(t, err, fault.Denied, "Refresh Token has been revoked")
}

func TestATokenFromBeforeRotationWasTurnedOffStaysDead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rotating(60))
	first := w.signIn()
	second, err := w.refresh(first.Refresh)
	w.check(err)
	settings := w.client.ClientSettings
	settings.Rotation = nil
	w.client, err = w.dir.Clients.Update(t.Context(), w.pool.ID, w.client.ID, settings)
	w.check(err)
	_, err = w.refresh(first.Refresh)
	refused(t, err, fault.Denied, "Refresh Token has been revoked")
	_, err = w.refresh(second.Refresh)
	w.check(err)
}

func TestAnOAuthSessionKeepsItsScopes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	set := w.signIn(func(g *token.Grant) { g.Scopes = []string{"openid", "email"} })
	next, err := w.refresh(set.Refresh)
	w.check(err)
	if got := claimsOf(t, next.Access)["scope"]; got != "openid email" {
		t.Errorf("scope is %v", got)
	}
	if got := claimsOf(t, next.ID)["name"]; got != nil {
		t.Errorf("the refreshed ID token tells the name %v", got)
	}
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	set := w.signIn()
	other := w.newClient(w.pool.ID, "client2")
	off := w.newClient(w.pool.ID, "client3", func(s *directory.ClientSettings) { s.TokenRevocation = false })

	refused(t, w.sessions.Revoke(t.Context(), other, set.Refresh), fault.Denied, "The token was not issued to this client.")
	if err := w.sessions.Revoke(t.Context(), other, set.Refresh); !fault.Is(err, fault.Denied, fault.Client) {
		t.Errorf("another client's token: %v is not about the client", err)
	}
	for _, jws := range []string{set.Access, set.ID} {
		refused(t, w.sessions.Revoke(t.Context(), w.client, jws), fault.Unsupported, "Token type is not supported.")
	}
	refused(t, w.sessions.Revoke(t.Context(), w.client, "garbage"), fault.Invalid, "Invalid Refresh Token")
	refused(t, w.sessions.Revoke(t.Context(), off, set.Refresh), fault.Unsupported, "This feature is not enabled for this client")
	_, err := w.refresh(set.Refresh)
	w.check(err)

	w.check(w.sessions.Revoke(t.Context(), w.client, set.Refresh))
	w.check(w.sessions.Revoke(t.Context(), w.client, set.Refresh)) // again is a success
	w.check(w.dir.Users.Delete(t.Context(), w.pool.ID, sub))
	w.check(w.sessions.Revoke(t.Context(), w.client, set.Refresh)) // and so when all is gone
}
