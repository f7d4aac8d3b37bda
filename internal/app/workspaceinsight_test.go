package app

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
)

// raw is what an operation answers, letter by letter.
func (b *bureau) raw(method, path, body string) (int, string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.server.URL+path, strings.NewReader(body))
	b.check(err)
	r.Header.Set("Authorization", b.actor)
	r.Header.Set("X-Amz-Date", "20260101T000000Z")
	answer, err := http.DefaultClient.Do(r)
	b.check(err)
	text, err := io.ReadAll(answer.Body)
	b.check(err)
	b.check(answer.Body.Close())
	return answer.StatusCode, string(text)
}

const promoteConfig = "/api/hub/default/workspaces/work/promote/config"

// TestAWorkspaceGoesOutAndInAgain exports, changes and imports, here and on another server.
func TestAWorkspaceGoesOutAndInAgain(t *testing.T) {
	t.Parallel()
	b := sourced(t, "tier:string")
	b.change(func(c map[string]any) {
		c["attributes"] = append(c["attributes"].([]any), attribute("id_token", "tier", "string"))
		c["mappings"] = append(c["mappings"].([]any), mapTo("tier", "tier"), map[string]any{"target": "nickname", "mode": "static", "static": "x"})
		c["static_amr"], c["config"] = []string{"mfa"}, map[string]any{"enable_stateful_ctx": true, "stateful_ctx_duration": "1h0m0s"}
	})
	_, first := b.raw("GET", promoteConfig, "")
	for _, secret := range []string{"hush", b.client["client_secret"].(string), testPool, "created_at"} {
		if strings.Contains(first, secret) {
			t.Errorf("the document has %s: %s", secret, first)
		}
	}
	if status, said := b.raw("POST", promoteConfig, first); status != http.StatusNoContent {
		t.Fatalf("import: %d %s", status, said)
	}
	if _, again := b.raw("GET", promoteConfig, ""); again != first {
		t.Errorf("the document is another after it went in:\n%s\n%s", first, again)
	}
	b.peer.set(func(p *upstream) { p.id = map[string]any{"tier": "gold"} })
	if _, id, _ := b.signIn(b.newBrowser()); id["tier"] != "gold" {
		t.Errorf("after the import: %v", id)
	}
	b.must(201, "POST", adminAPI+"/clients", map[string]any{"authorization_server_id": "work", "client_name": "Extra", "redirect_uris": []string{appCallback}})
	b.connect("Extra", nil)
	for name, body := range map[string]string{
		"another workspace's": strings.Replace(first, `"id":"work"`, `"id":"other"`, 1), "unknown members": strings.Replace(first, `"server":{`, `"server":{"magic":1,`, 1),
		"a claim of nothing": strings.Replace(first, `"source_path":"tier"`, `"source_path":"none"`, 1), "a mapping to nothing": strings.Replace(first, `"target":"tier"`, `"target":"none"`, 1),
		"parts of nobody": strings.Replace(first, `{"server"`, `{"parts":{"magic":{}},"server"`, 1),
	} {
		if status, said := b.raw("POST", promoteConfig, body); status != 422 && status != 400 {
			t.Errorf("%s: %d %s", name, status, said)
		}
	}
	if list := b.must(200, "GET", adminAPI+"/servers/work/idps", nil); len(list["idps"].([]any)) != 2 {
		t.Errorf("a document that was refused has changed something: %v", list)
	}
	if status, said := b.raw("POST", promoteConfig, first); status != http.StatusNoContent {
		t.Fatalf("import: %d %s", status, said)
	}
	if _, again := b.raw("GET", promoteConfig, ""); again != first {
		t.Errorf("what the document does not have is still there: %s", again)
	}
	elsewhere := newBureau(t)
	if status, said := elsewhere.raw("POST", promoteConfig, first); status != 422 {
		t.Errorf("a connection without its secret: %d %s", status, said)
	}
	elsewhere.must(404, "GET", adminAPI+"/servers/work", nil)
	with := strings.Replace(first, `"static_amr"`, `"credentials":{"client_secret":"hush"},"static_amr"`, 1)
	if status, said := elsewhere.raw("POST", promoteConfig, with); status != http.StatusNoContent {
		t.Fatalf("import on another server: %d %s", status, said)
	}
	if _, there := elsewhere.raw("GET", promoteConfig, ""); !bytes.Equal([]byte(there), []byte(first)) {
		t.Errorf("on another server it is\n%s\nand not\n%s", there, first)
	}
}

