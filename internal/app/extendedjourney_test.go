package app

import (
	"context"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/workspace"
	"cognate.dev/cognate/internal/workspace/journey"
)

// stray makes the client of a broker one that is not trusted.
func (b *broker) stray() {
	b.t.Helper()
	id := b.client["client_id"].(string)
	about := b.must(200, "GET", adminAPI+"/clients/"+id, nil)
	about["trusted"] = false
	b.must(200, "PUT", adminAPI+"/clients/"+id, about)
}

// until goes where a browser is sent, as far as an address that begins with something.
func (b *broker) until(browser *http.Client, address, begins string) *url.URL {
	b.t.Helper()
	for range 12 {
		if strings.HasPrefix(address, begins) {
			u, err := url.Parse(address)
			b.check(err)
			return u
		}
		r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, address, http.NoBody)
		b.check(err)
		answer, err := browser.Do(r)
		b.check(err)
		text, err := io.ReadAll(answer.Body)
		b.check(err)
		b.check(answer.Body.Close())
		next, err := answer.Location()
		if err != nil {
			b.t.Fatalf("the browser stays at %s: %d %s", address, answer.StatusCode, text)
		}
		address = next.String()
	}
	b.t.Fatal("the browser is sent around without end")
	return nil
}

var boxTag = regexp.MustCompile(`name="scope" value="([^"]*)"`)

// agree answers the consent page that a browser is sent to with a button, and gives what was asked and what the client hears.
func (b *broker) agree(browser *http.Client, address, button string, scopes ...string) (asked string, heard url.Values) {
	b.t.Helper()
	page := b.until(browser, address, b.server.URL+"/default/work/consent?")
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, page.String(), http.NoBody)
	b.check(err)
	answer, err := browser.Do(r)
	b.check(err)
	text, err := io.ReadAll(answer.Body)
	b.check(err)
	b.check(answer.Body.Close())
	var names []string
	for _, found := range boxTag.FindAllStringSubmatch(string(text), -1) {
		names = append(names, found[1])
	}
	form := url.Values{button: {"1"}, "scope": scopes}
	for _, found := range regexp.MustCompile(`name="state" value="([^"]*)"`).FindAllStringSubmatch(string(text), 1) {
		form.Set("state", html.UnescapeString(found[1]))
	}
	r, err = http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.server.URL+"/default/work/consent", strings.NewReader(form.Encode()))
	b.check(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err = browser.Do(r)
	b.check(err)
	b.check(answer.Body.Close())
	next, err := answer.Location()
	if err != nil {
		b.t.Fatalf("the answer leads nowhere: %d %s", answer.StatusCode, text)
	}
	heard, _ = b.follow(browser, next.String())
	return strings.Join(names, " "), heard
}

// TestConsentIsAskedRememberedAndWithdrawn is acceptance 13, 14 and 16: an untrusted client is asked about, once; a new scope alone
// later; what is taken back again, and its refresh token is dead; a denial is access_denied.
func TestConsentIsAskedRememberedAndWithdrawn(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	b.stray()
	browser := b.newBrowser()
	if _, heard := b.agree(browser, b.ask("scope", "openid email"), "deny"); heard.Get("error") != "access_denied" || heard.Get("state") != "s1" {
		t.Errorf("the client hears %v", heard)
	}
	asked, heard := b.agree(browser, b.ask("scope", "openid email profile"), "allow", "email")
	if asked != "email profile" { // openid is of the kind implicit_grant
		t.Errorf("asked %q", asked)
	}
	answer, id, access := b.tokens(url.Values{"grant_type": {"authorization_code"}, "code": {heard.Get("code")}, "redirect_uri": {appCallback}})
	if access["scope"] != "openid email" || id["email"] == nil || id["name"] != nil {
		t.Errorf("the tokens are for %v: %v", access["scope"], id)
	}
	if heard, page := b.follow(browser, b.ask("scope", "openid email")); heard.Get("code") == "" {
		t.Errorf("asked again: %v %s", heard, page)
	}
	if asked, _ := b.agree(browser, b.ask("scope", "openid email profile"), "deny"); asked != "profile" {
		t.Errorf("asked %q", asked)
	}
	sub, client := id["sub"].(string), b.client["client_id"].(string)
	grants := adminAPI + "/servers/work/scope-grants?subject=" + sub
	if list := b.must(200, "GET", grants, nil)["clients"].([]any); len(list) != 1 || list[0].(map[string]any)["client_name"] != "App" {
		t.Errorf("grants %v", list)
	}
	b.must(204, "DELETE", grants+"&client_id="+client, nil)
	if dead, _, _ := b.tokens(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {answer["refresh_token"].(string)}}); dead["error"] != "invalid_grant" {
		t.Errorf("the refresh token works still: %v", dead)
	}
	if asked, _ := b.agree(browser, b.ask("scope", "openid email"), "allow", "email"); asked != "email" {
		t.Errorf("asked %q", asked)
	}
}

