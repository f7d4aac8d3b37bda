package verifiedpermissions_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/verifiedpermissions"
	"github.com/aws/aws-sdk-go-v2/service/verifiedpermissions/types"
	"github.com/go-jose/go-jose/v4"

	"cognate.dev/cognate/internal/auxdata"
	"cognate.dev/cognate/internal/permission"
)

// idp is another issuer, which publishes its key.
type idp struct {
	*httptest.Server
	t *testing.T
}

func newIDP(t *testing.T) *idp {
	t.Helper()
	p := &idp{t: t}
	p.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		private, err := pair()
		if err != nil {
			t.Error(err)
		}
		var out any = map[string]string{"issuer": p.URL, "jwks_uri": p.URL + "/keys"}
		if r.URL.Path == "/keys" {
			out = jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: private.Public(), KeyID: "k1", Use: "sig"}}}
		}
		_ = json.NewEncoder(w).Encode(out)
	}))
	t.Cleanup(p.Close)
	return p
}

// token signs claims, with those that every token has unless they are given.
func (p *idp) token(claims map[string]any) string {
	p.t.Helper()
	all := map[string]any{"iss": p.URL, "sub": "u1", "aud": "app", "exp": born.Add(time.Hour).Unix()}
	for name, v := range claims {
		if all[name] = v; v == nil {
			delete(all, name)
		}
	}
	private, err := pair()
	if err == nil {
		var by jose.Signer
		if by, err = jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: private}, (&jose.SignerOptions{}).WithHeader("kid", "k1")); err == nil {
			raw, _ := json.Marshal(all)
			signed, failed := by.Sign(raw)
			if failed == nil {
				text, failed := signed.CompactSerialize()
				if failed == nil {
					return text
				}
			}
			err = failed
		}
	}
	p.t.Fatal(err)
	return ""
}

