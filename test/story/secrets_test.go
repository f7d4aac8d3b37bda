package story

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// TestNoSecretReachesTheLog plays a journey with the log at its most talkative and looks for everything in it that
// nobody else may know: passwords, codes, tokens, challenge sessions, secrets of clients and of access keys.
func TestNoSecretReachesTheLog(t *testing.T) {
	t.Setenv("COGNATE_LOG_LEVEL", "debug")
	dir := t.TempDir()
	s, err := start(dir, "dev", "--data", filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, client := soon(t), s.sdk()
	made, err := client.CreateUserPool(ctx, &idp.CreateUserPoolInput{PoolName: aws.String("quiet"),
		AutoVerifiedAttributes: []types.VerifiedAttributeType{types.VerifiedAttributeTypeEmail}})
	if err != nil {
		t.Fatal(err)
	}
	app, err := client.CreateUserPoolClient(ctx, &idp.CreateUserPoolClientInput{UserPoolId: made.UserPool.Id, ClientName: aws.String("web"),
		ExplicitAuthFlows: []types.ExplicitAuthFlowsType{types.ExplicitAuthFlowsTypeAllowUserPasswordAuth,
			types.ExplicitAuthFlowsTypeAllowRefreshTokenAuth, types.ExplicitAuthFlowsTypeAllowUserSrpAuth}})
	if err != nil {
		t.Fatal(err)
	}
	id := app.UserPoolClient.ClientId
	secret, err := client.CreateUserPoolClient(ctx, &idp.CreateUserPoolClientInput{UserPoolId: made.UserPool.Id,
		ClientName: aws.String("server"), GenerateSecret: true})
	if err != nil {
		t.Fatal(err)
	}
	const password, wrong, temporary, changed = "Correct-Horse1", "Wrong-Horse1", "Temporary-Horse1", "Changed-Horse1"
	if _, err := client.SignUp(ctx, &idp.SignUpInput{ClientId: id, Username: aws.String("dana"), Password: aws.String(password),
		UserAttributes: []types.AttributeType{{Name: aws.String("email"), Value: aws.String("dana@example.com")}}}); err != nil {
		t.Fatal(err)
	}
	code, err := s.code(ctx, "dana@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.ConfirmSignUp(ctx, &idp.ConfirmSignUpInput{ClientId: id, Username: aws.String("dana"), ConfirmationCode: &code}); err != nil {
		t.Fatal(err)
	}
	signIn := func(user, with string) (*idp.InitiateAuthOutput, error) {
		return client.InitiateAuth(ctx, &idp.InitiateAuthInput{ClientId: id, AuthFlow: types.AuthFlowTypeUserPasswordAuth,
			AuthParameters: map[string]string{"USERNAME": user, "PASSWORD": with}})
	}
	if _, err := signIn("dana", wrong); err == nil {
		t.Fatal("a wrong password was accepted")
	}
	tokens, err := signIn("dana", password)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.ChangePassword(ctx, &idp.ChangePasswordInput{AccessToken: tokens.AuthenticationResult.AccessToken,
		PreviousPassword: aws.String(password), ProposedPassword: aws.String(changed)}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.AdminCreateUser(ctx, &idp.AdminCreateUserInput{UserPoolId: made.UserPool.Id, Username: aws.String("erin"),
		TemporaryPassword: aws.String(temporary), MessageAction: types.MessageActionTypeSuppress}); err != nil {
		t.Fatal(err)
	}
	asked, err := signIn("erin", temporary)
	if err != nil || asked.ChallengeName != types.ChallengeNameTypeNewPasswordRequired {
		t.Fatalf("%v, %v", asked, err)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	log := s.Log.String()
	if !strings.Contains(log, "ChangePassword") {
		t.Fatalf("the log does not tell of the journey:\n%s", log)
	}
	for name, value := range map[string]string{
		"the password": password, "a wrong password": wrong, "the temporary password": temporary, "the new password": changed,
		"the code": code, "the access token": *tokens.AuthenticationResult.AccessToken, "the ID token": *tokens.AuthenticationResult.IdToken,
		"the refresh token": *tokens.AuthenticationResult.RefreshToken, "the challenge session": *asked.Session,
		"the client secret": *secret.UserPoolClient.ClientSecret,
	} {
		if value == "" || strings.Contains(log, value) {
			t.Errorf("%s is in the log (or was empty)", name)
		}
	}
}