// machine is an access token of a client of the system workspace.
func (b *broker) machine(id, secret string) string {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.server.URL+"/default/system/oauth2/token", strings.NewReader("grant_type=client_credentials"))
	b.check(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(id, secret)
	got, err := http.DefaultClient.Do(r)
	b.check(err)
	defer got.Body.Close()
	var answer map[string]any
	b.check(json.NewDecoder(got.Body).Decode(&answer))
	token, _ := answer["access_token"].(string)
	if token == "" {
		b.t.Fatalf("no token: %v", answer)
	}
	return token
}

// TestACustomApplicationHasItsSayInASignIn is acceptance 12 over the wire: complete, abort, replay, a foreign browser, another program.
func TestACustomApplicationHasItsSayInASignIn(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	b.h.cfg.Extensions.CustomApps = true
	b.check(b.h.open(t.Context()))
	at := adminAPI + "/servers/work"
	app := b.must(201, "POST", at+"/custom-apps", map[string]any{"name": "Terms", "url": "https://terms.example.com/", "type": "post-authn"})
	other := b.must(201, "POST", at+"/custom-apps", map[string]any{"name": "Other", "url": "https://other.example.com/", "type": "post-authn"})
	b.change(func(idp map[string]any) {
		delete(idp, "redirect_url")
		idp["post_authn_app_id"] = app["id"]
	})
	admin := b.actor
	theirs := "Bearer " + b.machine(app["client_id"].(string), app["client_secret"].(string))
	foreign := "Bearer " + b.machine(other["client_id"].(string), other["client_secret"].(string))
	away := func(browser *http.Client) (path, state string) {
		t.Helper()
		q := b.until(browser, b.ask(), "https://terms.example.com/").Query()
		return "/api/system/default/post-authn/" + q.Get("login_id"), q.Get("login_state")
	}
	browser := b.newBrowser()
	path, state := away(browser)
	b.actor = theirs
	session := b.must(200, "GET", path+"?login_state="+state, nil)
	if session["client_id"] != b.client["client_id"] || session["authentication_context"].(map[string]any)["email"] == nil {
		t.Errorf("the session is %v", session)
	}
	for _, secret := range []string{"browser", "request", "lines", "notes"} {
		if session[secret] != nil {
			t.Errorf("the session tells %s", secret)
		}
	}
	b.actor = foreign
	b.must(404, "GET", path+"?login_state="+state, nil)
	b.must(404, "POST", path+"/complete", map[string]any{"login_state": state})
	b.actor = admin
	b.must(401, "POST", path+"/complete", map[string]any{"login_state": state})
	b.actor = theirs
	b.must(422, "POST", path+"/complete", map[string]any{"login_state": state, "authentication_context": map[string]any{"admin": true}})
	done := b.must(200, "POST", path+"/complete", map[string]any{"login_state": state, "authentication_context": map[string]any{"nickname": "Al"}})
	b.must(404, "POST", path+"/complete", map[string]any{"login_state": state})
	heard, page := b.follow(browser, done["redirect_to"].(string))
	_, id, _ := b.tokens(url.Values{"grant_type": {"authorization_code"}, "code": {heard.Get("code")}, "redirect_uri": {appCallback}})
	if id["nickname"] != "Al" {
		t.Errorf("what the application has found out is in no token: %v %v %s", id, heard, page)
	}
	b.refused("again", browser, done["redirect_to"].(string), "")

	browser = b.newBrowser()
	path, state = away(browser)
	done = b.must(200, "POST", path+"/complete", map[string]any{"login_state": state})
	b.refused("another browser", b.newBrowser(), done["redirect_to"].(string), "")

	path, state = away(browser)
	b.must(422, "POST", path+"/abort", map[string]any{"login_state": state, "error": "Not A Code"})
	done = b.must(200, "POST", path+"/abort", map[string]any{"login_state": state, "error": "access_denied", "error_description": "no terms, no entry"})
	if heard, _ := b.follow(browser, done["redirect_to"].(string)); heard.Get("error") != "access_denied" || heard.Get("error_description") != "no terms, no entry" {
		t.Errorf("the client hears %v", heard)
	}
}

