package oauth_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/federation"
)

// mapped is what the provider of these tests, a strict site of ours, calls two of the levels.
func mapped(s *federation.Spec) {
	s.ACR = map[string]string{"Level1": "urn:cognate:acr:1", "Level4": "urn:cognate:acr:2"}
}

// proven is how somebody is signed in at the provider.
func (a *abroad) proven(amr ...string) *http.Cookie {
	a.t.Helper()
	s, secret, err := a.idp.auth.Browser.Begin(a.t.Context(), authorize.Proof{Pool: a.idp.pool, User: a.idp.alice, AMR: amr})
	a.check(err)
	return a.idp.site.Cookie(secret, s.ExpiresAt)
}

// level goes to the provider and back, and gives the ID token's claims.
func (a *abroad) level(j jar, cookie *http.Cookie, change ...string) map[string]any {
	a.t.Helper()
	to := a.depart(j, change...)
	back := location(a.t, a.idp.get(to.Path, to.Query(), cookie))
	code := location(a.t, a.browse(j, back.String())).Query().Get("code")
	return claims(a.t, tokens(a.t, a.exchange("web", code))["id_token"])
}

// TestTheProviderSaysHowStrong fails when a provider is not asked in its own words, or what it says is lost or believed where nobody
// said what it means.
func TestTheProviderSaysHowStrong(t *testing.T) {
	t.Parallel()
	const wish = "urn:cognito:loa:4 urn:cognito:loa:2 urn:cognito:loa:1"
	for name, c := range map[string]struct {
		change func(*federation.Spec)
		amr    []string
		asked  string
		want   []any
	}{
		"two factors": {mapped, []string{"pwd", "otp", "mfa"}, "urn:cognate:acr:2 urn:cognate:acr:1", []any{"urn:cognito:loa:4", []any{"pwd", "otp", "mfa"}}},
		"a word that is not mapped": {func(s *federation.Spec) { s.ACR = map[string]string{"Level4": "urn:other"} }, []string{"pwd", "otp", "mfa"},
			"urn:other", []any{"urn:cognito:loa:1", []any{"pwd", "otp", "mfa"}}},
		"no mapping": {func(*federation.Spec) {}, []string{"pwd", "otp", "mfa"}, "", []any{nil, nil}},
	} {
		a, j := newAbroad(t, c.change), jar{}
		if got := a.depart(jar{}, "acr_values", wish).Query().Get("acr_values"); got != c.asked {
			t.Errorf("%s: the provider is asked for %q, want %q", name, got, c.asked)
		}
		got := a.level(j, a.proven(c.amr...), "acr_values", wish)
		if diff := cmp.Diff(c.want, []any{got["acr"], got["amr"]}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	a := newAbroad(t, mapped)
	if a.depart(jar{}).Query().Has("acr_values") {
		t.Error("a provider is asked for a level that no client wants")
	}
}

// TestAStrongerSignInIsTheProviders fails when a browser that was signed in weakly counts for what needs more, or one that is strong
// enough is sent to the provider again.
func TestAStrongerSignInIsTheProviders(t *testing.T) {
	t.Parallel()
	a, j := newAbroad(t, mapped), jar{}
	a.level(j, a.proven("pwd"))
	strong := []string{"identity_provider", "Corp", "acr_values", "urn:cognito:loa:4"}
	ready := func(change ...string) bool {
		at := location(t, a.browse(j, a.site.Base+"/oauth2/authorize?"+ask("web", change...).Encode()))
		return strings.HasPrefix(at.String(), app)
	}
	if !ready("identity_provider", "Corp") || !ready("acr_values", "urn:cognito:loa:1") {
		t.Error("a browser that is strong enough is asked again")
	}
	if ready(strong...) || ready("acr_values", "urn:cognito:loa:4") {
		t.Error("a password counts for two factors")
	}
	if got := a.level(j, a.proven("pwd", "otp", "mfa"), "acr_values", "urn:cognito:loa:4"); got["acr"] != "urn:cognito:loa:4" {
		t.Errorf("%v", got)
	}
	if !ready(strong...) {
		t.Error("what the provider has just said does not count")
	}
}

// TestADeletedProviderLetsNobodyInAgain fails when who is signed in is thrown out with a provider, or can come back without it; or when
// a provider of the same name does not know its people again.
func TestADeletedProviderLetsNobodyInAgain(t *testing.T) {
	t.Parallel()
	a, j := newAbroad(t), jar{}
	first := a.tokens(j)
	provider, err := a.federation.Providers.Get(t.Context(), poolID, "Corp")
	a.check(err)
	a.check(a.store.DeleteProvider(t.Context(), poolID, "Corp"))
	if at := location(t, a.browse(j, a.site.Base+"/oauth2/authorize?"+ask("web").Encode())); at.Query().Get("code") == "" {
		t.Errorf("the browser is sent to %s", at)
	}
	a.refusedWith(location(t, a.browse(jar{}, a.site.Base+"/oauth2/authorize?"+ask("web", "identity_provider", "Corp").Encode())),
		"invalid_request", "The identity provider Corp does not exist.")
	a.check(a.store.InsertProvider(t.Context(), provider, 9))
	if again := a.tokens(jar{}); again["sub"] != first["sub"] || !slices.Equal(again["cognito:groups"].([]any), first["cognito:groups"].([]any)) {
		t.Errorf("%v after %v", again, first)
	}
}
