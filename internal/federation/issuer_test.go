package federation_test

import (
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/federation"
)

// TestASubjectIsOnePersonsOfOneIssuer has the ways in which somebody is known, and who comes now. Fails when a subject of another issuer is
// the person of before, or when one of the same issuer is not.
func TestASubjectIsOnePersonsOfOneIssuer(t *testing.T) {
	t.Parallel()
	const old, now = "https://old.example.com", "https://now.example.com"
	made := time.UnixMilli(1_000_000)
	for name, x := range map[string]struct {
		issuer *string // what is known of whom they came from; nil: they came while that was not kept
		at     int64   // when
		terms  *federation.Terms
		same   bool
		bound  string // the issuer that is known afterwards; empty: as before
	}{
		"the same":                              {new(now), 2_000_000, &federation.Terms{Since: made}, true, ""},
		"another":                               {new(old), 2_000_000, &federation.Terms{Since: made}, false, ""},
		"another, with whose people it goes on": {new(old), 2_000_000, &federation.Terms{Since: made, Former: []string{old}}, true, now},
		"the same, of an earlier connection":    {new(now), 0, &federation.Terms{Since: made}, true, ""},
		"not kept":                              {nil, 1_000_000, &federation.Terms{Since: made}, true, now},
		"not kept, and changed since":           {nil, 2_000_000, &federation.Terms{Since: made, First: old}, false, ""},
		"not kept, changed, and goes on":        {nil, 2_000_000, &federation.Terms{Since: made, First: old, Former: []string{old}}, true, now},
		"not kept, changed, and changed back":   {nil, 2_000_000, &federation.Terms{Since: made, First: now}, true, now},
		"not kept, of an earlier connection":    {nil, 999_999, &federation.Terms{Since: made, Former: []string{old, ""}}, false, ""},
		"a pool's":                              {new(old), 2_000_000, nil, true, ""},
		"a pool's, not kept":                    {nil, 0, nil, true, ""},
	} {
		p := &federation.Provider{Name: "corp", Type: federation.OIDC, Terms: x.terms}
		was := ""
		if x.issuer != nil {
			was = *x.issuer
		}
		identities, told := p.Identities("alice", was, x.at), &federation.Told{Subject: "alice", Issuer: now}
		came, same := p.Came(identities, told)
		if !came || same != x.same {
			t.Errorf("%s: came %v, the same %v", name, came, same)
		}
		want := identities
		if x.bound != "" {
			want = p.Identities("alice", x.bound, x.at)
		}
		if got := p.Bind(identities, told); got != want {
			t.Errorf("%s: it is %s afterwards, want %s", name, got, want)
		}
		if came, _ := p.Came(identities, &federation.Told{Subject: "Alice", Issuer: now}); came {
			t.Errorf("%s: another subject is the same", name)
		}
		if came, _ := p.Came(strings.Replace(identities, `"primary":true`, `"primary":false`, 1), told); came {
			t.Errorf("%s: who is merely linked came as it", name)
		}
	}
}

// TestEverySortOfProviderSaysWhoItIs fails when two that vouch for different people cannot be told apart, or when a version of an interface
// makes other people of those who are there.
func TestEverySortOfProviderSaysWhoItIs(t *testing.T) {
	t.Parallel()
	at := func(userinfo, subject string) *federation.Provider {
		return &federation.Provider{Type: federation.OAuth2, Details: map[string]string{"attributes_url": userinfo}, Terms: &federation.Terms{Profile: &federation.Profile{Subject: subject}}}
	}
	for _, x := range []struct {
		p    *federation.Provider
		want string
	}{
		{&federation.Provider{Type: federation.OIDC, Details: map[string]string{"oidc_issuer": "https://idp.example.com/"}}, "https://idp.example.com/"},
		{&federation.Provider{Type: federation.Apple, Details: map[string]string{}}, "https://appleid.apple.com"},
		{&federation.Provider{Type: federation.Facebook, Details: map[string]string{"api_version": "v18.0"}}, "https://www.facebook.com"},
		{at("https://api.example.com/me?fields=id,name", "id"), "https://api.example.com/me#id"},
		{at("https://api.example.com/me?fields=id", "login"), "https://api.example.com/me#login"},
		{&federation.Provider{Type: federation.SAML}, ""},
		{&federation.Provider{Type: federation.Custom}, "Custom"},
	} {
		if got := x.p.Issuer(); got != x.want {
			t.Errorf("%s is %q, want %q", x.p.Type, got, x.want)
		}
	}
}
