package oauth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/kit/random"
)

// prover holds a key and makes proofs with it.
type prover struct {
	t   testing.TB
	w   *world
	key *ecdsa.PrivateKey
}

func newProver(w *world) *prover {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	w.check(err)
	return &prover{w.t, w, key}
}

func (p *prover) thumbprint() string {
	sum, err := (&jose.JSONWebKey{Key: &p.key.PublicKey}).Thumbprint(crypto.SHA256)
	p.w.check(err)
	return base64.RawURLEncoding.EncodeToString(sum)
}

// header is a proof for a request, as name and value; change may spoil its claims.
func (p *prover) header(method, path, access string, change ...func(map[string]any)) []string {
	p.t.Helper()
	claims := map[string]any{"jti": random.UUID(), "htm": method, "htu": strictIssuer + path, "iat": p.w.clock.Now().Unix()}
	if access != "" {
		sum := sha256.Sum256([]byte(access))
		claims["ath"] = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	for _, c := range change {
		c(claims)
	}
	return []string{"DPoP", p.sign(claims, "dpop+jwt")}
}

func (p *prover) sign(claims map[string]any, kind string) string {
	p.t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: p.key}, (&jose.SignerOptions{EmbedJWK: true}).WithType(jose.ContentType(kind)))
	p.w.check(err)
	raw, err := json.Marshal(claims)
	p.w.check(err)
	signed, err := signer.Sign(raw)
	p.w.check(err)
	text, err := signed.CompactSerialize()
	p.w.check(err)
	return text
}

// TestBoundTokensWorkForTheirKeyAlone is RFC 9449 from the code to userInfo and on to a refresh.
func TestBoundTokensWorkForTheirKeyAlone(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	mine, thief := newProver(w), newProver(w)
	pkce := []string{"code_challenge", challenge, "code_challenge_method", "S256"}
	code := location(t, w.get("/oauth2/authorize", ask("spa", pkce...), w.signIn())).Query().Get("code")
	form := url.Values{"grant_type": {"authorization_code"}, "client_id": {"spa"}, "code": {code}, "redirect_uri": {app}, "code_verifier": {verifier}}
	got := tokens(t, w.post("/oauth2/token", form, mine.header("POST", "/oauth2/token", "")...))
	access := got["access_token"].(string)
	cnf, _ := claims(t, access)["cnf"].(map[string]any)
	if got["token_type"] != "DPoP" || cnf["jkt"] != mine.thumbprint() {
		t.Fatalf("%v, bound to %v", got["token_type"], cnf)
	}
	info := func(kind string, header []string) *httptest.ResponseRecorder {
		return w.get("/oauth2/userInfo", nil, nil, append([]string{"Authorization", kind + " " + access}, header...)...)
	}
	proof := mine.header("GET", "/oauth2/userInfo", access)
	if res := info("DPoP", proof); res.Code != 200 {
		t.Errorf("with a proof: %d %s", res.Code, res.Body)
	}
	for name, res := range map[string]*httptest.ResponseRecorder{
		"as a bearer":        info("Bearer", nil),
		"as a bearer, proof": info("Bearer", mine.header("GET", "/oauth2/userInfo", access)),
		"no proof":           info("DPoP", nil),
		"a replayed proof":   info("DPoP", proof),
		"another key":        info("DPoP", thief.header("GET", "/oauth2/userInfo", access)),
		"another token's":    info("DPoP", mine.header("GET", "/oauth2/userInfo", "other")),
		"no token's":         info("DPoP", mine.header("GET", "/oauth2/userInfo", "")),
	} {
		if all := strings.Join(res.Header().Values("WWW-Authenticate"), "\n"); res.Code != 401 || !strings.Contains(all, "DPoP ") {
			t.Errorf("%s: %d %s", name, res.Code, all)
		}
	}
	if _, err := w.verifier.Access(t.Context(), access); err == nil {
		t.Error("an operation takes a bound token without a proof")
	}
	renew := url.Values{"grant_type": {"refresh_token"}, "client_id": {"spa"}, "refresh_token": {got["refresh_token"].(string)}}
	refused(t, w.post("/oauth2/token", renew), 400, "invalid_grant")
	refused(t, w.post("/oauth2/token", renew, thief.header("POST", "/oauth2/token", "")...), 400, "invalid_grant")
	again := tokens(t, w.post("/oauth2/token", renew, mine.header("POST", "/oauth2/token", "")...))
	if again["token_type"] != "DPoP" {
		t.Errorf("refreshed: %v", again["token_type"])
	}
}

