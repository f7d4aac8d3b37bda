package app

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// upstream is an OpenID Connect provider that says what a test wants it to.
type upstream struct {
	t      testing.TB
	server *httptest.Server
	key    *rsa.PrivateKey

	mu      sync.Mutex
	asked   []url.Values // authorization requests
	calls   map[string]int
	codes   map[string]string // nonce by code
	id      map[string]any    // claims over the usual ones; nil removes
	access  map[string]any    // the access token is a JWT of these; nil: it is opaque
	info    map[string]any    // userinfo
	status  int               // of userinfo; 0: 200
	answer  func(url.Values)  // changes what goes back with the browser
	refuses string            // an error of OAuth in the place of a code
	allows  string            // the only address that codes go to; empty: any
}

func newUpstream(t testing.TB) *upstream {
	t.Helper()
	p := &upstream{t: t, calls: map[string]int{}, codes: map[string]string{}, id: map[string]any{}, info: map[string]any{"sub": "up-1"}}
	var err error
	if p.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("/authorize", p.authorize)
	mux.HandleFunc("/token", p.token)
	mux.HandleFunc("/me", p.profile)
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		p.say(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: "k", Algorithm: "RS256", Use: "sig"}}})
	})
	p.server = httptest.NewServer(mux)
	t.Cleanup(p.server.Close)
	return p
}

// set changes the peer between requests.
func (p *upstream) set(change func(*upstream)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(p)
}

// called is how often something was asked for.
func (p *upstream) called(what string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls[what]
}

// last is the newest authorization request.
func (p *upstream) last() url.Values {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.asked) == 0 {
		return url.Values{}
	}
	return p.asked[len(p.asked)-1]
}

func (p *upstream) say(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}

func (p *upstream) discovery(w http.ResponseWriter, _ *http.Request) {
	base := p.server.URL
	p.say(w, map[string]any{
		"issuer": base, "authorization_endpoint": base + "/authorize", "token_endpoint": base + "/token", "userinfo_endpoint": base + "/me",
		"jwks_uri": base + "/keys", "code_challenge_methods_supported": []string{"S256"},
	})
}

func (p *upstream) authorize(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls["authorize"]++
	q := r.URL.Query()
	p.asked = append(p.asked, q)
	if p.allows != "" && q.Get("redirect_uri") != p.allows {
		http.Error(w, "the client has no such address", http.StatusBadRequest)
		return
	}
	code := rand.Text()
	p.codes[code] = q.Get("nonce")
	back := url.Values{"code": {code}, "state": {q.Get("state")}}
	if p.refuses != "" {
		back = url.Values{"error": {p.refuses}, "state": {q.Get("state")}}
	}
	if p.answer != nil {
		p.answer(back)
	}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

func (p *upstream) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls["token"]++
	nonce, known := p.codes[r.FormValue("code")]
	delete(p.codes, r.FormValue("code"))
	if !known {
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
		return
	}
	access := "opaque"
	if p.access != nil {
		access = p.sign(p.access)
	}
	p.say(w, map[string]any{"id_token": p.sign(map[string]any{"nonce": nonce, "aud": "broker", "email": "up@example.com"}, p.id), "access_token": access, "token_type": "Bearer"})
}

// sign makes a token of usual claims, and of those that are given.
func (p *upstream) sign(given ...map[string]any) string {
	now := time.Now()
	claims := map[string]any{"iss": p.server.URL, "sub": "up-1", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	for _, g := range given {
		maps.Copy(claims, g)
	}
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: p.key, KeyID: "k"}}, nil)
	if err != nil {
		p.t.Error(err)
		return ""
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		p.t.Error(err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		p.t.Error(err)
		return ""
	}
	text, err := jws.CompactSerialize()
	if err != nil {
		p.t.Error(err)
	}
	return text
}

func (p *upstream) profile(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls["userinfo"]++
	if p.status != 0 {
		w.WriteHeader(p.status)
		return
	}
	p.say(w, p.info)
}
