package clients

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// brokerSecret is one that must stand in no page and no command.
const brokerSecret = "hush-6f1c2a"

// settled is a document of the administration API without what differs from one making to the next.
func settled(doc map[string]any) map[string]any {
	for _, name := range []string{"created_at", "updated_at", "user_pool_id"} {
		delete(doc, name)
	}
	return doc
}

// TestTheConsoleConnectsACognitoUserPool fails when what somebody says in the forms does not become the workspace, the connection, the
// attribute and the mapping, or when a command that a form shows does anything else than the form.
func TestTheConsoleConnectsACognitoUserPool(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"bash", "curl", "jq"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing(t, tool+" is not installed")
		}
	}
	s := serve(t)
	got := operate(t, s.cognito, "connect", "dev", brokerSecret)
	commands, _ := got["commands"].([]any)
	delete(got, "commands")
	want := map[string]any{
		"refused": "422 invalid: id: it has 1 to 63 small letters, digits and hyphens.", "redirect": s.cognito + "/default/home/oauth2/idpresponse", "secretShown": false,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	w := workspaces{t, s.cognito}
	look := func() (space, connection map[string]any) {
		return settled(w.must(200, "GET", "/servers/home", nil)), settled(w.must(200, "GET", "/servers/home/idps/cognito/staff", nil))
	}
	space, connection := look()
	of := func(doc map[string]any, name string) any {
		list, _ := doc[name].([]any)
		if len(list) == 0 {
			t.Fatalf("no %s in %v", name, doc)
		}
		return list[len(list)-1]
	}
	made := map[string]any{
		"settings": connection["settings"], "config": connection["config"], "amr": connection["static_amr"], "attribute": of(connection, "attributes"), "mapping": of(connection, "mappings"),
		"context": of(space["authentication_context_settings"].(map[string]any), "attributes"),
	}
	if diff := cmp.Diff(map[string]any{
		"settings": map[string]any{
			"pool_id": "eu-west-1_AbCd12345", "region": "eu-west-1", "client_id": "broker", "get_user_info": true, "scopes": []any{"openid", "profile", "email"},
		},
		"config":    map[string]any{"enable_stateful_ctx": true, "stateful_ctx_duration": "1h30m0s"},
		"amr":       []any{"mfa"},
		"attribute": map[string]any{"name": `https://example\.com/department`, "description": "Department", "type": "string", "source": "id_token"},
		"mapping":   map[string]any{"source": `id_token.https://example\.com/department`, "target": "department", "mode": "dynamic"},
		"context":   map[string]any{"name": "department", "description": "Department", "type": "string"},
	}, made); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	if len(commands) != 4 {
		t.Fatalf("%d commands were shown", len(commands))
	}
	remove, err := exec.CommandContext(t.Context(), "curl", "-sS", "--fail-with-body", "--aws-sigv4", "aws:amz:us-east-1:cognate", "--user", "dev:dev", "-X", "DELETE", s.cognito+"/api/admin/default/servers/home").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, remove)
	}
	for _, c := range commands {
		text := c.(string)
		if strings.Contains(text, brokerSecret) {
			t.Errorf("the secret stands in\n%s", text)
		}
		cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", text)
		cmd.Env = append(cmd.Environ(), "AWS_ACCESS_KEY_ID=dev", "AWS_SECRET_ACCESS_KEY=dev", "CLIENT_SECRET="+brokerSecret)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s\n%s", err, text, out)
		}
	}
	spaceAgain, connectionAgain := look()
	if diff := cmp.Diff([]any{space, connection}, []any{spaceAgain, connectionAgain}); diff != "" {
		t.Errorf("by commands instead of forms (-forms +commands):\n%s", diff)
	}
}

// TestTheConsoleExtendsAndEndsConnections fails when an assigned script is not assigned, when a refusal is not the server's own, or
// when a connection goes without its name having been typed.
func TestTheConsoleExtendsAndEndsConnections(t *testing.T) {
	t.Parallel()
	s := serve(t)
	w := workspaces{t, s.cognito}
	w.must(201, "POST", "/servers", map[string]any{"id": "shop", "name": "Shop"})
	for _, id := range []string{"staff", "old"} {
		w.must(201, "POST", "/servers/shop/idps/oidc", map[string]any{
			"id": id, "name": strings.ToUpper(id[:1]) + id[1:], "settings": map[string]any{"issuer_url": "https://login.example.com", "client_id": "broker"},
			"credentials": map[string]any{"client_secret": brokerSecret},
		})
	}
	script := w.must(201, "POST", "/servers/shop/scripts", map[string]any{"name": "upper case", "body": "module.exports = async (c) => ({})"})
	want := map[string]any{
		"portal": s.cognito + "/default/shop/portal", "unconfirmed": true, "left": 0.0,
		"refused": "422 invalid: credentials: they would go to another place than before, so they have to be given again.",
	}
	if diff := cmp.Diff(want, operate(t, s.cognito, "extend")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	points := w.must(200, "GET", "/servers/shop/script-execution-points", nil)["script_execution_points"].([]any)
	if len(points) != 1 {
		t.Fatalf("points %v", points)
	}
	if p := points[0].(map[string]any); p["target_fk"] != "staff" || p["script_id"] != script["id"] || p["on_failure"] != "continue" {
		t.Errorf("assigned %v", p)
	}
}
