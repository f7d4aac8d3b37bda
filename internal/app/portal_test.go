package app

import (
	"encoding/base64"
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/consent"
	"cognate.dev/cognate/internal/directory"
)

// TestThePortalShowsAndEnds goes through all that somebody sees and does on the page.
func TestThePortalShowsAndEnds(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	bob := h.person("bob")
	g, phone := h.guest(bob, firefox), h.guest(bob, "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile/15E148 Safari/604.1")
	g.do("GET", "/default/work/portal", nil)
	g.sees(true, "Sign in", "Log in to demo app", "through Work")
	g.sees(false, "bob@example.com")
	set := g.tokens(h.client, "openid email")
	// What was agreed to is shown, and forgotten, also where no session is left of it.
	h.check(h.h.store.SaveGrants(t.Context(), []consent.Grant{{PoolID: testPool, UserID: bob.ID, ClientID: h.client, Scope: "phone", GivenAt: time.Now().UTC()}}))
	g.enter()
	g.sees(true, "Your phone number", "bob@example.com", "Calendar", "Your email address", "https://calendar.example.com/start", "Firefox on Linux", "This browser", "Safari on iOS", "192.0.2.7")

	g.press("revoke", h.client)
	g.sees(true, "has no access any more", "No application has access")
	if g.renews(h.client, set) {
		t.Error("the refresh token of a client without access works")
	}
	if left, err := h.h.store.Grants(t.Context(), testPool, bob.ID, ""); err != nil || len(left) != 0 {
		t.Errorf("grants that are left: %v, %v", left, err)
	}
	g.do("GET", "/default/work/portal", nil)
	g.press("end", phone.session.ID)
	g.sees(true, "signed out there")
	g.sees(false, "Safari on iOS")
	if _, user, err := h.h.rooms.Load().authorizer.Browser.Find(t.Context(), h.site().Pool, authorize.Secret(phone.request())); err != nil || user != nil {
		t.Errorf("the phone is signed in as %v, %v", user, err)
	}
	g.press("signout", "1")
	g.sees(true, "You are signed out", "Sign in")
	g.do("GET", "/default/work/portal", nil)
	g.sees(false, "bob@example.com")
}

// TestSigningOutEverywhereEndsEverything: browsers, the portal, and the tokens of clients.
func TestSigningOutEverywhereEndsEverything(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	bob := h.person("bob")
	g, other := h.guest(bob, firefox), h.guest(bob, firefox)
	set := other.tokens(h.client, "openid offline_access")
	other.enter()
	g.enter()
	g.press("all", "1")
	g.sees(true, "You are signed out")
	other.do("GET", "/default/work/portal", nil)
	other.sees(false, "bob@example.com")
	if other.renews(h.client, set) {
		t.Error("a refresh token works")
	}
}

// TestNobodyReachesIntoAnothersPortal tries what a person, a page or a thief may try.
func TestNobodyReachesIntoAnothersPortal(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	alice, mallory := h.guest(h.person("bob"), firefox), h.guest(h.person("mallory"), firefox)
	set := alice.tokens(h.client, "openid")
	alice.enter()
	mallory.enter()

	// Another's session and another's grant are as if they were not there.
	mallory.press("end", alice.session.ID)
	mallory.press("revoke", h.client)
	alice.do("GET", "/default/work/portal", nil)
	alice.sees(true, "Calendar", "This browser")
	if !alice.renews(h.client, set) {
		t.Error("mallory has ended a session of bob's")
	}

	// A form of mallory's page, sent by bob's browser, and a form without any.
	mallory.do("GET", "/default/work/portal", nil)
	state := html.UnescapeString(formState.FindStringSubmatch(mallory.page)[1])
	for what, form := range map[string]url.Values{"a forged form": {"state": {state}, "all": {"1"}}, "no state": {"all": {"1"}}} {
		if alice.do("POST", "/default/work/portal", form); alice.status != http.StatusForbidden {
			t.Errorf("%s: %d", what, alice.status)
		}
	}
	alice.do("GET", "/default/work/portal", nil)
	own := html.UnescapeString(formState.FindStringSubmatch(alice.page)[1])
	if alice.do("POST", "/default/work/portal", url.Values{"state": {own}, "all": {"1"}}, "Sec-Fetch-Site", "cross-site"); alice.status != http.StatusForbidden {
		t.Errorf("a form from another site: %d", alice.status)
	}
	// An answer that this browser did not ask for signs nobody in: mallory's code in bob's browser.
	mallory.do("GET", "/default/work/portal?login=1", nil)
	planted := strings.TrimPrefix(mallory.answer(mallory.at), h.server.URL)
	fresh := h.guest(h.person("carol"), firefox)
	if fresh.do("GET", planted, nil); strings.Contains(fresh.page, "mallory") || fresh.status != http.StatusOK {
		t.Errorf("a planted code: %d", fresh.status)
	}
	fresh.do("GET", "/default/work/portal", nil)
	fresh.sees(false, "mallory@example.com")

	// A pass of one workspace opens no other over the same pool.
	h.must(201, "POST", adminAPI+"/servers", map[string]any{"id": "other", "name": "Other", "user_pool_id": testPool, "enable_user_portal": true})
	page, err := url.Parse(h.site().Base + "/portal")
	h.check(err)
	for _, c := range alice.http.Jar.Cookies(page) {
		if c.Name == "portal" {
			alice.do("GET", "/default/other/portal", nil, "Cookie", "portal="+c.Value)
		}
	}
	alice.sees(false, "bob@example.com")
	alice.sees(true, "through Other")
}

