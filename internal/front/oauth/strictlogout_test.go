package oauth_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
)

const bye = "https://app.example.com/bye"

func TestStrictLogoutObeysWhoeverShowsAnIDTokenOfThisSignIn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method string
		query  func(hint string) url.Values
		nobody bool // is signed in
		want   string
		ended  bool
	}{
		"hint and URI": {
			query: func(hint string) url.Values {
				return url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {bye}, "state": {"s 1"}}
			},
			want: bye + "?state=s+1", ended: true,
		},
		"by a form": {method: http.MethodPost, query: func(hint string) url.Values {
			return url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {bye}}
		}, want: bye, ended: true},
		"only a hint": {query: func(hint string) url.Values { return url.Values{"id_token_hint": {hint}} }, want: "/signedOut?client_id=web", ended: true},
		"a URI for us": {query: func(hint string) url.Values {
			return url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {"https://app.example.com/other"}}
		}, want: bye[:0] + "https://app.example.com/other", ended: true},
		"no hint":       {query: func(string) url.Values { return url.Values{"client_id": {"web"}, "post_logout_redirect_uri": {bye}} }, want: "/signout?client_id=web&post_logout_redirect_uri=" + url.QueryEscape(bye)},
		"Cognito's way": {query: func(string) url.Values { return url.Values{"client_id": {"web"}, "logout_uri": {bye}} }, want: "/signout?client_id=web&post_logout_redirect_uri=" + url.QueryEscape(bye)},
		"nothing":       {query: func(string) url.Values { return nil }, want: "/signout"},
		"only state":    {query: func(string) url.Values { return url.Values{"state": {"x"}} }, want: "/signout?state=x"},
		"nobody there": {query: func(hint string) url.Values {
			return url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {bye}}
		}, nobody: true, want: bye},
		"nobody at all": {query: func(string) url.Values { return nil }, nobody: true, want: "/signedOut"},
		"another URI": {query: func(hint string) url.Values {
			return url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {bye + "?x=1"}}
		}, want: "/error?client_id=web&error=redirect_mismatch"},
		"a callback": {query: func(hint string) url.Values {
			return url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {app}}
		}, want: "/error?client_id=web&error=redirect_mismatch"},
		"a changed hint": {
			query: func(hint string) url.Values {
				return url.Values{"id_token_hint": {hint[:len(hint)-6] + "AAAAAA"}, "post_logout_redirect_uri": {bye}}
			},
			want: "/error?error=invalid_request",
		},
		"no hint at all":   {query: func(string) url.Values { return url.Values{"id_token_hint": {"x"}, "post_logout_redirect_uri": {bye}} }, want: "/error?error=invalid_request"},
		"another client":   {query: func(hint string) url.Values { return url.Values{"id_token_hint": {hint}, "client_id": {"spa"}} }, want: "/error?client_id=spa&error=invalid_request"},
		"a URI, no client": {query: func(string) url.Values { return url.Values{"post_logout_redirect_uri": {bye}} }, want: "/error?error=invalid_request"},
		"two URIs": {query: func(hint string) url.Values {
			return url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {bye, bye}}
		}, want: "/error?error=invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newStrict(t)
			w.enrol("web", directory.OpenID{PostLogoutURIs: []string{"https://app.example.com/other"}})
			cookie := w.signIn()
			query := c.query(w.grant(cookie)["id_token"].(string))
			var res *httptest.ResponseRecorder
			sent := cookie
			if c.nobody {
				_, err := w.auth.Browser.End(t.Context(), w.pool, cookie.Value)
				w.check(err)
				sent = nil
			}
			if c.method == http.MethodPost {
				res = w.post("/logout", query, "Cookie", cookie.Name+"="+cookie.Value)
			} else {
				res = w.get("/logout", query, sent)
			}
			if got := res.Header().Get("Location"); got != c.want {
				t.Errorf("%d, the browser goes to %s, want %s", res.Code, got, c.want)
			}
			u := location(t, w.get("/oauth2/authorize", ask("web", "prompt", "none"), cookie))
			if ended := u.Query().Get("error") == "login_required"; ended != (c.ended || c.nobody) {
				t.Errorf("the session has ended: %v", ended)
			}
		})
	}
}

