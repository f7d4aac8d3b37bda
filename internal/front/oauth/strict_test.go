package oauth_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/token"
)

const strictIssuer = "https://people.auth.example.com"

// newStrict is a world whose site is a strict provider, with a client that has a secret and one that has none.
func newStrict(t testing.TB) *world {
	t.Helper()
	w := newWorld(t)
	w.site.Issuer = w.site.Base
	w.client("web", secret1)
	w.client("spa", "")
	return w
}

// register sets what a client has registered beyond Cognito's settings.
func (w *world) enrol(id string, o directory.OpenID) {
	w.t.Helper()
	w.check(w.store.UpdateClient(w.t.Context(), poolID, id, func(c *directory.Client) error { c.OpenID = o; return nil }))
	w.dir.Clients.Forget(poolID, id)
}

// grant signs alice in at the client web and gives the answer of the token endpoint.
func (w *world) grant(cookie *http.Cookie, change ...string) map[string]any {
	w.t.Helper()
	u := location(w.t, w.get("/oauth2/authorize", ask("web", change...), cookie))
	return tokens(w.t, w.redeem(u.Query().Get("code")))
}

func (w *world) redeem(code string, header ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {app}}
	return w.post("/oauth2/token", form, append(basic("web", secret1), header...)...)
}

func TestAStrictSiteIsAnIssuerOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	cookie := w.signIn()
	u := location(t, w.get("/oauth2/authorize", ask("web", "nonce", "n1"), cookie))
	if u.Query().Get("iss") != strictIssuer {
		t.Errorf("the answer does not name its issuer: %s", u)
	}
	got := tokens(t, w.redeem(u.Query().Get("code")))
	id, access := claims(t, got["id_token"]), claims(t, got["access_token"])
	for name, c := range map[string]struct{ got, want any }{
		"issuer": {id["iss"], strictIssuer}, "issuer of the access token": {access["iss"], strictIssuer}, "nonce": {id["nonce"], "n1"},
		"scope": {got["scope"], "openid email"}, "type": {got["token_type"], "Bearer"}, "email": {id["email"], "alice@example.com"},
		"verified": {id["email_verified"], true}, "name": {id["name"], nil}, "username": {id["cognito:username"], nil},
		"acr": {id["acr"], token.OneFactor}, "audience": {id["aud"], "web"},
	} {
		if c.got != c.want {
			t.Errorf("%s is %v, want %v", name, c.got, c.want)
		}
	}
	if id["at_hash"] == nil || id["sid"] == nil || id["auth_time"] == nil || cmp.Diff(id["amr"], []any{"pwd"}) != "" {
		t.Errorf("ID token %v", id)
	}
	res := w.get("/oauth2/userInfo", nil, nil, "Authorization", "Bearer "+got["access_token"].(string))
	want := map[string]any{"sub": sub, "email": "alice@example.com", "email_verified": true}
	if diff := cmp.Diff(want, body(t, res)); diff != "" {
		t.Errorf("userInfo (-want +got):\n%s", diff)
	}
	if only := claims(t, w.grant(cookie, "scope", "openid")["id_token"]); only["email"] != nil || only["sub"] != sub {
		t.Errorf("openid alone shows %v", only)
	}
}

// TestRefreshedTokensStayOfTheStrictIssuer fails when a refresh turns tokens into those of another issuer.
func TestRefreshedTokensStayOfTheStrictIssuer(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	first := w.grant(w.signIn())
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {first["refresh_token"].(string)}}
	got := tokens(t, w.post("/oauth2/token", form, basic("web", secret1)...))
	before, after := claims(t, first["id_token"]), claims(t, got["id_token"])
	for _, name := range []string{"iss", "sub", "aud", "auth_time", "sid", "acr"} {
		if after[name] != before[name] {
			t.Errorf("%s was %v and is %v", name, before[name], after[name])
		}
	}
	form.Set("scope", "openid")
	if got := tokens(t, w.post("/oauth2/token", form, basic("web", secret1)...)); got["scope"] != "openid" || claims(t, got["access_token"])["scope"] != "openid" {
		t.Errorf("narrowed: %v", got["scope"])
	}
	form.Set("scope", "openid profile")
	refused(t, w.post("/oauth2/token", form, basic("web", secret1)...), 400, "invalid_scope")
}

