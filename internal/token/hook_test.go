package token_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/token"
)

type hook func(token.Event) (token.Changes, error)

func (h hook) BeforeTokens(_ context.Context, e token.Event) (token.Changes, error) { return h(e) }

func TestAHookChangesWhatItMay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.group("admins", "arn:aws:iam::000000000000:role/admins", 1)
	p := w.parts
	p.Hook = hook(func(e token.Event) (token.Changes, error) {
		if diff := cmp.Diff([]string{"admins"}, e.Groups); diff != "" || e.Via != token.BySignIn {
			t.Errorf("the hook sees %v via %s", e.Groups, e.Via)
		}
		return token.Changes{
			ID: token.ClaimChanges{
				Set:  map[string]any{"tier": map[string]any{"n": 1}, "email": "new@example.com", "gone": "x"},
				Drop: []string{"gone", "phone_number"},
			},
			Access:     token.ClaimChanges{Set: map[string]any{"tenant": "t1", "aud": "client1"}},
			AddScopes:  []string{"things/read", "has space", "aws.cognito.other"},
			DropScopes: []string{token.AdminScope},
			Groups:     &token.GroupChanges{Groups: []string{"guests"}},
		}, nil
	})
	w.use(p)
	set := w.signIn()
	id, access := claimsOf(t, set.ID), claimsOf(t, set.Access)
	for name, c := range map[string]struct{ got, want any }{
		"added claim":       {id["tier"], map[string]any{"n": 1.0}},
		"overridden claim":  {id["email"], "new@example.com"},
		"dropping wins":     {id["gone"], nil},
		"dropped attribute": {id["phone_number"], nil},
		"groups":            {id["cognito:groups"], []any{"guests"}},
		"access groups":     {access["cognito:groups"], []any{"guests"}},
		"roles":             {id["cognito:roles"], nil},
		"preferred role":    {id["cognito:preferred_role"], nil},
		"access claim":      {access["tenant"], "t1"},
		"audience":          {access["aud"], "client1"},
		"scope":             {access["scope"], "things/read"},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestAHookCannotTouchWhoAndHowLong(t *testing.T) {
	t.Parallel()
	names := []string{"sub", "iss", "aud", "client_id", "username", "cognito:username", "cognito:groups", "cognito:anything", "identities",
		"event_id", "device_key", "version", "acr", "amr", "at_hash", "auth_time", "azp", "exp", "iat", "jti", "nbf", "nonce", "origin_jti",
		"token_use", "scope", "dev:custom:x"}
	set := map[string]any{"email_verified": map[string]any{"a": 1}}
	for _, name := range names {
		set[name] = "evil"
	}
	w := newWorld(t)
	p := w.parts
	p.Hook = hook(func(token.Event) (token.Changes, error) {
		ch := token.ClaimChanges{Set: set, Drop: names}
		return token.Changes{ID: ch, Access: ch}, nil
	})
	w.use(p)
	tokens := w.signIn()
	for use, claims := range map[string]map[string]any{"id": claimsOf(t, tokens.ID), "access": claimsOf(t, tokens.Access)} {
		for name, value := range claims {
			if value == "evil" {
				t.Errorf("%s token: %s was changed", use, name)
			}
		}
		for _, name := range []string{"sub", "iss", "exp", "iat", "token_use", "origin_jti", "auth_time"} {
			if claims[name] == nil {
				t.Errorf("%s token: %s was dropped", use, name)
			}
		}
	}
	if got := claimsOf(t, tokens.ID)["email_verified"]; got != true {
		t.Errorf("email_verified became %v", got)
	}
}

func TestARefusingHookStopsTheTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, rotating(0))
	first := w.signIn()
	p := w.parts
	p.Hook = hook(func(token.Event) (token.Changes, error) {
		return token.Changes{}, fault.New(fault.Invalid, fault.Lambda, "PreTokenGeneration failed with error no.")
	})
	w.use(p)
	_, err := w.refresh(first.Refresh)
	refused(t, err, fault.Invalid, "PreTokenGeneration failed with error no.")
	p.Hook = nil
	w.use(p)
	_, err = w.refresh(first.Refresh) // the failure did not use it up
	w.check(err)
}
