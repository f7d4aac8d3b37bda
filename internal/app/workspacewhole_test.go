package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// kept is what stands where an import could leave something behind: the document, the clients of the system, and all pools.
func (b *bureau) kept() string {
	b.t.Helper()
	_, doc := b.raw("GET", shopConfig, "")
	_, clients := b.raw("GET", adminAPI+"/servers/system/clients", "")
	_, servers := b.raw("GET", adminAPI+"/servers", "")
	pools, err := b.h.rooms.Load().directory.Pools.List(b.t.Context(), 60, "")
	b.check(err)
	names := []string{}
	for _, p := range pools.Items {
		names = append(names, p.ID)
	}
	return fmt.Sprint(doc, clients, servers, names)
}

// TestAnImportIsAllOrNothing brings documents of which a late part is refused, into a workspace that is there and one that is not. If it fails,
// clients of custom applications, connections or half of the settings stay behind.
func TestAnImportIsAllOrNothing(t *testing.T) {
	t.Parallel()
	b, at, _ := withTerms(t)
	b.must(201, "POST", adminAPI+"/servers", map[string]any{"id": "other", "name": "Other", "user_pool_id": testPool})
	foreign := b.must(201, "POST", adminAPI+"/clients", map[string]any{
		"authorization_server_id": "other", "client_name": "App", "redirect_uris": []string{appCallback}, "scopes": []string{"openid"},
	})["client_id"].(string)
	mine := b.must(201, "POST", adminAPI+"/clients", map[string]any{
		"authorization_server_id": "shop", "client_name": "App", "redirect_uris": []string{appCallback}, "scopes": []string{"openid"},
	})["client_id"].(string)
	before := b.kept()
	b.must(409, "POST", at+"/custom-apps", map[string]any{"name": "Terms", "url": "https://terms.example.com/"})
	if after := b.kept(); after != before {
		t.Errorf("an application whose name another has was refused, and has left\n%s\nof\n%s", after, before)
	}
	good := map[string]any{"client_id": "fresh", "client_name": "Fresh", "redirect_uris": []string{appCallback}, "scopes": []string{"openid"}}
	for name, last := range map[string]map[string]any{
		"the id of another's client": {"client_id": foreign, "client_name": "Thief", "redirect_uris": []string{appCallback}, "scopes": []string{"openid"}},
		"a scope that is not":        {"client_id": "late", "client_name": "Late", "redirect_uris": []string{appCallback}, "scopes": []string{"none"}},
		"a secret for one that has":  {"client_id": mine, "client_name": "App", "redirect_uris": []string{appCallback}, "scopes": []string{"openid"}, "client_secret": strings.Repeat("s", 40)},
		"one twice":                  good,
	} {
		doc := b.must(200, "GET", shopConfig, nil)
		doc["server"].(map[string]any)["description"] = "half"
		doc["idps"] = []any{}
		doc["clients"] = []any{good, last}
		apps := doc["parts"].(map[string]any)["custom_apps"].(map[string]any)
		apps["custom_apps"] = append(apps["custom_apps"].([]any)[:1:1],
			map[string]any{"id": "survey", "name": "Survey", "url": "https://survey.example.com/", "type": "post-authn", "client_id": "", "client_secret": strings.Repeat("t", 40)})
		raw, err := json.Marshal(doc)
		b.check(err)
		if status, said := b.raw("POST", shopConfig, string(raw)); status != 422 && status != 409 {
			t.Errorf("%s: %d %s", name, status, said)
		}
		if after := b.kept(); after != before {
			t.Errorf("%s: it was refused, and has left\n%s\nof\n%s", name, after, before)
		}
		doc["server"].(map[string]any)["id"] = "vain"
		doc["parts"] = map[string]any{"custom_apps": map[string]any{"custom_apps": apps["custom_apps"].([]any)[1:]}}
		if status, said, _ := b.given("", "POST", "/api/hub/default/workspaces/vain/promote/config", doc); status != 422 && status != 409 {
			t.Errorf("%s, into a workspace that is not there: %d %v", name, status, said)
		}
		if after := b.kept(); after != before {
			t.Errorf("%s: no workspace was made, and it has left\n%s\nof\n%s", name, after, before)
		}
	}
	b.must(200, "GET", at, nil)
}

