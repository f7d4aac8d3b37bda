package app

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/workspace/journey"
)

// halt goes to the provider and stops where it sends the browser back to us.
func (b *broker) halt(browser *http.Client, address string) string {
	b.t.Helper()
	for range 5 {
		r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, address, http.NoBody)
		b.check(err)
		answer, err := browser.Do(r)
		b.check(err)
		b.check(answer.Body.Close())
		next, err := answer.Location()
		if err != nil {
			b.t.Fatalf("nobody was sent to the provider: %d at %s", answer.StatusCode, address)
		}
		if address = next.String(); strings.Contains(address, "/oauth2/idpresponse") {
			return address
		}
	}
	b.t.Fatal("the provider does not send anybody back")
	return ""
}

// refused goes on and fails the test where a code comes of it.
func (b *broker) refused(what string, browser *http.Client, address, atClient string) {
	b.t.Helper()
	query, page := b.follow(browser, address)
	switch {
	case query.Get("code") != "":
		b.t.Errorf("%s: a code was given", what)
	case atClient == "" && query != nil:
		b.t.Errorf("%s: the client hears %v", what, query)
	case atClient != "" && query.Get("error") != atClient:
		b.t.Errorf("%s: the client hears %v, want %s; page %.200s", what, query, atClient, page)
	}
}

// TestForgedReturnsLetNobodyIn has the ways to come back that nobody sent.
func TestForgedReturnsLetNobodyIn(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	browser := b.newBrowser()
	back := b.halt(browser, b.ask())
	b.refused("another browser", b.newBrowser(), back, "")
	b.refused("the same after another browser used it up", browser, back, "")
	back = b.halt(browser, b.ask())
	if code, _ := b.follow(browser, back); code.Get("code") == "" {
		t.Fatalf("a good return: %v", code)
	}
	b.refused("the same again", browser, back, "")
	back = b.halt(browser, b.ask())
	b.refused("another state", browser, strings.Replace(back, "state=", "state=x", 1), "")
	b.refused("the pool's own callback", browser, strings.Replace(back, "/default/work/", "/"+testPool+"/", 1), "")
	b.must(201, "POST", adminAPI+"/servers", map[string]any{"id": "other", "name": "Other", "user_pool_id": testPool})
	b.refused("another workspace of the pool", browser, strings.Replace(back, "/work/", "/other/", 1), "")
	for name, change := range map[string]func(*upstream){
		"a mix-up: an answer of another issuer": func(p *upstream) { p.answer = func(q url.Values) { q.Set("iss", "https://evil.example.com") } },
		"another nonce":                         func(p *upstream) { p.id = map[string]any{"nonce": "x"} },
		"another audience":                      func(p *upstream) { p.id = map[string]any{"aud": "other"} },
		"another party":                         func(p *upstream) { p.id = map[string]any{"azp": "other"} },
		"another issuer":                        func(p *upstream) { p.id = map[string]any{"iss": "https://evil.example.com"} },
		"expired":                               func(p *upstream) { p.id = map[string]any{"exp": 1_700_000_000} },
		"no subject":                            func(p *upstream) { p.id = map[string]any{"sub": ""} },
		"two codes":                             func(p *upstream) { p.answer = func(q url.Values) { q.Add("code", "x") } },
	} {
		b.peer.set(func(p *upstream) { p.id, p.answer = map[string]any{}, nil; change(p) })
		b.refused(name, b.newBrowser(), b.ask(), "invalid_request")
	}
	b.peer.set(func(p *upstream) { p.id, p.answer, p.refuses = map[string]any{}, nil, "access_denied" })
	b.refused("the provider says no", b.newBrowser(), b.ask(), "access_denied")
}

