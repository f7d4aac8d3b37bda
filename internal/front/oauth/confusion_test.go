package oauth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"cognate.dev/cognate/internal/kit/random"
)

var b64 = base64.RawURLEncoding

// jws is a token of a header and a payload, signed by the third thing.
func jws(header, payload string, sign func(input string) []byte) string {
	input := b64.EncodeToString([]byte(header)) + "." + b64.EncodeToString([]byte(payload))
	return input + "." + b64.EncodeToString(sign(input))
}

func byHMAC(secret []byte) func(string) []byte {
	return func(input string) []byte {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(input))
		return mac.Sum(nil)
	}
}

func byNobody(string) []byte { return nil }

// byStranger signs with an RSA key of the attacker.
func byStranger(t *testing.T) (*rsa.PrivateKey, func(string) []byte) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key, func(input string) []byte {
		sum := sha256.Sum256([]byte(input))
		signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
		if err != nil {
			t.Error(err)
		}
		return signature
	}
}

// published are the keys of the pool, as everybody can read them.
func (w *world) published() []jose.JSONWebKey {
	w.t.Helper()
	var set jose.JSONWebKeySet
	w.check(json.Unmarshal(w.get("/.well-known/jwks.json", nil, nil).Body.Bytes(), &set))
	return set.Keys
}

// TestNobodyForgesAnIDTokenHint fails when a token that the pool did not sign as an ID token of this issuer says who is meant,
// or signs somebody out: algorithm and key confusion, and tokens of another kind.
func TestNobodyForgesAnIDTokenHint(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	cookie := w.signIn()
	got := w.grant(cookie)
	id, access := got["id_token"].(string), got["access_token"].(string)
	parts := strings.Split(id, ".")
	raw, err := b64.DecodeString(parts[1])
	w.check(err)
	payload := string(raw)
	kidOf := func(token string) string {
		head, err := b64.DecodeString(strings.Split(token, ".")[0])
		w.check(err)
		var h struct{ Kid string }
		w.check(json.Unmarshal(head, &h))
		return h.Kid
	}
	header := func(alg, kid string) string { return `{"kid":"` + kid + `","alg":"` + alg + `"}` }
	_, stranger := byStranger(t)
	forged := map[string]string{
		"an access token":             access,
		"no algorithm":                jws(header("none", kidOf(id)), payload, byNobody),
		"an empty key id":             jws(header("RS256", ""), payload, stranger),
		"a stranger's key":            jws(header("RS256", kidOf(id)), payload, stranger),
		"the kid of access tokens":    jws(header("RS256", kidOf(access)), payload, stranger),
		"a kid that is a path":        jws(header("RS256", "../../dev/null"), payload, byHMAC(nil)),
		"the signature of another":    parts[0] + "." + parts[1] + "." + strings.Split(access, ".")[2],
		"claims of another, his own":  parts[0] + "." + b64.EncodeToString([]byte(strings.Replace(payload, `"aud":"web"`, `"aud":"spa"`, 1))) + "." + parts[2],
		"the header of access tokens": strings.Split(access, ".")[0] + "." + parts[1] + "." + parts[2],
		"no signature":                parts[0] + "." + parts[1] + ".",
		"a key that it brings":        jws(`{"kid":"`+kidOf(id)+`","alg":"RS256","jku":"https://evil.example.com/keys"}`, payload, stranger),
		"too long":                    strings.Repeat("a", 15<<10),
	}
	for _, key := range w.published() {
		der, err := x509.MarshalPKIXPublicKey(key.Key)
		w.check(err)
		forged["HMAC with the public key "+key.KeyID] = jws(header("HS256", key.KeyID), payload, byHMAC(der))
		forged["HMAC with its PEM "+key.KeyID] = jws(header("HS256", key.KeyID), payload, byHMAC(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})))
	}
	for name, hint := range forged {
		u := location(t, w.get("/oauth2/authorize", ask("web", "id_token_hint", hint), cookie))
		if u.Query().Get("error") != "invalid_request" || u.Query().Has("code") {
			t.Errorf("%s: the browser goes to %s", name, u)
		}
		u = location(t, w.get("/logout", url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {bye}}, cookie))
		if u.Path != "/error" || u.Query().Get("error") != "invalid_request" {
			t.Errorf("%s at /logout: the browser goes to %s", name, u)
		}
	}
	if u := location(t, w.get("/oauth2/authorize", ask("web", "prompt", "none", "id_token_hint", id), cookie)); !u.Query().Has("code") {
		t.Errorf("the true one, after all of them: %s", u)
	}
}

