package story

import (
	"encoding/base64"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// TestSigningKeysCanBeRotatedUnderARunningServer fails when a rotation kills tokens that are out, or when new tokens
// are still signed with the old key after the time a running server has to notice.
func TestSigningKeysCanBeRotatedUnderARunningServer(t *testing.T) {
	t.Parallel()
	seeds, err := filepath.Abs("../../examples/dev/seeds.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s, err := start(dir, "dev", "--data", filepath.Join(dir, "data"), "--seeds", seeds)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	const pool, app = "us-east-1_Cognate01", "contactsweb0000000000000000"
	ctx, client := soon(t), s.sdk()
	signIn := func() string {
		t.Helper()
		got, err := client.InitiateAuth(ctx, &idp.InitiateAuthInput{ClientId: aws.String(app), AuthFlow: types.AuthFlowTypeUserPasswordAuth,
			AuthParameters: map[string]string{"USERNAME": "alice", "PASSWORD": "Correct-Horse1"}})
		if err != nil {
			t.Fatal(err)
		}
		return aws.ToString(got.AuthenticationResult.AccessToken)
	}
	before := signIn()
	out, err := exec.CommandContext(ctx, binary, "keys", "rotate", pool, "--data", filepath.Join(dir, "data")).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	after := signIn()
	for header(t, after) == header(t, before) && ctx.Err() == nil {
		after = signIn() // a running server may take a moment to notice; the test's patience bounds it
	}
	if header(t, after) == header(t, before) {
		t.Fatal("new tokens are still signed with the old key")
	}
	for name, token := range map[string]string{"before": before, "after": after} {
		if _, err := claims(ctx, s.cognito+"/"+pool, token); err != nil {
			t.Errorf("a token from %s the rotation does not verify: %v", name, err)
		}
		if _, err := client.GetUser(ctx, &idp.GetUserInput{AccessToken: aws.String(token)}); err != nil {
			t.Errorf("a token from %s the rotation is refused: %v", name, err)
		}
	}
}

func header(t *testing.T, token string) string {
	t.Helper()
	head, _, _ := strings.Cut(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
