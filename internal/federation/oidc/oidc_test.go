package oidc_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/kit/outbound"
)

// TestAProviderTellsWhoSomebodyIs fails when the request lacks what it must have, or when what the ID token says is
// overruled by userInfo.
func TestAProviderTellsWhoSomebodyIs(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	told, err := p.visit(p.connect(loopback()), p.provider(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"response_type": "code", "client_id": "client", "redirect_uri": "https://people.auth.example.com/oauth2/idpresponse", "scope": "openid email",
		"state": "state", "code_challenge_method": "S256", "login_hint": "alice", "prompt": "login", "tenant": "1",
	} {
		if got := p.asked.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if len(p.asked.Get("nonce")) < 40 {
		t.Errorf("nonce %q", p.asked.Get("nonce"))
	}
	want := map[string]string{"email": "alice@example.com", "custom:department": "sales", "custom:token": "at"}
	if diff := cmp.Diff(want, p.provider().Attributes(told.Claims)); diff != "" || told.Subject != "123" {
		t.Errorf("%s is (-want +got):\n%s", told.Subject, diff)
	}
	if told.Claims["groups"] != "[a+b,c]" || told.Claims["email_verified"] != "true" || told.Token["expires_in"] != "3600" {
		t.Errorf("claims %v, token %v", told.Claims, told.Token)
	}
}

// TestForgedAnswersAreRefused has one row for each way to be somebody else.
func TestForgedAnswersAreRefused(t *testing.T) {
	t.Parallel()
	set := func(name string, value any) func(*peer) {
		return func(p *peer) { p.claims = func(m map[string]any) { m[name] = value } }
	}
	good := url.Values{"code": {"code"}, "state": {"state"}}
	with := func(name string, values ...string) url.Values {
		out := url.Values{"code": {"code"}, "state": {"state"}}
		out[name] = values
		return out
	}
	for name, c := range map[string]struct {
		change func(*peer)
		answer url.Values
		says   string
	}{
		"another nonce":    {set("nonce", "other"), good, "ID token is not valid"},
		"no nonce":         {set("nonce", nil), good, "ID token is not valid"},
		"another issuer":   {set("iss", "https://evil.example.com"), good, "ID token is not valid"},
		"another audience": {set("aud", "other"), good, "ID token is not valid"},
		"two audiences":    {set("aud", []string{"client", "other"}), good, "ID token is not valid"},
		"another party":    {set("azp", "other"), good, "ID token is not valid"},
		"expired":          {set("exp", 1_700_000_000), good, "ID token is not valid"},
		"no expiry":        {set("exp", nil), good, "ID token is not valid"},
		"from the future":  {set("iat", 4_000_000_000), good, "ID token is not valid"},
		"another at_hash":  {set("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), good, "ID token is not valid"},
		"no subject":       {set("sub", ""), good, "about somebody else"},
		"unsigned": {func(p *peer) {
			p.sign = func(payload []byte) string {
				return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload) + "."
			}
		}, good, "ID token is not valid"},
		"public key as a shared secret": {func(p *peer) {
			der, err := x509.MarshalPKIXPublicKey(&key(p.t, 0).PublicKey)
			if err != nil {
				p.t.Error(err)
			}
			shared := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
			p.sign = func(payload []byte) string {
				return signed(p.t, jose.HS256, jose.JSONWebKey{Key: shared, KeyID: "k1"}, payload)
			}
		}, good, "ID token is not valid"},
		"symmetric key of the set": {func(p *peer) {
			p.sign = func(payload []byte) string {
				return signed(p.t, jose.HS256, jose.JSONWebKey{Key: []byte("secretsecretsecretsecretsecretse"), KeyID: "k1"}, payload)
			}
		}, good, "ID token is not valid"},
		"another key of the same name": {func(p *peer) {
			p.sign = func(payload []byte) string {
				return signed(p.t, jose.RS256, jose.JSONWebKey{Key: key(p.t, 1), KeyID: "k1"}, payload)
			}
		}, good, "ID token is not valid"},
		"a key inside the token": {func(p *peer) {
			p.sign = func(payload []byte) string {
				signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key(p.t, 1)}, &jose.SignerOptions{EmbedJWK: true})
				if err != nil {
					p.t.Error(err)
				}
				jws, err := signer.Sign(payload)
				if err != nil {
					p.t.Error(err)
				}
				text, _ := jws.CompactSerialize()
				return text
			}
		}, good, "ID token is not valid"},
		"a key for encryption": {func(p *peer) { p.keys[0].Use = "enc" }, good, "ID token is not valid"},
		"no token at all":      {func(p *peer) { p.token = func(m map[string]any) { delete(m, "id_token") } }, good, "ID token is not valid"},
		"somebody else's profile": {func(p *peer) {
			p.profile = func(m map[string]any) { m["sub"] = "456" }
		}, good, "about somebody else"},
		"an answer of another issuer": {func(*peer) {}, with("iss", "https://evil.example.com"), "another issuer's"},
		"an answer without its issuer": {func(p *peer) {
			p.discovery = func(m map[string]any) { m["authorization_response_iss_parameter_supported"] = true }
		}, good, "another issuer's"},
		"two codes":            {func(*peer) {}, with("code", "code", "other"), "given twice"},
		"no code":              {func(*peer) {}, with("code"), "no code"},
		"discovery of another": {func(p *peer) { p.discovery = func(m map[string]any) { m["issuer"] = "https://evil.example.com" } }, good, "cannot be read"},
		"unencrypted endpoint": {func(p *peer) {
			p.discovery = func(m map[string]any) { m["token_endpoint"] = "http://idp.example.com/token" }
		}, good, "cannot be read"},
		"no endpoint":      {func(p *peer) { p.discovery = func(m map[string]any) { delete(m, "jwks_uri") } }, good, "lacks an endpoint"},
		"huge discovery":   {func(p *peer) { p.discovery = func(m map[string]any) { m["x"] = strings.Repeat("x", 600<<10) } }, good, "cannot be read"},
		"huge tokens":      {func(p *peer) { p.token = func(m map[string]any) { m["x"] = strings.Repeat("x", 600<<10) } }, good, "too large"},
		"a refused code":   {func(p *peer) { p.status["/token"] = 400 }, good, "Corp Error - 400 error getting token"},
		"a moved endpoint": {func(p *peer) { p.status["/token"] = 307 }, good, "Corp Error - 307 error getting token"},
		"no keys":          {func(p *peer) { p.status["/keys"] = 500 }, good, "500 error getting jwks"},
		"no profile":       {func(p *peer) { p.status["/me"] = 401 }, good, "401 error getting userInfo"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPeer(t)
			c.change(p)
			told, err := p.visit(p.connect(loopback()), p.provider(), c.answer)
			var refusal *federation.Refusal
			if !errors.As(err, &refusal) || refusal.Code != federation.InvalidRequest || !strings.Contains(refusal.Text, c.says) {
				t.Errorf("got %+v, %v; want a refusal with %q", told, err, c.says)
			}
		})
	}
}