// TestTokensOfOneIssuerAreNothingAtTheOther fails when the two issuers of a pool can be mixed up.
func TestTokensOfOneIssuerAreNothingAtTheOther(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	strict := w.grant(w.signIn())
	code := location(t, w.get("/oauth2/authorize", ask("web"), w.signIn())).Query().Get("code")
	w.site.Issuer = ""
	plain := tokens(t, w.redeem(w.code("web")))
	refused(t, w.redeem(code), 400, "invalid_grant")
	info := func(got map[string]any) int {
		return w.get("/oauth2/userInfo", nil, nil, "Authorization", "Bearer "+got["access_token"].(string)).Code
	}
	if at := info(strict); at != 401 {
		t.Errorf("a strict token at the pool's site: %d", at)
	}
	w.site.Issuer = strictIssuer
	if at := info(plain); at != 401 {
		t.Errorf("the pool's token at the strict site: %d", at)
	}
	if u := location(t, w.get("/oauth2/authorize", ask("web", "id_token_hint", plain["id_token"].(string)), w.signIn())); u.Query().Get("error") != "invalid_request" {
		t.Errorf("the pool's ID token as a hint: %s", u)
	}
}

func TestWhatAStrictSiteTellsClients(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	cookie := w.signIn()
	hint := w.grant(cookie)["id_token"].(string)
	other := &directory.User{
		PoolID: poolID, ID: "6f2b1c9e-1111-4222-8333-444455556666", Username: "bob", Status: directory.Confirmed, Enabled: true,
		CreatedAt: w.clock.Now(), ModifiedAt: w.clock.Now(),
	}
	w.check(w.store.InsertUser(t.Context(), other, directory.Keys{Username: "bob"}))
	s, secret, err := w.auth.Browser.Begin(t.Context(), authorize.Proof{Pool: w.pool, User: other})
	w.check(err)
	bob := w.site.Cookie(secret, s.ExpiresAt)
	w.clock.Advance(time.Minute)
	for name, c := range map[string]struct {
		client string
		cookie *http.Cookie
		change []string
		code   string // of the error; empty: an authorization code
	}{
		"a good request":           {cookie: cookie},
		"a token":                  {change: []string{"response_type", "token"}, code: "unsupported_response_type"},
		"code id_token":            {change: []string{"response_type", "code id_token"}, code: "unsupported_response_type"},
		"no response type":         {change: []string{"response_type", ""}, code: "invalid_request"},
		"a request object":         {change: []string{"request", "eyJhbGciOiJub25lIn0.e30."}, code: "request_not_supported"},
		"a request_uri":            {change: []string{"request_uri", "https://app.example.com/request"}, code: "request_uri_not_supported"},
		"form_post":                {change: []string{"response_mode", "form_post"}, code: "invalid_request"},
		"query":                    {cookie: cookie, change: []string{"response_mode", "query"}},
		"claims that are none":     {change: []string{"claims", "[]"}, code: "invalid_request"},
		"claims":                   {cookie: cookie, change: []string{"claims", `{"userinfo":{"name":{"essential":true}},"id_token":{"acr":null}}`}},
		"unknown scopes":           {cookie: cookie, change: []string{"scope", "openid email unheard-of"}},
		"only unknown scopes":      {cookie: cookie, change: []string{"scope", "unheard-of"}, code: "invalid_scope"},
		"address and offline":      {cookie: cookie, change: []string{"scope", "openid profile address offline_access"}},
		"a key that is none":       {change: []string{"dpop_jkt", "x"}, code: "invalid_request"},
		"a public client, no PKCE": {client: "spa", cookie: cookie, code: "invalid_request"},
		"a public client":          {client: "spa", cookie: cookie, change: []string{"code_challenge", challenge, "code_challenge_method", "S256"}},
		"display and locales":      {cookie: cookie, change: []string{"display", "popup", "ui_locales", "fr-CA fr", "claims_locales", "fr", "acr_values", "1 2"}},
		"none and the right hint":  {cookie: cookie, change: []string{"prompt", "none", "id_token_hint", hint}},
		"none and somebody else":   {cookie: bob, change: []string{"prompt", "none", "id_token_hint", hint}, code: "login_required"},
		"none and nobody":          {change: []string{"prompt", "none"}, code: "login_required"},
		"a hint that is none":      {cookie: cookie, change: []string{"id_token_hint", hint[:len(hint)-6] + "AAAAAA"}, code: "invalid_request"},
		"an old enough session":    {cookie: cookie, change: []string{"max_age", "61"}},
		"none and too old":         {cookie: cookie, change: []string{"max_age", "59", "prompt", "none"}, code: "login_required"},
	} {
		client := c.client
		if client == "" {
			client = "web"
		}
		u := location(t, w.get("/oauth2/authorize", ask(client, c.change...), c.cookie))
		q := u.Query()
		if u.RawQuery == "" {
			q, _ = url.ParseQuery(u.EscapedFragment())
		}
		if q.Get("error") != c.code || q.Has("code") != (c.code == "") || q.Get("iss") != strictIssuer || q.Get("state") != "s t&te" {
			t.Errorf("%s: the browser goes to %s", name, u)
		}
	}
	u := location(t, w.get("/oauth2/authorize", ask("web", "response_mode", "fragment"), cookie))
	if u.RawQuery != "" || !strings.Contains(u.Fragment, "code=") {
		t.Errorf("fragment: %s", u)
	}
	if u := location(t, w.get("/oauth2/authorize", ask("web", "id_token_hint", hint), bob)); u.Path != "/login" {
		t.Errorf("somebody else than the hint says: %s", u)
	}
}

