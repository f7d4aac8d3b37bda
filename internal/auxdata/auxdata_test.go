package auxdata_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/types/known/structpb"

	"cognate.dev/cognate/internal/auxdata"
	"cognate.dev/cognate/internal/kit/clock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 250e6, time.UTC)

// signer is a key pair under a name.
type signer struct {
	key ed25519.PrivateKey
	kid string
}

func newSigner(t testing.TB, kid string) signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return signer{private, kid}
}

// jwk is the public half, with alg and kid unless they are empty.
func (s signer) jwk(alg, kid string) jose.JSONWebKey {
	return jose.JSONWebKey{Key: s.key.Public(), Algorithm: alg, KeyID: kid}
}

func (s signer) sign(t testing.TB, claims map[string]any) string {
	t.Helper()
	options := &jose.SignerOptions{}
	if s.kid != "" {
		options = options.WithHeader("kid", s.kid)
	}
	return signWith(t, jose.SigningKey{Algorithm: jose.EdDSA, Key: s.key}, options, claims)
}

func signWith(t testing.TB, key jose.SigningKey, options *jose.SignerOptions, claims map[string]any) string {
	t.Helper()
	by, err := jose.NewSigner(key, options)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := by.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	out, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func setOf(t testing.TB, keys ...jose.JSONWebKey) string {
	t.Helper()
	raw, err := json.Marshal(jose.JSONWebKeySet{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(raw)
}

func newReader(t testing.TB, cfg auxdata.Config) *auxdata.Reader {
	t.Helper()
	r, err := auxdata.New(cfg, nil, http.DefaultClient, clock.NewFake(noon).Now)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func one(token, keySet string) *requestv1.AuxData {
	return &requestv1.AuxData{Jwt: &requestv1.AuxData_JWT{Token: token, KeySetId: keySet}}
}

func TestClaimsAreWhatPoliciesOfCerbosSee(t *testing.T) {
	t.Parallel()
	s := newSigner(t, "k1")
	r := newReader(t, auxdata.Config{KeySets: []auxdata.KeySet{{ID: "a", Data: setOf(t, s.jwk("EdDSA", "k1"))}}})
	token := s.sign(t, map[string]any{
		"iss": "https://issuer.example.com", "aud": "app", "exp": noon.Unix() + 60, "iat": noon.Unix(), "auth_time": 17,
		"groups": []string{"admin"}, "nested": map[string]any{"deep": true}, "nothing": nil,
	})
	got, err := r.Read(t.Context(), one(token, ""))
	if err != nil {
		t.Fatal(err)
	}
	plain := (&structpb.Struct{Fields: got.GetJwt()}).AsMap()
	want := map[string]any{
		"iss": "https://issuer.example.com", "aud": []any{"app"}, "exp": "2026-03-01T12:01:00Z", "iat": "2026-03-01T12:00:00Z", "auth_time": 17.0,
		"groups": []any{"admin"}, "nested": map[string]any{"deep": true}, "nothing": nil,
	}
	if diff := cmp.Diff(want, plain); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	both, err := r.Read(t.Context(), &requestv1.AuxData{Jwts: map[string]*requestv1.AuxData_JWT{"x": {Token: token}, "y": {Token: token, KeySetId: "a"}}})
	if err != nil || len(both.GetJwts()) != 2 || both.GetJwts()["y"].GetClaims()["iss"].GetStringValue() == "" {
		t.Errorf("%v, %v", both, err)
	}
	if got, err := r.Read(t.Context(), &requestv1.AuxData{}); got != nil || err != nil {
		t.Errorf("no token: %v, %v", got, err)
	}
}

func TestTimesAreChecked(t *testing.T) {
	t.Parallel()
	s := newSigner(t, "k1")
	set := auxdata.KeySet{ID: "a", Data: setOf(t, s.jwk("EdDSA", "k1"))}
	now := noon.Unix()
	for _, c := range []struct {
		claims map[string]any
		skew   time.Duration
		good   bool
	}{
		{map[string]any{"exp": now + 1}, 0, true},
		{map[string]any{"exp": now}, 0, false},
		{map[string]any{"exp": now}, time.Second, true},
		{map[string]any{"exp": now - 60}, time.Minute, false},
		{map[string]any{"exp": "soon"}, 0, false},
		{map[string]any{"exp": 1e300}, 0, false},
		{map[string]any{"exp": nil}, 0, false},
		{map[string]any{"nbf": now}, 0, true},
		{map[string]any{"nbf": now + 1}, 0, false},
		{map[string]any{"nbf": now + 1}, time.Second, true},
		{map[string]any{"iat": now + 1}, 0, false},
		{map[string]any{"iat": now}, 0, true},
		{map[string]any{}, 0, true},
	} {
		r := newReader(t, auxdata.Config{Skew: c.skew, KeySets: []auxdata.KeySet{set}})
		if _, err := r.Read(t.Context(), one(s.sign(t, c.claims), "")); (err == nil) != c.good {
			t.Errorf("%v with skew %s: %v", c.claims, c.skew, err)
		}
	}
}

func TestForgedTokensAreRefused(t *testing.T) {
	t.Parallel()
	good, other := newSigner(t, "k1"), newSigner(t, "k1")
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&ec.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	r := newReader(t, auxdata.Config{KeySets: []auxdata.KeySet{
		{ID: "a", Data: setOf(t, good.jwk("EdDSA", "k1"), jose.JSONWebKey{Key: &ec.PublicKey, Algorithm: "ES256", KeyID: "k2"})},
		{ID: "b", Data: setOf(t, other.jwk("EdDSA", "k1"))},
	}})
	token := good.sign(t, map[string]any{"sub": "alice"})
	parts := strings.Split(token, ".")
	b64 := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	kid := func(k string) *jose.SignerOptions { return (&jose.SignerOptions{}).WithHeader("kid", k) }
	for name, c := range map[string]struct{ token, set string }{
		"nothing to choose by":            {token, ""},
		"no such set":                     {token, "c"},
		"the pools of nobody":             {token, auxdata.PoolKeySet},
		"another set's key":               {token, "b"},
		"another key under a known kid":   {other.sign(t, map[string]any{}), "a"},
		"no kid":                          {signer{good.key, ""}.sign(t, map[string]any{}), "a"},
		"an unknown kid":                  {signer{good.key, "k9"}.sign(t, map[string]any{}), "a"},
		"a key under another's kid":       {signer{good.key, "k2"}.sign(t, map[string]any{}), "a"},
		"HS256 with a public key":         {signWith(t, jose.SigningKey{Algorithm: jose.HS256, Key: public}, kid("k2"), map[string]any{}), "a"},
		"no algorithm":                    {b64(`{"alg":"none","kid":"k1"}`) + "." + parts[1] + ".", "a"},
		"no algorithm, an old signature":  {b64(`{"alg":"none","kid":"k1"}`) + "." + parts[1] + "." + parts[2], "a"},
		"changed claims":                  {parts[0] + "." + b64(`{"sub":"admin"}`) + "." + parts[2], "a"},
		"a key that the token brings":     {signWith(t, jose.SigningKey{Algorithm: jose.EdDSA, Key: other.key}, &jose.SignerOptions{EmbedJWK: true}, map[string]any{}), "a"},
		"a payload that is no object":     {signRaw(t, good, `"text"`), "a"},
		"a payload that is null":          {signRaw(t, good, `null`), "a"},
		"far too long":                    {strings.Repeat("a", 1<<17), "a"},
		"nothing of a token":              {"x", "a"},
		"the JSON form":                   {`{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`, "a"},
		"a signature over something else": {parts[0] + "." + parts[1] + "." + strings.Split(good.sign(t, map[string]any{"sub": "bob"}), ".")[2], "a"},
	} {
		if got, err := r.Read(t.Context(), one(c.token, c.set)); err == nil {
			t.Errorf("%s: %v", name, got)
		}
	}
	if _, err := r.Read(t.Context(), one(token, "a")); err != nil {
		t.Errorf("the real one: %v", err)
	}
	mixed := &requestv1.AuxData{Jwts: map[string]*requestv1.AuxData_JWT{"x": {Token: token, KeySetId: "a"}, "y": {Token: token, KeySetId: "b"}}}
	if got, err := r.Read(t.Context(), mixed); err == nil {
		t.Errorf("one of two forged: %v", got)
	}
}

func signRaw(t *testing.T, s signer, payload string) string {
	t.Helper()
	by, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: s.key}, (&jose.SignerOptions{}).WithHeader("kid", s.kid))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := by.Sign([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	out, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestKeysMustSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	s := newSigner(t, "")
	token := s.sign(t, map[string]any{"sub": "alice"})
	der, err := x509.MarshalPKIXPublicKey(s.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	asPEM := base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	for name, c := range map[string]struct {
		set        auxdata.KeySet
		opens, fit bool
	}{
		"no alg":                   {auxdata.KeySet{Data: setOf(t, s.jwk("", "k1"))}, false, false},
		"no kid":                   {auxdata.KeySet{Data: setOf(t, s.jwk("EdDSA", ""))}, false, false},
		"neither, both optional":   {auxdata.KeySet{Data: setOf(t, s.jwk("", "")), OptionalAlg: true, OptionalKid: true}, true, true},
		"the token without kid":    {auxdata.KeySet{Data: setOf(t, s.jwk("EdDSA", "k1"))}, true, false},
		"kid optional":             {auxdata.KeySet{Data: setOf(t, s.jwk("EdDSA", "k1")), OptionalKid: true}, true, true},
		"another alg":              {auxdata.KeySet{Data: setOf(t, s.jwk("ES256", "k1")), OptionalKid: true}, true, false},
		"another alg, optional":    {auxdata.KeySet{Data: setOf(t, s.jwk("ES256", "k1")), OptionalKid: true, OptionalAlg: true}, true, false},
		"PEM":                      {auxdata.KeySet{Data: asPEM, PEM: true}, true, false},
		"PEM with options":         {auxdata.KeySet{Data: asPEM, PEM: true, OptionalAlg: true, OptionalKid: true}, true, true},
		"for encryption":           {auxdata.KeySet{Data: setOf(t, jose.JSONWebKey{Key: s.key.Public(), Algorithm: "EdDSA", KeyID: "k", Use: "enc"})}, false, false},
		"a private key":            {auxdata.KeySet{Data: setOf(t, jose.JSONWebKey{Key: s.key, Algorithm: "EdDSA", KeyID: "k"}), OptionalKid: true}, true, true},
		"no keys":                  {auxdata.KeySet{Data: setOf(t)}, false, false},
		"no base64":                {auxdata.KeySet{Data: "%"}, false, false},
		"no JSON":                  {auxdata.KeySet{Data: "AAAA"}, false, false},
		"no such file":             {auxdata.KeySet{File: "no such file"}, false, false},
		"a file and data":          {auxdata.KeySet{File: "f", Data: "AAAA"}, false, false},
		"no source":                {auxdata.KeySet{}, false, false},
		"a URL that is a path":     {auxdata.KeySet{URL: "/jwks"}, false, false},
		"a type of key yet unseen": {auxdata.KeySet{Data: base64.StdEncoding.EncodeToString([]byte(`{"keys":[{"kty":"NEW","alg":"X","kid":"1"}]}`))}, false, false},
	} {
		c.set.ID = "a"
		r, err := auxdata.New(auxdata.Config{KeySets: []auxdata.KeySet{c.set}}, nil, http.DefaultClient, clock.NewFake(noon).Now)
		if (err == nil) != c.opens {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil {
			continue
		}
		if _, err := r.Read(t.Context(), one(token, "")); (err == nil) != c.fit {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, cfg := range map[string]auxdata.Config{
		"negative skew": {Skew: -1},
		"our own id":    {KeySets: []auxdata.KeySet{{ID: auxdata.PoolKeySet, Data: setOf(t, s.jwk("EdDSA", "k1"))}}},
		"no id":         {KeySets: []auxdata.KeySet{{Data: setOf(t, s.jwk("EdDSA", "k1"))}}},
		"the same id twice": {KeySets: []auxdata.KeySet{
			{ID: "a", Data: setOf(t, s.jwk("EdDSA", "k1"))}, {ID: "a", Data: setOf(t, s.jwk("EdDSA", "k1"))}}},
	} {
		if _, err := auxdata.New(cfg, nil, http.DefaultClient, clock.System); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

// issuer serves a key set that can be changed and broken.
type issuer struct {
	*httptest.Server
	body  atomic.Pointer[string] // nil: 500
	calls atomic.Int32
}

func newIssuer(t *testing.T) *issuer {
	i := &issuer{}
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		i.calls.Add(1)
		if body := i.body.Load(); body != nil {
			_, _ = w.Write([]byte(*body))
			return
		}
		w.WriteHeader(http.StatusInternalServerError)
	}))
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) publish(t *testing.T, keys ...jose.JSONWebKey) {
	t.Helper()
	raw, err := json.Marshal(jose.JSONWebKeySet{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	i.body.Store(&text)
}

func TestARemoteKeySetIsFetchedWhenNeededAndSurvivesItsSource(t *testing.T) {
	t.Parallel()
	fake, source := clock.NewFake(noon), newIssuer(t)
	first, second := newSigner(t, "k1"), newSigner(t, "k2")
	r, err := auxdata.New(auxdata.Config{KeySets: []auxdata.KeySet{{ID: "a", URL: source.URL}}}, nil, source.Client(), fake.Now)
	if err != nil {
		t.Fatal(err)
	}
	expect := func(what string, s signer, good bool, calls int32) {
		t.Helper()
		_, err := r.Read(t.Context(), one(s.sign(t, map[string]any{}), ""))
		if (err == nil) != good || source.calls.Load() != calls {
			t.Errorf("%s: %v after %d calls, want %d", what, err, source.calls.Load(), calls)
		}
	}
	expect("the source is down", first, false, 1)
	expect("it is not asked again at once", first, false, 1)
	source.publish(t, first.jwk("EdDSA", "k1"))
	fake.Advance(30 * time.Second)
	expect("it is up", first, true, 2)
	expect("the set is kept", first, true, 2)
	source.publish(t, first.jwk("EdDSA", "k1"), second.jwk("EdDSA", "k2"))
	expect("a new key, too soon", second, false, 2)
	fake.Advance(30 * time.Second)
	expect("a new key", second, true, 3)
	source.body.Store(nil)
	fake.Advance(30 * time.Second)
	expect("a made-up key costs one call", newSigner(t, "k3"), false, 4)
	expect("and no second one", newSigner(t, "k3"), false, 4)
	expect("the source is down, the keys are kept", second, true, 4)
}

func TestAHugeKeySetIsNotRead(t *testing.T) {
	t.Parallel()
	source, s := newIssuer(t), newSigner(t, "k1")
	huge := `{"x":"` + strings.Repeat("a", 2<<20) + `","keys":[]}`
	source.body.Store(&huge)
	r, err := auxdata.New(auxdata.Config{KeySets: []auxdata.KeySet{{ID: "a", URL: source.URL}}}, nil, source.Client(), clock.NewFake(noon).Now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(t.Context(), one(s.sign(t, map[string]any{}), "")); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Error(err)
	}
}

// FuzzToken feeds anything as a token to a set of every kind of key: nothing may panic, and only what was signed passes.
func FuzzToken(f *testing.F) {
	s := newSigner(f, "k1")
	r := newReader(f, auxdata.Config{KeySets: []auxdata.KeySet{{ID: "a", OptionalAlg: true, OptionalKid: true, Data: setOf(f, s.jwk("", ""))}}})
	good := s.sign(f, map[string]any{"exp": noon.Unix() + 60, "aud": "x"})
	f.Add([]byte(good))
	f.Add([]byte("e30.e30."))
	f.Fuzz(func(t *testing.T, token []byte) {
		got, err := r.Read(t.Context(), one(string(token), ""))
		aud := got.GetJwt()["aud"].GetListValue().GetValues()
		if err == nil && len(token) > 0 && (len(aud) != 1 || aud[0].GetStringValue() != "x") {
			t.Errorf("%q passed: %v", token, got)
		}
	})
}
