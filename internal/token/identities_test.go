package token_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/directory"
)

// TestIdentitiesOfATokenAreText fails when the flags and times of linked identities are not the strings that clients
// read, when a client's read permissions hide them, or when an attribute that is no list gets into a token.
func TestIdentitiesOfATokenAreText(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]any{
		`[{"userId":"7","providerName":"Google","providerType":"Google","issuer":null,"primary":true,"dateCreated":1700000000123}]`: []any{
			map[string]any{
				"userId": "7", "providerName": "Google", "providerType": "Google", "issuer": nil, "primary": "true", "dateCreated": "1700000000123",
			},
		},
		`{"userId":"7"}`: nil,
		`not a list`:     nil,
	} {
		w := newWorld(t, func(s *directory.ClientSettings) { s.ReadAttributes = []string{"email"} })
		w.alice.Attributes["identities"] = value
		got := claimsOf(t, w.signIn().ID)["identities"]
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", value, diff)
		}
	}
}