func TestClaimsByNameAreGiven(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	got := w.grant(w.signIn(), "scope", "openid", "claims", `{"userinfo":{"name":{"essential":true}},"id_token":{"email":null,"sub":{"value":"x"}}}`)
	if id := claims(t, got["id_token"]); id["email"] != "alice@example.com" || id["name"] != nil || id["sub"] != sub {
		t.Errorf("ID token %v", id)
	}
	info := body(t, w.get("/oauth2/userInfo", nil, nil, "Authorization", "Bearer "+got["access_token"].(string)))
	if diff := cmp.Diff(map[string]any{"sub": sub, "name": "Alice"}, info); diff != "" {
		t.Errorf("userInfo (-want +got):\n%s", diff)
	}
}

// TestAStrictSiteSpeaksTheLocalesThatAreAskedFor fails when ui_locales, by which OpenID clients say what people speak, counts for
// nothing, or counts at the pool's own site, which does as Cognito.
func TestAStrictSiteSpeaksTheLocalesThatAreAskedFor(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	for _, c := range []struct{ issuer, locales, lang, want string }{
		{strictIssuer, "fr", "", "fr"}, {strictIssuer, "xx fr-CA de", "", "fr"}, {strictIssuer, "PT-br", "", "pt-BR"}, {strictIssuer, "xx", "", ""},
		{strictIssuer, "fr", "de", "de"}, {strictIssuer, "", "", ""}, {"", "fr", "", ""},
	} {
		w.site.Issuer = c.issuer
		r, err := w.auth.Requests.Parse(t.Context(), w.site, ask("web", "ui_locales", c.locales, "lang", c.lang))
		w.check(err)
		if r.Lang != c.want {
			t.Errorf("ui_locales %q, lang %q at %q: %q", c.locales, c.lang, c.issuer, r.Lang)
		}
	}
}

func TestTheStrictTokenEndpointSpeaksLikeTheRFC(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	code := func() string {
		return location(t, w.get("/oauth2/authorize", ask("web"), w.signIn())).Query().Get("code")
	}
	form := func(code string) url.Values {
		return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {app}}
	}
	res := w.post("/oauth2/token", form(code()), basic("web", "wrong-but-long-enough-secret")...)
	refused(t, res, 401, "invalid_client")
	if !strings.HasPrefix(res.Header().Get("WWW-Authenticate"), "Basic ") {
		t.Errorf("headers %v", res.Header())
	}
	refused(t, w.send(http.MethodPost, "/oauth2/token?"+form(code()).Encode(), "", nil, basic("web", secret1)...), 400, "invalid_request")
	wrong := form(code())
	wrong.Set("redirect_uri", app+"x")
	refused(t, w.post("/oauth2/token", wrong, basic("web", secret1)...), 400, "invalid_grant")
	refused(t, w.post("/oauth2/revoke", url.Values{"token": {"x"}}, basic("web", "wrong-but-long-enough-secret")...), 401, "invalid_client")
	tokens(t, w.post("/oauth2/token", form(code()), basic("web", secret1)...))
}

func TestStrictUserInfoTakesTheTokenInOneWay(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	got := w.grant(w.signIn())
	access := got["access_token"].(string)
	form := url.Values{"access_token": {access}}
	if res := w.post("/oauth2/userInfo", form); res.Code != 200 {
		t.Errorf("in the form: %d %s", res.Code, res.Body)
	}
	if res := w.send(http.MethodPost, "/oauth2/userInfo", "", nil, "Authorization", "Bearer "+access); res.Code != 200 {
		t.Errorf("in the header of a POST: %d %s", res.Code, res.Body)
	}
	narrow := w.grant(w.signIn(), "scope", "email")["access_token"].(string)
	for name, c := range map[string]struct {
		res    *httptest.ResponseRecorder
		status int
		says   string
	}{
		"in both":        {w.post("/oauth2/userInfo", form, "Authorization", "Bearer "+access), 400, `error="invalid_request"`},
		"in the URL":     {w.get("/oauth2/userInfo", form, nil), 401, `Bearer realm="` + strictIssuer + `"`},
		"nothing":        {w.get("/oauth2/userInfo", nil, nil), 401, `Bearer realm="` + strictIssuer + `"`},
		"an ID token":    {w.get("/oauth2/userInfo", nil, nil, "Authorization", "Bearer "+got["id_token"].(string)), 401, `error="invalid_token"`},
		"without openid": {w.get("/oauth2/userInfo", nil, nil, "Authorization", "Bearer "+narrow), 403, `error="insufficient_scope"`},
	} {
		if all := strings.Join(c.res.Header().Values("WWW-Authenticate"), "\n"); c.res.Code != c.status || !strings.Contains(all, c.says) {
			t.Errorf("%s: %d %s", name, c.res.Code, all)
		}
	}
}