func TestProofsThatProveNothing(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	w.machine()
	p := newProver(w)
	set := func(name string, value any) func(map[string]any) { return func(c map[string]any) { c[name] = value } }
	path := "/oauth2/token"
	good := p.header("POST", path, "")
	for name, c := range map[string]struct {
		header []string
		good   bool
	}{
		"a good one":          {p.header("POST", path, ""), true},
		"a little early":      {p.header("POST", path, "", set("iat", w.clock.Now().Add(9*time.Second).Unix())), true},
		"a fraction of a sec": {p.header("POST", path, "", set("iat", float64(w.clock.Now().UnixMilli())/1000)), true},
		"the host in capital": {p.header("POST", path, "", set("htu", "HTTPS://PEOPLE.auth.example.com:443/oauth2/token?x#y")), true},
		"another method":      {p.header("GET", path, ""), false},
		"another URL":         {p.header("POST", "/oauth2/userInfo", ""), false},
		"another host":        {p.header("POST", path, "", set("htu", "https://evil.example.com/oauth2/token")), false},
		"too old":             {p.header("POST", path, "", set("iat", w.clock.Now().Add(-61*time.Second).Unix())), false},
		"from the future":     {p.header("POST", path, "", set("iat", w.clock.Now().Add(11*time.Second).Unix())), false},
		"no iat":              {p.header("POST", path, "", set("iat", nil)), false},
		"no jti":              {p.header("POST", path, "", set("jti", "")), false},
		"another typ":         {[]string{"DPoP", p.sign(map[string]any{"jti": "a", "htm": "POST", "htu": strictIssuer + path, "iat": w.clock.Now().Unix()}, "JWT")}, false},
		"a broken signature":  {[]string{"DPoP", good[1][:len(good[1])-8] + "AAAAAAAA"}, false},
		"alg none":            {[]string{"DPoP", "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6Im5vbmUifQ.e30."}, false},
		"nothing":             {[]string{"DPoP", "x"}, false},
	} {
		form := url.Values{"grant_type": {"client_credentials"}, "scope": {"api/read"}}
		res := w.post(path, form, append(basic("machine", secret1), c.header...)...)
		if !c.good {
			refused(t, res, 400, "invalid_dpop_proof")
			continue
		}
		if tokens(t, res)["token_type"] != "DPoP" {
			t.Errorf("%s: %s", name, res.Body)
		}
	}
}

// TestOfManyUsesOfAProofOneWins fails when a copied proof gets tokens, too.
func TestOfManyUsesOfAProofOneWins(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	w.machine()
	header := append(basic("machine", secret1), newProver(w).header("POST", "/oauth2/token", "")...)
	results := make([]*httptest.ResponseRecorder, 8)
	var group sync.WaitGroup
	for i := range results {
		group.Go(func() {
			results[i] = w.post("/oauth2/token", url.Values{"grant_type": {"client_credentials"}, "scope": {"api/read"}}, header...)
		})
	}
	group.Wait()
	won := 0
	for _, res := range results {
		if res.Code == 200 {
			won++
		}
	}
	if won != 1 {
		t.Errorf("%d won", won)
	}
}

func TestACodeForAKeyAndAClientThatNeedsOne(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	mine, thief := newProver(w), newProver(w)
	cookie := w.signIn()
	code := func() string {
		return location(t, w.get("/oauth2/authorize", ask("web", "dpop_jkt", mine.thumbprint()), cookie)).Query().Get("code")
	}
	refused(t, w.redeem(code()), 400, "invalid_grant")
	refused(t, w.redeem(code(), thief.header("POST", "/oauth2/token", "")...), 400, "invalid_grant")
	tokens(t, w.redeem(code(), mine.header("POST", "/oauth2/token", "")...))
	w.enrol("web", directory.OpenID{DPoP: true})
	plain := location(t, w.get("/oauth2/authorize", ask("web"), cookie)).Query().Get("code")
	refused(t, w.redeem(plain), 400, "invalid_dpop_proof")
	tokens(t, w.redeem(plain, mine.header("POST", "/oauth2/token", "")...))
}

