package oidc_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/federation/oidc"
)

func hub(profile federation.Profile) *federation.Provider {
	return &federation.Provider{
		PoolID: "eu-west-1_Pool00001", Name: "hub", Type: federation.OAuth2, Secrets: map[string]string{"client_secret": "secret"},
		Details: map[string]string{
			"client_id": "client", "authorize_scopes": "read:user", "authorize_url": "https://hub.example.com/authorize",
			"token_url": "https://hub.example.com/token", "attributes_url": "https://api.hub.example.com/user",
		},
		Terms: &federation.Terms{Title: "Hub", PKCE: true, Auth: "client_secret_basic", Profile: &profile},
	}
}

// try is visit where it may end in a refusal.
func (w *internet) try(c *oidc.Connector, p *federation.Provider, answer url.Values) (*federation.Told, error) {
	w.t.Helper()
	trip := &federation.Trip{State: "state", Base: "https://people.auth.example.com"}
	location, err := c.Begin(w.t.Context(), p, trip)
	if err != nil {
		w.t.Fatal(err)
	}
	to, err := url.Parse(location)
	if err != nil {
		w.t.Fatal(err)
	}
	w.asked = to.Query()
	answer.Set("code", "code")
	return c.Finish(w.t.Context(), p, trip, answer)
}

// TestAProfileSaysWhoSomebodyIs signs in at a provider that gives no ID tokens: the number is who it is, the primary address counts as
// verified where the provider says so, and teams become groups, over more than one page of them.
func TestAProfileSaysWhoSomebodyIs(t *testing.T) {
	t.Parallel()
	w, c := newInternet(t)
	w.tokens("hub.example.com/token", func() map[string]any {
		return map[string]any{"access_token": "at", "token_type": "bearer", "scope": "read:user"}
	})
	w.says("api.hub.example.com/user", func(r *http.Request) any {
		if r.Header.Get("Authorization") != "Bearer at" {
			t.Errorf("asked with %v", r.Header)
		}
		return map[string]any{"id": 583231, "login": "alice", "email": "shown@example.com", "email_verified": true}
	})
	w.says("api.hub.example.com/emails", func(*http.Request) any {
		return []any{map[string]any{"email": "old@example.com", "verified": true}, map[string]any{"email": "alice@example.com", "primary": true, "verified": false}}
	})
	w.says("api.hub.example.com/teams", func(r *http.Request) any {
		list := []any{}
		for i := range map[string]int{"1": 100, "2": 1}[r.URL.Query().Get("page")] {
			page := r.URL.Query().Get("page")
			list = append(list, map[string]any{
				"id": json.Number(page + "00" + strconv.Itoa(i)), "slug": fmt.Sprint("t", page, i), "organization": map[string]any{"id": 7, "login": "org"},
			})
		}
		return list
	})
	told, err := w.try(c, hub(federation.Profile{Subject: "id", Emails: "https://api.hub.example.com/emails", Groups: "https://api.hub.example.com/teams"}), url.Values{})
	if err != nil {
		t.Fatal(err)
	}
	groups, _ := told.Said.UserInfo["groups"].([]any)
	ids, _ := told.Said.UserInfo["group_ids"].([]any)
	w.same("told", []any{"583231", "alice@example.com", false, 101, any("org.t10"), any("org.t20"), 101, any("7.1000"), any("7.2000")},
		[]any{told.Subject, told.Said.UserInfo["email"], told.Said.UserInfo["email_verified"], len(groups), groups[0], groups[100], len(ids), ids[0], ids[100]})
	w.same("request", []bool{true, true, false}, []bool{w.asked.Get("code_challenge") != "", w.asked.Get("state") == "state", w.asked.Has("nonce")})
	w.same("verifier", true, w.token.Get("code_verifier") != "" && !w.token.Has("client_secret"))

	told, err = w.try(c, hub(federation.Profile{Subject: "id", Emails: "https://api.hub.example.com/gone"}), url.Values{})
	if err != nil {
		t.Fatal(err)
	}
	if told.Said.UserInfo["email_verified"] != nil || told.Said.Notes["emails"] == "" {
		t.Errorf("without the list of addresses one is verified: %v, %v", told.Said.UserInfo, told.Said.Notes)
	}
}

