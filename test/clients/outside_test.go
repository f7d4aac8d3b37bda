package clients

import (
	"encoding/json"
	"os"
	"os/exec"
	"testing"
	"time"

	"cognate.dev/cognate/test/started"
)

// TestStaffComeFromACertifiedProvider signs a member of staff in through oidc-provider, in Chromium: the client sends her to
// the sign-in page, its button to the provider, the provider back, and the pool home with tokens of its own.
func TestStaffComeFromACertifiedProvider(t *testing.T) {
	t.Parallel()
	needNode(t)
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		missing(t, "chromium is not installed")
	}
	s := serve(t)
	const pool = "us-east-1_Cognate01"
	issuer := oidcProvider(t, s.cognito+"/"+pool+"/oauth2/idpresponse")
	cmd := exec.Command("node", "outside.mjs")
	cmd.Env = append(os.Environ(), "IDP_ISSUER="+issuer, "COGNITO="+s.cognito, "POOL="+pool, "CHROMIUM="+chromium)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var got struct {
		Error  string
		Status string
		Again  bool
		Claims struct {
			Username   string              `json:"cognito:username"`
			Groups     []string            `json:"cognito:groups"`
			Email      string              `json:"email"`
			Verified   bool                `json:"email_verified"`
			Name       string              `json:"name"`
			Identities []map[string]string `json:"identities"`
		}
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	c := got.Claims
	if got.Error != "" || got.Status != "EXTERNAL_PROVIDER" || !got.Again || c.Username != "Corp_dana" || len(c.Groups) != 1 || c.Groups[0] != pool+"_Corp" ||
		c.Email != "alice@example.com" || !c.Verified || c.Name != "Alice Example" || len(c.Identities) != 1 || c.Identities[0]["userId"] != "dana" {
		t.Errorf("%s", out)
	}
}

// oidcProvider starts oidc-provider with one client, and gives its issuer.
func oidcProvider(t *testing.T, callback string) string {
	t.Helper()
	clients, err := json.Marshal([]any{map[string]any{"client_id": "cognate", "client_secret": "only-for-tests", "redirect_uris": []string{callback}}})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "op.mjs")
	cmd.Env = append(os.Environ(), "OP_LAX=1", "OP_CLIENTS="+string(clients))
	p, err := started.Start(cmd, "issuer", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop() })
	return p.Said["issuer"]
}
