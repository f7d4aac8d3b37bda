package app

import (
	"strings"
	"testing"
)

// shop is an administrator's workspace, with a connection.
func shop(t *testing.T, customApps bool) (b *bureau, at, connection string) {
	t.Helper()
	b = newBureau(t)
	b.h.cfg.Extensions.CustomApps = customApps
	b.check(b.h.open(t.Context()))
	b.must(201, "POST", adminAPI+"/servers", map[string]any{"id": "shop", "name": "Shop", "user_pool_id": testPool})
	idp := b.must(201, "POST", adminAPI+"/servers/shop/idps/cognito", map[string]any{
		"name": "Staff", "settings": map[string]any{"client_id": "c", "pool_id": "eu-west-1_Other", "region": "eu-west-1", "base_url": "http://127.0.0.1:1"},
		"credentials": map[string]any{"client_secret": "hush"},
	})
	connection, _ = idp["id"].(string)
	return b, adminAPI + "/servers/shop", connection
}

// TestScriptsAreAdministered goes through what can be made, read, changed and deleted. That they run is shown where the binary is.
func TestScriptsAreAdministered(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("-short: scripts are read in processes, and may not have the memory that the race detector takes")
	}
	b, at, connection := shop(t, false)
	made := b.must(201, "POST", at+"/scripts", map[string]any{"name": "s", "body": "module.exports = async (c) => ({})"})
	id, _ := made["id"].(string)
	if made["env_version"] != "v1" || made["authorization_server_id"] != "shop" {
		t.Errorf("made %v", made)
	}
	b.must(409, "POST", at+"/scripts", map[string]any{"name": "s", "body": "1"})
	if refused := b.must(422, "POST", at+"/scripts", map[string]any{"name": "t", "body": "("}); !strings.Contains(refused["error"].(string), "body: ") {
		t.Errorf("refused with %v", refused)
	}
	b.must(400, "POST", at+"/scripts", map[string]any{"name": "t", "body": "1", "language": "lua"})
	b.must(200, "PUT", at+"/scripts/"+id, map[string]any{"name": "renamed", "body": "module.exports = async (c) => ({acr: '2'})"})
	if list := b.must(200, "GET", at+"/scripts", nil)["scripts"].([]any); len(list) != 1 || list[0].(map[string]any)["name"] != "renamed" {
		t.Errorf("scripts %v", list)
	}
	b.must(404, "GET", adminAPI+"/servers/none/scripts", nil)
	b.must(404, "GET", at+"/scripts/none", nil)

	point := map[string]any{"type": "post_authn_ctx", "target_fk": connection, "script_id": id}
	set := b.must(200, "PUT", at+"/script-execution-points", map[string]any{"script_execution_points": []any{point}})
	if list := set["script_execution_points"].([]any); len(list) != 1 || list[0].(map[string]any)["target_fk"] != connection {
		t.Errorf("points %v", set)
	}
	point["target_fk"] = "none"
	b.must(404, "PUT", at+"/script-execution-points", map[string]any{"script_execution_points": []any{point}})
	b.must(422, "PUT", at+"/script-execution-points", map[string]any{"script_execution_points": []any{nil}})

	b.must(201, "POST", at+"/secrets", map[string]any{"id": "KEY", "secret": "hush hush"})
	b.must(200, "PUT", at+"/secrets/KEY", map[string]any{"secret": "other hush"})
	b.must(422, "POST", at+"/secrets", map[string]any{"id": "not a name", "secret": "hush hush"})
	if list := b.must(200, "GET", at+"/secrets", nil)["secrets"].([]any); len(list) != 1 || len(list[0].(map[string]any)) != 3 {
		t.Errorf("secrets %v: they have an id, a workspace and a time", list)
	}
	b.must(204, "DELETE", at+"/secrets/KEY", nil)
	b.must(404, "DELETE", at+"/secrets/KEY", nil)

	if until, _ := b.must(200, "PUT", at+"/scripts/"+id+"/debug", "")["until"].(string); until == "" {
		t.Error("it does not say until when")
	}
	b.must(422, "PUT", at+"/scripts/"+id+"/debug", map[string]any{"duration": "soon"})
	b.must(204, "DELETE", at+"/scripts/"+id+"/debug", nil)
	b.must(204, "DELETE", at+"/scripts/"+id, nil)
	if set := b.must(200, "GET", at+"/script-execution-points", nil); len(set["script_execution_points"].([]any)) != 0 {
		t.Errorf("points of a script that is gone: %v", set)
	}
}

