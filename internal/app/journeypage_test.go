package app

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// pages is a workspace whose only connection is a login page of its operator's.
type pages struct {
	*broker
	admin, program string // Authorization headers
}

func newPages(t *testing.T) *pages {
	t.Helper()
	b := newBroker(t)
	b.must(422, "POST", adminAPI+"/servers/work/idps/custom", map[string]any{"name": "Own", "settings": map[string]any{"login_url": "https://login.example.com/"}}) // the flag is off
	b.h.cfg.Extensions.CustomApps = true
	b.check(b.h.open(t.Context()))
	b.must(204, "DELETE", adminAPI+"/servers/work/idps/oidc/"+b.idp["id"].(string), nil)
	p := &pages{broker: b, admin: b.actor}
	p.program = p.page("own", "https://login.example.com/begin?x=y")
	return p
}

// page makes a connection with a login page, and gives what its program proves itself with.
func (p *pages) page(id, address string) string {
	p.t.Helper()
	p.actor = p.admin
	p.must(201, "POST", adminAPI+"/servers/work/idps/custom", map[string]any{"id": id, "name": id, "settings": map[string]any{"login_url": address}})
	client := p.must(201, "POST", adminAPI+"/servers/work/idps/custom/"+id+"/client", nil)
	if read := p.must(200, "GET", adminAPI+"/servers/work/idps/custom/"+id+"/client", nil); read["client_id"] != client["client_id"] || read["client_secret"] != nil {
		p.t.Errorf("read %v of %v", read, client)
	}
	return "Bearer " + p.machine(client["client_id"].(string), client["client_secret"].(string))
}

// away goes to the login page, and gives the path of the sign-in in the API and its state.
func (p *pages) away(browser *http.Client, more ...string) (path, state string) {
	p.t.Helper()
	q := p.until(browser, p.ask(more...), "https://login.example.com/begin").Query()
	if q.Get("x") != "y" {
		p.t.Errorf("the page's own query is gone: %v", q)
	}
	return "/api/system/default/logins/" + q.Get("login_id"), q.Get("login_state")
}

// accept says who somebody is, and gives where the browser goes on.
func (p *pages) accept(path, state string, more map[string]any) string {
	p.t.Helper()
	p.actor = p.program
	body := map[string]any{"login_state": state, "subject": "u-1"}
	for name, value := range more {
		body[name] = value
	}
	return p.must(200, "POST", path+"/accept", body)["redirect_to"].(string)
}

// TestSomebodyComesThroughAPageOfItsOperators signs in there: the program sees who asks and nothing of anybody, says who it is, and the
// browser goes on; the same name is the same person.
func TestSomebodyComesThroughAPageOfItsOperators(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	browser := p.newBrowser()
	path, state := p.away(browser, "login_hint", "alice@example.com")
	p.actor = p.program
	session := p.must(200, "GET", path+"?login_state="+state, nil)
	if session["client_id"] != p.client["client_id"] || session["login_approved"] != false || session["subject"] != "" || session["idp_id"] != "own" {
		t.Errorf("the session is %v", session)
	}
	heard, page := p.follow(browser, p.accept(path, state, map[string]any{
		"id": strings.TrimPrefix(path, "/api/system/default/logins/"), "acr": "gold", "amr": []string{"pwd", "otp"}, "auth_time": time.Now().Add(-time.Minute).UTC().Format(time.RFC3339),
		"authentication_context": map[string]any{"email": "alice@example.com", "name": "Alice"},
	}))
	_, first, _ := p.tokens(url.Values{"grant_type": {"authorization_code"}, "code": {heard.Get("code")}, "redirect_uri": {appCallback}})
	if first["email"] != "alice@example.com" || first["acr"] != "gold" || len(first["amr"].([]any)) != 2 || first["email_verified"] == true {
		t.Fatalf("the ID token is %v; the client heard %v %s", first, heard, page)
	}
	browser = p.newBrowser()
	path, state = p.away(browser)
	heard, _ = p.follow(browser, p.accept(path, state, nil))
	if _, again, _ := p.tokens(url.Values{"grant_type": {"authorization_code"}, "code": {heard.Get("code")}, "redirect_uri": {appCallback}}); again["sub"] != first["sub"] {
		t.Errorf("the same person is %v, and was %v", again["sub"], first["sub"])
	}
	browser = p.newBrowser()
	path, state = p.away(browser)
	done := p.must(200, "POST", path+"/reject", map[string]any{"login_state": state, "error": "access_denied", "error_description": "not today"})
	if heard, _ := p.follow(browser, done["redirect_to"].(string)); heard.Get("error") != "access_denied" || heard.Get("error_description") != "not today" {
		t.Errorf("the client hears %v", heard)
	}
}

