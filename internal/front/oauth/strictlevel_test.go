package oauth_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/token"
)

// TestAStrictSiteTakesTheClassesThatItNames fails when discovery names authentication context classes that acr_values or the
// claim acr do not know, when a weaker session passes for a stronger class, or when tokens say another class than is true.
// OpenID Connect Core sections 3.1.2.1 and 5.5.1.1.
func TestAStrictSiteTakesTheClassesThatItNames(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	named, _ := body(t, w.get("/.well-known/openid-configuration", nil, nil))["acr_values_supported"].([]any)
	for _, name := range []any{token.OneFactor, token.TwoFactors, "urn:cognito:loa:1", "urn:cognito:loa:4"} {
		if !slices.Contains(named, name) {
			t.Errorf("discovery does not name %v: %v", name, named)
		}
	}
	session := func(amr ...string) *http.Cookie {
		s, secret, err := w.auth.Browser.Begin(t.Context(), authorize.Proof{Pool: w.pool, User: w.alice, AMR: amr})
		w.check(err)
		return w.site.Cookie(secret, s.ExpiresAt)
	}
	one, two, key := session("pwd"), session("pwd", "email_otp", "mfa"), session("swk")
	claim := func(acr string) []string { return []string{"claims", `{"id_token":{"acr":` + acr + `}}`} }
	const signIn, unmet = "a page", "unmet_authentication_requirements"
	for name, c := range map[string]struct {
		cookie *http.Cookie
		change []string
		want   string // the class in the ID token, a page that asks, or an error
	}{
		"one factor, by one":                {one, []string{"acr_values", token.OneFactor}, token.OneFactor},
		"two factors, by one":               {one, []string{"acr_values", token.TwoFactors}, signIn},
		"two factors, by two":               {two, []string{"acr_values", token.TwoFactors}, token.TwoFactors},
		"one factor, by two":                {two, []string{"acr_values", token.OneFactor}, token.TwoFactors},
		"two factors, by a passkey":         {key, []string{"acr_values", token.TwoFactors}, signIn},
		"the pool's name":                   {two, []string{"acr_values", "urn:cognito:loa:3"}, "urn:cognito:loa:3"},
		"the pool's name, not reached":      {two, []string{"acr_values", "urn:cognito:loa:4"}, signIn},
		"an unknown name":                   {one, []string{"acr_values", "1 2"}, token.OneFactor},
		"none":                              {two, nil, token.TwoFactors},
		"a claim, not essential":            {two, claim(`{"values":["urn:example:unknown","` + token.TwoFactors + `"]}`), token.TwoFactors},
		"an essential claim":                {two, claim(`{"essential":true,"value":"` + token.TwoFactors + `"}`), token.TwoFactors},
		"an essential claim, not reached":   {one, claim(`{"essential":true,"values":["` + token.TwoFactors + `"]}`), signIn},
		"an essential claim, unknown":       {two, claim(`{"essential":true,"values":["urn:example:unknown"]}`), unmet},
		"a claim, unknown":                  {one, claim(`{"values":["urn:example:unknown"]}`), token.OneFactor},
		"a claim without values":            {one, claim(`{"essential":true}`), token.OneFactor},
		"a claim by its name":               {one, claim(`null`), token.OneFactor},
		"a claim that is none":              {one, claim(`{"values":"urn"}`), "invalid_request"},
		"the claim wins over the parameter": {one, append(claim(`{"essential":true,"values":["`+token.TwoFactors+`"]}`), "acr_values", token.OneFactor), signIn},
	} {
		t.Run(name, func(t *testing.T) {
			u := location(t, w.get("/oauth2/authorize", ask("web", c.change...), c.cookie))
			got := u.Query().Get("error")
			switch {
			case strings.HasSuffix(u.Path, "/login"):
				got = signIn
			case got == "":
				got, _ = claims(t, tokens(t, w.redeem(u.Query().Get("code")))["id_token"])["acr"].(string)
			}
			if got != c.want {
				t.Errorf("got %q, want %q (%s)", got, c.want, u)
			}
		})
	}
	w.site.Issuer = "" // the pool's own issuer stays as Cognito's
	if u := location(t, w.get("/oauth2/authorize", ask("web", "acr_values", token.TwoFactors), one)); u.Query().Get("code") == "" {
		t.Errorf("the pool's site: %s", u)
	}
}
