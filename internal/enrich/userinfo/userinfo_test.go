package userinfo_test

import (
	"crypto/ed25519"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"cognate.dev/cognate/internal/enrich/userinfo"
)

// token is one that names an issuer. The endpoint decides whether it is good.
func token(t *testing.T, issuer string) string {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: key}, nil)
	if err != nil {
		t.Fatal(err)
	}
	claims, err := json.Marshal(map[string]string{"iss": issuer})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(claims)
	if err != nil {
		t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// provider is an issuer whose UserInfo endpoint answers with a status and a body.
type provider struct {
	*httptest.Server
	issuer   string // in the discovery document; empty: its own
	status   int
	body     string
	shown    []string
	endpoint string
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{status: http.StatusOK}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/.well-known/openid-configuration" {
			json.NewEncoder(w).Encode(map[string]string{"issuer": p.issuer, "userinfo_endpoint": p.endpoint})
			return
		}
		p.shown = append(p.shown, r.Header.Get("Authorization"))
		w.WriteHeader(p.status)
		io.WriteString(w, p.body)
	}))
	t.Cleanup(p.Close)
	p.issuer, p.endpoint = p.URL, p.URL+"/me"
	return p
}

func (p *provider) find(t *testing.T, c userinfo.Config, id, token string) (map[string]any, error) {
	t.Helper()
	c.Issuer = p.URL
	s, err := userinfo.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s.Find(t.Context(), id, token)
}

func TestTheEndpointIsFoundAndAsked(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.body = `{"sub":"alice","email":"alice@example.com","preferred_username":"al"}`
	raw := token(t, p.URL)
	for id, c := range map[string]userinfo.Config{"alice": {}, "al": {Claim: "preferred_username", Endpoint: p.URL + "/me"}} {
		got, err := p.find(t, c, id, raw)
		if err != nil || got["email"] != "alice@example.com" {
			t.Errorf("%s: %v, %v", id, got, err)
		}
	}
	if len(p.shown) != 2 || p.shown[0] != "Bearer "+raw {
		t.Errorf("shown: %q", p.shown)
	}
}

// Whoever asks about alice with bob's token must not get bob's attributes for her.
func TestAnAnswerAboutSomebodyElseIsNobody(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	for _, body := range []string{`{"sub":"bob"}`, `{"sub":["alice"]}`, `{"email":"alice"}`} {
		p.body = body
		if got, err := p.find(t, userinfo.Config{}, "alice", token(t, p.URL)); got != nil || err != nil {
			t.Errorf("%s: %v, %v", body, got, err)
		}
	}
}

// A token of another issuer would be given away.
func TestOnlyTheIssuersOwnTokensAreShown(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.body = `{"sub":"alice"}`
	for _, raw := range []string{token(t, "https://elsewhere.example.com"), token(t, p.URL+"/"), "opaque", "", "a.b.c"} {
		if got, err := p.find(t, userinfo.Config{}, "alice", raw); got != nil || err != nil {
			t.Errorf("%.20s: %v, %v", raw, got, err)
		}
	}
	if len(p.shown) > 0 {
		t.Errorf("shown: %q", p.shown)
	}
}

func TestABadTokenIsNobodyAndABadEndpointIsAFailure(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	for status, fails := range map[int]bool{401: false, 403: false, 404: true, 500: true, 302: true} {
		p.status = status
		if got, err := p.find(t, userinfo.Config{}, "alice", token(t, p.URL)); got != nil || (err != nil) != fails {
			t.Errorf("%d: %v, %v", status, got, err)
		}
	}
	p.status, p.body = http.StatusOK, `["alice"]`
	if got, err := p.find(t, userinfo.Config{}, "alice", token(t, p.URL)); err == nil {
		t.Errorf("no object: %v", got)
	}
}

// Who controls what discovery says controls where tokens go.
func TestADiscoveryDocumentOfAnotherIssuerIsNotBelieved(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.issuer = "https://elsewhere.example.com"
	if got, err := p.find(t, userinfo.Config{}, "alice", token(t, p.URL)); err == nil {
		t.Errorf("%v", got)
	}
	q := newProvider(t)
	q.endpoint = "http://elsewhere.example.com/me"
	if got, err := q.find(t, userinfo.Config{}, "alice", token(t, q.URL)); err == nil {
		t.Errorf("an endpoint without encryption: %v", got)
	}
	if _, err := userinfo.New(userinfo.Config{Issuer: "http://elsewhere.example.com"}); err == nil {
		t.Error("an issuer without encryption")
	}
}
