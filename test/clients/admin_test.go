package clients

import (
	"encoding/base64"
	"encoding/json"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/bcrypt"
)

func TestCerbosJavaScriptClientsManagePolicies(t *testing.T) {
	t.Parallel()
	needNode(t)
	hash, err := bcrypt.GenerateFromPassword([]byte("Correct-Horse9"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	s := serveWith(t, nil, "COGNATE_POLICY_STORED=true", "COGNATE_POLICY_ADMIN_USERNAME=cerbos",
		"COGNATE_POLICY_ADMIN_PASSWORD_HASH="+base64.StdEncoding.EncodeToString(hash))
	out, err := exec.CommandContext(t.Context(), "node", "admin.mjs", s.pdp, s.grpc, "cerbos", "Correct-Horse9").Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var got map[string]any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	said := map[string]any{
		"before": false, "after": true, "listed": true, "got": []any{"view"}, "inspected": []any{"view"}, "disabled": true, "whileDisabled": false,
		"enabled": true, "afterwards": true, "deleted": true, "gone": false, "schemas": true, "schemaDeleted": true, "broken": 3.0,
	}
	if diff := cmp.Diff(map[string]any{"http": said, "grpc": said, "refused": 16.0}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
