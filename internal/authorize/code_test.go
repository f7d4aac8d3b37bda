package authorize_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/token"
)

// TestACodeReplayedWhileItsTokensAreMadeGivesNothing plays the race in slow motion: the replay comes while the tokens of the
// first are made, and is done before them. The first finds the code used, and ends what came of it.
func TestACodeReplayedWhileItsTokensAreMadeGivesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.client("client")
	exchange := w.coded(client)
	replayed := false
	w.hook = func(token.Event) (token.Changes, error) {
		w.hook = nil
		quicker, err := w.Codes.Redeem(t.Context(), exchange)
		w.check(err)
		replayed = quicker != nil
		return token.Changes{}, nil
	}
	set, err := w.Codes.Redeem(t.Context(), exchange)
	refusal(t, err, authorize.InvalidGrant)
	if !replayed || set != nil {
		t.Errorf("replayed: %v, tokens: %v", replayed, set)
	}
	sessions, err := w.store.ListSessions(t.Context(), poolID, sub, 9)
	w.check(err)
	if len(sessions) != 1 || sessions[0].RevokedAt.IsZero() {
		t.Errorf("sessions %+v", sessions)
	}
}

func TestARefusingTriggerSpeaksToTheClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.client("client")
	w.hook = refusing
	r, err := w.request()
	w.check(err)
	location, err := w.Complete(t.Context(), r, w.begin())
	w.check(err)
	_, err = w.Codes.Redeem(t.Context(), authorize.Exchange{Pool: w.pool, Client: client, Code: code(t, location), RedirectURI: app})
	if r := refusal(t, err, authorize.InvalidGrant); r.Description != "PreTokenGeneration failed with error no." {
		t.Errorf("the client hears %q", r.Description)
	}
	r, err = w.request("response_type", "token")
	w.check(err)
	_, err = w.Complete(t.Context(), r, w.begin())
	if r := refusal(t, err, authorize.InvalidRequest); r.Location == "" || r.Description == "" {
		t.Errorf("the client hears %+v", r)
	}
}

func TestCompleteWantsALivingSessionOfThePool(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.client("client")
	r, err := w.request()
	w.check(err)
	strange := *w.begin()
	strange.PoolID = "eu-west-1_Pool00002"
	outside := *w.begin()
	outside.Provider = "Acme"
	old := w.begin()
	w.clock.Advance(time.Hour)
	for name, s := range map[string]*authorize.Session{"another pool's": &strange, "an old one": old} {
		if _, err := w.Complete(t.Context(), r, s); !errors.Is(err, authorize.ErrSignIn) {
			t.Errorf("%s: %v", name, err)
		}
	}
	outside.ExpiresAt = w.clock.Now().Add(time.Hour)
	_, err = w.Complete(t.Context(), r, &outside)
	refusal(t, err, authorize.AccessDenied)
	s := w.begin()
	_, err = w.dir.Users.SetEnabled(t.Context(), w.pool, sub, false)
	w.check(err)
	if _, err := w.Complete(t.Context(), r, s); !errors.Is(err, authorize.ErrSignIn) {
		t.Errorf("a disabled user: %v", err)
	}
	w.check(w.store.DeleteUser(t.Context(), poolID, sub))
	if _, err := w.Complete(t.Context(), r, s); !errors.Is(err, authorize.ErrSignIn) {
		t.Errorf("a deleted user: %v", err)
	}
}

func TestMaxAgeCountsFromTheProofUnlessItCameAfterTheRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.client("client")
	old := w.begin()
	w.clock.Advance(time.Minute)
	r, err := w.request("max_age", "30")
	w.check(err)
	if _, err := w.Complete(t.Context(), r, old); !errors.Is(err, authorize.ErrSignIn) {
		t.Errorf("an old proof: %v", err)
	}
	fresh := w.begin()
	w.clock.Advance(time.Minute)
	_, err = w.Complete(t.Context(), r, fresh)
	w.check(err)
}

// TestASignOutTakesCodesBack fails when a code, or the tokens that are being made for one, outlive a global sign-out. The clock
// stands still, so that no time can decide.
func TestASignOutTakesCodesBack(t *testing.T) {
	t.Parallel()
	for _, when := range []string{"before the exchange", "while the tokens are made"} {
		w := newWorld(t)
		client := w.client("client")
		exchange := w.coded(client)
		signOut := func() { w.check(w.Browser.RevokeAll(t.Context(), poolID, sub)) }
		if when == "before the exchange" {
			signOut()
		} else {
			w.hook = func(token.Event) (token.Changes, error) { signOut(); return token.Changes{}, nil }
		}
		_, err := w.Codes.Redeem(t.Context(), exchange)
		refusal(t, err, authorize.InvalidGrant)
		if sessions, err := w.store.ListSessions(t.Context(), poolID, sub, 9); err != nil || len(sessions) != 0 {
			t.Errorf("%s: sessions %+v, %v", when, sessions, err)
		}
	}
}

