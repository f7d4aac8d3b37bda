package oauth_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/front/oauth"
	"cognate.dev/cognate/internal/front/oauth/grant"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/limit"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/signin/arrival"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/token"
)

const (
	poolID  = "eu-west-1_Pool00001"
	sub     = "5f2b1c9e-1111-4222-8333-444455556666"
	app     = "https://app.example.com/callback"
	secret1 = "abcdefghijklmnopqrstuvwxyz+1"
)

// world is the handler over one pool with alice and some clients, on a database of its own.
type world struct {
	http.Handler
	t        testing.TB
	store    *store.Store
	clock    *clock.Fake
	keys     *secret.Keyring
	dir      *directory.Directory
	pool     *directory.Pool
	alice    *directory.User
	site     authorize.Site
	auth     *authorize.Authorizer
	minter   *token.Minter
	verifier *token.Verifier

	federation *federation.Federation
	arrivals   *arrival.Arrivals
	ring       *key.Ring
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, clock: clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 250e6, time.UTC))}
	var err error
	w.keys, err = secret.NewKeyring(secret.Key{ID: "a", Secret: [32]byte{1}}, secret.Key{ID: "mac", Secret: [32]byte{2}})
	w.check(err)
	w.store, err = store.Open(t.Context(), "sqlite::memory:", store.Options{Sealer: w.keys})
	w.check(err)
	t.Cleanup(func() { _ = w.store.Close() })
	w.dir = directory.New(directory.Parts{
		Pools: w.store, Clients: w.store, Groups: w.store, Users: w.store, Credentials: w.store, Resources: w.store, Providers: w.store, Changes: quiet{},
		OnCommit: w.store.OnCommit, Keys: w.keys, Hasher: password.NewHasher(password.Params{MemoryKiB: 8, Time: 1, Threads: 1}, 1),
		Now: w.clock.Now,
	})
	w.pool, err = w.dir.Pools.Create(t.Context(), directory.PoolSpec{ID: poolID, Region: "eu-west-1", Settings: directory.Settings{Name: "people"}})
	w.check(err)
	w.alice = &directory.User{
		PoolID: poolID, ID: sub, Username: "alice", Status: directory.Confirmed, Enabled: true,
		CreatedAt: w.clock.Now(), ModifiedAt: w.clock.Now(),
		Attributes: map[string]string{"email": "alice@example.com", "email_verified": "true", "name": "Alice"},
	}
	w.check(w.store.InsertUser(t.Context(), w.alice, directory.Keys{Username: "alice"}))
	w.lendKeys()
	ring := key.NewRing(w.store, w.keys, w.clock.Now)
	parts := token.Parts{
		Keys: ring, Sealer: w.keys, Sessions: w.store, Pools: w.dir.Pools, Clients: w.dir.Clients, People: w.store,
		Issuer: issuer, Now: w.clock.Now,
		Strict: func(_ context.Context, issuer string) (*directory.Pool, error) {
			if w.site.Issuer != "" && issuer == w.site.Issuer {
				return w.pool, nil
			}
			return nil, nil
		},
	}
	w.minter, w.verifier = token.NewMinter(parts), token.NewVerifier(parts)
	sessions := token.NewSessions(parts)
	w.auth = authorize.New(authorize.Parts{
		Store: w.store, Clients: w.dir.Clients, People: w.store, Tokens: w.minter, Ended: sessions, Scopes: w.dir.Resources,
		Sealer: w.keys, Now: w.clock.Now, Providers: w.furnishOutside(),
		Strict: &authorize.Strict{Store: w.store, Hints: w.verifier, OpenID: registered},
	})
	gate, _, err := limit.New(limit.Parts{Store: w.store, Now: w.clock.Now})
	w.check(err)
	handler := oauth.Handler(oauth.Config{
		Gate:       gate,
		Authorizer: w.auth, Tokens: w.verifier, Sessions: sessions, Keys: ring, Issuer: issuer,
		Registrar: authorize.NewRegistrar(w.dir.Clients, w.auth.Scopes),
		Grants: []grant.Grant{
			grant.Code{Codes: w.auth.Codes}, grant.Refresh{Tokens: w.minter}, grant.Machine{Tokens: w.minter, Scopes: w.auth.Scopes},
		},
		Location: func(p *directory.Pool) string { return "https://id.example.com/" + p.ID },
		Home:     func(context.Context, *directory.Pool) (string, error) { return "https://people.auth.example.com", nil },
		Strict:   &oauth.Strict{Proofs: &token.Proofs{Marks: w.store, Now: w.clock.Now}, Hints: w.verifier, OpenID: registered},
		Outside:  w.outside(ring),
	})
	w.site = authorize.Site{Pool: w.pool, Base: "https://people.auth.example.com"}
	w.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(rw, r.WithContext(authorize.WithSite(r.Context(), w.site)))
	})
	return w
}

func registered(c *directory.Client) directory.OpenID { return c.OpenID }

func issuer(p *directory.Pool) string { return "https://id.example.com/" + p.ID }

// lendKeys gives a world the signing keys that the first one made: finding primes takes longer than any test. All
// worlds have the same master key and pool id, so sealed keys open in each.
func (w *world) lendKeys() {
	lent.Do(func() {
		_, err := key.NewRing(w.store, w.keys, w.clock.Now).Public(w.t.Context(), poolID)
		w.check(err)
		lentKeys, err = w.store.Keys(w.t.Context(), poolID, w.clock.Now())
		w.check(err)
	})
	for _, k := range lentKeys {
		_, err := w.store.PutActiveKey(w.t.Context(), k, "", time.Time{})
		w.check(err)
	}
}