// TestNoAssertionStandsInForASecret fails when a client that has a secret is believed without it: assertions are no way to
// authenticate here, and must not count for anything.
func TestNoAssertionStandsInForASecret(t *testing.T) {
	t.Parallel()
	for _, strict := range []bool{false, true} {
		w := newStrict(t)
		w.machine()
		if !strict {
			w.site.Issuer = ""
		}
		status := map[bool]int{false: 400, true: 401}[strict]
		claims := `{"iss":"machine","sub":"machine","aud":"` + strictIssuer + `/oauth2/token","jti":"` + random.UUID() + `","exp":4102444800}`
		_, stranger := byStranger(t)
		for name, assertion := range map[string]string{
			"no algorithm":      jws(`{"alg":"none"}`, claims, byNobody),
			"HMAC with secret":  jws(`{"alg":"HS256"}`, claims, byHMAC([]byte(secret1))),
			"HMAC with nothing": jws(`{"alg":"HS256"}`, claims, byHMAC(nil)),
			"a stranger's key":  jws(`{"alg":"RS256","kid":"../machine"}`, claims, stranger),
		} {
			form := url.Values{
				"grant_type": {"client_credentials"}, "scope": {"api/read"}, "client_id": {"machine"}, "client_assertion": {assertion},
				"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
			}
			for _, path := range []string{"/oauth2/token", "/oauth2/revoke"} {
				at := status
				if path == "/oauth2/revoke" {
					at = 401
					form.Set("token", "x")
				}
				refused(t, w.post(path, form), at, "invalid_client")
			}
			form.Del("client_id")
			if res := w.post("/oauth2/token", form); res.Code != 400 {
				t.Errorf("%s alone: %d %s", name, res.Code, res.Body)
			}
		}
	}
}

// TestProofsByKeysThatProveNothing are DPoP proofs whose keys everybody has, or that are not the ones that signed.
func TestProofsByKeysThatProveNothing(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	w.machine()
	mine, other := newProver(w), newProver(w)
	claims := func() string {
		raw, err := json.Marshal(map[string]any{"jti": random.UUID(), "htm": "POST", "htu": strictIssuer + "/oauth2/token", "iat": w.clock.Now().Unix()})
		w.check(err)
		return string(raw)
	}
	jwk := func(key any) string {
		raw, err := (&jose.JSONWebKey{Key: key}).MarshalJSON()
		w.check(err)
		return string(raw)
	}
	es256 := func(p *prover) func(string) []byte {
		return func(input string) []byte {
			sum := sha256.Sum256([]byte(input))
			r, s, err := ecdsa.Sign(rand.Reader, p.key, sum[:])
			w.check(err)
			return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
		}
	}
	head := func(alg, key string, more ...string) string {
		return `{"typ":"dpop+jwt","alg":"` + alg + `","jwk":` + key + strings.Join(more, "") + `}`
	}
	public, private := jwk(&mine.key.PublicKey), jwk(mine.key)
	bearer := basic("machine", secret1)
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"api/read"}}
	for name, proof := range map[string]string{
		"a key that everybody has":    jws(head("HS256", jwk([]byte("secret"))), claims(), byHMAC([]byte("secret"))),
		"HMAC with the public key":    jws(head("HS256", public), claims(), byHMAC([]byte(public))),
		"a private key on the way":    jws(head("ES256", private), claims(), es256(mine)),
		"a key that did not sign":     jws(head("ES256", public), claims(), es256(other)),
		"no key":                      jws(`{"typ":"dpop+jwt","alg":"ES256"}`, claims(), es256(mine)),
		"a key by name":               jws(`{"typ":"dpop+jwt","alg":"ES256","kid":"`+w.published()[0].KeyID+`"}`, claims(), es256(mine)),
		"no algorithm":                jws(head("none", public), claims(), byNobody),
		"a header that is critical":   jws(head("ES256", public, `,"crit":["x"],"x":1`), claims(), es256(mine)),
		"a signature of all zeroes":   jws(head("ES256", public), claims(), func(string) []byte { return make([]byte, 64) }),
		"a point off the curve":       jws(head("ES256", `{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}`), claims(), es256(mine)),
		"claims that are no object":   jws(head("ES256", public), `[]`, es256(mine)),
		"something before the header": "x." + jws(head("ES256", public), claims(), es256(mine)),
	} {
		res := w.post("/oauth2/token", form, append(bearer, "DPoP", proof)...)
		if res.Code != 400 || body(t, res)["error"] != "invalid_dpop_proof" {
			t.Errorf("%s: %d %s", name, res.Code, res.Body)
		}
	}
	two := mine.header("POST", "/oauth2/token", "")
	r := httptest.NewRequest(http.MethodPost, "/oauth2/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set(bearer[0], bearer[1])
	r.Header.Add("DPoP", two[1])
	r.Header.Add("DPoP", other.header("POST", "/oauth2/token", "")[1])
	res := httptest.NewRecorder()
	w.ServeHTTP(res, r)
	refused(t, res, 400, "invalid_dpop_proof")
}