// TestTheClientOfALoginPageGoesWithIt deletes a connection with a login page, by its own operation and by a document; and then a workspace with
// applications. If it fails, clients of pages that nobody is sent to any more get tokens and stand in the list.
func TestTheClientOfALoginPageGoesWithIt(t *testing.T) {
	t.Parallel()
	b, at, _ := withTerms(t)
	counter := func() string {
		b.must(201, "POST", at+"/idps/custom", map[string]any{"id": "counter", "name": "Counter", "settings": map[string]any{"login_url": "https://login.example.com/begin"}})
		return b.must(201, "POST", at+"/idps/custom/counter/client", nil)["client_id"].(string)
	}
	client := counter()
	again := b.must(201, "POST", at+"/idps/custom/counter/client", nil)["client_id"].(string)
	b.must(404, "GET", adminAPI+"/clients/"+client, nil)
	b.must(204, "DELETE", at+"/idps/custom/counter", nil)
	b.must(404, "GET", adminAPI+"/clients/"+again, nil)

	_, without := b.raw("GET", shopConfig, "")
	client = counter()
	if status, said := b.raw("POST", shopConfig, without); status != http.StatusNoContent {
		t.Fatalf("import: %d %s", status, said)
	}
	b.must(404, "GET", adminAPI+"/clients/"+client, nil)

	client = counter()
	_, with := b.raw("GET", shopConfig, "")
	b.must(204, "DELETE", at, nil)
	b.must(404, "GET", adminAPI+"/clients/"+client, nil)
	if list := b.must(200, "GET", adminAPI+"/servers/system/clients", nil)["clients"].([]any); len(list) != 0 {
		t.Errorf("the workspace is gone, and of the clients of its applications there are %v", list)
	}
	orphan := strings.Replace(with, `"method":"custom"`, `"method":"oauth2"`, 1)
	if status, said := b.raw("POST", shopConfig, orphan); status != 422 {
		t.Errorf("a login page of a connection that has none: %d %s", status, said)
	}
}

// TestAWorkspaceMadeAnewIsNobodysHeir makes a workspace in the place of one that is gone, over the same pool. If it fails, the clients of the first
// sign people in at the second, which does not list them.
func TestAWorkspaceMadeAnewIsNobodysHeir(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	work := map[string]any{"id": "work", "name": "Work", "user_pool_id": testPool}
	b.must(201, "POST", adminAPI+"/servers", work)
	b.must(201, "POST", adminAPI+"/services", map[string]any{"authorization_server_id": "work", "name": "API", "type": "oauth2", "scopes": []any{map[string]any{"scope_name": "read"}}})
	robot := b.must(201, "POST", adminAPI+"/clients", map[string]any{
		"authorization_server_id": "work", "client_name": "Robot", "grant_types": []string{"client_credentials"}, "scopes": []string{"read"},
	})
	if b.token("work", robot) == "" {
		t.Fatal("the client gets no token while its workspace is there")
	}
	b.must(204, "DELETE", adminAPI+"/servers/work", nil)
	b.must(201, "POST", adminAPI+"/servers", work)
	b.must(201, "POST", adminAPI+"/services", map[string]any{"authorization_server_id": "work", "name": "API", "type": "oauth2", "scopes": []any{map[string]any{"scope_name": "read"}}})
	if token := b.token("work", robot); token != "" {
		t.Error("a client of a workspace that is gone gets tokens of the one that has its name")
	}
}

