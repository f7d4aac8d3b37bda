package cognitoidentity_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"
	"github.com/go-jose/go-jose/v4"

	"cognate.dev/cognate/internal/identitypool"
	"cognate.dev/cognate/internal/sts"
)

// issuer is an OpenID Connect provider that somebody else runs.
type issuer struct {
	*httptest.Server
	t *testing.T
}

func newIssuer(t *testing.T) *issuer {
	mux := http.NewServeMux()
	i := &issuer{httptest.NewServer(mux), t}
	t.Cleanup(i.Close)
	say := func(v any) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(v) }
	}
	mux.HandleFunc("/.well-known/openid-configuration", say(map[string]any{"issuer": i.URL, "jwks_uri": i.URL + "/keys"}))
	mux.HandleFunc("/keys", say(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &pairs[0]().PublicKey, KeyID: "k", Algorithm: "RS256", Use: "sig"}}}))
	return i
}

// name is what Logins calls the provider, and arn what IAM would.
func (i *issuer) name() string { return strings.TrimPrefix(i.URL, "http://") }
func (i *issuer) arn() string  { return "arn:aws:iam::123456789012:oidc-provider/" + i.name() }

// token is an ID token of the provider, with other claims where they are given.
func (i *issuer) token(kid string, other map[string]any) string {
	i.t.Helper()
	said := map[string]any{"iss": i.URL, "sub": "ann", "aud": "app", "exp": born.Unix() + 600, "iat": born.Unix(), "team": "blue", "cognito:roles": []string{adminRole}, "cognito:preferred_role": adminRole}
	maps.Copy(said, other)
	key := pairs[0]()
	if kid != "k" {
		key = pair()
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", "k"))
	if err != nil {
		i.t.Fatal(err)
	}
	body, err := json.Marshal(said)
	if err != nil {
		i.t.Fatal(err)
	}
	signed, err := signer.Sign(body)
	if err != nil {
		i.t.Fatal(err)
	}
	raw, err := signed.CompactSerialize()
	if err != nil {
		i.t.Fatal(err)
	}
	return raw
}

// TestPeopleComeThroughOtherProviders fails when a token of another issuer, client or time counts, or when what a provider says of
// roles is believed.
func TestPeopleComeThroughOtherProviders(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	w := newWorld(t, withRoles, func(o *options) {
		o.providers = []identitypool.Provider{{Issuer: i.URL, Clients: []string{"app", "other-app"}}}
		o.roles = append(o.roles, sts.RoleConfig{ARN: "arn:aws:iam::123456789012:role/outside", Trust: `{"Statement":{"Effect":"Allow",
			"Principal":{"Federated":"` + i.arn() + `"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"` + i.name() + `:aud":"app"}}}}`})
	})
	pool := w.identityPool(func(in *sdk.CreateIdentityPoolInput) { in.OpenIdConnectProviderARNs = []string{i.arn()} })
	_, err := w.SetIdentityPoolRoles(t.Context(), &sdk.SetIdentityPoolRolesInput{IdentityPoolId: pool, RoleMappings: map[string]types.RoleMapping{i.arn(): {Type: "Token", AmbiguousRoleResolution: "Deny"}}, Roles: map[string]string{}})
	w.refused("roles by what a provider says", err, "InvalidParameterException", "")
	w.setRoles(pool, map[string]types.RoleMapping{i.arn(): {Type: "Rules", AmbiguousRoleResolution: "AuthenticatedRole", RulesConfiguration: &types.RulesConfigurationType{
		Rules: []types.MappingRule{{Claim: new("team"), MatchType: "Equals", Value: new("red"), RoleARN: new(adminRole)}}}}})
	logins := func(token string) map[string]string { return map[string]string{i.name(): token} }
	good := i.token("k", nil)
	ann := w.id(pool, logins(good))
	if again := w.id(pool, logins(i.token("k", map[string]any{"aud": "other-app"}))); *again != *ann {
		t.Error("ann is somebody else in another app")
	}
	c := w.credentials(ann, logins(good))
	who, err := w.authority.Session(c.AccessKeyID, c.SessionToken)
	w.check(err)
	same(t, "role and amr", []any{who.Role, who.Identity.AMR}, []any{memberRole, []string{"authenticated", i.name(), i.arn() + ":OIDC:ann"}})
	c = w.credentials(ann, logins(i.token("k", map[string]any{"team": "red"})))
	who, err = w.authority.Session(c.AccessKeyID, c.SessionToken)
	w.check(err)
	same(t, "role by rule", who.Role, adminRole)

	const denied = "NotAuthorizedException"
	for _, bad := range []struct{ what, token, text string }{
		{"another client", i.token("k", map[string]any{"aud": "elsewhere"}), "Invalid login token. Incorrect token audience."},
		{"another party", i.token("k", map[string]any{"azp": "elsewhere"}), "Invalid login token. Incorrect token audience."},
		{"another issuer", i.token("k", map[string]any{"iss": "https://example.com"}), "Invalid login token. Issuer doesn't match providerName"},
		{"another key", i.token("x", nil), "Invalid login token. Couldn't verify signed token."},
		{"no subject", i.token("k", map[string]any{"sub": ""}), "Invalid login token. Not a valid OpenId Connect identity token."},
		{"from the future", i.token("k", map[string]any{"iat": born.Unix() + 3600, "exp": born.Unix() + 7200}), "Invalid login token. Not a valid OpenId Connect identity token."},
		{"expired", i.token("k", map[string]any{"exp": born.Unix() - 1}), ""},
		{"a token of our user pool", w.signIn("alice").ID, "Invalid login token. Couldn't verify signed token."},
	} {
		_, err := w.GetId(t.Context(), &sdk.GetIdInput{IdentityPoolId: pool, Logins: logins(bad.token)})
		w.refused(bad.what, err, denied, bad.text)
	}
	_, err = w.GetId(t.Context(), &sdk.GetIdInput{IdentityPoolId: w.identityPool(), Logins: logins(good)})
	w.refused("a pool that does not take it", err, denied, "Token is not from a supported provider of this identity pool.")

	got, err := w.assume("arn:aws:iam::123456789012:role/outside", good)
	w.check(err)
	same(t, "assumed", []string{*got.SubjectFromWebIdentityToken, *got.Provider}, []string{"ann", i.arn()})
	_, err = w.assume("arn:aws:iam::123456789012:role/outside", i.token("k", map[string]any{"aud": "other-app"}))
	w.refused("a role for another client", err, "AccessDenied", "")
	_, err = w.assume("arn:aws:iam::123456789012:role/outside", i.token("k", map[string]any{"aud": "elsewhere"}))
	w.refused("a client that nobody has named", err, "InvalidIdentityToken", "Incorrect token audience")
	_, err = w.assume("arn:aws:iam::123456789012:role/outside", i.token("k", map[string]any{"iss": "https://example.com/other"}))
	w.refused("an issuer that nobody has named", err, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://example.com/other")
	_, err = w.assume(memberRole, good)
	w.refused("a role for identity pools", err, "AccessDenied", "")

	// Both logins are one person from now on, who has proven both.
	both := logins(good)
	both[provider] = w.signIn("alice").ID
	alice := w.id(pool, w.logins("alice"))
	merged := w.id(pool, both)
	if *merged != *ann && *merged != *alice {
		t.Errorf("two logins make %s, of %s and %s", *merged, *ann, *alice)
	}
	same(t, "alice is ann", *w.id(pool, w.logins("alice")), *merged)
	w.person(w.pool, "bob")
	both[provider] = w.signIn("bob").ID
	_, err = w.GetId(t.Context(), &sdk.GetIdInput{IdentityPoolId: pool, Logins: both})
	w.refused("two people of one provider", err, "ResourceConflictException", "The identity has another login of "+provider+" already.")
}

func TestAProviderThatIsDownIsSaidToBe(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	w := newWorld(t, func(o *options) { o.providers = []identitypool.Provider{{Issuer: i.URL, Clients: []string{"app"}}} })
	pool := w.identityPool(func(in *sdk.CreateIdentityPoolInput) { in.OpenIdConnectProviderARNs = []string{i.arn()} })
	i.Close()
	_, err := w.GetId(t.Context(), &sdk.GetIdInput{IdentityPoolId: pool, Logins: map[string]string{i.name(): i.token("k", nil)}})
	w.refused("a provider that is down", err, "ExternalServiceException", "The identity provider cannot be reached.")
	_, err = w.assume(memberRole, i.token("k", nil))
	w.refused("a provider that is down, at the security token service", err, "IDPCommunicationError", "The identity provider cannot be reached.")
}
