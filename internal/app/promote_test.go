package app

import (
	"net/http"
	"strings"
	"testing"
)

const (
	shopConfig = "/api/hub/default/workspaces/shop/promote/config"
	shopMerge  = shopConfig + "-rfc7396"
)

// withTerms is a workspace whose connection sends people through a custom application, with a page of its own that asks for consent.
func withTerms(t *testing.T) (b *bureau, at string, app map[string]any) {
	t.Helper()
	b, at, connection := shop(t, true)
	app = b.must(201, "POST", at+"/custom-apps", map[string]any{"name": "Terms", "url": "https://terms.example.com/"})
	b.must(200, "PUT", at+"/server-consent", map[string]any{"type": "custom", "custom": map[string]any{"server_consent_url": "https://consent.example.com/"}})
	idp := b.must(200, "GET", at+"/idps/cognito/"+connection, nil)
	delete(idp, "redirect_url")
	idp["post_authn_app_id"] = app["id"]
	b.must(200, "PUT", at+"/idps/cognito/"+connection, idp)
	return b, at, app
}

// TestCustomApplicationsGoAlong exports and imports, here and on another server: what the document does not have is gone, and
// what it has keeps its client.
func TestCustomApplicationsGoAlong(t *testing.T) {
	t.Parallel()
	b, at, app := withTerms(t)
	id, client := app["id"].(string), app["client_id"].(string)
	_, first := b.raw("GET", shopConfig, "")
	if !strings.Contains(first, client) || strings.Contains(first, app["client_secret"].(string)) {
		t.Errorf("the document lacks the application, or has its secret: %s", first)
	}
	extra := b.must(201, "POST", at+"/custom-apps", map[string]any{"name": "Extra", "url": "https://extra.example.com/"})
	b.must(200, "PUT", at+"/custom-apps/"+id, map[string]any{"name": "Changed", "url": "https://terms.example.com/other"})
	if status, said := b.raw("POST", shopConfig, first); status != http.StatusNoContent {
		t.Fatalf("import: %d %s", status, said)
	}
	if _, again := b.raw("GET", shopConfig, ""); again != first {
		t.Errorf("the document is another after it went in:\n%s\n%s", first, again)
	}
	b.must(404, "GET", adminAPI+"/clients/"+extra["client_id"].(string), nil)
	b.must(200, "GET", adminAPI+"/clients/"+client, nil)

	elsewhere := newBureau(t)
	elsewhere.h.cfg.Extensions.CustomApps = true
	elsewhere.check(elsewhere.h.open(t.Context()))
	with := strings.Replace(first, `"settings":{"client_id":"c"`, `"credentials":{"client_secret":"hush"},"settings":{"client_id":"c"`, 1)
	if status, said := elsewhere.raw("POST", shopConfig, with); status != 422 || !strings.Contains(said, "client_secret") {
		t.Errorf("an application whose client has no secret: %d %s", status, said)
	}
	elsewhere.must(404, "GET", at, nil)
	with = strings.ReplaceAll(with, `"client_id":"`+client+`"`, `"client_id":"`+client+`","client_secret":"`+strings.Repeat("s", 40)+`"`)
	consent := b.must(200, "GET", at+"/server-consent", nil)["client_id"].(string)
	with = strings.ReplaceAll(with, `"client_id":"`+consent+`"`, `"client_id":"`+consent+`","client_secret":"`+strings.Repeat("t", 40)+`"`)
	if status, said := elsewhere.raw("POST", shopConfig, with); status != http.StatusNoContent {
		t.Fatalf("import on another server: %d %s", status, said)
	}
	if _, there := elsewhere.raw("GET", shopConfig, ""); there != first {
		t.Errorf("on another server it is\n%s\nand not\n%s", there, first)
	}
}