// TestAnIDTokenOfAnotherSignInIsNotEnough fails when an old or somebody else's ID token signs a person out unasked.
func TestAnIDTokenOfAnotherSignInIsNotEnough(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	old := w.grant(w.signIn())["id_token"].(string)
	cookie := w.signIn()
	if u := location(t, w.get("/logout", url.Values{"id_token_hint": {old}, "post_logout_redirect_uri": {bye}}, cookie)); u.Path != "/signout" {
		t.Errorf("the browser goes to %s", u)
	}
}

// hearer is a client that hears of sign-outs.
type hearer struct {
	*httptest.Server
	heard  chan string
	status int
}

func newHearer(t *testing.T) *hearer {
	h := &hearer{heard: make(chan string, 9), status: http.StatusOK}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.heard <- r.PostFormValue("logout_token")
		w.WriteHeader(h.status)
	}))
	t.Cleanup(h.Close)
	return h
}

func (w *world) teller(failed *int) *authorize.Teller {
	return &authorize.Teller{
		Store: w.store, Clients: w.dir.Clients, OpenID: registered, Tokens: w.minter, Now: w.clock.Now,
		Failed: func(context.Context, *authorize.Notice, error) { *failed++ },
	}
}

func TestClientsHearOfASignOut(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	failed, h := 0, newHearer(t)
	w.enrol("web", directory.OpenID{BackchannelURI: strings.Replace(h.URL, "127.0.0.1", "localhost", 1)})
	teller := w.teller(&failed)
	cookie := w.signIn()
	first := w.grant(cookie)
	w.grant(cookie) // two sessions, one client: told once
	away := w.grant(cookie, "scope", "openid offline_access")
	hint := claims(t, first["id_token"])
	w.get("/logout", url.Values{"id_token_hint": {first["id_token"].(string)}}, cookie)

	h.status = http.StatusBadGateway
	w.check(teller.Tell(t.Context()))
	if <-h.heard == "" || failed != 1 {
		t.Fatal("the client was not told")
	}
	w.check(teller.Tell(t.Context()))
	if len(h.heard) != 0 {
		t.Error("told again at once")
	}
	h.status = http.StatusOK
	w.clock.Advance(2 * time.Second)
	w.check(teller.Tell(t.Context()))
	parsed, err := jose.ParseSignedCompact(<-h.heard, []jose.SignatureAlgorithm{jose.RS256})
	w.check(err)
	var set jose.JSONWebKeySet
	w.check(json.Unmarshal(w.get("/.well-known/jwks.json", nil, nil).Body.Bytes(), &set))
	payload, err := parsed.Verify(set.Key(parsed.Signatures[0].Header.KeyID)[0])
	w.check(err)
	var told map[string]any
	w.check(json.Unmarshal(payload, &told))
	events, _ := told["events"].(map[string]any)
	if told["iss"] != strictIssuer || told["aud"] != "web" || told["sub"] != sub || told["sid"] != hint["sid"] || told["jti"] == nil || told["iat"] == nil ||
		told["exp"] == nil || told["nonce"] != nil || events["http://schemas.openid.net/event/backchannel-logout"] == nil ||
		parsed.Signatures[0].Header.ExtraHeaders[jose.HeaderType] != "logout+jwt" {
		t.Errorf("told %v, header %v", told, parsed.Signatures[0].Header)
	}
	w.clock.Advance(24 * time.Hour)
	w.check(teller.Tell(t.Context()))
	if len(h.heard) != 0 {
		t.Error("a client that has heard it is told again")
	}
	// What was signed in ends, but for what may act while the user is away.
	for name, c := range map[string]struct {
		got  map[string]any
		code int
	}{"the session": {first, 400}, "offline": {away, 200}} {
		form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {c.got["refresh_token"].(string)}}
		if res := w.post("/oauth2/token", form, basic("web", secret1)...); res.Code != c.code {
			t.Errorf("%s: %d %s", name, res.Code, res.Body)
		}
	}
	// A logout token is no other token.
	if _, err := w.verifier.Hint(t.Context(), w.pool, strictIssuer, parsed.FullSerialize()); err == nil {
		t.Error("a logout token is taken for an ID token")
	}
}

