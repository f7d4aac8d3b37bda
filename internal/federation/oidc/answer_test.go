package oidc_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/federation"
)

// TestACodeOfAnotherIssuerIsNotHandedIn mixes up two providers that have no ID tokens: one that somebody else runs sends the browser on to
// another, whose answer then comes back as if it were the first one's. RFC 9700 section 4.4.1. Fails when the code that the second has given
// goes to the token endpoint of the first.
func TestACodeOfAnotherIssuerIsNotHandedIn(t *testing.T) {
	t.Parallel()
	const own, other = "https://hub.example.com", "https://bank.example.com"
	for name, x := range map[string]struct {
		issuer string
		answer url.Values
		in     bool
	}{
		"another's":                          {own, url.Values{"iss": {other}}, false},
		"nobody's":                           {own, url.Values{"iss": {""}}, false},
		"almost its own":                     {own, url.Values{"iss": {own + "/"}}, false},
		"two, of which the first is its own": {own, url.Values{"iss": {own, other}}, false},
		"somebody's, and nobody knows whose": {"", url.Values{"iss": {own}}, false},
		"its own":                            {own, url.Values{"iss": {own}}, true},
		"not said":                           {own, url.Values{}, true},
		"not said, nor known":                {"", url.Values{}, true},
	} {
		w, c := newInternet(t)
		w.tokens("hub.example.com/token", func() map[string]any { return map[string]any{"access_token": "at"} })
		w.says("api.hub.example.com/user", func(*http.Request) any { return map[string]any{"id": 1} })
		p := hub(federation.Profile{Subject: "id"})
		if x.issuer != "" {
			p.Details["oidc_issuer"] = x.issuer
		}
		if _, err := w.try(c, p, x.answer); (err == nil) != x.in || (w.token != nil) != x.in {
			t.Errorf("%s: %v; handed in: %v", name, err, w.token)
		}
	}
	for kind, at := range map[federation.Type]string{federation.Facebook: "/v17.0/oauth/access_token", federation.Amazon: "/auth/o2/token"} {
		w, c := newInternet(t)
		w.tokens(at, func() map[string]any { return map[string]any{"access_token": "at"} })
		if _, err := w.try(c, social(kind, map[string]string{"username": "id"}), url.Values{"iss": {other}}); err == nil || w.token != nil {
			t.Errorf("%s: %v; handed in: %v", kind, err, w.token)
		}
	}
}

// TestACodeOfAnotherSessionIsRefused injects a code: somebody has got hold of one that a provider gave another person, and brings it in a
// session of their own. RFC 9700 section 4.5. Fails when that makes them the other person at a provider that writes a nonce, or that keeps
// to PKCE, or when a provider that knows neither is sent a proof, for which LinkedIn lets nobody in.
func TestACodeOfAnotherSessionIsRefused(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		echoes, pkce, in bool // writes the nonce; keeps to PKCE
	}{"nonce": {true, false, false}, "PKCE": {false, true, false}, "both": {true, true, false}, "neither": {false, false, true}} {
		w, c := newInternet(t)
		p := social(federation.OIDC, nil)
		p.Details["oidc_issuer"], p.Terms = "https://idp.example.com", &federation.Terms{NoNonce: !x.echoes, PKCE: x.pkce}
		begin := func() (*federation.Trip, url.Values) {
			trip := &federation.Trip{State: "state", Base: "https://people.auth.example.com"}
			location, err := c.Begin(t.Context(), p, trip)
			if err != nil {
				t.Fatal(err)
			}
			to, err := url.Parse(location)
			if err != nil {
				t.Fatal(err)
			}
			return trip, to.Query()
		}
		give := w.openID("idp.example.com", map[string]any{"sub": "victim"})
		_, victims := begin()
		w.asked = url.Values{"nonce": {""}}
		if x.echoes {
			w.asked = victims
		}
		w.tokens("/t", func() map[string]any {
			sum := sha256.Sum256([]byte(w.token.Get("code_verifier")))
			if want := victims.Get("code_challenge"); want != "" && want != base64.RawURLEncoding.EncodeToString(sum[:]) {
				return map[string]any{"error": "invalid_grant"}
			}
			return give()
		})
		attackers, asked := begin()
		told, err := c.Finish(t.Context(), p, attackers, url.Values{"code": {"the victim's"}})
		if (err == nil) != x.in || w.token.Has("code_verifier") != x.pkce || asked.Has("code_challenge") != x.pkce {
			t.Errorf("%s: %+v, %v; asked with %v, handed in %v", name, told, err, asked, w.token)
		}
	}
}

// TestATokenIsForItsCode fails when the ID token of another answer passes beside a code, or a hash that is no hash is overlooked.
func TestATokenIsForItsCode(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256([]byte("code"))
	good := base64.RawURLEncoding.EncodeToString(sum[:16])
	for name, x := range map[string]struct {
		claim string
		value any
		in    bool
	}{
		"c_hash": {"c_hash", good, true}, "c_hash of another": {"c_hash", strings.Repeat("A", 22), false}, "c_hash that is empty": {"c_hash", "", false},
		"c_hash that is no text": {"c_hash", 1, false}, "at_hash of the code": {"at_hash", good, false}, "at_hash that is empty": {"at_hash", "", false},
	} {
		p := newPeer(t)
		p.claims = func(m map[string]any) { m[x.claim] = x.value }
		if _, err := p.visit(p.connect(loopback()), p.provider(), nil); (err == nil) != x.in {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestKeysAreForWhatTheySay fails when a key that a provider has for something else vouches for people.
func TestKeysAreForWhatTheySay(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		use string
		ops []string
		in  bool
	}{
		"says nothing": {"", nil, true}, "signatures": {"sig", nil, true}, "encryption": {"enc", nil, false}, "something else": {"tls", nil, false},
		"verify": {"", []string{"verify"}, true}, "encrypt": {"", []string{"encrypt", "wrapKey"}, false}, "nothing at all": {"", []string{}, false},
		"signatures, by encryption": {"sig", []string{"encrypt"}, false},
	} {
		p := newPeer(t)
		p.keys[0].Use, p.ops = x.use, x.ops
		_, err := p.visit(p.connect(loopback()), p.provider(), nil)
		var refusal *federation.Refusal
		if (err == nil) != x.in || err != nil && !errors.As(err, &refusal) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