// TestADocumentTakesNoClientOver is somebody who may import, and names a client of the system workspace as that of an application of
// theirs, or has an application be of a kind that it is not.
func TestADocumentTakesNoClientOver(t *testing.T) {
	t.Parallel()
	b, _, app := withTerms(t)
	admin := b.must(201, "POST", adminAPI+"/clients", map[string]any{
		"authorization_server_id": "system", "client_name": "Admin", "grant_types": []string{"client_credentials"}, "scopes": []string{"manage_servers"},
	})["client_id"].(string)
	_, first := b.raw("GET", shopConfig, "")
	client := app["client_id"].(string)
	for name, body := range map[string]string{
		"the client of an application becomes another's": strings.Replace(first, client, admin, 1),
		"a new application has the client of somebody else": strings.Replace(first, `{"custom_apps":[`,
			`{"custom_apps":[{"id":"evil","name":"Evil","url":"https://evil.example.com/","type":"post-authn","client_id":"`+admin+`","client_secret":"`+strings.Repeat("s", 40)+`"},`, 1),
		"another asks for consent": strings.Replace(first, `{"custom_apps":[`,
			`{"custom_apps":[{"id":"evil","name":"Evil","url":"https://evil.example.com/","type":"consent","client_id":"","client_secret":"`+strings.Repeat("s", 40)+`"},`, 1),
		"a secret for a client that has one": strings.Replace(first, `"client_id":"`+client+`"`, `"client_id":"`+client+`","client_secret":"`+strings.Repeat("s", 40)+`"`, 1),
		"no URL":                             strings.Replace(first, "https://terms.example.com/", "javascript:alert(1)", 1),
		"members of nothing":                 strings.Replace(first, `{"custom_apps":[{`, `{"custom_apps":[{"magic":1,`, 1),
	} {
		if body == first {
			t.Fatalf("%s: the document has no such place: %s", name, first)
		}
		if status, said := b.raw("POST", shopConfig, body); status != 422 && status != 409 {
			t.Errorf("%s: %d %s", name, status, said)
		}
	}
	if _, again := b.raw("GET", shopConfig, ""); again != first {
		t.Errorf("a document that was refused has changed something:\n%s\n%s", first, again)
	}
	b.must(200, "GET", adminAPI+"/clients/"+admin, nil)
}

// TestATokenCarriesWhatItMay lets a program import that may not see scripts and applications: it sees none, changes none, and brings none.
func TestATokenCarriesWhatItMay(t *testing.T) {
	t.Parallel()
	b, at, app := withTerms(t)
	_, whole := b.raw("GET", shopConfig, "")
	signed := b.actor
	robot := b.must(201, "POST", adminAPI+"/clients", map[string]any{
		"authorization_server_id": "system", "client_name": "Robot", "grant_types": []string{"client_credentials"}, "scopes": []string{"manage_configuration"},
	})
	b.actor = "Bearer " + b.token("system", robot)
	_, part := b.raw("GET", shopConfig, "")
	if strings.Contains(part, "terms.example.com") {
		t.Errorf("a token without the scope sees the applications: %s", part)
	}
	if status, said := b.raw("POST", shopConfig, part); status != http.StatusNoContent {
		t.Errorf("import: %d %s", status, said)
	}
	if status, said := b.raw("POST", shopConfig, whole); status != http.StatusForbidden || !strings.Contains(said, "manage_custom_apps") {
		t.Errorf("a token without the scope brings applications: %d %s", status, said)
	}
	b.actor = signed
	b.must(200, "GET", at+"/custom-apps/"+app["id"].(string), nil)
	if _, again := b.raw("GET", shopConfig, ""); again != whole {
		t.Errorf("what a token does not reach is another:\n%s\n%s", whole, again)
	}
}

// TestPagesAreNoCustomApplications has somebody who may look after custom applications only send people who are asked for consent to a page
// of theirs, or take that page away.
func TestPagesAreNoCustomApplications(t *testing.T) {
	t.Parallel()
	b, at, app := withTerms(t)
	robot := b.must(201, "POST", adminAPI+"/clients", map[string]any{
		"authorization_server_id": "system", "client_name": "Robot", "grant_types": []string{"client_credentials"}, "scopes": []string{"manage_custom_apps"},
	})
	signed := b.actor
	b.actor = "Bearer " + b.token("system", robot)
	b.must(200, "GET", at+"/custom-apps/"+app["id"].(string), nil)
	b.must(404, "GET", at+"/custom-apps/consent", nil)
	b.must(404, "PUT", at+"/custom-apps/consent", map[string]any{"name": "Consent", "url": "https://evil.example.com/"})
	b.must(404, "DELETE", at+"/custom-apps/consent", nil)
	b.actor = signed
	if page := b.must(200, "GET", at+"/server-consent", nil); page["custom"].(map[string]any)["server_consent_url"] != "https://consent.example.com/" {
		t.Errorf("the page is %v", page)
	}
}

