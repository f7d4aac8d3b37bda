package oidc_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"go.uber.org/goleak"

	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/federation/oidc"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/outbound"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// peer is a provider that does what a test wants, right or wrong.
type peer struct {
	t      *testing.T
	server *httptest.Server
	now    *clock.Fake
	keys   []jose.JSONWebKey // private; the first one signs
	ops    []string          // key_ops of them; nil: not said

	discovery func(map[string]any)
	claims    func(map[string]any)
	sign      func(payload []byte) string
	profile   func(map[string]any)
	token     func(map[string]any)
	status    map[string]int // of answers, by path
	hang      string         // a path that never answers
	asked     url.Values     // the authorization request
	mu        sync.Mutex
	calls     map[string]int
	end       chan struct{}
}

var (
	lent     []*rsa.PrivateKey
	lentOnce sync.Once
)

func key(t *testing.T, n int) *rsa.PrivateKey {
	t.Helper()
	lentOnce.Do(func() {
		for range 2 {
			k, err := rsa.GenerateKey(rand.Reader, 2048)
			if err != nil {
				t.Fatal(err)
			}
			lent = append(lent, k)
		}
	})
	return lent[n]
}

func newPeer(t *testing.T) *peer {
	t.Helper()
	p := &peer{t: t, now: clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)), calls: map[string]int{}, end: make(chan struct{}), status: map[string]int{}}
	p.keys = []jose.JSONWebKey{{Key: key(t, 0), KeyID: "k1", Algorithm: "RS256", Use: "sig"}}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", p.answer(func(*http.Request) any {
		m := map[string]any{
			"issuer": p.server.URL, "authorization_endpoint": p.server.URL + "/authorize?tenant=1", "token_endpoint": p.server.URL + "/token",
			"userinfo_endpoint": p.server.URL + "/me", "jwks_uri": p.server.URL + "/keys", "code_challenge_methods_supported": []string{"plain", "S256"},
		}
		change(p.discovery, m)
		return m
	}))
	mux.HandleFunc("/keys", p.answer(func(*http.Request) any {
		set := map[string]any{}
		list := []any{map[string]any{"kty": "made-up"}, map[string]any{"kty": "oct", "k": "c2VjcmV0", "kid": "k1"}}
		for _, k := range p.keys {
			list = append(list, p.written(k))
		}
		set["keys"] = list
		return set
	}))
	mux.HandleFunc("/token", p.answer(p.exchange))
	mux.HandleFunc("/me", p.answer(func(r *http.Request) any {
		if r.Header.Get("Authorization") != "Bearer at" {
			t.Errorf("userInfo with %q", r.Header.Get("Authorization"))
		}
		m := map[string]any{"sub": "123", "email": "other@example.com", "department": "sales", "groups": []string{"a b", "c"}}
		change(p.profile, m)
		return m
	}))
	p.server = httptest.NewServer(mux)
	t.Cleanup(p.server.Close)
	t.Cleanup(func() { close(p.end) })
	return p
}

// written is a key as the provider publishes it.
func (p *peer) written(k jose.JSONWebKey) any {
	raw, err := json.Marshal(k.Public())
	if err != nil {
		p.t.Error(err)
	}
	out := map[string]any{}
	if err := json.Unmarshal(raw, &out); err != nil {
		p.t.Error(err)
	}
	if p.ops != nil {
		out["key_ops"] = p.ops
	}
	return out
}

func change(how func(map[string]any), m map[string]any) {
	if how != nil {
		how(m)
	}
}

func (p *peer) answer(what func(*http.Request) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.calls[r.URL.Path]++
		p.mu.Unlock()
		if p.hang == r.URL.Path {
			<-p.end
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if status := p.status[r.URL.Path]; status != 0 {
			w.WriteHeader(status)
		}
		_ = json.NewEncoder(w).Encode(what(r))
	}
}

func (p *peer) called(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls[path]
}

// exchange checks what a token request must be, and answers it.
func (p *peer) exchange(r *http.Request) any {
	if err := r.ParseForm(); err != nil {
		p.t.Error(err)
	}
	sum := sha256.Sum256([]byte(r.Form.Get("code_verifier")))
	if base64.RawURLEncoding.EncodeToString(sum[:]) != p.asked.Get("code_challenge") {
		p.t.Error("the verifier does not fit the challenge")
	}
	if r.Form.Get("client_secret") != "secret" || r.Form.Get("redirect_uri") != p.asked.Get("redirect_uri") || r.Form.Get("code") != "code" {
		p.t.Errorf("token request %v", r.Form)
	}
	now := p.now.Now()
	claims := map[string]any{
		"iss": p.server.URL, "sub": "123", "aud": "client", "exp": now.Add(time.Hour).Unix(), "iat": now.Unix(), "nonce": p.asked.Get("nonce"),
		"email": "alice@example.com", "email_verified": true,
	}
	change(p.claims, claims)
	payload, err := json.Marshal(claims)
	if err != nil {
		p.t.Error(err)
	}
	tokens := map[string]any{"access_token": "at", "token_type": "Bearer", "expires_in": 3600}
	if p.sign != nil {
		tokens["id_token"] = p.sign(payload)
	} else {
		tokens["id_token"] = signed(p.t, jose.RS256, p.keys[0], payload)
	}
	change(p.token, tokens)
	return tokens
}

func signed(t *testing.T, alg jose.SignatureAlgorithm, k any, payload []byte) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: k}, nil)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	text, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// provider is the peer as a pool knows it.
func (p *peer) provider() *federation.Provider {
	return &federation.Provider{
		PoolID: "eu-west-1_Pool00001", Name: "Corp", Type: federation.OIDC, Secrets: map[string]string{"client_secret": "secret"},
		Details: map[string]string{"client_id": "client", "oidc_issuer": p.server.URL, "authorize_scopes": "openid email", "attributes_request_method": "GET"},
		Mapping: map[string]string{"username": "sub", "email": "email", "custom:department": "department", "custom:token": "access_token"},
	}
}

func loopback() *http.Client {
	return outbound.NewGuarded(time.Minute, netip.MustParsePrefix("127.0.0.0/8"))
}

// connect makes a connector that reaches the peer.
func (p *peer) connect(client *http.Client) *oidc.Connector {
	p.t.Cleanup(client.CloseIdleConnections)
	return oidc.New(client, p.now.Now)
}

// begin is the way there.
func (p *peer) begin(c *oidc.Connector, provider *federation.Provider) (*federation.Trip, error) {
	p.t.Helper()
	trip := &federation.Trip{State: "state", Base: "https://people.auth.example.com", Hint: "alice", Prompt: "login"}
	location, err := c.Begin(context.Background(), provider, trip)
	if err != nil {
		return trip, err
	}
	u, err := url.Parse(location)
	if err != nil {
		p.t.Fatal(err)
	}
	p.asked = u.Query()
	return trip, nil
}

// visit is the way there and back, with an answer that a test may change.
func (p *peer) visit(c *oidc.Connector, provider *federation.Provider, answer url.Values) (*federation.Told, error) {
	p.t.Helper()
	trip, err := p.begin(c, provider)
	if err != nil {
		return nil, err
	}
	if answer == nil {
		answer = url.Values{"code": {"code"}, "state": {"state"}}
	}
	return c.Finish(context.Background(), provider, trip, answer)
}