// TestTokensOfAnotherIssuer has a row for each thing that a source says of them. An answer is ALLOW, DENY, or what is wrong.
func TestTokensOfAnotherIssuer(t *testing.T) {
	t.Parallel()
	p := newIDP(t)
	w := newWorld(t, func(parts *permission.Parts) { parts.OpenID = auxdata.NewProviders(p.Client(), parts.Now) })
	groups := &types.OpenIdConnectGroupConfiguration{GroupClaim: new("groups"), GroupEntityType: new("Shop::Group")}
	id := func(claim string, clients ...string) types.OpenIdConnectTokenSelection {
		return &types.OpenIdConnectTokenSelectionMemberIdentityTokenOnly{Value: types.OpenIdConnectIdentityTokenConfiguration{PrincipalIdClaim: &claim, ClientIds: clients}}
	}
	access := func(audiences ...string) types.OpenIdConnectTokenSelection {
		return &types.OpenIdConnectTokenSelectionMemberAccessTokenOnly{Value: types.OpenIdConnectAccessTokenConfiguration{Audiences: audiences}}
	}
	const notValid = "the token is not valid: "
	for name, c := range map[string]struct {
		prefix    string
		selection types.OpenIdConnectTokenSelection
		when      string
		claims    map[string]any
		asAccess  bool
		want      string
	}{
		"its principal":                {"corp", id("sub"), `principal == Shop::User::"corp|u1"`, nil, false, "ALLOW"},
		"without a prefix":             {"", id("sub"), `principal == Shop::User::"u1"`, nil, false, "ALLOW"},
		"another claim":                {"corp", id("email"), `principal == Shop::User::"corp|a@example.com"`, map[string]any{"email": "a@example.com"}, false, "ALLOW"},
		"without that claim":           {"corp", id("email"), `true`, nil, false, notValid + "it has no text email"},
		"a list of groups":             {"corp", id("sub"), `principal in Shop::Group::"corp|b"`, map[string]any{"groups": []string{"a", "b"}}, false, "ALLOW"},
		"a text of groups":             {"corp", id("sub"), `principal in Shop::Group::"corp|b"`, map[string]any{"groups": "a b"}, false, "ALLOW"},
		"groups that are no texts":     {"corp", id("sub"), `true`, map[string]any{"groups": []any{1}}, false, notValid + "groups is neither a text nor a list of texts"},
		"an attribute":                 {"corp", id("sub"), `principal has dept && principal.dept == "it"`, map[string]any{"dept": "it"}, false, "ALLOW"},
		"its client":                   {"corp", id("sub", "app"), `true`, nil, false, "ALLOW"},
		"one of its clients":           {"corp", id("sub", "app"), `true`, map[string]any{"aud": []string{"x", "app"}}, false, "ALLOW"},
		"another client":               {"corp", id("sub", "other"), `true`, nil, false, notValid + "its audience is none of the identity source's"},
		"an access token":              {"corp", access(), `context.token.scope.contains("a:b") && !(principal has dept)`, map[string]any{"scope": "a:b c", "dept": "it"}, true, "ALLOW"},
		"its audience":                 {"corp", access("api"), `true`, map[string]any{"aud": "api"}, true, "ALLOW"},
		"its cid":                      {"corp", access("api"), `true`, map[string]any{"aud": nil, "cid": "api"}, true, "ALLOW"},
		"its client_id":                {"corp", access("api"), `true`, map[string]any{"aud": nil, "client_id": "api"}, true, "ALLOW"},
		"a client_id beside an aud":    {"corp", access("api"), `true`, map[string]any{"aud": "x", "client_id": "api"}, true, notValid + "its audience is none of the identity source's"},
		"an ID token where access is":  {"corp", access(), `true`, nil, false, notValid + "the identity source takes the other kind of token"},
		"an access token where ID is":  {"corp", id("sub"), `true`, nil, true, notValid + "the identity source takes the other kind of token"},
		"another issuer in the claims": {"corp", id("sub"), `true`, map[string]any{"iss": "https://evil.example.com"}, false, notValid + "it is not of the identity source of the policy store"},
		"expired":                      {"corp", id("sub"), `true`, map[string]any{"exp": born.Unix()}, false, notValid + "it has expired"},
		"for ever":                     {"corp", id("sub"), `true`, map[string]any{"exp": nil}, false, notValid + "it does not say until when it is valid"},
		"not yet":                      {"corp", id("sub"), `true`, map[string]any{"nbf": born.Unix() + 1}, false, notValid + "it is not valid yet"},
	} {
		store := w.store("OFF")
		in := &sdk.CreateIdentitySourceInput{PolicyStoreId: store, PrincipalEntityType: new("Shop::User"), Configuration: &types.ConfigurationMemberOpenIdConnectConfiguration{
			Value: types.OpenIdConnectConfiguration{Issuer: &p.URL, TokenSelection: c.selection, GroupConfiguration: groups},
		}}
		if c.prefix != "" {
			in.Configuration.(*types.ConfigurationMemberOpenIdConnectConfiguration).Value.EntityIdPrefix = &c.prefix
		}
		_, err := w.CreateIdentitySource(t.Context(), in)
		w.check(err)
		w.policy(store, `permit(principal, action, resource) when { `+c.when+` };`)
		raw, path := p.token(c.claims), "identityToken"
		q := withToken(store, raw, "")
		if c.asAccess {
			q, path = withToken(store, "", raw), "accessToken"
		}
		out, err := w.IsAuthorizedWithToken(t.Context(), q)
		switch {
		case c.want != "ALLOW":
			w.invalid(name, err, path, c.want)
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case out.Decision != "ALLOW":
			t.Errorf("%s: %s %v", name, out.Decision, out.Errors)
		}
	}
	// While its keys cannot be had there is no decision, and it is nobody's fault.
	away := newWorld(t, func(parts *permission.Parts) { parts.OpenID = auxdata.NewProviders(http.DefaultClient, parts.Now) })
	away.mayFail = true
	store := away.store("OFF")
	_, err := away.CreateIdentitySource(t.Context(), &sdk.CreateIdentitySourceInput{PolicyStoreId: store, Configuration: &types.ConfigurationMemberOpenIdConnectConfiguration{
		Value: types.OpenIdConnectConfiguration{Issuer: &p.URL, TokenSelection: id("sub")},
	}})
	away.check(err)
	_, err = away.IsAuthorizedWithToken(t.Context(), withToken(store, p.token(nil), ""))
	away.refused("a certificate that nobody knows", err, "ServiceUnavailableException")
}
