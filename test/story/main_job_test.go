package story

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// sdk is AWS's own client, with nothing changed but the endpoint.
func (s *server) sdk() *idp.Client {
	key, secret := "AKIAIOSFODNN7EXAMPLE", "any"
	if s.key != "" {
		key, secret = s.key, s.secret
	}
	return idp.New(idp.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(s.cognito),
		Credentials:  credentials.NewStaticCredentialsProvider(key, secret, ""),
	})
}

// TestTheMainJobWorksWithTheStockSDK is the journey of main_job.txtar as an application would program it, against the
// secure mode: signatures are checked with the root key that the first start printed.
func TestTheMainJobWorksWithTheStockSDK(t *testing.T) {
	t.Parallel()
	policies, err := filepath.Abs("../../examples/policies")
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, "serve", "--policies", policies)
	if s.key == "" || s.secret == "" {
		t.Fatal("the first start printed no root access key")
	}
	ctx, client := soon(t), s.sdk()
	pool, app := makePool(t, ctx, client)

	// There is no mail server here, so an administrator confirms.
	up, err := client.SignUp(ctx, &idp.SignUpInput{ClientId: app, Username: aws.String("dana"), Password: aws.String("Correct-Horse1"),
		UserAttributes: []types.AttributeType{{Name: aws.String("email"), Value: aws.String("dana@example.com")}}})
	if err != nil {
		t.Fatal(err)
	}
	who := &idp.AdminConfirmSignUpInput{UserPoolId: pool, Username: aws.String("dana")}
	if _, err := client.AdminConfirmSignUp(ctx, who); err != nil {
		t.Fatal(err)
	}

	tokens := signInSRP(t, ctx, client, aws.ToString(pool), aws.ToString(app), "dana", "Correct-Horse1")
	id, err := claims(ctx, s.cognito+"/"+aws.ToString(pool), aws.ToString(tokens.IdToken))
	if err != nil {
		t.Fatal(err)
	}
	if id["sub"] != aws.ToString(up.UserSub) || id["aud"] != aws.ToString(app) || id["email"] != "dana@example.com" {
		t.Errorf("the ID token says %v", id)
	}
	access, err := claims(ctx, s.cognito+"/"+aws.ToString(pool), aws.ToString(tokens.AccessToken))
	if err != nil {
		t.Fatal(err)
	}
	if access["client_id"] != aws.ToString(app) || access["scope"] != "aws.cognito.signin.user.admin" || access["email"] != nil {
		t.Errorf("the access token says %v", access)
	}

	join := func(group string) {
		t.Helper()
		in := &idp.AdminAddUserToGroupInput{UserPoolId: pool, Username: aws.String("dana"), GroupName: aws.String(group)}
		if _, err := client.AdminAddUserToGroup(ctx, in); err != nil {
			t.Fatal(err)
		}
	}
	sub := aws.ToString(up.UserSub)
	join("user")
	s.wantDelete(t, ctx, sub, "somebody-else", "EFFECT_DENY")
	s.wantDelete(t, ctx, sub, sub, "EFFECT_ALLOW")
	join("admin")
	s.wantDelete(t, ctx, sub, "somebody-else", "EFFECT_ALLOW")
	if _, err := client.AdminDisableUser(ctx, &idp.AdminDisableUserInput{UserPoolId: pool, Username: aws.String("dana")}); err != nil {
		t.Fatal(err)
	}
	s.wantDelete(t, ctx, sub, "somebody-else", "EFFECT_DENY")
	s.wantDelete(t, ctx, sub, sub, "EFFECT_DENY")
}

// TestAStrangersKeyIsRefused fails when the secure mode accepts a signature it cannot verify.
func TestAStrangersKeyIsRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, "serve")
	wrong := func(key, secret string) error {
		c := idp.New(idp.Options{Region: "us-east-1", BaseEndpoint: aws.String(s.cognito),
			Credentials: credentials.NewStaticCredentialsProvider(key, secret, "")})
		_, err := c.ListUserPools(soon(t), &idp.ListUserPoolsInput{MaxResults: aws.Int32(1)})
		return err
	}
	for name, err := range map[string]error{
		"UnrecognizedClientException": wrong("AKIAIOSFODNN7EXAMPLE", s.secret),
		"InvalidSignatureException":   wrong(s.key, s.secret+"x"),
	} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("want %s, got %v", name, err)
		}
	}
}

// makePool makes a pool with an app client and the groups admin and user.
func makePool(t *testing.T, ctx context.Context, client *idp.Client) (pool, app *string) {
	t.Helper()
	made, err := client.CreateUserPool(ctx, &idp.CreateUserPoolInput{PoolName: aws.String("contacts")})
	if err != nil {
		t.Fatal(err)
	}
	pool = made.UserPool.Id
	got, err := client.CreateUserPoolClient(ctx, &idp.CreateUserPoolClientInput{UserPoolId: pool, ClientName: aws.String("web")})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"admin", "user"} {
		if _, err := client.CreateGroup(ctx, &idp.CreateGroupInput{UserPoolId: pool, GroupName: aws.String(name)}); err != nil {
			t.Fatal(err)
		}
	}
	var exists *types.GroupExistsException
	if _, err := client.CreateGroup(ctx, &idp.CreateGroupInput{UserPoolId: pool, GroupName: aws.String("user")}); !errors.As(err, &exists) {
		t.Errorf("a second group of the same name: %v", err)
	}
	return pool, got.UserPoolClient.ClientId
}

// wantDelete asks whether the person may delete somebody's contact.
func (s *server) wantDelete(t *testing.T, ctx context.Context, sub, owner, want string) {
	t.Helper()
	got, err := s.decide(ctx, `{"principal":{"id":"`+sub+`"},"resources":[{"actions":["delete"],`+
		`"resource":{"kind":"contact","id":"c1","attr":{"owner":"`+owner+`"}}}]}`)
	if err != nil {
		t.Fatal(err)
	}
	if effect, err := got.at("results.0.actions.delete"); err != nil || effect != want {
		t.Errorf("delete a contact of %s: %s (%v), want %s", owner, effect, err, want)
	}
}