// TestAPatchChangesWhatItNames merges as RFC 7396 has it, and refuses what a document refuses.
func TestAPatchChangesWhatItNames(t *testing.T) {
	t.Parallel()
	b, at, _ := withTerms(t)
	b.must(204, "PATCH", shopMerge, map[string]any{"server": map[string]any{"description": "new", "enable_demo_app": false}})
	if w := b.must(200, "GET", at, nil); w["description"] != "new" || w["enable_demo_app"] != false || w["name"] != "Shop" {
		t.Errorf("got %v", w)
	}
	b.must(204, "PATCH", shopMerge, map[string]any{"server": map[string]any{"description": nil}})
	_, before := b.raw("GET", shopConfig, "")
	for name, patch := range map[string]string{
		"an unknown member": `{"server":{"magic":1}}`, "another workspace": `{"server":{"id":"other"}}`, "no object": `[1]`, "null": `null`, "no JSON": `{`,
		"an unknown part": `{"parts":{"magic":{}}}`, "a name that none can have": `{"server":{"name":""}}`,
	} {
		if status, said := b.raw("PATCH", shopMerge, patch); status != 422 && status != 400 {
			t.Errorf("%s: %d %s", name, status, said)
		}
	}
	named := shopConfig + "-rfc6902"
	b.must(422, "PATCH", named, []any{map[string]any{"op": "replace", "path": "/server/description", "value": "half"}, map[string]any{"op": "remove", "path": "/none"}})
	b.must(204, "PATCH", named, []any{map[string]any{"op": "test", "path": "/server/name", "value": "Shop"}, map[string]any{"op": "add", "path": "/server/description", "value": "x"}})
	b.must(204, "PATCH", named, []any{map[string]any{"op": "remove", "path": "/server/description"}})
	if status, _ := b.raw("POST", shopConfig+"?mode=ignore", before); status != 422 {
		t.Errorf("a mode that is not there: %d", status)
	}
	if _, after := b.raw("GET", shopConfig, ""); after != before || strings.Contains(after, `"description":"new"`) {
		t.Errorf("a patch that was refused has changed something:\n%s\n%s", before, after)
	}
}

// TestACloneIsAWorkspaceOfItsOwn looks at what a clone shares with its origin: no client, no pool, and no credentials that would go
// elsewhere than before.
func TestACloneIsAWorkspaceOfItsOwn(t *testing.T) {
	t.Parallel()
	b, at, app := withTerms(t)
	mine := b.must(201, "POST", adminAPI+"/clients", map[string]any{
		"authorization_server_id": "shop", "client_name": "App", "redirect_uris": []string{"https://app.example.com/cb"}, "scopes": []string{"openid"},
	})
	origin := b.must(200, "GET", at, nil)
	clone := "/api/hub/default/workspaces/shop/clone"
	idps := b.must(200, "GET", shopConfig, nil)["idps"].([]any)
	idps[0].(map[string]any)["settings"].(map[string]any)["base_url"] = "http://127.0.0.1:2"
	if refused := b.must(422, "POST", clone, map[string]any{"id": "thief", "patch": map[string]any{"idps": idps}}); !strings.Contains(refused["error"].(string), "another place") {
		t.Errorf("refused with %v", refused)
	}
	b.must(404, "GET", adminAPI+"/servers/thief", nil)
	made := b.must(201, "POST", clone, map[string]any{"id": "twin", "patch": map[string]any{"server": map[string]any{"name": "Twin"}}})
	client := made["clients"].([]any)[0].(map[string]any)
	if client["client_id"] == mine["client_id"] || len(client["client_secret"].(string)) < 40 || made["idps"].([]any)[0].(map[string]any)["credentials"] != nil {
		t.Errorf("the clone is %v", made)
	}
	twin := b.must(200, "GET", adminAPI+"/servers/twin", nil)
	if twin["user_pool_id"] == origin["user_pool_id"] || twin["name"] != "Twin" {
		t.Errorf("the clone is %v", twin)
	}
	apps := b.must(200, "GET", adminAPI+"/servers/twin/custom-apps", nil)["custom_apps"].([]any)
	if copied := apps[0].(map[string]any); len(apps) != 1 || copied["client_id"] == app["client_id"] || copied["id"] != app["id"] {
		t.Errorf("applications %v", apps)
	}
	plain := b.must(201, "POST", clone, map[string]any{"id": "plain"}) // nothing is patched: it has a pool of its own all the same
	if made := b.must(200, "GET", adminAPI+"/servers/plain", nil); made["user_pool_id"] == origin["user_pool_id"] || plain["server"].(map[string]any)["id"] != "plain" {
		t.Errorf("the clone without a patch is %v of %v", made, plain)
	}
	b.must(409, "POST", clone, map[string]any{"id": "twin"})
	b.must(409, "POST", clone, map[string]any{"id": "shop"})
	b.must(422, "POST", clone, map[string]any{"id": "system"})
	b.must(422, "POST", clone, map[string]any{"id": "../x"})
	b.must(404, "POST", "/api/hub/default/workspaces/none/clone", map[string]any{"id": "new"})
	b.must(404, "GET", adminAPI+"/servers/new", nil)
}
