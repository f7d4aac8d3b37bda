package story

import (
	"strings"
	"testing"
)

// TestASignInLeadsToTemporaryCredentials plays docs/identity-pools.md with the AWS CLI: a pool, a sign-in, an identity, its
// credentials and who has them; a guest in the classic flow; a user whom a backend vouches for.
func TestASignInLeadsToTemporaryCredentials(t *testing.T) {
	t.Parallel()
	e := runExample(t, "docs/identity-pools.md", "aws", "curl")
	for _, want := range []string{
		`"Arn": "arn:aws:sts::000000000000:assumed-role/member/CognitoIdentityCredentials"`,
		"An error occurred (AccessDeniedException) when calling the ListUserPools operation: User: arn:aws:sts::000000000000:assumed-role/member/CognitoIdentityCredentials is not authorized to perform: cognito-idp:ListUserPools",
		"they administer nothing",
		`"Arn": "arn:aws:sts::000000000000:assumed-role/guest/guest"`,
		`"issuer":"` + e.cognito + `/cognito-identity"`,
		`"user-7"`,
	} {
		if !strings.Contains(e.shown, want) {
			t.Errorf("the commands did not show %s:\n%s", want, e.shown)
		}
	}
}
