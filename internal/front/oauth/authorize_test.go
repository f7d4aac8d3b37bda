package oauth_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/directory"
)

const (
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636 appendix B
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

func TestWithoutASessionTheSignInPageGetsTheWholeRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.client("client", "")
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		query := ask("client", "nonce", "n", "login_hint", "alice", "lang", "de", "code_challenge", challenge,
			"code_challenge_method", "S256", "max_age", "60", "prompt", "consent", "resource", "https://api.example.com")
		res, status, path := w.get("/oauth2/authorize", query, nil), http.StatusFound, "/login"
		if method == http.MethodPost { // whose sender's site keeps the cookie back: the same again as a navigation
			res, status, path = w.post("/oauth2/authorize", query), http.StatusSeeOther, "/oauth2/authorize"
		}
		u := location(t, res)
		if res.Code != status || u.Path != path || u.Host != "" || res.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", method, res.Code, res.Header())
		}
		if diff := cmp.Diff(query, u.Query()); diff != "" {
			t.Errorf("%s: parameters (-want +got):\n%s", method, diff)
		}
	}
}

func TestASessionIsEnoughForEveryClientOfThePool(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cookie := w.signIn()
	for _, id := range []string{"one", "two"} {
		w.client(id, "")
		u := location(t, w.get("/oauth2/authorize", ask(id), cookie))
		if u.Query().Get("state") != "s t&te" || len(u.Query().Get("code")) != 36 || !strings.HasPrefix(u.String(), app+"?") {
			t.Errorf("%s: %s", id, u)
		}
	}
}

func TestAFormWithTheCookieIsAnsweredAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.client("client", "")
	cookie := w.signIn()
	res := w.post("/oauth2/authorize", ask("client"), "Cookie", cookie.Name+"="+cookie.Value)
	if u := location(t, res); res.Code != http.StatusSeeOther || u.Query().Get("code") == "" {
		t.Errorf("%d, the browser goes to %s", res.Code, u)
	}
}

func TestTheImplicitFlowAnswersInTheFragment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.client("client", "", func(s *directory.ClientSettings) { s.OAuthFlows = []string{"implicit"} })
	u := location(t, w.get("/oauth2/authorize", ask("client", "response_type", "token", "nonce", "n1"), w.signIn()))
	got, err := url.ParseQuery(u.EscapedFragment())
	w.check(err)
	if u.RawQuery != "" || got.Get("token_type") != "bearer" || got.Get("expires_in") != "3600" || got.Get("state") != "s t&te" || got.Has("refresh_token") {
		t.Errorf("answer %s", u)
	}
	id := claims(t, got.Get("id_token"))
	if id["nonce"] != "n1" || id["at_hash"] == nil || claims(t, got.Get("access_token"))["scope"] != "openid email" {
		t.Errorf("ID token %v", id)
	}
	u = location(t, w.get("/oauth2/authorize", ask("client", "response_type", "token", "scope", "email"), w.signIn()))
	if got, _ = url.ParseQuery(u.EscapedFragment()); got.Has("id_token") || !got.Has("access_token") {
		t.Errorf("without openid: %s", u)
	}
}

func TestPromptAndAgeDecideWhetherSomebodyIsAsked(t *testing.T) {
	t.Parallel()
	const login, client = "/login", "/callback"
	for name, c := range map[string]struct {
		signedIn bool
		age      time.Duration
		change   []string
		want     string // path
		code     string // error
	}{
		"none, signed in":               {signedIn: true, change: []string{"prompt", "none"}, want: client},
		"none, nobody":                  {change: []string{"prompt", "none"}, want: client, code: "login_required"},
		"none, too old":                 {signedIn: true, age: time.Minute, change: []string{"prompt", "none", "max_age", "59"}, want: client, code: "login_required"},
		"none and login":                {signedIn: true, change: []string{"prompt", "none login"}, want: client, code: "invalid_request"},
		"login":                         {signedIn: true, change: []string{"prompt", "login"}, want: login},
		"login consent":                 {signedIn: true, change: []string{"prompt", "consent login"}, want: login},
		"select_account":                {signedIn: true, change: []string{"prompt", "select_account"}, want: login},
		"consent":                       {signedIn: true, change: []string{"prompt", "consent"}, want: client},
		"unknown":                       {signedIn: true, change: []string{"prompt", "sleep"}, want: client, code: "invalid_request"},
		"young enough":                  {signedIn: true, age: time.Minute, change: []string{"max_age", "60"}, want: client},
		"too old":                       {signedIn: true, age: time.Minute, change: []string{"max_age", "59"}, want: login},
		"max_age 0":                     {signedIn: true, age: time.Millisecond, change: []string{"max_age", "0"}, want: login},
		"max_age of centuries":          {signedIn: true, age: time.Minute, change: []string{"max_age", "9223372036854775807"}, want: client},
		"max_age is no number":          {signedIn: true, change: []string{"max_age", "-1"}, want: client, code: "invalid_request"},
		"the session lasts an hour":     {signedIn: true, age: time.Hour - time.Millisecond, want: client},
		"and no longer":                 {signedIn: true, age: time.Hour, want: login},
		"the pool itself as provider":   {signedIn: true, change: []string{"identity_provider", "COGNITO"}, want: client},
		"a provider that is not there":  {signedIn: true, change: []string{"identity_provider", "Acme"}, want: client, code: "invalid_request"},
		"an identifier of no provider":  {signedIn: true, change: []string{"idp_identifier", "example.com"}, want: client, code: "invalid_request"},
		"a language that is not spoken": {signedIn: true, change: []string{"lang", "tlh"}, want: client},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.client("client", "")
			var cookie *http.Cookie
			if c.signedIn {
				cookie = w.signIn()
			}
			w.clock.Advance(c.age)
			u := location(t, w.get("/oauth2/authorize", ask("client", c.change...), cookie))
			if u.Path != c.want || u.Query().Get("error") != c.code || u.Query().Get("state") != "s t&te" {
				t.Errorf("the browser goes to %s", u)
			}
			if u.Query().Has("code") != (c.want == client && c.code == "") {
				t.Errorf("code in %s", u)
			}
		})
	}
}