// TestNothingSaidOfAClientIsDropped changes a client by each way, and reads it again. If it fails, a setting was taken and has no effect.
func TestNothingSaidOfAClientIsDropped(t *testing.T) {
	t.Parallel()
	b, _, _ := shop(t, false)
	base := func() map[string]any {
		return map[string]any{"authorization_server_id": "shop", "client_name": "App", "redirect_uris": []string{appCallback}, "scopes": []string{"openid"}}
	}
	openID := map[string]any{
		"post_logout_redirect_uris": []any{"https://app.example.com/bye"}, "backchannel_logout_uri": "https://app.example.com/out",
		"dpop_bound_access_tokens": true, "require_pushed_authorization_requests": true,
	}
	id := b.must(201, "POST", adminAPI+"/clients", base())["client_id"].(string)
	path := adminAPI + "/clients/" + id
	has := func(what string, on bool) {
		t.Helper()
		got := b.must(200, "GET", path, nil)
		for name, want := range openID {
			if given := got[name]; on && fmt.Sprint(given) != fmt.Sprint(want) || !on && given != nil {
				t.Errorf("%s: %s is %v", what, name, given)
			}
		}
	}
	has("before", false)
	full := base()
	for name, value := range openID {
		full[name] = value
	}
	b.must(200, "PUT", path, full)
	has("a change", true)
	_, with := b.raw("GET", shopConfig, "")
	b.must(200, "PUT", path, base())
	has("a change without", false)
	if status, said := b.raw("POST", shopConfig, with); status != http.StatusNoContent {
		t.Fatalf("import: %d %s", status, said)
	}
	has("an import", true)
	public := base()
	public["token_endpoint_auth_method"] = "none"
	other := adminAPI + "/clients/" + b.must(201, "POST", adminAPI+"/clients", public)["client_id"].(string)
	set := func(name string, value any) map[string]any {
		out := base()
		out[name] = value
		return out
	}
	for _, c := range []struct {
		path string
		body map[string]any
		says string
	}{
		{path, set("client_secret", strings.Repeat("s", 40)), "client_secret"}, {path, set("token_endpoint_auth_method", "none"), "public"},
		{path, set("token_endpoint_auth_method", "private_key_jwt"), "token_endpoint_auth_method"}, {other, set("token_endpoint_auth_method", "client_secret_basic"), "public"},
		{other, set("client_secret", strings.Repeat("s", 40)), "public"}, {path, set("backchannel_logout_uri", "http://app.example.com/"), "backchannel_logout_uri"},
		{path, set("grant_types", []string{"client_credentials", "refresh_token"}), "refresh"}, {path, set("tos_uri", "javascript:alert(1)"), "tos_uri"},
		{path, set("policy_uri", "http://app.example.com/"), "policy_uri"}, {path, set("logo_uri", "data:text/html,x"), "logo_uri"},
	} {
		if said := b.must(422, "PUT", c.path, c.body); !strings.Contains(said["error"].(string), c.says) {
			t.Errorf("%v is refused with %v", c.body, said)
		}
	}
	b.must(400, "PUT", path, set("privacy", map[string]any{"a": "b"}))
	b.must(422, "PUT", adminAPI+"/servers/shop", map[string]any{"name": "Shop", "user_pool_id": "eu-west-1_Another"})
	has("what was refused", true)
}

// TestADocumentThatChangesNothingOfAConnectionLeavesIt patches the description of a workspace. If it fails, everybody whose context is kept has to
// sign in again, and who has read a connection or an application is told that it was changed.
func TestADocumentThatChangesNothingOfAConnectionLeavesIt(t *testing.T) {
	t.Parallel()
	b, at, app := withTerms(t)
	id := b.must(200, "GET", at+"/idps", nil)["idps"].([]any)[0].(map[string]any)["id"].(string)
	paths := []string{at + "/idps/cognito/" + id, at + "/custom-apps/" + app["id"].(string)}
	before := map[string]string{}
	for _, path := range paths {
		if _, _, before[path] = b.given("", "GET", path, nil); before[path] == "" {
			t.Fatalf("%s has no tag", path)
		}
	}
	b.must(204, "PATCH", shopMerge, map[string]any{"server": map[string]any{"description": "new"}})
	for _, path := range paths {
		if _, _, after := b.given("", "GET", path, nil); after != before[path] {
			t.Errorf("%s has another tag", path)
		}
	}
}