// TestAConsentPageOfAnothersAsks goes the way of the consent page with a program in its place.
func TestAConsentPageOfAnothersAsks(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	b.h.cfg.Extensions.CustomApps = true
	b.check(b.h.open(t.Context()))
	b.stray()
	page := b.must(200, "PUT", adminAPI+"/servers/work/server-consent", map[string]any{"type": "custom", "custom": map[string]any{"server_consent_url": "https://consent.example.com/"}})
	theirs := "Bearer " + b.machine(page["client_id"].(string), page["client_secret"].(string))
	browser := b.newBrowser()
	q := b.until(browser, b.ask("scope", "openid email profile"), "https://consent.example.com/").Query()
	path, state := "/api/system/default/scope-grants/"+q.Get("login_id"), q.Get("login_state")
	b.actor = theirs
	if session := b.must(200, "GET", path+"?login_state="+state, nil); len(session["scopes_to_consent"].([]any)) != 2 {
		t.Errorf("the session is %v", session)
	}
	b.must(422, "POST", path+"/accept", map[string]any{"login_state": state, "granted_scopes": []string{"email", "phone"}})
	b.must(422, "POST", path+"/accept", map[string]any{"login_state": state, "granted_scopes": []string{"email"}, "granted_claims": []string{"name"}})
	done := b.must(200, "POST", path+"/accept", map[string]any{"id": q.Get("login_id"), "login_state": state, "granted_scopes": []string{"email"}, "granted_claims": []string{}})
	b.must(404, "POST", path+"/reject", map[string]any{"login_state": state})
	heard, _ := b.follow(browser, done["redirect_to"].(string))
	_, _, access := b.tokens(url.Values{"grant_type": {"authorization_code"}, "code": {heard.Get("code")}, "redirect_uri": {appCallback}})
	if access["scope"] != "openid email" {
		t.Errorf("the token is for %v", access["scope"])
	}
}

// TestWhatIsNotSelectedIsNoWayIn plays the script that selects with a function: what it leaves out is neither gone to nor chosen.
func TestWhatIsNotSelectedIsNoWayIn(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	partner := b.connect("Partner", func(idp map[string]any) {
		idp["hidden"] = true
		idp["settings"].(map[string]any)["client_id"] = "partner"
	})
	asked := ""
	b.h.rooms.Load().journeys.Journeys.Select = func(_ context.Context, s journey.Selection) ([]*workspace.Connection, error) {
		asked = s.Request.Asked("login_hint")
		return slices.DeleteFunc(s.From, func(c *workspace.Connection) bool {
			c.Hidden = false
			return c.ID != partner["id"]
		}), nil
	}
	at := b.until(b.newBrowser(), b.ask("login_hint", "a@partner.example"), b.peer.server.URL+"/")
	if at.Query().Get("client_id") != "partner" || asked != "a@partner.example" {
		t.Errorf("the browser is at %s; the script was told %q", at, asked)
	}
	for _, way := range []string{"/oauth2/choose?connection=" + b.idp["id"].(string) + "&", "/oauth2/authorize?idp_hint=" + b.idp["id"].(string) + "&"} {
		_, query, _ := strings.Cut(b.ask(), "?")
		b.refused(way, b.newBrowser(), b.server.URL+"/default/work"+way+query, "invalid_request")
	}
}

// TestWhoMayNotBeAskedIsSentNowhere has a page's link followed with prompt=none: at a provider somebody would be asked.
func TestWhoMayNotBeAskedIsSentNowhere(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	_, query, _ := strings.Cut(b.ask("prompt", "none"), "?")
	way := "/oauth2/choose?connection=" + b.idp["id"].(string) + "&"
	b.refused(way, b.newBrowser(), b.server.URL+"/default/work"+way+query, "login_required")
}