func TestWhatTheClientHearsAndWhatThePersonSees(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		query url.Values
		page  string // error on our page
		code  string // error at the client, in the fragment when it asked for tokens
		text  string // error_description, where others read it
	}{
		"no client":                {query: ask("", "client_id", ""), page: "invalid_request"},
		"an unknown client":        {query: ask("nobody"), page: "invalid_client"},
		"another pool's client":    {query: ask("stranger"), page: "invalid_client"},
		"two clients":              {query: url.Values{"client_id": {"client", "other"}, "redirect_uri": {app}, "response_type": {"code"}}, page: "invalid_request"},
		"no redirect URI":          {query: ask("client", "redirect_uri", ""), page: "invalid_request"},
		"two redirect URIs":        {query: url.Values{"client_id": {"client"}, "redirect_uri": {app, app}, "response_type": {"code"}}, page: "invalid_request"},
		"an unknown redirect URI":  {query: ask("client", "redirect_uri", "https://evil.example.com/"), page: "redirect_mismatch"},
		"no response type":         {query: ask("client", "response_type", ""), code: "invalid_request"},
		"id_token":                 {query: ask("client", "response_type", "id_token"), code: "invalid_request"},
		"code token":               {query: ask("client", "response_type", "code token"), code: "invalid_request"},
		"a flow it may not use":    {query: ask("client", "response_type", "token"), code: "unauthorized_client"},
		"a client without OAuth":   {query: ask("off"), code: "unauthorized_client"},
		"a scope it may not have":  {query: ask("client", "scope", "openid phone"), code: "invalid_scope", text: "invalid_scope"},
		"a scope of nobody":        {query: ask("client", "scope", "openid api/read"), code: "invalid_scope", text: "invalid_scope"},
		"two states":               {query: url.Values{"client_id": {"client"}, "redirect_uri": {app}, "response_type": {"code"}, "state": {"a", "b"}}, code: "invalid_request"},
		"a method and no code":     {query: ask("client", "code_challenge_method", "S256"), code: "invalid_request"},
		"a challenge, no method":   {query: ask("client", "code_challenge", challenge), code: "invalid_request"},
		"plain":                    {query: ask("client", "code_challenge", challenge, "code_challenge_method", "plain"), code: "invalid_request"},
		"a short challenge":        {query: ask("client", "code_challenge", challenge[1:], "code_challenge_method", "S256"), code: "invalid_request"},
		"a padded challenge":       {query: ask("client", "code_challenge", challenge+"=", "code_challenge_method", "S256"), code: "invalid_request"},
		"a relative resource":      {query: ask("client", "resource", "/api"), code: "invalid_target"},
		"a resource by http":       {query: ask("client", "resource", "http://api.example.com"), code: "invalid_target"},
		"a resource with fragment": {query: ask("client", "resource", "https://api.example.com#x"), code: "invalid_target"},
		"two resources":            {query: url.Values{"client_id": {"client"}, "redirect_uri": {app}, "response_type": {"code"}, "resource": {"https://a.example.com", "https://b.example.com"}}, code: "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.client("client", "")
			w.client("off", "", func(s *directory.ClientSettings) { s.OAuthEnabled = false })
			w.stranger()
			res := w.get("/oauth2/authorize", c.query, w.signIn())
			u := location(t, res)
			if c.page != "" {
				if u.Host != "" || u.Path != "/error" || u.Query().Get("error") != c.page {
					t.Errorf("the browser goes to %s", u)
				}
				return
			}
			mark, text := "?", u.RawQuery
			if c.query.Get("response_type") == "token" {
				mark, text = "#", u.EscapedFragment()
			}
			got, err := url.ParseQuery(text)
			w.check(err)
			if !strings.HasPrefix(u.String(), app+mark) || got.Get("error") != c.code || got.Has("code") ||
				c.text != "" && got.Get("error_description") != c.text {
				t.Errorf("the browser goes to %s", u)
			}
			if want := c.query.Get("state"); len(c.query["state"]) == 1 && got.Get("state") != want {
				t.Errorf("state %q, want %q", got.Get("state"), want)
			}
		})
	}
}