// TestNobodyComesThroughWhatIsDisabled disables and deletes a connection while somebody is on the way, and afterwards.
func TestNobodyComesThroughWhatIsDisabled(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	b.change(func(c map[string]any) {
		c["config"] = map[string]any{"enable_stateful_ctx": true, "stateful_ctx_duration": "10m0s"}
	})
	signedIn := b.newBrowser()
	answer, _, _ := b.signIn(signedIn)
	browser := b.newBrowser()
	back := b.halt(browser, b.ask())
	b.change(func(c map[string]any) { c["disabled"] = true })
	b.refused("on the way", browser, back, "invalid_request")
	b.refused("by name", browser, b.ask("idp_hint", b.idp["id"].(string)), "invalid_request")
	b.refused("from the cache", signedIn, b.ask(), "access_denied")
	renew := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {answer["refresh_token"].(string)}}
	if got, _, _ := b.tokens(renew); got["error"] != "invalid_grant" {
		t.Errorf("a refresh through a disabled connection: %v", got)
	}
	if info := b.userInfo(answer); info["status"] != http.StatusUnauthorized {
		t.Errorf("userInfo through a disabled connection: %v", info)
	}
	b.change(func(c map[string]any) { c["disabled"] = false })
	if got, id, _ := b.tokens(renew); id["email"] != "up@example.com" {
		t.Errorf("a refresh after it was enabled again: %v", got)
	}
	back = b.halt(browser, b.ask())
	b.must(204, "DELETE", adminAPI+"/servers/work/idps/"+b.idp["id"].(string), nil)
	b.refused("deleted on the way", browser, back, "invalid_request")
	if got, _, _ := b.tokens(renew); got["error"] != "invalid_grant" {
		t.Errorf("a refresh through a deleted connection: %v", got)
	}
}

// TestNobodyTakesAnAccountOver fails when an address or a name makes somebody who they are not.
func TestNobodyTakesAnAccountOver(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	b.peer.set(func(p *upstream) {
		p.id = map[string]any{"email": "alice@example.com", "email_verified": true, "preferred_username": "alice", "cognito:username": "alice", "sub": "mallory"}
	})
	_, id, _ := b.signIn(b.newBrowser())
	if id["sub"] == b.alice.ID {
		t.Fatal("an address of a provider has made somebody alice")
	}
	users := b.h.rooms.Load().directory.Users
	alice, err := users.Get(t.Context(), testPool, b.alice.ID)
	b.check(err)
	if alice.Username != "alice" || alice.Attributes["email"] != "alice@example.com" {
		t.Errorf("alice is now %+v", alice)
	}
	pool, err := b.h.rooms.Load().directory.Pools.Get(t.Context(), testPool)
	b.check(err)
	_, err = users.Create(t.Context(), pool, directory.NewUser{Username: b.idp["id"].(string) + "_victim", Status: directory.Confirmed, By: directory.BySystem}, false)
	if err == nil {
		t.Error("somebody took the name of a person of the connection")
	}
	b.connect("Evil", nil) // the same subject, through another connection, is another person
	other := b.must(200, "GET", adminAPI+"/servers/work/idps", nil)["idps"].([]any)
	for _, c := range other {
		if x := c.(map[string]any); x["name"] == "Evil" {
			if _, again, _ := b.signIn(b.newBrowser(), "idp_hint", x["id"].(string)); again["sub"] == id["sub"] {
				t.Error("two connections share a person")
			}
		}
	}
	_, again, _ := b.signIn(b.newBrowser(), "idp_hint", b.idp["id"].(string))
	if again["sub"] != id["sub"] {
		t.Error("the same person is another the second time")
	}
}

// TestClientsAreTheirWorkspacesAlone tries a client of the workspace at the pool and at another workspace, and the other way.
func TestClientsAreTheirWorkspacesAlone(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	b.must(201, "POST", adminAPI+"/servers", map[string]any{"id": "other", "name": "Other", "user_pool_id": testPool})
	for _, site := range []string{"/" + testPool + "/", "/default/other/"} {
		b.refused("at "+site, b.newBrowser(), strings.Replace(b.ask(), "/default/work/", site, 1), "")
	}
	b.town.client("web", "abcdefghijklmnopqrstuvwxyz+1", appCallback)
	b.refused("a client of the pool", b.newBrowser(), b.ask("client_id", "web"), "")
	b.refused("an open redirect", b.newBrowser(), b.ask("redirect_uri", "https://evil.example.com/"), "")
	for _, path := range []string{"/signup", "/forgotPassword", "/password", "/account"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.server.URL+"/default/work"+path+"?client_id=x", http.NoBody)
		b.check(err)
		answer, err := http.DefaultClient.Do(r)
		b.check(err)
		b.check(answer.Body.Close())
		if answer.StatusCode != http.StatusNotFound {
			t.Errorf("%s answers %d at a workspace", path, answer.StatusCode)
		}
	}
}

// pause is a step that sends everybody away once.
type pause struct {
	say func(l *journey.Login) string
}

func (p *pause) Name() string { return "pause" }
func (p *pause) Take(_ context.Context, l *journey.Login) (string, error) {
	return l.Away(p.say(l))
}