// TestACodeSurvivesAFailureOfOurs: what fails on our side uses no code up.
func TestACodeSurvivesAFailureOfOurs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.client("client")
	exchange := w.coded(client)
	ctx, cancel := context.WithCancel(t.Context())
	w.hook = func(token.Event) (token.Changes, error) { cancel(); return token.Changes{}, nil }
	if _, err := w.Codes.Redeem(ctx, exchange); err == nil {
		t.Fatal("the exchange succeeded")
	}
	w.hook = nil
	_, err := w.Codes.Redeem(t.Context(), exchange)
	w.check(err)
}

// TestAnotherPoolsClientNeverSeesACode covers an exchange whose client and code belong to different pools.
func TestAnotherPoolsClientNeverSeesACode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.client("client")
	x := w.coded(client)
	x.Pool = &directory.Pool{ID: "eu-west-1_Pool00002"}
	_, err := w.Codes.Redeem(t.Context(), x)
	refusal(t, err, authorize.InvalidGrant)
}

func TestASessionIsListedAndEndedByItsOwner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	s, secret, err := w.Browser.Begin(ctx, authorize.Proof{
		Pool: w.pool, User: w.alice, AuthTime: w.clock.Now().Add(-time.Minute), UserAgent: strings.Repeat("a\x00é\xff", 400), Address: "192.0.2.1",
	})
	w.check(err)
	if len(s.UserAgent) < 100 || len(s.UserAgent) > 256 || strings.ContainsRune(s.UserAgent, 0) || !utf8.ValidString(s.UserAgent) || s.Provider != authorize.Local || !s.AuthTime.Equal(w.clock.Now().Add(-time.Minute)) {
		t.Errorf("session %+v", s)
	}
	list, err := w.Browser.List(ctx, poolID, sub, 9)
	if len(list) != 1 || err != nil {
		t.Errorf("list %v %v", list, err)
	}
	if was, err := w.Browser.Revoke(ctx, poolID, "somebody", s.ID); err != nil || was {
		t.Errorf("revoked by somebody: %v %v", was, err)
	}
	if was, err := w.Browser.Revoke(ctx, poolID, sub, s.ID); err != nil || !was {
		t.Errorf("revoked by its owner: %v %v", was, err)
	}
	found, user, err := w.Browser.Find(ctx, w.pool, secret)
	if found != nil || user != nil || err != nil {
		t.Errorf("found %v %v %v", found, user, err)
	}
	w.begin()
	w.clock.Advance(time.Second)
	_, err = w.dir.Users.Change(ctx, w.pool, sub, func(u *directory.User) error { u.SignedOutAt = w.clock.Now(); return nil })
	w.check(err)
	list, err = w.Browser.List(ctx, poolID, sub, 9)
	if len(list) != 0 || err != nil {
		t.Errorf("after signing out everywhere: %v %v", list, err)
	}
	if _, _, err := w.Browser.Begin(ctx, authorize.Proof{Pool: w.pool, User: &directory.User{ID: "nobody"}}); !fault.Is(err, fault.Missing, fault.User) {
		t.Errorf("a session for nobody: %v", err)
	}
}

// TestABrokenStoreIsAnErrorAndNoRefusal fails when a failure of ours looks like a no.
func TestABrokenStoreIsAnErrorAndNoRefusal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.client("client")
	r, err := w.request()
	w.check(err)
	s := w.begin()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err1 := w.Complete(ctx, r, s)
	_, err2 := w.Codes.Redeem(ctx, authorize.Exchange{Pool: w.pool, Client: client, Code: "x", RedirectURI: app})
	_, _, err3 := w.Browser.Find(ctx, w.pool, string(make([]byte, 43)))
	for i, err := range []error{err1, err2, err3} {
		if refused := (*authorize.Refusal)(nil); err == nil || errors.As(err, &refused) || errors.Is(err, authorize.ErrSignIn) {
			t.Errorf("%d: %v", i, err)
		}
	}
}
