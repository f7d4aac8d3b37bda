package oauth_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
)

// TestRedirectTricksEndOnOurOwnPage fails when a URI that only looks like a registered one gets a code, or an error,
// which would be an open redirect.
func TestRedirectTricksEndOnOurOwnPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.client("client", "", func(s *directory.ClientSettings) {
		s.CallbackURLs, s.DefaultRedirectURI = []string{app, "http://localhost:3000/cb", "myapp://cb"}, app
	})
	cookie := w.signIn()
	for name, uri := range map[string]string{
		"user info":            "https://app.example.com@evil.example.com/callback",
		"user info before":     "https://evil.example.com@app.example.com/callback",
		"fragment":             app + "#",
		"fragment with a code": app + "#code=x",
		"case of the scheme":   "HTTPS://app.example.com/callback",
		"case of the host":     "https://APP.example.com/callback",
		"case of the path":     "https://app.example.com/Callback",
		"the default port":     "https://app.example.com:443/callback",
		"another port":         "https://app.example.com:8443/callback",
		"another port at home": "http://localhost:3001/cb",
		"127.0.0.1":            "http://127.0.0.1:3000/cb",
		"a longer path":        app + "/x",
		"a slash":              app + "/",
		"dots":                 "https://app.example.com/callback/../callback",
		"encoded dots":         "https://app.example.com/%2e%2e/callback",
		"a query":              app + "?x=1",
		"an empty query":       app + "?",
		"a shorter path":       "https://app.example.com/",
		"another scheme":       "http://app.example.com/callback",
		"a longer host":        "https://app.example.com.evil.example.com/callback",
		"a backslash":          "https://app.example.com\\@evil.example.com/callback",
		"a tab":                "https://app.example.com/call\tback",
		"a line break":         app + "\r\nSet-Cookie: cognito=x",
		"a space":              " " + app,
		"a NUL":                app + "\x00",
		"fullwidth letters":    "https://app．example．com/callback",
		"a Cyrillic letter":    "https://аpp.example.com/callback",
		"composed differently": "https://app.example.com/callbacḱ",
		"encoded twice":        "https%3A%2F%2Fapp.example.com%2Fcallback",
		"one letter encoded":   "https://app.example.com/callb%61ck",
		"no scheme":            "//app.example.com/callback",
		"relative":             "/callback",
		"javascript":           "javascript:alert(1)//https://app.example.com/callback",
		"data":                 "data:text/html,x",
		"the app's scheme":     "myapp://cb/x",
		"two at once":          app + "," + app,
	} {
		for _, path := range []string{"/oauth2/authorize", "/logout"} {
			for _, kind := range []string{"code", "token", "nonsense"} {
				res := w.get(path, ask("client", "redirect_uri", uri, "response_type", kind), cookie)
				if got := res.Header().Get("Location"); got != "/error?client_id=client&error=redirect_mismatch" {
					t.Errorf("%s at %s: the browser goes to %q", name, path, got)
				}
			}
		}
		res := w.get("/logout", url.Values{"client_id": {"client"}, "logout_uri": {uri}, "redirect_uri": {app}, "response_type": {"code"}}, nil)
		if got := res.Header().Get("Location"); got != "/error?client_id=client&error=redirect_mismatch" {
			t.Errorf("%s as logout_uri: the browser goes to %q", name, got)
		}
	}
}

// TestNothingFromOutsideBecomesAHeader fails when a parameter can end a line of the answer.
func TestNothingFromOutsideBecomesAHeader(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.client("client", "")
	const evil = "x\r\nSet-Cookie: cognito=evil\r\n\r\n<script>"
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	for _, q := range []url.Values{
		ask("client", "state", evil), ask("client", "nonce", evil, "login_hint", evil), ask(evil), ask("client", "lang", evil),
		ask("client", "state", evil, "scope", "unknown"), ask("client", "prompt", evil, "state", evil),
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/oauth2/authorize?"+q.Encode(), nil)
		w.check(err)
		for _, cookie := range []*http.Cookie{nil, w.signIn()} {
			if cookie != nil {
				req.AddCookie(cookie)
			}
			res, err := transport.RoundTrip(req)
			w.check(err)
			w.check(res.Body.Close())
			if res.Header.Get("Set-Cookie") != "" || strings.ContainsAny(res.Header.Get("Location"), "\r\n<> ") {
				t.Errorf("%v: %v", q, res.Header)
			}
		}
	}
}

