package app

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"cognate.dev/cognate/internal/app/config"
	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/domain"
	"cognate.dev/cognate/internal/password"
)

const testPool = "eu-west-1_Pool00001"

// town is a house with one pool, behind a server of its own.
type town struct {
	t      testing.TB
	h      *house
	server *httptest.Server
	alice  *directory.User
}

func newTown(t *testing.T, settings ...func(*Config)) *town {
	t.Helper()
	w := &town{t: t}
	w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.h.main.ServeHTTP(rw, r) }))
	t.Cleanup(w.server.Close)
	cfg := config.Default()
	cfg.Data, cfg.Password = t.TempDir(), password.Params{MemoryKiB: 8, Time: 1, Threads: 1}
	cfg.Patience, cfg.Extensions.Scripts.Timeout = time.Minute, time.Minute // on a busy machine everything takes its time
	for _, set := range settings {
		set(&cfg)
	}
	var err error
	w.h, err = build(t.Context(), cfg, w.server.URL, io.Discard)
	w.check(err)
	t.Cleanup(func() { w.check(w.h.close(context.Background())) })
	w.check(w.h.open(t.Context()))
	d := w.h.rooms.Load().directory
	pool, err := d.Pools.Create(t.Context(), directory.PoolSpec{ID: testPool, Region: "eu-west-1", Settings: directory.Settings{Name: "people"}})
	w.check(err)
	w.alice, err = d.Users.Create(t.Context(), pool, directory.NewUser{
		Username: "alice", Attributes: map[string]string{"email": "alice@example.com", "email_verified": "true"},
		Status: directory.Confirmed, By: directory.BySystem,
	}, false)
	w.check(err)
	return w
}

func (w *town) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) client(id, secret, callback string) {
	w.t.Helper()
	_, err := w.h.rooms.Load().directory.Clients.Create(w.t.Context(), directory.ClientSpec{
		ID: id, PoolID: testPool, Secret: secret, ClientSettings: directory.ClientSettings{
			Name: id, TokenRevocation: true, IdentityProviders: []string{"COGNITO"}, OAuthEnabled: true, OAuthFlows: []string{"code"},
			OAuthScopes: []string{"openid", "email"}, CallbackURLs: []string{callback}, LogoutURLs: []string{callback},
		},
	})
	w.check(err)
}

// browser is signed in at the site at base, as the sign-in page would leave it. It does not follow redirects to clients.
func (w *town) browser(site authorize.Site) *http.Client {
	w.t.Helper()
	pool, err := w.h.rooms.Load().directory.Pools.Get(w.t.Context(), testPool)
	w.check(err)
	session, secret, err := w.h.rooms.Load().authorizer.Browser.Begin(w.t.Context(), authorize.Proof{Pool: pool, User: w.alice})
	w.check(err)
	jar, err := cookiejar.New(nil)
	w.check(err)
	base, err := url.Parse(site.Base + "/")
	w.check(err)
	jar.SetCookies(base, []*http.Cookie{site.Cookie(secret, session.ExpiresAt)})
	return &http.Client{
		Jar: jar, Transport: w.server.Client().Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// TestARelyingPartyThatIsNotOurs signs alice in at a client made of coreos/go-oidc and golang.org/x/oauth2.
func TestARelyingPartyThatIsNotOurs(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	const callback, secret = "http://localhost:3000/callback", "abcdefghijklmnopqrstuvwxyz+1"
	w.client("public", "", callback)
	w.client("web", secret, callback)
	ctx := oidc.ClientContext(t.Context(), w.server.Client())
	provider, err := oidc.NewProvider(ctx, w.server.URL+"/"+testPool)
	w.check(err)
	browser := w.browser(authorize.Site{Base: w.server.URL + "/" + testPool, Prefix: "/" + testPool})
	for _, id := range []string{"public", "web"} {
		config := oauth2.Config{ClientID: id, Endpoint: provider.Endpoint(), RedirectURL: callback, Scopes: []string{oidc.ScopeOpenID, "email"}}
		if id == "web" {
			config.ClientSecret = secret
		}
		proof := oauth2.GenerateVerifier()
		code := w.visit(browser, config.AuthCodeURL("state1", oidc.Nonce("nonce1"), oauth2.S256ChallengeOption(proof)))
		if code.Get("state") != "state1" {
			t.Fatalf("%s: the client hears %v", id, code)
		}
		got, err := config.Exchange(ctx, code.Get("code"), oauth2.VerifierOption(proof))
		w.check(err)
		raw, _ := got.Extra("id_token").(string)
		idToken, err := provider.Verifier(&oidc.Config{ClientID: id}).Verify(ctx, raw)
		w.check(err)
		w.check(idToken.VerifyAccessToken(got.AccessToken))
		if idToken.Nonce != "nonce1" || idToken.Subject != w.alice.ID {
			t.Errorf("%s: %+v", id, idToken)
		}
		info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(got))
		w.check(err)
		if info.Subject != w.alice.ID || info.Email != "alice@example.com" || !info.EmailVerified {
			t.Errorf("%s: userInfo %+v", id, info)
		}
		renewed, err := config.TokenSource(ctx, &oauth2.Token{RefreshToken: got.RefreshToken}).Token()
		w.check(err)
		if renewed.AccessToken == got.AccessToken || renewed.RefreshToken != got.RefreshToken {
			t.Errorf("%s: the refresh gave %+v", id, renewed)
		}
		_, err = config.Exchange(ctx, code.Get("code"), oauth2.VerifierOption(proof))
		if refused := (*oauth2.RetrieveError)(nil); !asRetrieve(err, &refused) || refused.ErrorCode != "invalid_grant" {
			t.Errorf("%s: the code again: %v", id, err)
		}
		if _, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(renewed)); err == nil {
			t.Errorf("%s: tokens outlive the replay of their code", id)
		}
	}
}

