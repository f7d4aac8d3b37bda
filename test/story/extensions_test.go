package story

import (
	"strings"
	"testing"
)

// TestScriptsApplicationsAndConsentAreAdministered plays docs/extensions.md with curl: a script is tried, saved and assigned, and
// runs in a process of the real binary; an application and a consent page are made.
func TestScriptsApplicationsAndConsentAreAdministered(t *testing.T) {
	t.Parallel()
	e := runExample(t, "docs/extensions.md", "curl")
	for _, want := range []string{
		`"output":{"authn_ctx":{"name":"ALICE"}}`, `"stdout":"got [secret PEPPER]\n"`, `"caught_err":""`,
		`"on_failure":"continue"`, `"client_secret":`, `"clients":[]`, "nothing to take back", `{"type":"default"}`,
	} {
		if !strings.Contains(e.shown, want) {
			t.Errorf("the commands did not show %s:\n%s", want, e.shown)
		}
	}
	if strings.Contains(e.shown, "a long secret") {
		t.Errorf("a secret is shown:\n%s", e.shown)
	}
}
