package token

import (
	"testing"

	"cognate.dev/cognate/internal/directory"
)

// TestNoHookSaysForWhomSomebodyActsAtAWorkspace fails when a script or a function writes a delegation into the tokens of a workspace, which
// only the workspace itself may say (RFC 8693 section 4.1). Cognito lets functions write such claims into tokens of a pool.
func TestNoHookSaysForWhomSomebodyActsAtAWorkspace(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"act", "may_act", "authorization_details", "active", "token_type"} {
		for workspace, want := range map[string]bool{"work": false, "": true} {
			c := &content{grant: Grant{Client: &directory.Client{ID: "c", Workspace: workspace}}}
			claims := map[string]any{"token_use": "access"}
			c.change(claims, ClaimChanges{Set: map[string]any{name: "x"}})
			if _, set := claims[name]; set != want {
				t.Errorf("%s at the workspace %q: set is %v", name, workspace, set)
			}
		}
	}
}