// TestTheLineageShowsTheWayOfAClaim follows a custom attribute from its connection to a client, and one that no scope lets through.
func TestTheLineageShowsTheWayOfAClaim(t *testing.T) {
	t.Parallel()
	b := sourced(t, "tier:string")
	b.change(func(c map[string]any) {
		c["attributes"] = append(c["attributes"].([]any), attribute("access_token", `https://example\.com/tier`, "string"))
		c["mappings"] = append(c["mappings"].([]any), mapTo(`access_token.https://example\.com/tier`, "tier"))
	})
	b.client = b.app("Narrow", "openid")
	edges := func(path string) map[string]map[string]any {
		out := map[string]map[string]any{}
		for _, e := range b.must(200, "GET", adminAPI+"/servers/work/data-lineage"+path, nil)["edges"].([]any) {
			x := e.(map[string]any)
			out[x["from"].(string)+" > "+x["to"].(string)] = x
		}
		return out
	}
	idp, client := "idp:"+b.idp["id"].(string), "client:"+b.client["client_id"].(string)
	got := edges("?client_id=" + b.client["client_id"].(string))
	for _, want := range []string{idp + `:access_token:https://example\.com/tier > ctx:tier`, "ctx:tier > claim:id_token:tier", "claim:id_token:tier > " + client} {
		if got[want] == nil {
			t.Errorf("the lineage lacks %s: %v", want, got)
		}
	}
	if len(got) != 3 {
		t.Errorf("a client without the scope sees more than its own: %v", got)
	}
	all := edges("?dead_ends=true&client_id=" + b.client["client_id"].(string))
	if all[idp+":id_token:email > ctx:email"] == nil || all["ctx:email > claim:id_token:email"] == nil || all["claim:id_token:email > "+client] != nil {
		t.Errorf("with its dead ends: %v", all)
	}
	if all := edges(""); all["claim:id_token:email > "+client] != nil || all[idp+":id_token:email > ctx:email"] == nil {
		t.Errorf("the whole lineage: %v", all)
	}
	b.must(404, "GET", adminAPI+"/servers/work/data-lineage?client_id=none", nil)
}

// TestATraceTellsWhy reads the trace of a sign-in, and who has read it.
func TestATraceTellsWhy(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	b.peer.set(func(p *upstream) { p.id = map[string]any{"name": 7} })
	_, id, _ := b.signIn(b.newBrowser())
	list := b.must(200, "GET", adminAPI+"/servers/work/login-traces?limit=1", nil)["traces"].([]any)
	if len(list) != 1 || list[0].(map[string]any)["lines"] != nil || list[0].(map[string]any)["authentication_context"] != nil {
		t.Fatalf("traces %v", list)
	}
	trace := b.must(200, "GET", adminAPI+"/servers/work/login-traces/"+list[0].(map[string]any)["id"].(string), nil)
	if trace["subject"] != id["sub"] || trace["outcome"] != "code" || trace["authentication_context"].(map[string]any)["email"] != "up@example.com" {
		t.Errorf("trace %v", trace)
	}
	said := map[string]map[string]any{}
	for _, l := range trace["lines"].([]any) {
		x := l.(map[string]any)
		to, _ := x["to"].(string)
		said[x["step"].(string)+" "+to] = x
	}
	if l := said["mapping email"]; l["outcome"] != "set" || l["value"] != "up@example.com" {
		t.Errorf("the line of the email: %v", l)
	}
	if l := said["mapping name"]; l["outcome"] != "left out" || !strings.Contains(l["reason"].(string), "a number") {
		t.Errorf("the line of the name: %v", l)
	}
	b.must(404, "GET", adminAPI+"/servers/work/login-traces/none", nil)
	b.must(422, "GET", adminAPI+"/servers/work/login-traces?limit=0", nil)
	b.peer.set(func(p *upstream) { p.id = map[string]any{"email": strings.Repeat("a", 3000) + "@example.com"} })
	b.follow(b.newBrowser(), b.ask())
	if list := b.must(200, "GET", adminAPI+"/servers/work/login-traces", nil)["traces"].([]any); list[0].(map[string]any)["outcome"] != "invalid_request" {
		t.Errorf("the trace of a failure: %v", list[0])
	}
}
