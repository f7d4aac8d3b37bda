package app

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
)

// TestPeopleChooseTheirConnection looks at the page of a workspace with several connections, and at who is not asked.
func TestPeopleChooseTheirConnection(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	last := b.connect("Zulu", func(c map[string]any) { c["display_order"] = 2; c["logo_uri"] = "data:image/png;base64,AAAA" })
	first := b.connect("Alpha", func(c map[string]any) { c["display_order"] = -1 })
	hidden := b.connect("Hidden", func(c map[string]any) { c["hidden"] = true })
	b.connect("Off", func(c map[string]any) { c["disabled"] = true })
	_, page := b.follow(b.newBrowser(), b.ask())
	var names []string
	for _, m := range regexp.MustCompile(`Continue with (\w+)`).FindAllStringSubmatch(page, -1) {
		names = append(names, m[1])
	}
	if strings.Join(names, " ") != "Alpha Corp Zulu" || !strings.Contains(page, `src="data:image/png;base64,AAAA"`) || strings.Contains(page, "password") {
		t.Errorf("the page offers %v: %s", names, page)
	}
	browser := b.newBrowser()
	link := regexp.MustCompile(`href="([^"]*connection=` + last["id"].(string) + `[^"]*)"`).FindStringSubmatch(page)
	if link == nil {
		t.Fatal("the page has no link to a connection")
	}
	if code, _ := b.follow(browser, b.server.URL+html.UnescapeString(link[1])); code.Get("code") == "" || code.Get("state") != "s1" {
		t.Errorf("whoever chose hears %v", code)
	}
	for name, id := range map[string]string{"shown": first["id"].(string), "hidden": hidden["id"].(string)} {
		if code, _ := b.follow(b.newBrowser(), b.ask("idp_hint", id)); code.Get("code") == "" {
			t.Errorf("idp_hint of one that is %s: %v", name, code)
		}
	}
	b.refused("idp_hint of none", b.newBrowser(), b.ask("idp_hint", "none"), "invalid_request")
	b.refused("prompt=none", b.newBrowser(), b.ask("prompt", "none"), "login_required")
}

// TestAnAddressFindsItsConnection goes by domains: of login_hint, and of what is typed on the page.
func TestAnAddressFindsItsConnection(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	server := b.must(200, "GET", adminAPI+"/servers/work", nil)
	server["idp_discovery"] = map[string]any{"enabled": true, "discovery_mode": "domain_matching"}
	b.must(200, "PUT", adminAPI+"/servers/work", server)
	b.change(func(c map[string]any) {
		c["hidden"], c["settings"].(map[string]any)["send_login_hint"] = true, true
		c["discovery_settings"] = map[string]any{"domains": []string{"Corp.Example.com"}, "instant_redirect": true}
	})
	if code, _ := b.follow(b.newBrowser(), b.ask("login_hint", "bob@CORP.example.com")); code.Get("code") == "" || b.peer.last().Get("login_hint") != "bob@CORP.example.com" {
		t.Errorf("login_hint: %v, the provider was asked %v", code, b.peer.last())
	}
	browser := b.newBrowser()
	address := b.ask()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	b.check(err)
	answer, err := browser.Do(r)
	b.check(err)
	b.check(answer.Body.Close())
	login, err := answer.Location()
	b.check(err)
	typed := func(identifier string) (*http.Response, string) {
		t.Helper()
		_, page := b.follow(browser, login.String())
		state := regexp.MustCompile(`name="state" value="([^"]*)"`).FindStringSubmatch(page)
		if state == nil {
			t.Fatalf("the page has no form: %s", page)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, login.Scheme+"://"+login.Host+login.Path, strings.NewReader(url.Values{"state": {state[1]}, "username": {identifier}}.Encode()))
		b.check(err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer, err := browser.Do(r)
		b.check(err)
		b.check(answer.Body.Close())
		where := answer.Header.Get("Location")
		if strings.HasPrefix(where, "/") {
			where = b.server.URL + where
		}
		return answer, where
	}
	if _, where := typed("bob@corp.example.com"); where == "" {
		t.Error("an address leads nowhere")
	} else if code, page := b.follow(browser, where); code.Get("code") == "" {
		t.Errorf("an address: %v %.300s", code, page)
	}
	if answer, where := typed("bob@elsewhere.example.com"); where != "" {
		t.Errorf("an unknown domain leads to %s (%d)", where, answer.StatusCode)
	}
	b.change(func(c map[string]any) {
		c["discovery_settings"] = map[string]any{"domains": []string{"corp.example.com"}, "fallback_provider": true}
	})
	if _, where := typed("bob@elsewhere.example.com"); where == "" {
		t.Error("nobody takes those of unknown domains")
	}
}

// TestOneCognateIsTheProviderOfAnother connects a workspace to a user pool of a second server, by the template of Cognito.
func TestOneCognateIsTheProviderOfAnother(t *testing.T) {
	t.Parallel()
	b, upstream := newBroker(t), newTown(t)
	const secret = "abcdefghijklmnopqrstuvwxyz+1"
	idp := b.must(201, "POST", adminAPI+"/servers/work/idps/cognito", map[string]any{
		"name": "Staff", "settings": map[string]any{"client_id": "broker", "pool_id": testPool, "region": "eu-west-1", "base_url": upstream.server.URL, "get_user_info": true, "scopes": []string{"openid", "email"}},
		"credentials": map[string]any{"client_secret": secret},
	})
	_, err := upstream.h.rooms.Load().directory.Clients.Create(t.Context(), directory.ClientSpec{ID: "broker", PoolID: testPool, Secret: secret, ClientSettings: directory.ClientSettings{
		Name: "broker", TokenRevocation: true, IdentityProviders: []string{"COGNITO"}, OAuthEnabled: true, OAuthFlows: []string{"code"},
		OAuthScopes: []string{"openid", "email"}, CallbackURLs: []string{idp["redirect_url"].(string)},
	}})
	b.check(err)
	browser := upstream.browser(authorize.Site{Base: upstream.server.URL + "/" + testPool, Prefix: "/" + testPool})
	_, id, _ := b.signIn(browser, "idp_hint", idp["id"].(string))
	if id["email"] != "alice@example.com" || id["email_verified"] != true || id["sub"] == upstream.alice.ID {
		t.Errorf("ID token %v", id)
	}
	b.must(200, "PUT", adminAPI+"/servers/work/idps/cognito/"+idp["id"].(string), func() map[string]any {
		idp["mappings"] = append(idp["mappings"].([]any), mapTo("access_token.username", "nickname"))
		idp["attributes"] = append(idp["attributes"].([]any), attribute("access_token", "username", "string"))
		return idp
	}())
	if _, id, _ = b.signIn(browser, "idp_hint", idp["id"].(string)); id["nickname"] != "alice" {
		t.Errorf("of the access token: %v", id)
	}
}