// TestAProfileThatSaysNobodyLetsNobodyIn has profiles and answers of which no person can be told.
func TestAProfileThatSaysNobodyLetsNobodyIn(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		profile, tokens map[string]any
		path            string
	}{
		"no id":                   {map[string]any{"login": "alice"}, nil, "id"},
		"an empty id":             {map[string]any{"id": ""}, nil, "id"},
		"nothing":                 {map[string]any{"id": nil}, nil, "id"},
		"zero":                    {map[string]any{"id": 0}, nil, "id"},
		"a number that is broken": {map[string]any{"id": 1.5}, nil, "id"},
		"a truth value":           {map[string]any{"id": true}, nil, "id"},
		"an object":               {map[string]any{"id": map[string]any{"x": 1}}, nil, "id"},
		"a path through a text":   {map[string]any{"data": "x"}, nil, "data.id"},
		"an id with a space":      {map[string]any{"id": "a b"}, nil, "id"},
		"an id that is too long":  {map[string]any{"id": strings.Repeat("a", 256)}, nil, "id"},
		"no access token":         {map[string]any{"id": 1}, map[string]any{"id_token": "x"}, "id"},
		"a token of another type": {map[string]any{"id": 1}, map[string]any{"access_token": "at", "token_type": "mac"}, "id"},
		"an error that is 200":    {map[string]any{"id": 1}, map[string]any{"error": "bad_verification_code"}, "id"},
	} {
		w, c := newInternet(t)
		tokens := x.tokens
		if tokens == nil {
			tokens = map[string]any{"access_token": "at"}
		}
		w.tokens("hub.example.com/token", func() map[string]any { return tokens })
		w.says("api.hub.example.com/user", func(*http.Request) any { return x.profile })
		if told, err := w.try(c, hub(federation.Profile{Subject: x.path}), url.Values{}); err == nil {
			t.Errorf("%s: somebody is %q", name, told.Subject)
		}
	}
}

// TestANonceThatIsNotWrittenIsForgivenOnlyWhereItIsKnown has ID tokens without a nonce, and with another's.
func TestANonceThatIsNotWrittenIsForgivenOnlyWhereItIsKnown(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		nonce   string
		forgive bool
		in      bool
	}{"none": {"", false, false}, "none, as is known": {"", true, true}, "another's": {"x", false, false}, "another's, where none is known": {"x", true, false}} {
		w, c := newInternet(t)
		w.openID("idp.example.com", map[string]any{"sub": "1"})
		p := social(federation.OIDC, nil)
		p.Details["oidc_issuer"], p.Terms = "https://idp.example.com", &federation.Terms{NoNonce: x.forgive}
		trip := &federation.Trip{State: "state", Base: "https://people.auth.example.com"}
		if _, err := c.Begin(t.Context(), p, trip); err != nil {
			t.Fatal(err)
		}
		w.asked = url.Values{"nonce": {x.nonce}}
		if _, err := c.Finish(t.Context(), p, trip, url.Values{"code": {"code"}}); (err == nil) != x.in {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestATeamWithoutANumberLetsNobodyIn fails when somebody gets the rights of a team that only a name, which anybody can take, tells from
// others.
func TestATeamWithoutANumberLetsNobodyIn(t *testing.T) {
	t.Parallel()
	for name, team := range map[string]map[string]any{
		"a team":          {"slug": "admins", "organization": map[string]any{"id": 7, "login": "org"}},
		"an organization": {"id": 1, "slug": "admins", "organization": map[string]any{"login": "org"}},
		"a text":          {"id": "admins", "slug": "admins", "organization": map[string]any{"id": 7, "login": "org"}},
	} {
		w, c := newInternet(t)
		w.tokens("hub.example.com/token", func() map[string]any { return map[string]any{"access_token": "at"} })
		w.says("api.hub.example.com/user", func(*http.Request) any { return map[string]any{"id": 1} })
		w.says("api.hub.example.com/teams", func(*http.Request) any { return []any{team} })
		if told, err := w.try(c, hub(federation.Profile{Subject: "id", Groups: "https://api.hub.example.com/teams"}), url.Values{}); err == nil {
			t.Errorf("%s without a number: %v", name, told.Said.UserInfo)
		}
	}
}
