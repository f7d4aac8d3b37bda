package app

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cognate.dev/cognate/internal/app/caller"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/front/aws"
)

// bureau is a town whose administrators are believed.
type bureau struct {
	*town
	actor string        // Authorization header
	ahead *atomic.Int64 // how far the server's clock is ahead, in nanoseconds
}

func newBureau(t *testing.T) *bureau {
	t.Helper()
	ahead := &atomic.Int64{}
	w := newTown(t, func(c *Config) {
		c.Federation.Networks = []string{"127.0.0.0/8"}
		c.Clock = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	w.h.auth = aws.AcceptAny()
	w.check(w.h.openFunctions(t.Context(), false))
	w.check(w.h.open(t.Context()))
	return &bureau{w, "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/eu-west-1/any/aws4_request, SignedHeaders=host;x-amz-date, Signature=00", ahead}
}

// ask calls an operation and gives its status and JSON.
func (b *bureau) ask(method, path string, body any) (int, map[string]any) {
	b.t.Helper()
	raw, err := json.Marshal(body)
	b.check(err)
	if text, ok := body.(string); ok {
		raw = []byte(text)
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.server.URL+path, bytes.NewReader(raw))
	b.check(err)
	if b.actor != "" {
		r.Header.Set("Authorization", b.actor)
	}
	r.Header.Set("X-Amz-Date", "20260101T000000Z")
	answer, err := http.DefaultClient.Do(r)
	b.check(err)
	text, err := io.ReadAll(answer.Body)
	b.check(err)
	b.check(answer.Body.Close())
	var out map[string]any
	if len(text) > 0 {
		if err := json.Unmarshal(text, &out); err != nil {
			b.t.Fatalf("%s %s answered %d %q", method, path, answer.StatusCode, text)
		}
	}
	return answer.StatusCode, out
}

func (b *bureau) must(status int, method, path string, body any) map[string]any {
	b.t.Helper()
	got, out := b.ask(method, path, body)
	if got != status {
		b.t.Fatalf("%s %s answered %d %v, want %d", method, path, got, out, status)
	}
	return out
}

const adminAPI = "/api/admin/default"

// TestWorkspacesAreAdministered goes through what can be made, read, changed and deleted.
func TestWorkspacesAreAdministered(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	made := b.must(201, "POST", adminAPI+"/servers", map[string]any{"id": "work", "name": "Work", "user_pool_id": testPool})
	if made["issuer_url"] != b.server.URL+"/default/work" || made["tenant_id"] != "default" {
		t.Errorf("made %v", made)
	}
	b.must(409, "POST", adminAPI+"/servers", map[string]any{"id": "work", "name": "Work", "user_pool_id": testPool})
	b.must(409, "POST", adminAPI+"/servers", map[string]any{"id": "work", "name": "Vain"})
	pools, err := b.h.rooms.Load().directory.Pools.List(t.Context(), 60, "")
	b.check(err)
	for _, p := range pools.Items {
		if p.Name == "Vain" {
			t.Error("a pool was made for a workspace that was not")
		}
	}
	made["description"] = "changed"
	if changed := b.must(200, "PUT", adminAPI+"/servers/work", made); changed["description"] != "changed" || changed["created_at"] != made["created_at"] {
		t.Errorf("changed %v", changed)
	}
	idp := b.must(201, "POST", adminAPI+"/servers/work/idps/cognito", map[string]any{
		"name": "Staff", "settings": map[string]any{"client_id": "c", "pool_id": "eu-west-1_Other", "region": "eu-west-1", "base_url": "http://127.0.0.1:1"},
		"credentials": map[string]any{"client_secret": "hush"},
	})
	id, _ := idp["id"].(string)
	if idp["redirect_url"] != b.server.URL+"/default/work/oauth2/idpresponse" || idp["credentials"] != nil || idp["version"] != 3.0 {
		t.Errorf("connection %v", idp)
	}
	if scopes, _ := idp["settings"].(map[string]any)["scopes"].([]any); len(scopes) != 3 {
		t.Errorf("scopes of the template: %v", scopes)
	}
	for _, x := range b.must(200, "GET", adminAPI+"/idps", nil)["templates"].([]any) {
		told := x.(map[string]any)
		if told["method"] == "cognito" && made["issuer_url"].(string)+told["redirect_path"].(string) != idp["redirect_url"] {
			t.Errorf("the template says %v, the connection %v", told["redirect_path"], idp["redirect_url"])
		}
		if told["method"] == "saml" && told["credentials"] == nil {
			t.Error("a template without secrets has null for a list")
		}
	}
	if list, _ := idp["mappings"].([]any); len(list) < 15 {
		t.Errorf("mappings of the template: %v", list)
	}
	elsewhere := maps.Clone(idp)
	elsewhere["settings"] = maps.Clone(idp["settings"].(map[string]any))
	elsewhere["settings"].(map[string]any)["base_url"] = "http://127.0.0.1:2" // which would be sent the secret
	b.must(422, "PUT", adminAPI+"/servers/work/idps/cognito/"+id, elsewhere)
	idp["disabled"] = true
	if changed := b.must(200, "PUT", adminAPI+"/servers/work/idps/cognito/"+id, idp); changed["disabled"] != true {
		t.Errorf("changed %v", changed)
	}
	stored, err := b.h.store.Connection(t.Context(), "work", id)
	b.check(err)
	if stored.Credentials["client_secret"] != "hush" || stored.Stamp != 2 {
		t.Errorf("a change without credentials left %v, stamp %d", stored.Credentials, stored.Stamp)
	}
	b.must(404, "GET", adminAPI+"/servers/work/idps/oidc/"+id, nil)
	if all := b.must(200, "GET", adminAPI+"/servers/work/idps", nil); len(all["idps"].([]any)) != 1 {
		t.Errorf("connections %v", all)
	}
	b.must(204, "DELETE", adminAPI+"/servers/work/idps/"+id, nil)
	b.must(404, "GET", adminAPI+"/servers/work/idps/"+id, nil)

	claim := b.must(201, "POST", adminAPI+"/claims", map[string]any{
		"authorization_server_id": "work", "name": "mail", "type": "access_token", "source_type": "authnCtx", "source_path": "email", "scopes": []string{"email"}, "opaque": true,
	})
	b.must(409, "POST", adminAPI+"/claims", map[string]any{"authorization_server_id": "work", "name": "mail", "type": "access_token", "source_type": "authnCtx", "source_path": "email"})
	b.must(204, "DELETE", adminAPI+"/servers/work/claims/"+claim["id"].(string), nil)
	service := b.must(201, "POST", adminAPI+"/services", map[string]any{"authorization_server_id": "work", "name": "API", "type": "oauth2"})
	scope := b.must(201, "POST", adminAPI+"/servers/work/services/"+service["id"].(string)+"/scopes", map[string]any{"scope_name": "accounts.read"})
	if scope["service_id"] != service["id"] {
		t.Errorf("scope %v", scope)
	}
	client := b.must(201, "POST", adminAPI+"/clients", map[string]any{
		"authorization_server_id": "work", "client_name": "App", "redirect_uris": []string{"https://app.example.com/cb"}, "scopes": []string{"openid", "accounts.read"}, "trusted": true,
	})
	if secret, _ := client["client_secret"].(string); len(secret) < 40 {
		t.Errorf("client %v", client)
	}
	read := b.must(200, "GET", adminAPI+"/clients/"+client["client_id"].(string), nil)
	if read["client_secret"] != nil || read["trusted"] != true {
		t.Errorf("client %v", read)
	}
	b.must(204, "DELETE", adminAPI+"/clients/"+client["client_id"].(string), nil)
	b.must(404, "GET", adminAPI+"/clients/"+client["client_id"].(string), nil)
	b.must(204, "DELETE", adminAPI+"/servers/work", nil)
	b.must(404, "GET", adminAPI+"/servers/work", nil)
}

// TestWhatCannotWorkIsRefused has a row for each rule, and looks whether anything was made.
func TestWhatCannotWorkIsRefused(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	b.must(201, "POST", adminAPI+"/servers", map[string]any{"id": "work", "name": "Work", "user_pool_id": testPool})
	idp := func(change func(map[string]any)) map[string]any {
		out := map[string]any{
			"name": "Staff", "settings": map[string]any{"client_id": "c", "issuer_url": "https://idp.example.com"}, "credentials": map[string]any{"client_secret": "hush"},
		}
		change(out)
		return out
	}
	set := func(name string, value any) map[string]any { return idp(func(m map[string]any) { m[name] = value }) }
	setting := func(name string, value any) map[string]any {
		return idp(func(m map[string]any) { m["settings"].(map[string]any)[name] = value })
	}
	claim := func(name string, value any) map[string]any {
		out := map[string]any{"authorization_server_id": "work", "name": "x", "type": "id_token", "source_type": "authnCtx", "source_path": "email"}
		out[name] = value
		return out
	}
	for _, c := range []struct {
		status       int
		method, path string
		body         any
		says         string
	}{
		{400, "POST", "/servers", `{`, "cannot be read"}, {400, "POST", "/servers", `{"nome":"x"}`, "nome"}, {400, "POST", "/servers", `{"name":"x"}{}`, "more behind"},
		{422, "POST", "/servers", map[string]any{"id": "Work!", "name": "x"}, "id"}, {422, "POST", "/servers", map[string]any{"id": "x"}, "name"},
		{422, "POST", "/servers", map[string]any{"id": "system", "name": "x"}, "system"}, {404, "POST", "/servers", map[string]any{"id": "x", "name": "x", "user_pool_id": "eu-west-1_None"}, "pool"},
		{422, "POST", "/servers", map[string]any{"id": "x", "name": "x", "user_pool_id": testPool, "sso": map[string]any{"max_age": "soon"}}, "duration"},
		{404, "POST", "/servers/none/idps/oidc", idp(func(map[string]any) {}), "workspace"}, {404, "POST", "/servers/work/idps/magic", idp(func(map[string]any) {}), "template"},
		{422, "POST", "/servers/work/idps/oidc", set("credentials", nil), "client_secret"}, {422, "POST", "/servers/work/idps/oidc", set("name", ""), "name"},
		{422, "POST", "/servers/work/idps/oidc", setting("pool_id", "x"), "pool_id"}, {422, "POST", "/servers/work/idps/oidc", setting("issuer_url", "http://idp.example.com"), "https"},
		{422, "POST", "/servers/work/idps/oidc", setting("scopes", []string{"email"}), "openid"}, {422, "POST", "/servers/work/idps/oidc", setting("authentication_method", "magic"), "authentication_method"},
		{422, "POST", "/servers/work/idps/oidc", set("static_amr", []string{"a b"}), "static_amr"}, {422, "POST", "/servers/work/idps/oidc", set("config", map[string]any{"user_info_failure": "maybe"}), "user_info_failure"},
		{422, "POST", "/servers/work/idps/oidc", set("mappings", []any{map[string]any{"source": "x", "target": "cognito:groups"}}), "no attribute"},
		{422, "POST", "/servers/work/idps/oidc", set("mappings", []any{map[string]any{"source": "x", "target": "identities"}}), "no attribute"},
		{422, "POST", "/servers/work/idps/oidc", set("attributes", []any{map[string]any{"name": "a..b", "type": "string"}}), "empty"},
		{422, "POST", "/servers/work/idps/oidc", set("jit", map[string]any{"attributes_mapping": []any{map[string]any{"source": "x", "target": "identities"}}}), "identities"},
		{422, "POST", "/servers/work/idps/oidc", set("jit", map[string]any{"attributes_mapping": []any{map[string]any{"source": "x", "target": "cognito:groups"}}}), "cognito:groups"},
		{422, "POST", "/servers/work/idps/oidc", set("token_exchange_settings", map[string]any{"enabled": true}), "token_exchange_settings"},
		{422, "POST", "/services", map[string]any{"authorization_server_id": "work", "name": "x", "custom_audience": "https://a.example.com"}, "custom_audience"},
		{422, "POST", "/servers/work/idps/oidc", set("discovery_settings", map[string]any{"domains": []string{"a@b"}}), "domain"},
		{422, "POST", "/servers/work/idps/cognito", idp(func(m map[string]any) {
			m["settings"] = map[string]any{"client_id": "c", "pool_id": "eu-west-1_X", "region": "us-east-1"}
		}), "region"},
		{422, "POST", "/claims", claim("name", "sub"), "not for a workspace"}, {422, "POST", "/claims", claim("name", "cognito:groups"), "not for a workspace"}, {422, "POST", "/claims", claim("name", "amr"), "not for a workspace"}, {422, "POST", "/claims", claim("name", "act"), "not for a workspace"},
		{422, "POST", "/claims", claim("source_path", "nothing"), "no attribute"}, {422, "POST", "/claims", claim("scopes", []string{"none"}), "no scope"}, {422, "POST", "/claims", claim("verified", true), "verified"},
		{422, "POST", "/claims", claim("source_type", "magic"), "source_type"}, {404, "POST", "/claims", claim("authorization_server_id", "none"), "workspace"},
		{422, "POST", "/clients", map[string]any{"authorization_server_id": "work", "client_name": "x"}, "redirect_uris"},
		{422, "POST", "/clients", map[string]any{"authorization_server_id": "work", "client_name": "x", "redirect_uris": []string{"http://example.com/"}}, "HTTP"},
		{422, "POST", "/clients", map[string]any{"authorization_server_id": "work", "client_name": "x", "redirect_uris": []string{"https://a.example.com"}, "scopes": []string{"none"}}, "no scope"},
		{422, "POST", "/services", map[string]any{"authorization_server_id": "system", "name": "x"}, "fixed"}, {422, "DELETE", "/servers/system", nil, "cannot be deleted"},
		{404, "GET", "/servers/none", nil, "workspace"}, {404, "GET", "/elsewhere", nil, "no such operation"},
	} {
		status, out := b.ask(c.method, adminAPI+c.path, c.body)
		text, _ := out["error"].(string)
		if status != c.status || out["status_code"] != float64(c.status) || !strings.Contains(text, c.says) {
			t.Errorf("%s %s %v answered %d %v, want %d with %q", c.method, c.path, c.body, status, out, c.status, c.says)
		}
	}
	if status, _ := b.ask("GET", "/api/admin/other/servers", nil); status != 404 {
		t.Errorf("another tenant answered %d", status)
	}
	if list := b.must(200, "GET", adminAPI+"/servers/work/idps", nil); len(list["idps"].([]any)) != 0 {
		t.Errorf("something was made: %v", list)
	}
}

// TestWhoMayAdministerWorkspaces fails when somebody may who has not proven to be an administrator, or more than their scopes say.
// token gets an access token for a client that acts for itself; empty: it gets none.
func (b *bureau) token(wid string, c map[string]any) string {
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.server.URL+"/default/"+wid+"/oauth2/token", strings.NewReader(url.Values{"grant_type": {"client_credentials"}}.Encode()))
	b.check(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(c["client_id"].(string), c["client_secret"].(string))
	answer, err := http.DefaultClient.Do(r)
	b.check(err)
	defer answer.Body.Close()
	var out struct {
		Access string `json:"access_token"`
	}
	b.check(json.NewDecoder(answer.Body).Decode(&out))
	return out.Access
}

func TestWhoMayAdministerWorkspaces(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	b.must(201, "POST", adminAPI+"/servers", map[string]any{"id": "work", "name": "Work", "user_pool_id": testPool})
	client := func(wid string, scopes ...string) map[string]any {
		return b.must(201, "POST", adminAPI+"/clients", map[string]any{
			"authorization_server_id": wid, "client_name": "Robot", "grant_types": []string{"client_credentials"}, "scopes": scopes,
		})
	}
	robot := client("system", "view_servers", "manage_claims")
	service := b.must(201, "POST", adminAPI+"/services", map[string]any{"authorization_server_id": "work", "name": "API", "type": "oauth2", "scopes": []any{map[string]any{"scope_name": "manage_servers"}}})
	_ = service
	impostor := client("work", "manage_servers") // a scope of that name, of a workspace that is not the system's
	good, bad := b.token("system", robot), b.token("work", impostor)
	if good == "" || bad == "" {
		t.Fatal("no tokens")
	}
	if other := b.token("work", robot); other != "" {
		t.Error("a client of the system workspace gets tokens at another")
	}
	temporary := "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/eu-west-1/any/aws4_request, SignedHeaders=host;x-amz-date, Signature=00"
	for _, c := range []struct {
		name, actor, method, path string
		status                    int
	}{
		{"nobody", "", "GET", "/servers", 401}, {"a token without a scheme", good, "GET", "/servers", 401}, {"nonsense", "Bearer x", "GET", "/servers", 401},
		{"a token of another workspace", "Bearer " + bad, "GET", "/servers", 401}, {"its scope", "Bearer " + good, "GET", "/servers", 200}, {"to change needs more", "Bearer " + good, "DELETE", "/servers/work", 403},
		{"another scope", "Bearer " + good, "GET", "/servers/work/idps", 403}, {"manage also views", "Bearer " + good, "GET", "/servers/work/claims", 200}, {"a password", "Basic YTpi", "GET", "/servers", 401},
		{"who signs", temporary, "GET", "/servers", 200},
	} {
		b.actor = c.actor
		if status, out := b.ask(c.method, adminAPI+c.path, nil); status != c.status {
			t.Errorf("%s: %d %v, want %d", c.name, status, out, c.status)
		}
	}
	b.h.auth = caller.Signatures(b.h.authority, b.h.clock.Now)
	b.check(b.h.open(t.Context()))
	b.actor = temporary
	if status, _ := b.ask("GET", adminAPI+"/servers", nil); status != 401 {
		t.Errorf("a signature that nobody made is good: %d", status)
	}
}

func TestATokenGivesNobodyMoreThanItHas(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	robot := func(scopes ...string) map[string]any {
		return map[string]any{"authorization_server_id": "system", "client_name": "Robot", "grant_types": []string{"client_credentials"}, "scopes": scopes}
	}
	b.must(201, "POST", adminAPI+"/servers", map[string]any{"id": "work", "name": "Work", "user_pool_id": testPool})
	b.actor = "Bearer " + b.token("system", b.must(201, "POST", adminAPI+"/clients", robot("manage_clients", "manage_configuration")))
	b.must(403, "POST", adminAPI+"/clients", robot("manage_clients", "manage_servers"))
	made := b.must(201, "POST", adminAPI+"/clients", robot("manage_clients"))
	b.must(403, "PUT", adminAPI+"/clients/"+made["client_id"].(string), robot("manage_servers"))
	other := robot("manage_servers")
	other["authorization_server_id"] = "work" // a client stays where it is, whatever the body says
	b.must(403, "PUT", adminAPI+"/clients/"+made["client_id"].(string), other)
	b.must(422, "POST", "/api/hub/default/workspaces/system/promote/config", map[string]any{"server": map[string]any{"name": "System"}})
}

// TestNoConnectionHasTheNameOfAProvider lets nobody make a connection whose people would be those of a provider of the pool.
func TestNoConnectionHasTheNameOfAProvider(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	b.must(201, "POST", adminAPI+"/servers", map[string]any{"id": "work", "name": "Work", "user_pool_id": testPool})
	b.check(b.h.store.InsertProvider(t.Context(), &federation.Provider{PoolID: testPool, Name: "Okta", Type: federation.OIDC}, 10))
	b.must(409, "POST", adminAPI+"/servers/work/idps/oidc", map[string]any{
		"id": "okta", "name": "Okta", "settings": map[string]any{"client_id": "c", "issuer_url": "https://idp.example.com"}, "credentials": map[string]any{"client_secret": "hush"},
	})
}

// TestAMachineIsToldWhichScopeItLacks fails when the refusal of a client that acts for itself speaks of settings that its maker never made.
func TestAMachineIsToldWhichScopeItLacks(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	b.must(201, "POST", adminAPI+"/servers", map[string]any{"id": "work", "name": "Work", "user_pool_id": testPool})
	for scopes, word := range map[string]string{"": "a service of this workspace", "email": "email is about people"} {
		refused := b.must(422, "POST", adminAPI+"/clients", map[string]any{
			"authorization_server_id": "work", "client_name": "Robot", "grant_types": []string{"client_credentials"}, "scopes": strings.Fields(scopes),
		})
		if said, _ := refused["error"].(string); !strings.HasPrefix(said, "scopes: ") || !strings.Contains(said, word) {
			t.Errorf("scopes %q are refused with %v", scopes, refused)
		}
	}
	if list := b.must(200, "GET", adminAPI+"/servers/work/clients", nil)["clients"].([]any); len(list) != 0 {
		t.Errorf("what was refused is there: %v", list)
	}
}