func TestIntrospectionTellsWhatATokenIsWorth(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	w.client("api", "abcdefghijklmnopqrstuvwxyz+2")
	got := w.grant(w.signIn())
	look := func(id, secret string, text any) map[string]any {
		token, _ := text.(string)
		res := w.post("/oauth2/introspect", url.Values{"token": {token}}, basic(id, secret)...)
		if res.Code != 200 {
			t.Fatalf("%d %s", res.Code, res.Body)
		}
		return body(t, res)
	}
	access := look("api", "abcdefghijklmnopqrstuvwxyz+2", got["access_token"])
	if access["active"] != true || access["scope"] != "openid email" || access["client_id"] != "web" || access["sub"] != sub || access["iss"] != strictIssuer || access["token_type"] != "Bearer" {
		t.Errorf("access token: %v", access)
	}
	if refresh := look("web", secret1, got["refresh_token"]); refresh["active"] != true || refresh["client_id"] != "web" {
		t.Errorf("refresh token: %v", refresh)
	}
	for name, text := range map[string]any{"an ID token": got["id_token"], "nothing of ours": "x"} {
		if diff := cmp.Diff(map[string]any{"active": false}, look("web", secret1, text)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if other := look("api", "abcdefghijklmnopqrstuvwxyz+2", got["refresh_token"]); other["active"] != false {
		t.Errorf("another client's refresh token: %v", other)
	}
	refused(t, w.post("/oauth2/introspect", url.Values{"client_id": {"spa"}, "token": {"x"}}), 401, "invalid_client")
	refused(t, w.post("/oauth2/introspect", url.Values{"token": {"x"}}), 400, "invalid_request")
	w.post("/oauth2/revoke", url.Values{"token": {got["refresh_token"].(string)}}, basic("web", secret1)...)
	for _, text := range []any{got["access_token"], got["refresh_token"]} {
		if after := look("web", secret1, text); after["active"] != false {
			t.Errorf("after the revocation: %v", after)
		}
	}
}

func TestThePoolsOwnSiteHasNothingOfThis(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.client("client", "")
	for _, path := range []string{"/oauth2/par", "/oauth2/introspect"} {
		if res := w.post(path, url.Values{"client_id": {"client"}}); res.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, res.Code)
		}
	}
	u := location(t, w.get("/oauth2/authorize", ask("client", "response_mode", "fragment", "request", "x", "claims", "x"), w.signIn()))
	if u.Query().Get("code") == "" || u.Query().Has("iss") {
		t.Errorf("Cognito ignores these: %s", u)
	}
}

func TestStrictDiscoveryTellsTheTruth(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	m := body(t, w.get("/.well-known/openid-configuration", nil, nil))
	if m["issuer"] != strictIssuer || m["jwks_uri"] != strictIssuer+"/.well-known/jwks.json" || m["authorization_response_iss_parameter_supported"] != true ||
		m["request_parameter_supported"] != false || m["request_uri_parameter_supported"] != false || m["backchannel_logout_session_supported"] != true {
		t.Errorf("%v", m)
	}
	if diff := cmp.Diff([]any{"code"}, m["response_types_supported"]); diff != "" {
		t.Error(diff)
	}
	for name, value := range m {
		address, ok := value.(string)
		if !ok || !strings.HasSuffix(name, "_endpoint") {
			continue
		}
		path, ok := strings.CutPrefix(address, strictIssuer)
		res := w.post(path, url.Values{})
		if !ok || res.Code == http.StatusNotFound {
			t.Errorf("%s is %s, which answers %d", name, address, res.Code)
		}
	}
	if list, _ := m["claims_supported"].([]any); !slices.Contains(list, any("email")) || !slices.Contains(list, any("sub")) {
		t.Errorf("claims %v", list)
	}
}