// TestTheAPITakesTokensOfThePersonAlone goes through the API, with and without what it asks for.
func TestTheAPITakesTokensOfThePersonAlone(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	made := h.must(201, "POST", adminAPI+"/clients", map[string]any{
		"authorization_server_id": "work", "client_name": "Manager", "redirect_uris": []string{callback}, "token_endpoint_auth_method": "none",
		"scopes": []string{"openid", "user_portal"},
	})
	manager := made["client_id"].(string)
	if plain := h.must(200, "GET", adminAPI+"/clients/"+h.client, nil); slices.Contains(plain["scopes"].([]any), any("user_portal")) {
		t.Errorf("a client that names no scopes has %v", plain["scopes"])
	}
	g, mallory := h.guest(h.person("bob"), firefox), h.guest(h.person("mallory"), firefox)
	set := g.tokens(h.client, "openid email")
	bearer := func(set map[string]any) []string {
		return []string{"Authorization", "Bearer " + set["access_token"].(string)}
	}
	good, theirs := bearer(g.tokens(manager, "openid user_portal")), bearer(mallory.tokens(manager, "openid user_portal"))
	call := func(status int, method, path string, header []string) map[string]any {
		t.Helper()
		g.do(method, "/default/work"+path, nil, header...)
		var out map[string]any
		_ = json.Unmarshal([]byte(g.page), &out) // some answers are empty
		if g.status != status {
			t.Errorf("%s %s answered %d %s, want %d", method, path, g.status, g.page, status)
		}
		return out
	}
	g.enter() // its cookies open nothing
	for _, header := range [][]string{nil, {"Authorization", "Bearer x"}, {"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte("a:b"))}} {
		call(401, "GET", "/clients", header)
		call(401, "DELETE", "/tokens", header)
	}
	call(403, "GET", "/clients", bearer(set))
	call(401, "GET", "/clients?access_token="+strings.TrimPrefix(good[1], "Bearer "), nil)

	clients := call(200, "GET", "/clients", good)["clients"].([]any)
	first, _ := clients[0].(map[string]any)
	if len(clients) != 2 || first["client_id"] != h.client || len(first["granted_scopes"].([]any)) != 2 || len(first["granted_claims"].([]any)) == 0 {
		t.Errorf("clients %v", clients)
	}
	if list := call(200, "GET", "/clients", theirs)["clients"].([]any); len(list) != 1 || list[0].(map[string]any)["client_id"] != manager {
		t.Errorf("mallory sees %v", list)
	}
	sessions := call(200, "GET", "/sso/sessions", good)["sessions"].([]any)
	if s, _ := sessions[0].(map[string]any); len(sessions) != 1 || s["session_id"] != g.session.ID || s["current"] != true || s["ip"] != "192.0.2.7" || s["device"] != "Firefox on Linux" {
		t.Errorf("sessions %v", sessions)
	}
	if list := call(200, "GET", "/applications", good)["applications"].([]any); len(list) != 1 || list[0].(map[string]any)["client_uri"] != "https://calendar.example.com/start" {
		t.Errorf("applications %v", list)
	}
	call(404, "DELETE", "/sso/sessions/"+g.session.ID, theirs)
	call(404, "DELETE", "/sso/sessions/%00", good)
	call(404, "DELETE", "/clients/"+h.client, theirs)
	call(404, "DELETE", "/clients/nobody", good)
	call(204, "DELETE", "/clients/"+h.client, good)
	call(404, "DELETE", "/clients/"+h.client, good)
	if g.renews(h.client, set) {
		t.Error("the refresh token of a client without access works")
	}
	call(204, "DELETE", "/tokens", good)
	call(401, "GET", "/clients", good)
	call(200, "GET", "/clients", theirs)
	call(405, "POST", "/clients", theirs)
}

// TestThePortalIsThereWhereItIsWanted: off, there is neither page nor API, and links lead only to where operators say.
func TestThePortalIsThereWhereItIsWanted(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	b.must(201, "POST", adminAPI+"/servers", map[string]any{"id": "work", "name": "Work", "user_pool_id": testPool})
	g := (&hall{b, ""}).guest(b.alice, firefox)
	for _, path := range []string{"/default/work/portal", "/default/work/demo", "/default/work/clients", "/default/system/portal", "/" + testPool + "/portal", "/" + testPool + "/demo", "/" + testPool + "/clients"} {
		if g.do("GET", path, nil); g.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, g.status)
		}
	}
	for _, uri := range []string{"javascript:alert(1)", "data:text/html,x", "http://example.com/", "//example.com", "https://a@b.example.com/", "/relative"} {
		b.must(422, "POST", adminAPI+"/clients", map[string]any{
			"authorization_server_id": "work", "client_name": "x", "redirect_uris": []string{callback}, "client_uri": uri,
		})
	}
}

// TestNamesAreTextOnThePortal: what operators and providers call things is shown as text, whatever it is.
func TestNamesAreTextOnThePortal(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	const evil = `"><script>alert(1)</script>`
	id := h.make(strings.Trim(`<img src=x onerror=alert(1)>`, " "), "")
	u := h.person("bob")
	d := h.h.rooms.Load().directory
	_, err := d.Users.Change(t.Context(), h.site().Pool, u.ID, func(x *directory.User) error { x.Attributes["name"] = evil; return nil })
	h.check(err)
	g := h.guest(u, evil)
	g.tokens(id, "openid email")
	g.enter()
	if strings.Contains(g.page, "<script>alert") || strings.Contains(g.page, "<img src=x") {
		t.Errorf("markup of others is on the page:\n%s", g.page)
	}
	g.sees(true, evil)
}
