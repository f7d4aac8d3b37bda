package oidc_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/federation/oidc"
	"cognate.dev/cognate/internal/kit/clock"
)

// world of social providers: every host of the internet is one server.
type internet struct {
	t     *testing.T
	now   *clock.Fake
	asked url.Values // the authorization request
	token url.Values // the token request
	mux   *http.ServeMux
}

func newInternet(t *testing.T) (*internet, *oidc.Connector) {
	t.Helper()
	w := &internet{t: t, now: clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)), mux: http.NewServeMux()}
	server := httptest.NewTLSServer(w.mux)
	t.Cleanup(server.Close)
	dialer := &net.Dialer{}
	client := &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, server.Listener.Addr().String())
		},
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // its certificate is for no name
	}}
	t.Cleanup(client.CloseIdleConnections)
	return w, oidc.New(client, w.now.Now)
}

func (w *internet) says(at string, what func(*http.Request) any) {
	w.mux.HandleFunc(at, func(rw http.ResponseWriter, r *http.Request) { _ = json.NewEncoder(rw).Encode(what(r)) })
}

// openID serves what an OpenID provider has, and gives what it answers to a code.
func (w *internet) openID(host string, claims map[string]any) func() map[string]any {
	k := jose.JSONWebKey{Key: key(w.t, 0), KeyID: "k1", Algorithm: "RS256", Use: "sig"}
	issuer := "https://" + host
	w.says(host+"/.well-known/openid-configuration", func(*http.Request) any {
		return map[string]any{
			"issuer": issuer, "authorization_endpoint": issuer + "/a", "token_endpoint": issuer + "/t", "jwks_uri": issuer + "/keys",
			"userinfo_endpoint": issuer + "/me",
		}
	})
	w.says(host+"/keys", func(*http.Request) any { return map[string]any{"keys": []any{k.Public()}} })
	claims["iss"], claims["aud"], claims["exp"] = issuer, "client", w.now.Now().Add(time.Hour).Unix()
	give := func() map[string]any {
		claims["nonce"] = w.asked.Get("nonce")
		payload, err := json.Marshal(claims)
		if err != nil {
			w.t.Error(err)
		}
		return map[string]any{"access_token": "at", "id_token": signed(w.t, jose.RS256, k, payload)}
	}
	w.tokens("/", give)
	return give
}

// tokens answers requests for tokens, which are all that is not said otherwise.
func (w *internet) tokens(at string, give func() map[string]any) {
	w.says(at, func(r *http.Request) any {
		if err := r.ParseForm(); err != nil {
			w.t.Error(err)
		}
		w.token = r.Form
		return give()
	})
}

func (w *internet) visit(c *oidc.Connector, p *federation.Provider, answer url.Values) *federation.Told {
	w.t.Helper()
	trip := &federation.Trip{State: "state", Base: "https://people.auth.example.com", Hint: "alice"}
	location, err := c.Begin(w.t.Context(), p, trip)
	if err != nil {
		w.t.Fatal(err)
	}
	to, err := url.Parse(location)
	if err != nil {
		w.t.Fatal(err)
	}
	w.asked = to.Query()
	w.asked.Set("at", to.Host+to.Path)
	answer.Set("code", "code")
	told, err := c.Finish(w.t.Context(), p, trip, answer)
	if err != nil {
		w.t.Fatal(err)
	}
	return told
}

func social(t federation.Type, mapping map[string]string) *federation.Provider {
	return &federation.Provider{
		PoolID: "eu-west-1_Pool00001", Name: string(t), Type: t, Secrets: map[string]string{"client_secret": "secret"},
		Details: map[string]string{"client_id": "client", "authorize_scopes": "email, profile"}, Mapping: mapping,
	}
}

