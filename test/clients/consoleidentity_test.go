package clients

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/test/started"
)

// shell runs commands as somebody who has copied them, and gives what they print.
func (s *server) shell(t *testing.T, text string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", text)
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=dev", "AWS_SECRET_ACCESS_KEY=dev", "AWS_PAGER=", "AWS_CONFIG_FILE=/dev/null", "AWS_MAX_ATTEMPTS=1",
		"AWS_DEFAULT_OUTPUT=json", "AWS_DEFAULT_REGION=us-east-1", "AWS_ENDPOINT_URL="+s.cognito)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s\n%s%s", err, text, out, errs.Bytes())
	}
	return out
}

// identityPool is what the server has of an identity pool, without its id.
func (s *server) identityPool(t *testing.T, id string) map[string]any {
	t.Helper()
	all := map[string]any{}
	for what, command := range map[string]string{
		"pool": "describe-identity-pool", "roles": "get-identity-pool-roles",
		"tags": "get-principal-tag-attribute-map --identity-provider-name cognito-idp.us-east-1.amazonaws.com/us-east-1_Cognate01",
	} {
		var doc map[string]any
		if err := json.Unmarshal(s.shell(t, "aws cognito-identity "+command+" --identity-pool-id "+id), &doc); err != nil {
			t.Fatal(err)
		}
		delete(doc, "IdentityPoolId")
		all[what] = doc
	}
	return all
}

// TestTheConsoleKeepsIdentityPools fails when what somebody says in the forms does not become the identity pool, when a command that a form
// shows does anything else than the form, when the way to a role is drawn otherwise than it is, or when a pool goes without its name
// having been typed.
func TestTheConsoleKeepsIdentityPools(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"bash", "aws"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing(t, tool+" is not installed")
		}
	}
	roles, err := os.ReadFile("../../examples/identity/cognate.yaml")
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "roles.yaml")
	text := started.PatientDecisions + string(roles) + "oidc_providers: [{issuer: \"https://id.example.com\", clients: [app]}]\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serveWith(t, []string{"--policies", "../../examples/policies", "--config", config})
	got := operate(t, s.cognito, "identify")
	commands, _ := got["commands"].([]any)
	id, _ := got["id"].(string)
	delete(got, "commands")
	delete(got, "id")
	if diff := cmp.Diff(map[string]any{
		"refused": "InvalidParameterException: CognitoIdentityProviders: a provider is named cognito-idp.REGION.amazonaws.com/POOL and has a client id",
		"rules":   []any{"cognito:groups contains staff → member", "custom:department is not sales → nobody"},
		"way": []any{
			[]any{"✓ Given", "department: sales"},
			[]any{"✕ Refused", "Invalid identity pool configuration. Check assigned IAM roles for this pool."},
			[]any{"✓ Given", "without tags"},
		},
		"unknown": "ResourceNotFoundException", "broken": 0.0,
	}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	const provider, client = "cognito-idp.us-east-1.amazonaws.com/us-east-1_Cognate01", "contactsweb0000000000000000"
	rule := func(claim, match, value, role string) any {
		return map[string]any{"Claim": claim, "MatchType": match, "Value": value, "RoleARN": "arn:aws:iam::000000000000:role/" + role}
	}
	made := s.identityPool(t, id)
	if diff := cmp.Diff(map[string]any{
		"pool": map[string]any{
			"IdentityPoolName": "everybody", "AllowUnauthenticatedIdentities": true, "DeveloperProviderName": "login.example.com", "IdentityPoolTags": map[string]any{},
			"CognitoIdentityProviders":  []any{map[string]any{"ProviderName": provider, "ClientId": client, "ServerSideTokenCheck": false}},
			"OpenIdConnectProviderARNs": []any{"arn:aws:iam::000000000000:oidc-provider/id.example.com"}, "SupportedLoginProviders": map[string]any{"accounts.google.com": "web;phone"},
		},
		"roles": map[string]any{
			"Roles": map[string]any{"authenticated": "arn:aws:iam::000000000000:role/member", "unauthenticated": "arn:aws:iam::000000000000:role/guest"},
			"RoleMappings": map[string]any{provider + ":" + client: map[string]any{"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": map[string]any{
				"Rules": []any{rule("cognito:groups", "Contains", "staff", "member"), rule("custom:department", "NotEqual", "sales", "nobody")},
			}}},
		},
		"tags": map[string]any{"IdentityProviderName": provider, "UseDefaults": false, "PrincipalTags": map[string]any{"department": "custom:department"}},
	}, made); diff != "" {
		t.Errorf("by forms (-want +got):\n%s", diff)
	}

	var again struct {
		ID string `json:"IdentityPoolId"`
	}
	for i, c := range commands {
		out := s.shell(t, strings.ReplaceAll(c.(string), id, again.ID))
		if i > 0 {
			continue
		}
		if err := json.Unmarshal(out, &again); err != nil || again.ID == "" || again.ID == id {
			t.Fatalf("%v %s", err, out)
		}
	}
	if diff := cmp.Diff(made, s.identityPool(t, again.ID)); diff != "" {
		t.Errorf("by commands instead of forms (-forms +commands):\n%s", diff)
	}

	ended := operate(t, s.cognito, "forget", id)
	if ended["unconfirmed"] != true {
		t.Error("an identity pool could be deleted without its name")
	}
	s.shell(t, strings.ReplaceAll(ended["command"].(string), id, again.ID))
	if left := s.shell(t, "aws cognito-identity list-identity-pools --max-results 10"); strings.Contains(string(left), "everybody") {
		t.Errorf("after it was deleted: %s", left)
	}
}
