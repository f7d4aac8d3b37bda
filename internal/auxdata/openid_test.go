package auxdata_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"cognate.dev/cognate/internal/auxdata"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/outbound"
)

// provider is an OpenID provider that publishes keys.
type provider struct {
	*httptest.Server
	issuer  string // that its document names; empty: its own
	jwks    string // where its document says the keys are; empty: here
	keys    []any
	fetches atomic.Int32
}

func newProvider(t *testing.T, keys ...any) *provider {
	t.Helper()
	p := &provider{keys: keys}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.fetches.Add(1)
		issuer, jwks := p.issuer, p.jwks
		if issuer == "" {
			issuer = p.URL
		}
		if jwks == "" {
			jwks = p.URL + "/keys"
		}
		out := map[string]any{"issuer": issuer, "jwks_uri": jwks}
		if r.URL.Path == "/keys" {
			out = map[string]any{"keys": p.keys}
		}
		_ = json.NewEncoder(w).Encode(out)
	}))
	t.Cleanup(p.Close)
	return p
}

// TestTokensOfProvidersMustBeSignedByThem has a row for each way to be somebody else.
func TestTokensOfProvidersMustBeSignedByThem(t *testing.T) {
	t.Parallel()
	good, stranger := newSigner(t, "k1"), newSigner(t, "k1")
	key := good.jwk("", "k1") // many providers do not say the algorithm
	p := newProvider(t, key, map[string]any{"kty": "oct", "kid": "k2", "k": base64.RawURLEncoding.EncodeToString(make([]byte, 32))})
	c := clock.NewFake(noon)
	v := auxdata.NewProviders(p.Client(), c.Now)
	claims := map[string]any{"iss": p.URL, "sub": "a"}
	if payload, err := v.Verify(t.Context(), p.URL, good.sign(t, claims)); err != nil || len(payload) == 0 {
		t.Fatalf("its own token: %v", err)
	}
	if _, err := v.Verify(t.Context(), p.URL, good.sign(t, claims)); err != nil || p.fetches.Load() != 2 {
		t.Errorf("again: %v, after %d fetches", err, p.fetches.Load())
	}
	for name, raw := range map[string]string{
		"another's key": stranger.sign(t, claims), "no signature": "eyJhbGciOiJub25lIn0.e30.", "the symmetric key that it publishes": symmetric(t, nil, claims), "rubbish": "a.b.c",
	} {
		if _, err := v.Verify(t.Context(), p.URL, raw); err == nil || fault.Is(err, fault.Unavailable, "") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := p.fetches.Load(); n > 4 {
		t.Errorf("bad tokens made %d fetches", n)
	}
}

// TestProvidersThatCannotBeAskedDecideNothing fails when a token counts, or is called bad, though nobody could tell.
func TestProvidersThatCannotBeAskedDecideNothing(t *testing.T) {
	t.Parallel()
	s := newSigner(t, "k1")
	other := newProvider(t, s.jwk("", "k1"))
	for name, c := range map[string]struct {
		change func(*provider)
		client func(*provider) *http.Client
	}{
		"another issuer's document":   {change: func(p *provider) { p.issuer = other.URL }},
		"keys in the clear elsewhere": {change: func(p *provider) { p.jwks = "http://keys.example.com/keys" }},
		"keys in a file":              {change: func(p *provider) { p.jwks = "file:///etc/passwd" }},
		"no keys":                     {change: func(p *provider) { p.keys = nil }},
		"in our own network": {change: func(*provider) {}, client: func(*provider) *http.Client {
			return outbound.NewGuarded(time.Second)
		}},
	} {
		p := newProvider(t, s.jwk("", "k1"))
		c.change(p)
		client := p.Client()
		if c.client != nil {
			client = c.client(p)
		}
		v := auxdata.NewProviders(client, clock.NewFake(noon).Now)
		for range 3 {
			if _, err := v.Verify(t.Context(), p.URL, s.sign(t, map[string]any{"iss": p.URL})); !fault.Is(err, fault.Unavailable, "") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := p.fetches.Load(); n > 2 {
			t.Errorf("%s: a failure was asked for %d times", name, n)
		}
	}
}

// symmetric signs with a key that everybody can read.
func symmetric(t *testing.T, key []byte, claims map[string]any) string {
	t.Helper()
	key = append(key, make([]byte, 32)...)
	return signWith(t, jose.SigningKey{Algorithm: jose.HS256, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", "k2"), claims)
}