// TestOfManyAnswersToAPushedRequestThereIsOne fails when a request_uri that leaked gives a code to more than one browser.
func TestOfManyAnswersToAPushedRequestThereIsOne(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	cookie := w.signIn()
	uri, _ := body(t, w.post("/oauth2/par", ask("web"), basic("web", secret1)...))["request_uri"].(string)
	answers := make([]*httptest.ResponseRecorder, 8)
	var group sync.WaitGroup
	for i := range answers {
		group.Go(func() {
			answers[i] = w.get("/oauth2/authorize", url.Values{"client_id": {"web"}, "request_uri": {uri}}, cookie)
		})
	}
	group.Wait()
	codes := 0
	for _, a := range answers {
		if location(t, a).Query().Has("code") {
			codes++
		}
	}
	if codes != 1 {
		t.Errorf("%d codes", codes)
	}
}

// TestNoParameterOfAnyEndpointBecomesAHeader sends line breaks, quotes and markup in every parameter that any endpoint knows, and
// looks for what became a header of its own, or left the value that it is in.
func TestNoParameterOfAnyEndpointBecomesAHeader(t *testing.T) {
	t.Parallel()
	const evil = "x\r\nSet-Cookie: cognito=evil\r\n\r\n<script>\", realm=\"evil\u2028\x00"
	for _, strict := range []bool{false, true} {
		w := newStrict(t)
		if !strict {
			w.site.Issuer = ""
		}
		cookie := w.signIn()
		sane := func(name string, res *httptest.ResponseRecorder) {
			t.Helper()
			for header, values := range res.Header() {
				for _, value := range values {
					if strings.ContainsAny(value, "\r\n<>\x00\u2028") || strings.Contains(value, "=evil") || strings.Contains(value, `="evil`) {
						t.Errorf("strict %v, %s: %s: %q", strict, name, header, value)
					}
				}
			}
			if kind := res.Header().Get("Content-Type"); res.Body.Len() > 0 && kind != "application/json" {
				t.Errorf("strict %v, %s: the body is %s", strict, name, kind)
			}
		}
		names := []string{
			"client_id", "redirect_uri", "response_type", "state", "scope", "code_challenge", "code_challenge_method", "nonce", "login_hint", "lang",
			"prompt", "max_age", "resource", "identity_provider", "idp_identifier", "response_mode", "claims", "id_token_hint", "dpop_jkt", "request",
			"request_uri", "ui_locales", "acr_values", "display", "logout_uri", "post_logout_redirect_uri", "error", "iss", evil,
		}
		for _, name := range names {
			for _, c := range []*http.Cookie{nil, cookie} {
				sane("authorize "+name, w.get("/oauth2/authorize", ask("web", name, evil), c))
			}
			sane("authorize by form "+name, w.post("/oauth2/authorize", ask("web", name, evil)))
			for _, q := range []url.Values{{"client_id": {"web"}, "logout_uri": {bye}}, {"client_id": {"web"}, "post_logout_redirect_uri": {bye}}, ask("web")} {
				q.Set(name, evil)
				sane("logout "+name, w.get("/logout", q, nil))
				sane("logout by form "+name, w.post("/logout", q))
			}
			sane("par "+name, w.post("/oauth2/par", ask("web", name, evil), basic("web", secret1)...))
		}
		for _, name := range []string{"grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope", "client_id", "client_secret", "token", "token_type_hint", "aws_client_metadata", "access_token"} {
			for _, path := range []string{"/oauth2/token", "/oauth2/revoke", "/oauth2/introspect", "/oauth2/userInfo", "/oauth2/register"} {
				form := url.Values{"grant_type": {"authorization_code"}, "client_id": {"spa"}, "token": {"x"}}
				form.Set(name, evil)
				sane(path+" "+name, w.post(path, form))
			}
		}
		for _, value := range []string{`Bearer ", error="evil`, `DPoP ", algs="evil`, `Basic ` + base64.StdEncoding.EncodeToString([]byte(evil+":"+evil))} {
			for _, path := range []string{"/oauth2/userInfo", "/oauth2/token", "/oauth2/introspect"} {
				sane(path+" Authorization", w.post(path, url.Values{"grant_type": {"refresh_token"}}, "Authorization", value, "DPoP", `"><script>`))
			}
		}
		preflight := httptest.NewRequest(http.MethodOptions, "/oauth2/token", http.NoBody)
		preflight.Header["Access-Control-Request-Headers"] = []string{"x\r\nSet-Cookie: cognito=evil"}
		preflight.Header.Set("Origin", evil)
		res := httptest.NewRecorder()
		w.ServeHTTP(res, preflight)
		sane("preflight", res)
	}
}
