package token_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/token"
)

func TestAMachineTokenNamesNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	set, err := w.minter.IssueMachine(t.Context(), token.MachineGrant{Pool: w.pool, Client: w.client, Scopes: []string{"api/read", "api/write"}})
	w.check(err)
	got := claimsOf(t, set.Access)
	if id, _ := got["jti"].(string); len(id) != 36 {
		t.Errorf("jti %v", got["jti"])
	}
	delete(got, "jti")
	now := float64(w.clock.Now().Unix())
	want := map[string]any{
		"sub": "client1", "client_id": "client1", "iss": "https://issuer.example.com/" + w.pool.ID, "token_use": "access",
		"scope": "api/read api/write", "version": 2.0, "auth_time": now, "iat": now, "exp": now + 3600,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
	if set.ID != "" || set.Refresh != "" || set.ExpiresIn != 3600 {
		t.Errorf("%+v", set)
	}
	_, err = w.verifier.Access(t.Context(), set.Access)
	if !fault.Is(err, fault.Missing, fault.User) {
		t.Errorf("as the token of a user: %v", err)
	}
}

func TestAMachineTokenIsCheckedAsOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	set, err := w.minter.IssueMachine(t.Context(), token.MachineGrant{Pool: w.pool, Client: w.client, Scopes: []string{"api/read"}})
	w.check(err)
	got, err := w.verifier.Machine(t.Context(), set.Access, "api/read")
	w.check(err)
	if got.Client.ID != "client1" || got.User != nil || got.Pool.ID != w.pool.ID {
		t.Errorf("got %+v", got)
	}
	_, err = w.verifier.Machine(t.Context(), set.Access, "api/write")
	refused(t, err, fault.Denied, "Access Token does not have required scopes")
	person := w.signIn()
	for _, jws := range []string{person.Access, person.ID, "", set.Access + "x"} {
		_, err = w.verifier.Machine(t.Context(), jws)
		refused(t, err, fault.Denied, "Invalid Access Token")
	}
	w.clock.Advance(time.Hour)
	_, err = w.verifier.Machine(t.Context(), set.Access)
	refused(t, err, fault.Denied, "Access Token has expired")
}

func TestAHookShapesMachineTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.parts
	p.Hook = hook(func(e token.Event) (token.Changes, error) {
		if e.Via != token.ByClient || e.User != nil || e.ClientMetadata["tenant"] != "t1" {
			t.Errorf("the hook sees %+v", e)
		}
		return token.Changes{
			Access:    token.ClaimChanges{Set: map[string]any{"tenant": "t1", "sub": "root"}},
			AddScopes: []string{"api/extra"}, Groups: &token.GroupChanges{Groups: []string{"admins"}},
		}, nil
	})
	w.use(p)
	set, err := w.minter.IssueMachine(t.Context(), token.MachineGrant{
		Pool: w.pool, Client: w.client, Scopes: []string{"api/read"}, ClientMetadata: map[string]string{"tenant": "t1"},
	})
	w.check(err)
	got := claimsOf(t, set.Access)
	if got["tenant"] != "t1" || got["sub"] != "client1" || got["scope"] != "api/read api/extra" || got["cognito:groups"] != nil {
		t.Errorf("claims %v", got)
	}
}

func TestProfileShowsWhatScopesAndClientAllow(t *testing.T) {
	t.Parallel()
	base := map[string]any{"sub": sub, "username": "alice"}
	email := map[string]any{"email": "alice@example.com", "email_verified": "true"}
	phone := map[string]any{"phone_number": "+15555550100", "phone_number_verified": "false"}
	profile := map[string]any{
		"name": "Alice <Example>", "address": map[string]any{"formatted": "1 Example Street"}, "updated_at": int64(1772366400),
		"custom:level": "7",
	}
	some := func(s *directory.ClientSettings) { s.ReadAttributes = []string{"email", "custom:level"} }
	for name, c := range map[string]struct {
		settings []func(*directory.ClientSettings)
		scopes   []string
		want     []map[string]any
	}{
		"openid alone":    {scopes: []string{"openid"}, want: []map[string]any{base, email, phone, profile}},
		"email":           {scopes: []string{"openid", "email"}, want: []map[string]any{base, email}},
		"phone":           {scopes: []string{"openid", "phone"}, want: []map[string]any{base, phone}},
		"profile":         {scopes: []string{"openid", "profile"}, want: []map[string]any{base, profile}},
		"read attributes": {settings: []func(*directory.ClientSettings){some}, scopes: []string{"openid"}, want: []map[string]any{base, {"email": "alice@example.com", "custom:level": "7"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.settings...)
			want := map[string]any{}
			for _, part := range c.want {
				for k, v := range part {
					want[k] = v
				}
			}
			if diff := cmp.Diff(want, token.Profile(w.client, w.alice, c.scopes)); diff != "" {
				t.Errorf("profile (-want +got):\n%s", diff)
			}
		})
	}
}

func TestARefreshedTokenKeepsItsAudience(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	set := w.signIn(func(g *token.Grant) { g.Scopes, g.Resource = []string{"openid"}, "https://api.example.com" })
	next, err := w.refresh(set.Refresh)
	w.check(err)
	if got := claimsOf(t, next.Access); got["aud"] != "https://api.example.com" || got["version"] != 2.0 {
		t.Errorf("claims %v", got)
	}
	if id := claimsOf(t, next.ID); id["aud"] != "client1" || id["at_hash"] == nil {
		t.Errorf("claims of the ID token %v", id)
	}
}

func TestAGrantWithoutRefreshEndsWithItsTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	set := w.signIn(func(g *token.Grant) { g.Scopes, g.NoRefresh = []string{"openid"}, true })
	if set.Refresh != "" {
		t.Error("there is a refresh token")
	}
	s, err := w.store.Session(t.Context(), set.SessionID)
	w.check(err)
	if got := s.ExpiresAt.Sub(s.CreatedAt); got != time.Hour {
		t.Errorf("the session lasts %s", got)
	}
}

func TestAChosenSessionCanBeEnded(t *testing.T) {
	t.Parallel()
	for name, revocable := range map[string]bool{"with revocation": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(s *directory.ClientSettings) { s.TokenRevocation = revocable })
			const id = "7a1b2c3d-0000-4000-8000-000000000001"
			w.check(w.sessions.End(t.Context(), id)) // not begun: no error
			set := w.signIn(func(g *token.Grant) { g.SessionID = id })
			if set.SessionID != id {
				t.Fatalf("the session is %s", set.SessionID)
			}
			_, err := w.verifier.Access(t.Context(), set.Access)
			w.check(err)
			w.check(w.sessions.End(t.Context(), id))
			w.check(w.sessions.End(t.Context(), id))
			_, err = w.verifier.Access(t.Context(), set.Access)
			refused(t, err, fault.Denied, "Access Token has been revoked")
		})
	}
}
