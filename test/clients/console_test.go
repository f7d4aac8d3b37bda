package clients

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/test/started"
)

// operate goes through a journey in the console of a server, and gives what it has shown. Nothing may have been complained of by the
// browser or have left the origin, and nothing may stand in the way of a screen reader.
func operate(t *testing.T, url, journey string, args ...string) map[string]any {
	t.Helper()
	needNode(t)
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		missing(t, "chromium is not installed")
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/console/", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode == http.StatusServiceUnavailable {
		missing(t, "the console is not built")
	}
	out, err := exec.CommandContext(t.Context(), "node", append([]string{"console.mjs", url, chromium, journey}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var got map[string]any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, p := range got["problems"].([]any) {
		t.Error(p)
	}
	delete(got, "problems")
	return got
}

func TestTheConsoleMakesAPoolAndAUserAndEndsThem(t *testing.T) {
	t.Parallel()
	want := map[string]any{
		"command": "aws cognito-idp create-user-pool \\", "unconfirmed": true, "kept": 0.0, "dark": "dark",
		"refused": "InvalidPasswordException: Password did not conform with password policy: Password not long enough",
	}
	if diff := cmp.Diff(want, operate(t, serve(t).cognito, "begin")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTheConsoleShowsWhyAndWhatATokenIsWorth(t *testing.T) {
	t.Parallel()
	s := serve(t, "COGNATE_AUDIT_MODE=on", "COGNATE_DECISION_LOG_DATABASE=true")
	if status, body := post(t, s.pdp+"/api/check/resources", `{"principal":{"id":"alice"},"resources":[{"actions":["read"],"resource":{"kind":"contact","id":"c7"}}]}`); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	want := map[string]any{
		"bob": "✓ Allowed", "bobWhy": "Decided by the rule “owners-change-their-own”.", "alice": "✕ Denied", "aliceWhy": "No rule held: what nobody allows is denied.",
		"who": "bob", "origin": 1.0, "token": []any{"It counts", "It counts no more", "It is forged", "This is no signed token"},
		"opener": []any{nil, 0.0}, "broken": 0.0, "url": true,
	}
	if diff := cmp.Diff(want, operate(t, s.cognito, "look", s.accessToken(t))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTheConsoleOpensWithAnAccessKeyOnly(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(binary, "serve", "--data", filepath.Join(t.TempDir(), "data"), "--listen", "127.0.0.1:0", "--pdp-listen", "127.0.0.1:0", "--pdp-grpc-listen", "off")
	cmd.Env = append(append(os.Environ(), "COGNATE_CONSOLE_MODE=on"), started.Patient...)
	p, err := started.Start(cmd, "ready", started.Patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Errorf("stop: %v\n%s", err, p.Log)
		}
	})
	want := map[string]any{
		"kept":  0.0,
		"wrong": "InvalidSignatureException: The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
	}
	if diff := cmp.Diff(want, operate(t, p.Said["cognito"], "locked", p.Said["access-key"], p.Said["secret-key"])); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What the preview shows before a save is what people see after it.
func TestTheConsoleChoosesHowSignInPagesLook(t *testing.T) {
	t.Parallel()
	want := map[string]any{
		"preview": "rgb(11, 110, 79)", "half": true, "command": true, "real": []any{"rgb(11, 110, 79)", 1.0}, "reset": "rgb(42, 91, 215)",
	}
	if diff := cmp.Diff(want, operate(t, serve(t).cognito, "brand")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Secrets of providers are written and never shown, and an edit does not lose them.
func TestTheConsoleKeepsIdentityProviders(t *testing.T) {
	t.Parallel()
	want := map[string]any{
		"refused": "InvalidParameterException: ProviderDetails must contain oidc_issuer.", "command": []any{`aws cognito-idp create-identity-provider \`, false},
		"secret": "", "kept": []any{"them", "…", "email", []any{"example.com"}},
		"unsigned": "InvalidParameterException: Invalid SAML metadata: it names no signing certificate.",
	}
	if diff := cmp.Diff(want, operate(t, serve(t).cognito, "federate")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTheConsoleSaysWhatIsDoneAboutRiskySignIns(t *testing.T) {
	t.Parallel()
	want := map[string]any{
		"refused": "InvalidParameterException: 203.0.113.0/33 is not an IP range in CIDR notation.",
		"command": []any{`aws cognito-idp set-risk-configuration \`, `--risk-exception-configuration '{"BlockedIPRangeList":["203.0.113.0/24"],"SkippedIPRangeList":[]}`},
	}
	if diff := cmp.Diff(want, operate(t, serve(t).cognito, "protect")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The file goes up from the browser, and the lines that brought nobody are told by their numbers.
func TestTheConsoleImportsPeople(t *testing.T) {
	t.Parallel()
	want := map[string]any{
		"columns": true, "skipped": []any{"Skipped", "The user already exists."},
		"failed": []any{1.0, []any{"Failed", "The User Record does not set any of the auto verified attributes to true. (Example: email_verified to true)."}},
	}
	if diff := cmp.Diff(want, operate(t, serve(t).cognito, "bring")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTheConsoleForgetsTheKeyOfWhoWalksAway(t *testing.T) {
	t.Parallel()
	want := map[string]any{"early": 0.0, "again": 0.0, "kept": true, "forgotten": true, "night": false}
	if diff := cmp.Diff(want, operate(t, serve(t).cognito, "idle")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Policies are written in the console, and what the validator finds is told where they are.
func TestTheConsoleWritesPolicies(t *testing.T) {
	t.Parallel()
	want := map[string]any{
		"schema": "ValidationException: Invalid input: definition.cedarJson",
		"refused": "ValidationException: Invalid input: definition.static.statement: UnrecognizedActionId: unrecognized action `App::Action::\"write\"`: " +
			"definition.static.statement: InvalidActionApplication: unable to find an applicable action given the policy scope constraints",
		"command": `aws verifiedpermissions create-policy \`, "asked": []any{"✓ Allowed", "✕ Denied", "✓ Allowed"},
		"half": true, "kept": []any{"https://login.example.com", "https://documents.example.com", "sub", "example", "App::User", "groups", "App::Group"},
		"source": map[string]any{"openIdConnectConfiguration": map[string]any{
			"issuer": "https://login.example.com", "groupConfiguration": map[string]any{"groupClaim": "groups", "groupEntityType": "App::Group"},
			"tokenSelection": map[string]any{"accessTokenOnly": map[string]any{"principalIdClaim": "sub", "audiences": []any{"https://documents.example.com"}}},
		}},
	}
	if diff := cmp.Diff(want, operate(t, serve(t).cognito, "permit")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestTheConsoleShowsWhatBecomesOfData follows an attribute that nothing takes to a client that gets it, and looks at what is beside that:
// the trace of a sign-in, an application, a script. It fails when a way that ends nowhere is not told in words.
func TestTheConsoleShowsWhatBecomesOfData(t *testing.T) {
	t.Parallel()
	s := serve(t)
	w := workspaces{t, s.cognito}
	w.must(201, "POST", "/servers", map[string]any{"id": "work", "name": "Work"})
	id, secret := brokerOf(t, s, s.cognito+"/default/work/oauth2/idpresponse")
	idp := w.must(201, "POST", "/servers/work/idps/cognito", map[string]any{
		"name": "Staff", "settings": map[string]any{"pool_id": "us-east-1_Cognate01", "region": "us-east-1", "client_id": id, "base_url": s.cognito, "scopes": []string{"openid", "email", "profile"}},
		"credentials": map[string]any{"client_secret": secret},
	})
	idp["attributes"] = append(idp["attributes"].([]any), map[string]any{"source": "id_token", "name": "custom:department", "type": "string"})
	w.must(200, "PUT", "/servers/work/idps/cognito/"+idp["id"].(string), idp)
	client := w.must(201, "POST", "/clients", map[string]any{
		"authorization_server_id": "work", "client_name": "App", "trusted": true, "redirect_uris": []string{workCallback}, "scopes": []string{"openid", "email", "profile", "address"},
	})
	w.walk(client, idp["id"].(string), url.Values{"username": {"bob"}, "password": {"Correct-Horse2"}})
	want := map[string]any{
		"before": "⚠ not mapped", "phone": 2.0, "curl": true, "story": "department in the ID token takes department. App gets it always.",
		"lit":  []any{"Staff", "custom:department", "department", "department", "App"},
		"row":  []any{"custom:department", "Staff, ID token", "department", "department in the ID token", "gets it always", "–"},
		"read": 1.0, "secrets": 0.0, "output": map[string]any{"authn_ctx": map[string]any{"name": "ALICE"}}, "broken": 0.0,
	}
	if diff := cmp.Diff(want, operate(t, s.cognito, "lineage", client["client_id"].(string))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
