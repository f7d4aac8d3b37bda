package clients

import (
	"encoding/json"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestThePlaygroundIsUsedSavedAndOpened(t *testing.T) {
	t.Parallel()
	needNode(t)
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		missing(t, "chromium is not installed")
	}
	s := serve(t)
	out, err := exec.CommandContext(t.Context(), "node", "playground.mjs", s.pdp, chromium, t.TempDir()).Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var got map[string]any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := map[string]any{
		"effects": []any{"ALLOW", "DENY"}, "origin": true, "saved": true, "calls": 12.0, "refused": []any{}, "decided": true, "errors": []any{},
		"problem": "contact.yaml:9:1unknown field \"resourcePolice\"",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
