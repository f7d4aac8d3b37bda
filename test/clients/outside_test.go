package clients

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/kit/selfsigned"
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

// TestStaffComeFromASAMLProvider signs a member of staff in through samlify and out again, round after round in one Chromium: by
// signing out here, and by signing out there, with assertions in the clear and encrypted ones.
func TestStaffComeFromASAMLProvider(t *testing.T) {
	t.Parallel()
	needNode(t)
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		missing(t, "chromium is not installed")
	}
	s := serve(t)
	private, certificate := samlPair(t)
	cmd := exec.Command("node", "saml.mjs")
	cmd.Env = append(os.Environ(), "COGNITO="+s.cognito, "POOL=us-east-1_Cognate01", "CHROMIUM="+chromium, "IDP_KEY="+private, "IDP_CERT="+certificate)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	type round struct {
		Name, Way, Error, SignedIn, Afterwards, Relay string
		Asked                                         int
	}
	var got struct {
		Rounds        []round
		Heard         [][2]any
		Status, Email string
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const over = "login_required"
	here := func(name string) round {
		return round{Name: name, Way: "here", SignedIn: "yes", Afterwards: over, Asked: 1}
	}
	there := func(name string) round {
		return round{Name: name, Way: "there", SignedIn: "yes", Afterwards: over, Relay: "relay", Asked: 1}
	}
	if diff := cmp.Diff([]round{here("Corp"), there("Corp"), here("Sealed"), here("Corp"), there("Sealed")}, got.Rounds); diff != "" {
		t.Errorf("rounds (-want +got):\n%s", diff)
	}
	asked := [2]any{"dana", true}
	if diff := cmp.Diff([][2]any{asked, asked, asked}, got.Heard); diff != "" {
		t.Errorf("what the provider was asked (-want +got):\n%s", diff)
	}
	if got.Status != "EXTERNAL_PROVIDER" || got.Email != "dana@example.com" {
		t.Errorf("%s", out)
	}
}

// samlPair makes a key with its certificate, as PEM.
func samlPair(t *testing.T) (private, certificate string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := selfsigned.Certificate(key, "idp.example.com", time.Now().Add(-time.Hour), 10)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, raw []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}))
	}
	return block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key)), block("CERTIFICATE", der)
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
	p, err := started.Start(cmd, "issuer", started.Patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop() })
	return p.Said["issuer"]
}