// TestNobodyElseSaysWhoSomebodyIs has the ways in that a login page opens to those who are not it: another page's program, an
// administrator, a custom application, an answer twice, another browser, a late one.
func TestNobodyElseSaysWhoSomebodyIs(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	foreign := p.page("other", "https://other.example.com/")
	p.must(200, "PUT", adminAPI+"/servers/work/idps/custom/other", map[string]any{"name": "other", "hidden": true, "settings": map[string]any{"login_url": "https://other.example.com/"}})
	app := p.must(201, "POST", adminAPI+"/servers/work/custom-apps", map[string]any{"name": "Terms", "url": "https://terms.example.com/"})
	application := "Bearer " + p.machine(app["client_id"].(string), app["client_secret"].(string))
	robot := p.must(201, "POST", adminAPI+"/clients", map[string]any{
		"authorization_server_id": "system", "client_name": "Robot", "grant_types": []string{"client_credentials"}, "scopes": []string{"manage_logins", "manage_idps"},
	})
	browser := p.newBrowser()
	path, state := p.away(browser)
	for who, x := range map[string]struct {
		actor  string
		status int
	}{
		"another page's program": {foreign, 404}, "an application": {application, 403}, "an administrator": {p.admin, 401}, "nobody": {"", 401},
		"a client with the scope that is no page's": {"Bearer " + p.machine(robot["client_id"].(string), robot["client_secret"].(string)), 404},
	} {
		p.actor = x.actor
		if status, said := p.bureau.ask("POST", path+"/accept", map[string]any{"login_state": state, "subject": "admin"}); status != x.status {
			t.Errorf("%s: %d %v", who, status, said)
		}
		if status, said := p.bureau.ask("POST", path+"/reject", map[string]any{"login_state": state}); status != x.status {
			t.Errorf("%s rejects: %d %v", who, status, said)
		}
	}
	p.actor = p.program
	p.must(404, "POST", path+"/accept", map[string]any{"login_state": strings.Repeat("x", 43), "subject": "u-1"})
	for name, body := range map[string]map[string]any{
		"nobody": {}, "a name with a space": {"subject": "a b"}, "a long name": {"subject": strings.Repeat("a", 256)},
		"an attribute that is not": {"subject": "u-1", "authentication_context": map[string]any{"sub": "other_u-9"}},
		"one of another type":      {"subject": "u-1", "authentication_context": map[string]any{"email_verified": "yes"}},
		"the future":               {"subject": "u-1", "auth_time": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)},
		"too many methods":         {"subject": "u-1", "amr": make([]string, 21)},
		"another sign-in":          {"subject": "u-1", "id": "other"},
	} {
		body["login_state"] = state
		if status, said := p.bureau.ask("POST", path+"/accept", body); status != 422 {
			t.Errorf("%s: %d %v", name, status, said)
		}
	}
	p.must(400, "POST", path+"/accept", map[string]any{"login_state": state, "subject": "u-1", "idp_id": "other"})
	p.refused("a state that nobody has settled", browser, p.server.URL+"/default/work/oauth2/resume?login_id="+strings.TrimPrefix(path, "/api/system/default/logins/")+"&login_state="+state, "")
	path, state = p.away(browser)
	onward := p.accept(path, state, nil)
	p.must(404, "POST", path+"/accept", map[string]any{"login_state": state, "subject": "u-2"})
	p.must(404, "GET", path+"?login_state="+state, nil)
	p.refused("another browser", p.newBrowser(), onward, "")
	p.refused("the browser, after another used it up", browser, onward, "")

	path, state = p.away(browser)
	p.ahead.Add(int64(11 * time.Minute))
	p.actor = p.program
	p.must(404, "POST", path+"/accept", map[string]any{"login_state": state, "subject": "u-1"})
}

// TestWhatAPageSaysIsHeldToTheRequest has a page that says of an old sign-in that it is one, where the client wants a new one, and a
// connection that is gone meanwhile, and one whose name is given again.
func TestWhatAPageSaysIsHeldToTheRequest(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	browser := p.newBrowser()
	old := map[string]any{"auth_time": time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)}
	path, state := p.away(browser, "max_age", "60")
	p.refused("an old sign-in", browser, p.accept(path, state, old), "login_required")
	if heard, _ := p.follow(browser, p.ask("prompt", "none")); heard.Get("error") != "login_required" {
		t.Errorf("the client hears %v", heard)
	}
	path, state = p.away(browser)
	onward := p.accept(path, state, nil)
	p.actor = p.admin
	p.must(204, "DELETE", adminAPI+"/servers/work/idps/custom/own", nil)
	p.refused("a connection that is gone", browser, onward, "access_denied")
	old1 := p.program
	now := p.page("own", "https://login.example.com/begin?x=y")
	path, state = p.away(browser)
	p.actor = old1 // the token of a client that went with its connection
	p.must(401, "POST", path+"/accept", map[string]any{"login_state": state, "subject": "u-1"})
	p.program = now
	if heard, page := p.follow(browser, p.accept(path, state, nil)); heard.Get("code") == "" {
		t.Errorf("the client hears %v; page %.200s", heard, page)
	}
}