func (w *internet) same(what string, want, got any) {
	w.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestFacebook(t *testing.T) {
	t.Parallel()
	w, c := newInternet(t)
	w.tokens("/v9.0/oauth/access_token", func() map[string]any { return map[string]any{"access_token": "at"} })
	w.says("/v9.0/me", func(r *http.Request) any {
		if r.URL.Query().Get("fields") != "id,email" || r.Header.Get("Authorization") != "Bearer at" {
			t.Errorf("asked %s", r.URL)
		}
		return map[string]any{"id": "99", "email": "alice@example.com"}
	})
	p := social(federation.Facebook, map[string]string{"username": "id", "email": "email"})
	p.Details["api_version"] = "v9.0"
	told := w.visit(c, p, url.Values{})
	w.same("subject", "99", told.Subject)
	w.same("request", []string{"www.facebook.com/v9.0/dialog/oauth", "email,profile", ""}, []string{w.asked.Get("at"), w.asked.Get("scope"), w.asked.Get("login_hint")})
	w.same("secret", "secret", w.token.Get("client_secret"))
}

func TestLoginWithAmazon(t *testing.T) {
	t.Parallel()
	w, c := newInternet(t)
	w.tokens("/auth/o2/token", func() map[string]any { return map[string]any{"access_token": "at"} })
	w.says("/user/profile", func(*http.Request) any {
		return map[string]any{"user_id": "amzn1.account.X", "postal_code": "98101"}
	})
	told := w.visit(c, social(federation.Amazon, map[string]string{"username": "user_id", "address": "postal_code"}), url.Values{})
	w.same("told", []string{"amzn1.account.X", "98101"}, []string{told.Subject, told.Claims["postal_code"]})
	w.same("request", []string{"www.amazon.com/ap/oa", "email profile"}, []string{w.asked.Get("at"), w.asked.Get("scope")})
}

func TestGoogle(t *testing.T) {
	t.Parallel()
	w, c := newInternet(t)
	w.openID("accounts.google.com", map[string]any{"sub": "1", "email": "alice@example.com"})
	w.says("people.googleapis.com/v1/people/me", func(r *http.Request) any {
		if got := r.URL.Query().Get("personFields"); got != "birthdays,phoneNumbers" {
			t.Errorf("asked for %s", got)
		}
		return map[string]any{
			"phoneNumbers": []any{map[string]any{"value": "+15550001"}, map[string]any{"value": "+15550002"}},
			"birthdays":    []any{map[string]any{"date": map[string]any{"year": 1999, "month": 3, "day": 9}}},
		}
	})
	told := w.visit(c, social(federation.Google, map[string]string{
		"username": "sub", "email": "email", "phone_number": "phoneNumbers", "birthdate": "birthdays",
	}), url.Values{})
	w.same("told", []string{"1", "alice@example.com", "+15550001", "1999-03-09"},
		[]string{told.Subject, told.Claims["email"], told.Claims["phoneNumbers"], told.Claims["birthdays"]})
	w.same("request", []string{"accounts.google.com/o/oauth2/v2/auth", "alice"}, []string{w.asked.Get("at"), w.asked.Get("login_hint")})
}

// TestSignInWithApple fails when the client secret, which is a token of ours, is not what Apple takes, or when the name is
// lost that Apple tells only once.
func TestSignInWithApple(t *testing.T) {
	t.Parallel()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for form, text := range map[string]string{
		"PEM": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "base64": base64.StdEncoding.EncodeToString(der),
	} {
		w, c := newInternet(t)
		w.openID("appleid.apple.com", map[string]any{"sub": "001.x", "email": "alice@example.com", "email_verified": "true"})
		p := social(federation.Apple, map[string]string{"username": "sub", "email": "email", "given_name": "firstName"})
		p.Secrets = map[string]string{"private_key": text}
		p.Details["team_id"], p.Details["key_id"] = "TEAM", "KEY"
		told := w.visit(c, p, url.Values{"user": {`{"name":{"firstName":"Alice","lastName":"Liddell"},"email":"other@example.com"}`}})
		w.same(form+": told", []string{"001.x", "alice@example.com", "Alice", "Alice Liddell"},
			[]string{told.Subject, told.Claims["email"], told.Claims["firstName"], told.Claims["name"]})
		w.same(form+": response mode", "form_post", w.asked.Get("response_mode"))
		jws, err := jose.ParseSignedCompact(w.token.Get("client_secret"), []jose.SignatureAlgorithm{jose.ES256})
		if err != nil {
			t.Fatal(err)
		}
		payload, err := jws.Verify(&private.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		var secret map[string]any
		if err := json.Unmarshal(payload, &secret); err != nil {
			t.Fatal(err)
		}
		at := float64(w.now.Now().Unix())
		w.same(form+": secret", map[string]any{"iss": "TEAM", "sub": "client", "aud": "https://appleid.apple.com", "iat": at, "exp": at + 300}, secret)
		w.same(form+": key", "KEY", jws.Signatures[0].Header.KeyID)
	}
}
