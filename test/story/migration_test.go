package story

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

// TestPeopleComeFromAnotherCognitoWhenTheySignIn fails when the built-in UserMigration does not bring the password and the
// attributes of somebody who signs in, brings somebody with a wrong password, or still needs the old pool afterwards.
func TestPeopleComeFromAnotherCognitoWhenTheySignIn(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("SKIPPED: starts servers")
	}
	ctx := soon(t)
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const flows = "auth_flows: [ALLOW_USER_PASSWORD_AUTH, ALLOW_USER_SRP_AUTH, ALLOW_ADMIN_USER_PASSWORD_AUTH, ALLOW_REFRESH_TOKEN_AUTH]"
	old := serve(t, "dev", "--seeds", write("old.yaml", `pools:
  - id: us-east-1_Old000001
    name: old
    clients:
      - {id: oldclient, name: app, secret: a_secret_of_the_old_pool_1, `+flows+`}
    users:
      - {username: dana, password: Correct-Horse1, attributes: {email: dana@example.com, email_verified: "true", name: Dana}}
      - {username: erin, password: Correct-Horse2, attributes: {email: erin@example.com, email_verified: "true"}}
`))
	const arn = "arn:aws:lambda:us-east-1:000000000000:function:old-pool"
	fresh := serve(t, "dev", "--seeds", write("fresh.yaml", `pools:
  - id: us-east-1_Fresh0001
    name: fresh
    clients:
      - {id: freshclient, name: app, `+flows+`}
    triggers:
      UserMigration: `+arn+`
`), "--config", write("config.yaml", fmt.Sprintf(`triggers:
  - arn: %s
    timeout: 1m
    cognito:
      endpoint: %s
      region: us-east-1
      client_id: oldclient
      client_secret: a_secret_of_the_old_pool_1
      user_pool_id: us-east-1_Old000001
      access_key_id: dev
      secret_access_key: dev
`, arn, old.cognito)))
	client := fresh.sdk()
	signIn := func(name, password string) error {
		_, err := client.InitiateAuth(ctx, &idp.InitiateAuthInput{ClientId: aws.String("freshclient"), AuthFlow: "USER_PASSWORD_AUTH",
			AuthParameters: map[string]string{"USERNAME": name, "PASSWORD": password}})
		return err
	}
	exists := func(name string) bool {
		_, err := client.AdminGetUser(ctx, &idp.AdminGetUserInput{UserPoolId: aws.String("us-east-1_Fresh0001"), Username: &name})
		return err == nil
	}
	if err := signIn("dana", "Wrong-Horse1"); err == nil || exists("dana") {
		t.Errorf("a wrong password brought somebody: %v", err)
	}
	if err := signIn("nobody", "Correct-Horse1"); err == nil || exists("nobody") {
		t.Errorf("somebody who is nowhere came: %v", err)
	}
	if err := signIn("dana", "Correct-Horse1"); err != nil {
		t.Errorf("the first sign-in: %v", err)
	}
	got, err := client.AdminGetUser(ctx, &idp.AdminGetUserInput{UserPoolId: aws.String("us-east-1_Fresh0001"), Username: aws.String("dana")})
	if err != nil || got.UserStatus != "CONFIRMED" || len(got.UserAttributes) != 4 { // sub, email, email_verified, name
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := client.ForgotPassword(ctx, &idp.ForgotPasswordInput{ClientId: aws.String("freshclient"), Username: aws.String("erin")}); err != nil {
		t.Errorf("a forgotten password: %v", err)
	}
	code, err := fresh.code(ctx, "erin@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.ConfirmForgotPassword(ctx, &idp.ConfirmForgotPasswordInput{ClientId: aws.String("freshclient"), Username: aws.String("erin"),
		ConfirmationCode: &code, Password: aws.String("Correct-Horse3")}); err != nil {
		t.Errorf("a new password: %v", err)
	}
	if err := old.Stop(); err != nil {
		t.Fatal(err)
	}
	for name, password := range map[string]string{"dana": "Correct-Horse1", "erin": "Correct-Horse3"} {
		if err := signIn(name, password); err != nil {
			t.Errorf("%s, when the old pool is gone: %v", name, err)
		}
	}
	signInSRP(t, ctx, client, "us-east-1_Fresh0001", "freshclient", "dana", "Correct-Horse1")
	if err := signIn("dana", "Wrong-Horse1"); err == nil {
		t.Error("a wrong password lets somebody in")
	}
}