// visit goes to a URL and gives what the client's callback hears.
func (w *town) visit(browser *http.Client, target string) url.Values {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, target, nil)
	w.check(err)
	res, err := browser.Do(req)
	w.check(err)
	w.check(res.Body.Close())
	u, err := res.Location()
	w.check(err)
	return u.Query()
}

func asRetrieve(err error, to **oauth2.RetrieveError) bool {
	e, ok := err.(*oauth2.RetrieveError)
	*to = e
	return ok
}

// TestDomainsAreHomes signs alice in on the prefix domain and on the custom domain of a pool, which discovery names.
func TestDomainsAreHomes(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	const callback = "http://localhost:3000/callback"
	w.client("client", "", callback)
	_, port, err := net.SplitHostPort(w.server.Listener.Addr().String())
	w.check(err)
	// Every name leads to the server of the test.
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, w.server.Listener.Addr().String())
	}}
	t.Cleanup(transport.CloseIdleConnections)
	ctx := oidc.ClientContext(t.Context(), &http.Client{Transport: transport})
	domains := w.h.rooms.Load().domains
	for _, c := range []struct {
		spec domain.Spec
		base string
	}{
		{domain.Spec{PoolID: testPool, Name: "people"}, "http://people.auth.localhost:" + port},
		{domain.Spec{PoolID: testPool, Name: "login.example.com", Settings: domain.Settings{Custom: true}}, "http://login.example.com:" + port},
	} {
		_, err := domains.Create(t.Context(), c.spec)
		w.check(err)
		provider, err := oidc.NewProvider(ctx, w.server.URL+"/"+testPool)
		w.check(err)
		if got := provider.Endpoint().AuthURL; got != c.base+"/oauth2/authorize" {
			t.Fatalf("discovery names %s, want %s", got, c.base)
		}
		browser := w.browser(authorize.Site{Base: c.base})
		browser.Transport = transport
		config := oauth2.Config{ClientID: "client", Endpoint: provider.Endpoint(), RedirectURL: callback, Scopes: []string{oidc.ScopeOpenID}}
		got, err := config.Exchange(ctx, w.visit(browser, config.AuthCodeURL("s")).Get("code"))
		w.check(err)
		raw, _ := got.Extra("id_token").(string)
		if _, err := provider.Verifier(&oidc.Config{ClientID: "client"}).Verify(ctx, raw); err != nil {
			t.Errorf("%s: %v", c.base, err)
		}
		for path, status := range map[string]int{
			"/.well-known/jwks.json": 200, "/.well-known/openid-configuration": 200, "/": 404, "/_cognate/health/live": 404,
			"/" + testPool + "/.well-known/jwks.json": 404,
		} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.base+path, nil)
			w.check(err)
			res, err := transport.RoundTrip(req)
			w.check(err)
			w.check(res.Body.Close())
			if res.StatusCode != status {
				t.Errorf("%s%s: %d, want %d", c.base, path, res.StatusCode, status)
			}
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://other.auth.localhost:"+port+"/.well-known/jwks.json", nil)
	w.check(err)
	res, err := transport.RoundTrip(req)
	w.check(err)
	w.check(res.Body.Close())
	if res.StatusCode == http.StatusOK {
		t.Error("a domain of nobody has keys")
	}
}

// TestAPoolAnswersByPathAndNothingElseDoes fails when the router takes requests that are not for a pool, or lets a
// pool's requests through to the AWS protocol.
func TestAPoolAnswersByPathAndNothingElseDoes(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for _, c := range []struct {
		path   string
		status int
		has    string
	}{
		{"/" + testPool + "/.well-known/openid-configuration", 200, w.server.URL + "/" + testPool + "/oauth2/token"},
		{"/" + testPool + "/.well-known/jwks.json", 200, "keys"},
		{"/eu-west-1_Nobody000/.well-known/jwks.json", 404, "User pool eu-west-1_Nobody000 does not exist."},
		{"/" + testPool + "/oauth2/nothing", 404, "There is no such document."},
		{"/" + testPool + "//oauth2/token", 404, "There is no such document."},
		{"/" + testPool + "/" + testPool + "/oauth2/token", 404, "There is no such document."},
		{"/_cognate/health/live", 200, "live"},
		{"/", 405, "UnknownOperationException"}, // the AWS protocol knows POST only
		{"/oauth2/token", 404, "There is nothing here."},
		{"/" + testPool, 404, "There is nothing here."},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.server.URL+c.path, nil)
		w.check(err)
		res, err := w.server.Client().Do(req)
		w.check(err)
		body, err := io.ReadAll(res.Body)
		w.check(err)
		w.check(res.Body.Close())
		if res.StatusCode != c.status || !strings.Contains(string(body), c.has) {
			t.Errorf("%s: %d %s", c.path, res.StatusCode, body)
		}
	}
}