// TestACodeIsForItsOwnClientOnly fails when a code that leaked from one client works in another: code injection.
func TestACodeIsForItsOwnClientOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.client("victim", "")
	w.client("attacker", "")
	w.client("web", secret1)
	code := w.code("victim")
	refused(t, w.exchange("attacker", code), http.StatusBadRequest, "invalid_grant")
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {app}}
	refused(t, w.post("/oauth2/token", form, basic("web", secret1)...), http.StatusBadRequest, "invalid_grant")
	tokens(t, w.exchange("victim", code)) // strangers do not use it up
}

func TestACodeNeedsItsRedirectURI(t *testing.T) {
	t.Parallel()
	for name, uri := range map[string]string{"another": "https://app.example.com/other", "none": "", "longer": app + "/"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.client("client", "", func(s *directory.ClientSettings) {
				s.CallbackURLs = []string{app, "https://app.example.com/other"}
			})
			code := w.code("client")
			res := w.exchange("client", code, "redirect_uri", uri)
			refused(t, res, http.StatusBadRequest, "unauthorized_client")
			if body(t, res)["error_description"] != "invalid_redirect" {
				t.Errorf("%s", res.Body)
			}
			refused(t, w.exchange("client", code), http.StatusBadRequest, "invalid_grant") // one attempt
		})
	}
}

// TestPKCECannotBeTakenAway fails when a code that is protected works without proof, or proof is taken for a code that
// is not protected: a downgrade.
func TestPKCECannotBeTakenAway(t *testing.T) {
	t.Parallel()
	protected := []string{"code_challenge", challenge, "code_challenge_method", "S256"}
	for name, c := range map[string]struct {
		ask      []string
		verifier string
		good     bool
	}{
		"the right verifier":      {protected, verifier, true},
		"no verifier":             {protected, "", false},
		"another verifier":        {protected, strings.Repeat("a", 43), false},
		"the challenge itself":    {protected, challenge, false},
		"a padded verifier":       {protected, verifier + "=", false},
		"a verifier for nothing":  {nil, verifier, false},
		"nothing for nothing":     {nil, "", true},
		"the code itself instead": {protected, "code", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.client("client", "")
			code := w.code("client", c.ask...)
			res := w.exchange("client", code, "code_verifier", c.verifier)
			if !c.good {
				refused(t, res, http.StatusBadRequest, "invalid_grant")
				refused(t, w.exchange("client", code, "code_verifier", verifier), http.StatusBadRequest, "invalid_grant")
				return
			}
			tokens(t, res)
		})
	}
}

func TestACodeDiesAfterFiveMinutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.client("client", "")
	first, second := w.code("client"), w.code("client")
	w.clock.Advance(5*time.Minute - time.Millisecond)
	tokens(t, w.exchange("client", first))
	w.clock.Advance(time.Millisecond)
	refused(t, w.exchange("client", second), http.StatusBadRequest, "invalid_grant")
}

// TestAReplayedCodeTakesItsTokensAway fails when somebody who copied a code keeps what it gave.
func TestAReplayedCodeTakesItsTokensAway(t *testing.T) {
	t.Parallel()
	for name, revocable := range map[string]bool{"with revocation": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.client("client", "", func(s *directory.ClientSettings) { s.TokenRevocation = revocable })
			code := w.code("client")
			got := tokens(t, w.exchange("client", code))
			bearer := "Bearer " + got["access_token"].(string)
			if res := w.get("/oauth2/userInfo", nil, nil, "Authorization", bearer); res.Code != http.StatusOK {
				t.Fatalf("userInfo: %d %s", res.Code, res.Body)
			}
			refused(t, w.exchange("client", code), http.StatusBadRequest, "invalid_grant")
			if res := w.get("/oauth2/userInfo", nil, nil, "Authorization", bearer); res.Code != http.StatusUnauthorized {
				t.Errorf("userInfo after the replay: %d", res.Code)
			}
			form := url.Values{"grant_type": {"refresh_token"}, "client_id": {"client"}, "refresh_token": {got["refresh_token"].(string)}}
			refused(t, w.post("/oauth2/token", form), http.StatusBadRequest, "invalid_grant")
		})
	}
}