func TestPushedRequests(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	w.client("other", "abcdefghijklmnopqrstuvwxyz+2")
	w.enrol("web", directory.OpenID{Pushed: true})
	cookie := w.signIn()
	push := func(change ...string) string {
		t.Helper()
		res := w.post("/oauth2/par", ask("web", change...), basic("web", secret1)...)
		got := body(t, res)
		uri, _ := got["request_uri"].(string)
		if res.Code != 201 || got["expires_in"] != 90.0 || !strings.HasPrefix(uri, "urn:ietf:params:oauth:request_uri:") || res.Header().Get("Cache-Control") != "no-store" {
			t.Fatalf("%d %s", res.Code, res.Body)
		}
		return uri
	}
	with := func(client, uri string, more ...string) url.Values {
		q := url.Values{"client_id": {client}, "request_uri": {uri}}
		for i := 0; i+1 < len(more); i += 2 {
			q.Set(more[i], more[i+1])
		}
		return q
	}
	lost := func(name string, q url.Values, cookie *http.Cookie) {
		t.Helper()
		if u := location(t, w.get("/oauth2/authorize", q, cookie)); u.Path != "/error" || u.Query().Get("error") != "invalid_request_uri" {
			t.Errorf("%s: the browser goes to %s", name, u)
		}
	}
	// Nobody is signed in: the page gets the reference, and what was pushed stays between client and server.
	uri := push("login_hint", "alice")
	u := location(t, w.get("/oauth2/authorize", with("web", uri, "scope", "openid profile", "redirect_uri", "https://evil.example.com/"), nil))
	if u.Path != "/login" || u.Query().Get("request_uri") != uri || len(u.Query()) != 2 {
		t.Fatalf("the browser goes to %s", u)
	}
	w.clock.Advance(10 * time.Minute) // somebody looks for a password
	req, err := w.auth.Requests.Parse(t.Context(), w.site, u.Query())
	w.check(err)
	if req.LoginHint != "alice" || req.RedirectURI != app || strings.Join(req.Scopes, " ") != "openid email" {
		t.Errorf("request %+v", req)
	}
	req, err = w.auth.Requests.Open(t.Context(), w.site, w.auth.Requests.Seal(req))
	w.check(err)
	if req.Pushed != uri || req.LoginHint != "alice" {
		t.Errorf("opened: %+v", req)
	}
	u = location(t, w.get("/oauth2/authorize", with("web", uri), cookie))
	if u.Query().Get("code") == "" || u.Query().Get("state") != "s t&te" {
		t.Fatalf("the browser goes to %s", u)
	}
	tokens(t, w.redeem(u.Query().Get("code")))
	lost("a second time", with("web", uri), cookie)
	lost("another client", with("other", push()), cookie)
	lost("nobody's", with("web", uri[:len(uri)-2]), cookie)
	old := push()
	w.clock.Advance(90 * time.Second)
	lost("too old", with("web", old), cookie)

	if u := location(t, w.get("/oauth2/authorize", ask("web"), w.signIn())); u.Query().Get("error") != "invalid_request" {
		t.Errorf("a request that was not pushed: %s", u)
	}
	refused(t, w.post("/oauth2/par", ask("web", "redirect_uri", "https://evil.example.com/"), basic("web", secret1)...), 400, "invalid_request")
	refused(t, w.post("/oauth2/par", ask("web", "request_uri", uri), basic("web", secret1)...), 400, "invalid_request")
	refused(t, w.post("/oauth2/par", ask("web", "code_challenge", challenge, "code_challenge_method", "plain"), basic("web", secret1)...), 400, "invalid_request")
	refused(t, w.post("/oauth2/par", ask("web", "scope", "nothing"), basic("web", secret1)...), 400, "invalid_scope")
	refused(t, w.post("/oauth2/par", ask("web"), basic("web", "wrong-but-long-enough-secret")...), 401, "invalid_client")
	refused(t, w.post("/oauth2/par", ask("other"), basic("web", secret1)...), 400, "invalid_request")
}

// TestAPushWithAProofBindsTheCode fails when the proof at the pushed authorization request endpoint counts for nothing.
func TestAPushWithAProofBindsTheCode(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	mine, thief := newProver(w), newProver(w)
	push := func(change ...string) *httptest.ResponseRecorder {
		return w.post("/oauth2/par", ask("web", change...), append(basic("web", secret1), mine.header("POST", "/oauth2/par", "")...)...)
	}
	refused(t, push("dpop_jkt", thief.thumbprint()), 400, "invalid_dpop_proof")
	uri, _ := body(t, push())["request_uri"].(string)
	u := location(t, w.get("/oauth2/authorize", url.Values{"client_id": {"web"}, "request_uri": {uri}}, w.signIn()))
	refused(t, w.redeem(u.Query().Get("code"), thief.header("POST", "/oauth2/token", "")...), 400, "invalid_grant")
}