var (
	lent     sync.Once
	lentKeys []key.Stored
)

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// client makes an app client with the flow code and what else is usual.
func (w *world) client(id, secret string, change ...func(*directory.ClientSettings)) *directory.Client {
	w.t.Helper()
	spec := directory.ClientSpec{ID: id, PoolID: poolID, Secret: secret, ClientSettings: directory.ClientSettings{
		Name: id, TokenRevocation: true, IdentityProviders: []string{"COGNITO"}, OAuthEnabled: true, OAuthFlows: []string{"code"},
		OAuthScopes: []string{"openid", "email", "profile"}, CallbackURLs: []string{app}, LogoutURLs: []string{"https://app.example.com/bye"},
	}}
	for _, c := range change {
		c(&spec.ClientSettings)
	}
	c, err := w.dir.Clients.Create(w.t.Context(), spec)
	w.check(err)
	return c
}

// machine makes a resource server and a client that acts for itself.
func (w *world) machine() {
	w.t.Helper()
	_, err := w.dir.Resources.Create(w.t.Context(), directory.ResourceServer{
		PoolID: poolID, Identifier: "api", Name: "api", Scopes: []directory.Scope{{Name: "read"}, {Name: "write"}, {Name: "admin"}},
	})
	w.check(err)
	w.client("machine", secret1, func(s *directory.ClientSettings) {
		s.OAuthFlows, s.OAuthScopes = []string{"client_credentials"}, []string{"api/read", "api/write"}
	})
}

// signIn gives a browser the session of alice.
func (w *world) signIn() *http.Cookie {
	w.t.Helper()
	s, secret, err := w.auth.Browser.Begin(w.t.Context(), authorize.Proof{Pool: w.pool, User: w.alice, AMR: []string{"pwd"}})
	w.check(err)
	return w.site.Cookie(secret, s.ExpiresAt)
}

// get asks for a path; header holds names and values.
func (w *world) get(path string, query url.Values, cookie *http.Cookie, header ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return w.send(http.MethodGet, path, "", cookie, header...)
}

// post sends a form.
func (w *world) post(path string, form url.Values, header ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	return w.send(http.MethodPost, path, form.Encode(), nil, append([]string{"Content-Type", "application/x-www-form-urlencoded"}, header...)...)
}

func (w *world) send(method, target, body string, cookie *http.Cookie, header ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.site.Base+target, strings.NewReader(body))
	w.check(err)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	if cookie != nil {
		r.AddCookie(cookie)
	}
	res := httptest.NewRecorder()
	w.ServeHTTP(res, r)
	return res
}

// ask is a good authorization request, changed.
func ask(client string, change ...string) url.Values {
	q := url.Values{
		"client_id": {client}, "redirect_uri": {app}, "response_type": {"code"}, "state": {"s t&te"}, "scope": {"openid email"},
	}
	for i := 0; i+1 < len(change); i += 2 {
		if q.Del(change[i]); change[i+1] != "" {
			q.Set(change[i], change[i+1])
		}
	}
	return q
}

// code gets an authorization code for alice.
func (w *world) code(client string, change ...string) string {
	w.t.Helper()
	res := w.get("/oauth2/authorize", ask(client, change...), w.signIn())
	code := location(w.t, res).Query().Get("code")
	if code == "" {
		w.t.Fatalf("no code: %d %v", res.Code, res.Header())
	}
	return code
}

// exchange hands in a code of a public client.
func (w *world) exchange(client, code string, more ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "client_id": {client}, "code": {code}, "redirect_uri": {app}}
	for i := 0; i+1 < len(more); i += 2 {
		if form.Del(more[i]); more[i+1] != "" {
			form.Set(more[i], more[i+1])
		}
	}
	return w.post("/oauth2/token", form)
}

func location(t testing.TB, res *httptest.ResponseRecorder) *url.URL {
	t.Helper()
	if res.Code != http.StatusFound && res.Code != http.StatusSeeOther {
		t.Fatalf("%d %s, want a redirect", res.Code, res.Body)
	}
	u, err := url.Parse(res.Header().Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func body(t testing.TB, res *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal(res.Body.Bytes(), &got); err != nil {
		t.Fatalf("%d %s: %v", res.Code, res.Body, err)
	}
	return got
}

// tokens are the members of a good answer of the token endpoint.
func tokens(t testing.TB, res *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	if res.Code != http.StatusOK {
		t.Fatalf("%d %s, want tokens", res.Code, res.Body)
	}
	return body(t, res)
}

// refused checks an error of the token endpoint.
func refused(t testing.TB, res *httptest.ResponseRecorder, status int, code string) {
	t.Helper()
	if got := body(t, res)["error"]; res.Code != status || got != code {
		t.Errorf("%d %s, want %d %s", res.Code, res.Body, status, code)
	}
}

func claims(t testing.TB, jws any) map[string]any {
	t.Helper()
	text, _ := jws.(string)
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		t.Fatalf("%v is no token", jws)
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	return got
}

func basic(id, secret string) []string {
	return []string{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))}
}

type quiet struct{}

func (quiet) Changed(context.Context, string, string) {}