// TestDetoursWorkOnceAndForTheirBrowser suspends a sign-in and plays everybody who could get hold of it.
func TestDetoursWorkOnceAndForTheirBrowser(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	r := b.h.rooms.Load()
	r.journeys.Journeys.Steps = []journey.Step{&pause{func(*journey.Login) string { return "https://custom.example.com/?x=1" }}}
	logins := r.journeys.Journeys.Logins
	away := func(browser *http.Client) (id, state string) {
		t.Helper()
		address := b.halt(browser, b.ask())
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
		b.check(err)
		answer, err := browser.Do(req)
		b.check(err)
		b.check(answer.Body.Close())
		u, err := answer.Location()
		if err != nil {
			t.Fatalf("the browser stays at %s: %d", address, answer.StatusCode)
		}
		if u.Host != "custom.example.com" || u.Query().Get("x") != "1" {
			t.Fatalf("the browser goes to %s", u)
		}
		return u.Query().Get("login_id"), u.Query().Get("login_state")
	}
	resume := func(id, state string) string {
		return b.server.URL + "/default/work/oauth2/resume?" + url.Values{"login_id": {id}, "login_state": {state}}.Encode()
	}
	settle := func(id, state string, change func(*journey.Login) error) (*journey.Login, error) {
		return logins.Settle(t.Context(), "work", id, state, "pause", change)
	}
	nothing := func(*journey.Login) error { return nil }

	browser := b.newBrowser()
	id, state := away(browser)
	b.refused("before anybody has settled it", browser, resume(id, state), "")
	id, state = away(browser)
	if _, err := settle(id, strings.Repeat("x", len(state)), nothing); err == nil {
		t.Error("settled by another state")
	}
	if _, err := logins.Settle(t.Context(), "other", id, state, "pause", nothing); err == nil {
		t.Error("settled at another workspace")
	}
	if _, err := logins.Settle(t.Context(), "work", id, state, "consent", nothing); err == nil {
		t.Error("settled for a step that it does not wait for")
	}
	l, err := settle(id, state, func(l *journey.Login) error {
		l.Context["name"] = "Changed"
		return nil
	})
	b.check(err)
	if _, err := settle(id, state, nothing); err == nil {
		t.Error("settled twice")
	}
	if _, err := settle(id, l.State, nothing); err == nil {
		t.Error("settled again by its new state")
	}
	b.refused("by the old state", browser, resume(id, state), "")
	query, _ := b.follow(browser, l.Back(l.State))
	if query.Get("code") == "" {
		t.Fatalf("the client hears %v", query)
	}
	_, token, _ := b.tokens(url.Values{"grant_type": {"authorization_code"}, "code": {query.Get("code")}, "redirect_uri": {appCallback}})
	if token["name"] != "Changed" {
		t.Errorf("what the detour has said is not in the token: %v", token)
	}
	b.refused("again", browser, l.Back(l.State), "")

	id, state = away(browser)
	l, err = settle(id, state, nothing)
	b.check(err)
	b.refused("another browser", b.newBrowser(), l.Back(l.State), "")
	id, state = away(browser)
	l, err = settle(id, state, func(l *journey.Login) error {
		l.Refused = &journey.Refusal{Code: "access_denied", Text: "no"}
		return nil
	})
	b.check(err)
	b.refused("refused", browser, l.Back(l.State), "access_denied")
	id, state = away(browser)
	l, err = settle(id, state, func(l *journey.Login) error { l.Granted = []string{"openid", "admin"}; return nil })
	b.check(err)
	query, _ = b.follow(browser, l.Back(l.State))
	answer, _, _ := b.tokens(url.Values{"grant_type": {"authorization_code"}, "code": {query.Get("code")}, "redirect_uri": {appCallback}})
	if answer["scope"] != "openid" {
		t.Errorf("what was not asked for was granted, or what was not granted was given: %v", answer["scope"])
	}
	id, state = away(browser)
	l, err = settle(id, state, nothing)
	b.check(err)
	b.change(func(c map[string]any) { c["disabled"] = true })
	b.refused("disabled meanwhile", browser, l.Back(l.State), "access_denied")
	b.change(func(c map[string]any) { c["disabled"] = false })
	id, state = away(browser)
	l, err = settle(id, state, nothing)
	b.check(err)
	b.ahead.Store(int64(11 * time.Minute))
	b.refused("too late", browser, l.Back(l.State), "")
}