func TestWhoDoesNotListenIsGivenUpAfterADay(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	failed, h := 0, newHearer(t)
	h.heard, h.status = make(chan string, 100), http.StatusBadRequest
	w.enrol("web", directory.OpenID{BackchannelURI: strings.Replace(h.URL, "127.0.0.1", "localhost", 1)})
	cookie := w.signIn()
	w.grant(cookie)
	w.check(w.auth.Browser.RevokeAll(t.Context(), poolID, sub)) // as a global sign-out does
	teller := w.teller(&failed)
	for range 48 {
		w.check(teller.Tell(t.Context()))
		w.clock.Advance(time.Hour)
	}
	if failed < 10 || failed > 30 {
		t.Errorf("tried %d times within a day", failed)
	}
}

// TestStrangersCannotReachIntoOurNetwork fails when a client that registered itself makes this server send requests to
// itself or its neighbours.
func TestStrangersCannotReachIntoOurNetwork(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	failed, h := 0, newHearer(t)
	w.check(w.store.UpdateClient(t.Context(), poolID, "web", func(c *directory.Client) error {
		c.OpenID, c.Registered = directory.OpenID{BackchannelURI: h.URL}, true
		return nil
	}))
	w.dir.Clients.Forget(poolID, "web")
	cookie := w.signIn()
	w.grant(cookie)
	_, err := w.auth.Browser.End(t.Context(), w.pool, cookie.Value)
	w.check(err)
	w.check(w.teller(&failed).Tell(t.Context()))
	if failed != 1 || len(h.heard) != 0 {
		t.Errorf("%d failures, heard %d", failed, len(h.heard))
	}
	for uri, good := range map[string]bool{
		"https://app.example.com/logout": true, "http://app.example.com/logout": false, "https://a@app.example.com/": false,
		"https://app.example.com/#x": false, "http://localhost/logout": false, "/logout": false, "javascript:alert(1)": false,
	} {
		if err := authorize.CheckOpenID(directory.OpenID{BackchannelURI: uri}, true); (err == nil) != good {
			t.Errorf("%s: %v", uri, err)
		}
	}
}

// TestASignOutGoesToNoScript fails when a client can register a place after the sign-out that no callback could be.
func TestASignOutGoesToNoScript(t *testing.T) {
	t.Parallel()
	for uri, good := range map[string]bool{
		"https://app.example.com/bye?x=1": true, "http://localhost:3000/bye": true, "com.example.app:/bye": true,
		"javascript:alert(1)": false, "data:text/html,x": false, "http://app.example.com/bye": false, "https:///bye": false,
		"https://a@app.example.com/": false, "https://app.example.com/#x": false, "/bye": false,
	} {
		for _, stranger := range []bool{true, false} {
			if err := authorize.CheckOpenID(directory.OpenID{PostLogoutURIs: []string{uri}}, stranger); (err == nil) != good {
				t.Errorf("%s: %v", uri, err)
			}
		}
	}
}

// TestSigningInAgainIsNoSignOut fails when a new proof of the same user looks to clients like the end of the session.
func TestSigningInAgainIsNoSignOut(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	failed, h := 0, newHearer(t)
	w.enrol("web", directory.OpenID{BackchannelURI: strings.Replace(h.URL, "127.0.0.1", "localhost", 1)})
	cookie := w.signIn()
	before := claims(t, w.grant(cookie)["id_token"])
	w.clock.Advance(time.Minute)
	s, secret, err := w.auth.Browser.Begin(t.Context(), authorize.Proof{Pool: w.pool, User: w.alice, AMR: []string{"pwd"}, Replaces: cookie.Value})
	w.check(err)
	again := w.site.Cookie(secret, s.ExpiresAt)
	after := claims(t, w.grant(again)["id_token"])
	if after["sid"] != before["sid"] || after["auth_time"] == before["auth_time"] {
		t.Errorf("before %v, after %v", before, after)
	}
	if u := location(t, w.get("/oauth2/authorize", ask("web"), cookie)); u.Path != "/login" {
		t.Errorf("the old cookie leads to %s", u)
	}
	w.check(w.teller(&failed).Tell(t.Context()))
	if len(h.heard) != 0 {
		t.Error("the client was told of a sign-out")
	}
}