func TestAProviderMayRefuse(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	c := p.connect(loopback())
	for code, want := range map[string]string{"access_denied": federation.AccessDenied, "login_required": federation.InvalidRequest} {
		_, err := p.visit(c, p.provider(), url.Values{"error": {code}, "error_description": {"No\r\nway" + strings.Repeat("x", 500)}})
		var refusal *federation.Refusal
		if !errors.As(err, &refusal) || refusal.Code != want || !strings.HasPrefix(refusal.Text, "Corp Error - "+code+": Noway") || len(refusal.Text) > 400 {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// TestARefusedProfileCountsOnlyWhereSomethingIsMissing fails for providers whose access tokens are for another server.
func TestARefusedProfileCountsOnlyWhereSomethingIsMissing(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	p.status["/me"] = http.StatusUnauthorized
	provider := p.provider()
	delete(provider.Mapping, "custom:department")
	if told, err := p.visit(p.connect(loopback()), provider, nil); err != nil || told.Claims["email"] != "alice@example.com" {
		t.Errorf("%+v, %v", told, err)
	}
}

// TestNewKeysAreFetchedAndNotTooOften fails when a provider cannot change its keys, or when bad signatures make us ask for
// keys without end.
func TestNewKeysAreFetchedAndNotTooOften(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	c := p.connect(loopback())
	visit := func(want bool) {
		t.Helper()
		if _, err := p.visit(c, p.provider(), nil); (err == nil) != want {
			t.Errorf("%v, want success: %v", err, want)
		}
	}
	visit(true)
	visit(true)
	if n := p.called("/keys"); n != 1 {
		t.Errorf("keys were fetched %d times for two sign-ins", n)
	}
	p.keys = []jose.JSONWebKey{{Key: key(t, 1), KeyID: "k2", Algorithm: "RS256", Use: "sig"}}
	p.now.Advance(time.Minute)
	visit(true)
	p.sign = func(payload []byte) string {
		return signed(t, jose.RS256, jose.JSONWebKey{Key: key(t, 0), KeyID: "unknown"}, payload)
	}
	for range 5 {
		visit(false)
	}
	if n := p.called("/keys"); n != 2 {
		t.Errorf("keys were fetched %d times", n)
	}
	if n := p.called("/.well-known/openid-configuration"); n != 1 {
		t.Errorf("the configuration was fetched %d times", n)
	}
}

func TestSlowProvidersAreGivenUp(t *testing.T) {
	t.Parallel()
	for path, says := range map[string]string{
		"/token": "Timeout occurred in calling IdP token endpoint", "/keys": "Timeout occurred in calling jwks uri",
		"/me": "Timeout occurred in calling IdP userInfo endpoint",
	} {
		for patience := 100 * time.Millisecond; ; patience *= 4 { // on a busy machine others may be slow, too
			p := newPeer(t)
			p.hang = path
			client := loopback()
			client.Transport.(*http.Transport).ResponseHeaderTimeout = patience
			_, err := p.visit(p.connect(client), p.provider(), nil)
			var refusal *federation.Refusal
			if errors.As(err, &refusal) && refusal.Text == says {
				break
			}
			if patience > 5*time.Second {
				t.Errorf("%s: %v", path, err)
				break
			}
		}
	}
}

// TestProvidersInOurOwnNetworkAreNotCalled fails when an address that was chosen for a provider becomes a request within our
// own network.
func TestProvidersInOurOwnNetworkAreNotCalled(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	if _, err := p.visit(p.connect(outbound.NewGuarded(time.Second)), p.provider(), nil); err == nil || p.called("/.well-known/openid-configuration") != 0 {
		t.Errorf("called: %v", err)
	}
}

// TestGivenEndpointsNeedNoDiscovery fails when a provider without a document cannot be used.
func TestGivenEndpointsNeedNoDiscovery(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	p.status["/.well-known/openid-configuration"] = http.StatusNotFound
	provider := p.provider()
	for name, path := range map[string]string{"authorize_url": "/authorize", "token_url": "/token", "attributes_url": "/me", "jwks_uri": "/keys"} {
		provider.Details[name] = p.server.URL + path
	}
	c := p.connect(loopback())
	trip, err := p.begin(c, provider)
	if err != nil {
		t.Fatal(err)
	}
	if p.asked.Has("code_challenge") || trip.Verifier != "" {
		t.Error("PKCE towards a provider that has not said that it knows it")
	}
}