// TestOfManyUsesAtOnceNoneSurvives fails when a race gives two people tokens, or leaves the one who won with tokens
// although the code is known to be in two hands.
func TestOfManyUsesAtOnceNoneSurvives(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.client("client", "")
	code := w.code("client")
	results := make([]*httptest.ResponseRecorder, 12)
	var group sync.WaitGroup
	start := make(chan struct{})
	for i := range results {
		group.Go(func() {
			<-start
			results[i] = w.exchange("client", code)
		})
	}
	close(start)
	group.Wait()
	won := 0
	for _, res := range results {
		if res.Code != http.StatusOK {
			refused(t, res, http.StatusBadRequest, "invalid_grant")
			continue
		}
		won++
		access := body(t, res)["access_token"].(string)
		if _, err := w.verifier.Access(t.Context(), access); err == nil {
			t.Error("tokens of a replayed code work")
		}
	}
	if won > 1 {
		t.Errorf("%d won", won)
	}
}

// TestAPlantedSecretNeverBecomesASession fails when somebody can fix the cookie of a browser before its user signs in.
func TestAPlantedSecretNeverBecomesASession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.client("client", "")
	planted := strings.Repeat("A", 43)
	_, secret, err := w.auth.Browser.Begin(t.Context(), authorize.Proof{Pool: w.pool, User: w.alice, Replaces: planted})
	w.check(err)
	if secret == planted {
		t.Fatal("the planted secret was taken")
	}
	if u := location(t, w.get("/oauth2/authorize", ask("client"), w.site.Cookie(planted, time.Time{}))); u.Path != "/login" {
		t.Errorf("the planted secret leads to %s", u)
	}
	// Signing in again in the same browser ends the session before.
	_, _, err = w.auth.Browser.Begin(t.Context(), authorize.Proof{Pool: w.pool, User: w.alice, Replaces: secret})
	w.check(err)
	if u := location(t, w.get("/oauth2/authorize", ask("client"), w.site.Cookie(secret, time.Time{}))); u.Path != "/login" {
		t.Errorf("the old secret leads to %s", u)
	}
}

// TestASessionOfOnePoolIsNothingInAnother fails when a cookie can be carried from one pool's site to another's.
func TestASessionOfOnePoolIsNothingInAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stranger()
	cookie := w.signIn()
	other, err := w.dir.Pools.Get(t.Context(), "eu-west-1_Pool00002")
	w.check(err)
	w.site.Pool = other
	u := location(t, w.get("/oauth2/authorize", ask("stranger", "scope", "openid"), cookie))
	if u.Path != "/login" {
		t.Errorf("the browser goes to %s", u)
	}
}

func TestTheCookieIsForThisSiteAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		base, prefix, path string
		secure             bool
	}{
		{"https://people.auth.example.com", "", "/", true}, {"http://people.auth.localhost:9229", "", "/", false},
		{"http://127.0.0.1:9229/" + poolID, "/" + poolID, "/" + poolID + "/", false},
	} {
		cookie := authorize.Site{Pool: w.pool, Base: c.base, Prefix: c.prefix}.Cookie("secret", w.clock.Now())
		if cookie.Path != c.path || cookie.Secure != c.secure || !cookie.HttpOnly || cookie.Domain != "" || cookie.SameSite != http.SameSiteLaxMode {
			t.Errorf("%s: %+v", c.base, cookie)
		}
	}
}