// stranger makes a second pool with a client of its own.
func (w *world) stranger() {
	w.t.Helper()
	p, err := w.dir.Pools.Create(w.t.Context(), directory.PoolSpec{ID: "eu-west-1_Pool00002", Region: "eu-west-1", Settings: directory.Settings{Name: "others"}})
	w.check(err)
	_, err = w.dir.Clients.Create(w.t.Context(), directory.ClientSpec{ID: "stranger", PoolID: p.ID, ClientSettings: directory.ClientSettings{
		Name: "stranger", OAuthEnabled: true, OAuthFlows: []string{"code"}, OAuthScopes: []string{"openid"}, CallbackURLs: []string{app},
	}})
	w.check(err)
}

func TestTheDefaultRedirectURIStandsIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.client("client", "", func(s *directory.ClientSettings) { s.DefaultRedirectURI = app })
	u := location(t, w.get("/oauth2/authorize", ask("client", "redirect_uri", ""), w.signIn()))
	got := tokens(t, w.exchange("client", u.Query().Get("code"), "redirect_uri", ""))
	if got["access_token"] == nil {
		t.Errorf("got %v", got)
	}
}

func TestARegisteredQueryStaysAsItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, uri := range []string{"https://app.example.com/cb?a=%20b&c", "https://app.example.com/cb?", "myapp://callback", "myapp:callback?x=1&"} {
		id := "client" + string(rune('a'+i))
		w.client(id, "", func(s *directory.ClientSettings) { s.CallbackURLs = []string{uri} })
		res := w.get("/oauth2/authorize", ask(id, "redirect_uri", uri, "state", ""), w.signIn())
		got := res.Header().Get("Location")
		rest, ok := strings.CutPrefix(got, uri)
		if !ok || !strings.Contains(rest, "code=") || strings.Contains(got, "?&") || strings.Contains(got, "&&") || strings.Count(got, "?") != 1 {
			t.Errorf("%s becomes %s", uri, got)
		}
	}
}

func TestASessionEndsWithItsUser(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*world){
		"disabled": func(w *world) {
			_, err := w.dir.Users.SetEnabled(w.t.Context(), w.pool, sub, false)
			w.check(err)
		},
		"deleted": func(w *world) { w.check(w.store.DeleteUser(w.t.Context(), poolID, sub)) },
		"signed out everywhere": func(w *world) {
			w.clock.Advance(time.Second)
			w.change(func(u *directory.User) error { u.SignedOutAt = w.clock.Now(); return nil })
		},
		"reset required": func(w *world) {
			w.change(func(u *directory.User) error { u.Status = directory.ResetRequired; return nil })
		},
		"revoked": func(w *world) { w.check(w.auth.Browser.RevokeAll(w.t.Context(), poolID, sub)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.client("client", "")
			cookie, code := w.signIn(), w.code("client")
			end(w)
			if u := location(t, w.get("/oauth2/authorize", ask("client"), cookie)); u.Path != "/login" {
				t.Errorf("the browser goes to %s", u)
			}
			if name != "revoked" { // the code that is out already is the client's
				refused(t, w.exchange("client", code), http.StatusBadRequest, "invalid_grant")
			}
		})
	}
}

func (w *world) change(change func(*directory.User) error) {
	w.t.Helper()
	_, err := w.dir.Users.Change(w.t.Context(), w.pool, sub, change)
	w.check(err)
}

func TestAClientTakesOnlyItsProviders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client("client", "")
	w.check(w.store.UpdateClient(t.Context(), poolID, c.ID, func(c *directory.Client) error {
		c.IdentityProviders = []string{"Acme"} // as a client for workers of one company
		return nil
	}))
	w.clock.Advance(2 * time.Second) // past the cache
	if u := location(t, w.get("/oauth2/authorize", ask("client"), w.signIn())); u.Query().Get("code") != "" || u.Query().Get("error") == "" {
		t.Errorf("a local user's session leads to %s", u) // and not to the provider, which does not exist
	}
}
