package clients

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const bobsContact = `{"principal":{"id":"bob","attr":{"team":"sales"}},"resources":[{"actions":["delete","other"],"resource":{"kind":"contact","id":"c1","attr":{"owner":"bob"}}}]}`

func TestAnExplanationSaysWhereEverythingCameFrom(t *testing.T) {
	t.Parallel()
	s := serve(t)
	file := filepath.Join(t.TempDir(), "request.json")
	if err := os.WriteFile(file, []byte(bobsContact), 0o600); err != nil {
		t.Fatal(err)
	}
	got, code := output(t, binary, "policy", "explain", "--server", s.pdp, file)
	for _, line := range []string{
		"role user                     from enrichment source pool (", "attr cognito                  from enrichment source pool (",
		"attr team                     from request", "derived roles: owner", "ALLOW delete", "rule owners-change-their-own held",
		"DENY  other", "decided by resource.contact.vdefault", "no rule allows it",
	} {
		if !strings.Contains(got, line) {
			t.Errorf("exit code %d, %q is missing in\n%s", code, line, got)
		}
	}
	// Without a server nobody knows bob's role.
	if got, code := output(t, binary, "policy", "explain", "--policies", "../../examples/policies", file); code == 0 {
		t.Errorf("a request without roles was explained:\n%s", got)
	}
	withRole := strings.Replace(bobsContact, `"attr":{"team":"sales"}`, `"roles":["user"]`, 1)
	if err := os.WriteFile(file, []byte(withRole), 0o600); err != nil {
		t.Fatal(err)
	}
	got, code = output(t, binary, "policy", "explain", "--json", "--policies", "../../examples/policies", file)
	var e struct {
		Resources []struct {
			Actions []struct{ Name, Effect, Policy string }
		}
	}
	if err := json.Unmarshal([]byte(got), &e); err != nil || code != 0 || len(e.Resources) != 1 || e.Resources[0].Actions[0].Effect != "EFFECT_ALLOW" {
		t.Errorf("exit code %d: %v\n%s", code, err, got)
	}
}

func TestAPageOfAnotherSiteIsToldNothing(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, path := range []string{"/_cognate/explain"} {
		if status, body := post(t, s.pdp+path, bobsContact, "Origin", "https://example.com"); status != http.StatusForbidden {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}
