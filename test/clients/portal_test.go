package clients

import (
	"encoding/json"
	"os"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSomebodyTriesAWorkspaceAndTakesItBack goes in Chromium from the portal to the demo application, by way of a connection to a user
// pool and of consent, and looks at the tokens; removes its access in the portal, is asked again, and signs out. Tokens are in no
// address and no storage, names are text, and nothing stands in the way of a screen reader.
func TestSomebodyTriesAWorkspaceAndTakesItBack(t *testing.T) {
	t.Parallel()
	needNode(t)
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		missing(t, "chromium is not installed")
	}
	cmd := exec.CommandContext(t.Context(), "node", "portal.mjs")
	cmd.Env = append(os.Environ(), "COGNITO="+serve(t).cognito, "CHROMIUM="+chromium)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var got map[string]any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := map[string]any{
		"email": "dana@example.com", "name": "<b>Dana</b>", "audience": "demo_staff", "client": "demo_staff", "via": "You came through Company directory.",
		"words": true, "bold": 0.0, "asked": 2.0, "renewed": true, "stored": "[{},{}]", "clean": true, "tokens": 0.0, "shown": []any{}, "revoked": true,
		"out": true, "problems": []any{},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