func TestCustomApplicationsAreAdministered(t *testing.T) {
	t.Parallel()
	b, at, connection := shop(t, true)
	made := b.must(201, "POST", at+"/custom-apps", map[string]any{"name": "Terms", "url": "https://terms.example.com/", "type": "post-authn"})
	id, _ := made["id"].(string)
	client, _ := made["client_id"].(string)
	if secret, _ := made["client_secret"].(string); len(secret) < 40 || client == "" {
		t.Errorf("made %v", made)
	}
	if read := b.must(200, "GET", at+"/custom-apps/"+id, nil); read["client_secret"] != nil || read["client_id"] != client {
		t.Errorf("read %v", read)
	}
	if about := b.must(200, "GET", adminAPI+"/clients/"+client, nil); about["authorization_server_id"] != "system" || len(about["scopes"].([]any)) != 1 || about["scopes"].([]any)[0] != "manage_post_authn" {
		t.Errorf("its client is %v", about)
	}
	b.must(422, "POST", at+"/custom-apps", map[string]any{"name": "a", "url": "http://terms.example.com/"})
	b.must(422, "POST", at+"/custom-apps", map[string]any{"name": "a", "url": "https://terms.example.com/", "type": "consent"})
	b.must(200, "PUT", at+"/custom-apps/"+id, map[string]any{"name": "Terms of use", "url": "https://terms.example.com/new"})

	idp := b.must(200, "GET", at+"/idps/cognito/"+connection, nil)
	delete(idp, "redirect_url")
	idp["post_authn_app_id"] = "none"
	b.must(422, "PUT", at+"/idps/cognito/"+connection, idp)
	if kept := b.must(200, "GET", at+"/idps/cognito/"+connection, nil); kept["post_authn_app_id"] != nil {
		t.Errorf("a refused change stays: %v", kept["post_authn_app_id"])
	}
	idp["post_authn_app_id"] = id
	b.must(200, "PUT", at+"/idps/cognito/"+connection, idp)

	page := b.must(200, "PUT", at+"/server-consent", map[string]any{"type": "custom", "custom": map[string]any{"server_consent_url": "https://consent.example.com/"}})
	if page["client_secret"] == nil || page["client_id"] == client {
		t.Errorf("page %v", page)
	}
	if again := b.must(200, "GET", at+"/server-consent", nil); again["client_secret"] != nil || again["type"] != "custom" {
		t.Errorf("page %v", again)
	}
	if list := b.must(200, "GET", at+"/custom-apps", nil)["custom_apps"].([]any); len(list) != 1 {
		t.Errorf("the page is among the applications: %v", list)
	}
	b.must(200, "PUT", at+"/server-consent", map[string]any{"type": "default"})
	b.must(422, "PUT", at+"/server-consent", map[string]any{"type": "custom"})
	b.must(204, "DELETE", at+"/custom-apps/"+id, nil)
	b.must(404, "GET", adminAPI+"/clients/"+client, nil)
}

// TestAPoolTakesItsApplicationsAlong fails when the clients of custom applications outlive the user pool of their workspace.
func TestAPoolTakesItsApplicationsAlong(t *testing.T) {
	t.Parallel()
	b, at, _ := shop(t, true)
	made := b.must(201, "POST", at+"/custom-apps", map[string]any{"name": "Terms", "url": "https://terms.example.com/", "type": "post-authn"})
	b.must(200, "GET", adminAPI+"/clients/"+made["client_id"].(string), nil)
	b.check(b.h.rooms.Load().directory.Pools.Delete(t.Context(), testPool))
	b.must(404, "GET", at, nil)
	b.must(404, "GET", adminAPI+"/clients/"+made["client_id"].(string), nil)
}

func TestWithoutTheFeatureFlagTheFieldIsRefused(t *testing.T) {
	t.Parallel()
	b, at, connection := shop(t, false)
	if refused := b.must(422, "POST", at+"/custom-apps", map[string]any{"name": "a", "url": "https://terms.example.com/"}); !strings.Contains(refused["error"].(string), "custom_apps") {
		t.Errorf("refused with %v", refused)
	}
	idp := b.must(200, "GET", at+"/idps/cognito/"+connection, nil)
	delete(idp, "redirect_url")
	idp["post_authn_app_id"] = "any"
	b.must(422, "PUT", at+"/idps/cognito/"+connection, idp)
	b.must(422, "PUT", at+"/server-consent", map[string]any{"type": "custom", "custom": map[string]any{"server_consent_url": "https://consent.example.com/"}})
}

// TestSignInsAreSettledByTokensOnly fails when a signature of an administrator opens what belongs to applications: they are not
// their sign-ins.
func TestSignInsAreSettledByTokensOnly(t *testing.T) {
	t.Parallel()
	b, _, _ := shop(t, true)
	for _, path := range []string{"/post-authn/x/complete", "/post-authn/x/abort", "/scope-grants/x/accept", "/scope-grants/x/reject"} {
		b.must(401, "POST", "/api/system/default"+path, map[string]any{"login_state": "y"})
	}
	b.must(401, "GET", "/api/system/default/post-authn/x?login_state=y", nil)
	b.must(401, "GET", "/api/system/default/scope-grants/x?login_state=y", nil)
	b.actor = ""
	b.must(401, "POST", adminAPI+"/servers/shop/scripts/test", map[string]any{"body": "1"})
}

func TestGrantsAreWithdrawnForSomebody(t *testing.T) {
	t.Parallel()
	b, at, _ := shop(t, false)
	client := b.must(201, "POST", adminAPI+"/clients", map[string]any{
		"authorization_server_id": "shop", "client_name": "App", "redirect_uris": []string{"https://app.example.com/cb"}, "scopes": []string{"openid", "email"},
	})
	if list := b.must(200, "GET", at+"/scope-grants?subject=nobody", nil)["clients"].([]any); len(list) != 0 {
		t.Errorf("got %v", list)
	}
	b.must(404, "DELETE", at+"/scope-grants?subject=nobody&client_id="+client["client_id"].(string), nil)
	b.must(404, "DELETE", at+"/scope-grants?subject=nobody&client_id=none", nil)
}
