package cognitoidp_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// TestMinimalClientHasCognitosDefaults fails when a member that AWS returns is missing, or one that AWS omits is there.
func TestMinimalClientHasCognitosDefaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	out, err := w.CreateUserPoolClient(t.Context(), &sdk.CreateUserPoolClientInput{UserPoolId: pool, ClientName: new("app")})
	w.check(err)
	created := string(w.wire.last())
	shown := strings.NewReplacer(*pool, "eu-west-1_POOL", *out.UserPoolClient.ClientId, "CLIENT").Replace(created)
	golden(t, "testdata/client_minimal.json", []byte(shown))
	_, err = w.DescribeUserPoolClient(t.Context(), &sdk.DescribeUserPoolClientInput{UserPoolId: pool, ClientId: out.UserPoolClient.ClientId})
	w.check(err)
	if string(w.wire.last()) != created {
		t.Errorf("Describe differs from Create: %s", w.wire.last())
	}
}

// TestUpdateUserPoolClientReplacesEverything fails when an omitted setting survives, or a secret does not.
func TestUpdateUserPoolClientReplacesEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	made, err := w.CreateUserPoolClient(t.Context(), &sdk.CreateUserPoolClientInput{
		UserPoolId: pool, ClientName: new("app"), GenerateSecret: true, RefreshTokenValidity: 5, CallbackURLs: []string{"https://example.com/cb"},
		PreventUserExistenceErrors: "ENABLED", AuthSessionValidity: new(int32(10)), EnableTokenRevocation: new(false),
	})
	w.check(err)
	if len(*made.UserPoolClient.ClientSecret) < 51 {
		t.Errorf("the secret is %q", *made.UserPoolClient.ClientSecret)
	}
	w.now.Advance(time.Minute)
	out, err := w.UpdateUserPoolClient(t.Context(), &sdk.UpdateUserPoolClientInput{UserPoolId: pool, ClientId: made.UserPoolClient.ClientId})
	w.check(err)
	c := out.UserPoolClient
	if c.RefreshTokenValidity != 30 || c.CallbackURLs != nil || c.PreventUserExistenceErrors != "" || *c.AuthSessionValidity != 3 ||
		!*c.EnableTokenRevocation || !c.LastModifiedDate.After(*c.CreationDate) {
		t.Errorf("kept what an update resets: %s", w.wire.last())
	}
	if *c.ClientName != "app" || *c.ClientSecret != *made.UserPoolClient.ClientSecret {
		t.Errorf("lost what an update cannot change: %s", w.wire.last())
	}
}

// TestClientsAreListedAndDeleted fails when a list of clients is wrong or a deleted client lives on.
func TestClientsAreListedAndDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool, other := w.pool(), w.pool()
	first, second := w.client(pool), w.client(pool)
	seen := map[string]int{}
	pages := sdk.NewListUserPoolClientsPaginator(w, &sdk.ListUserPoolClientsInput{UserPoolId: pool, MaxResults: new(int32(1))})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		w.check(err)
		for _, c := range page.UserPoolClients {
			seen[*c.ClientId]++
		}
	}
	if seen[*first] != 1 || seen[*second] != 1 || len(seen) != 2 {
		t.Errorf("listed %v", seen)
	}
	_, err := w.DescribeUserPoolClient(t.Context(), &sdk.DescribeUserPoolClientInput{UserPoolId: other, ClientId: first})
	w.refused(err, "ResourceNotFoundException", "User pool client "+*first+" does not exist.")
	_, err = w.DeleteUserPoolClient(t.Context(), &sdk.DeleteUserPoolClientInput{UserPoolId: pool, ClientId: first})
	w.check(err)
	_, err = w.DescribeUserPoolClient(t.Context(), &sdk.DescribeUserPoolClientInput{UserPoolId: pool, ClientId: first})
	w.refused(err, "ResourceNotFoundException", "User pool client "+*first+" does not exist.")
	_, err = w.ListUserPoolClients(t.Context(), &sdk.ListUserPoolClientsInput{UserPoolId: new("eu-west-1_unknown00")})
	w.refused(err, "ResourceNotFoundException", "User pool eu-west-1_unknown00 does not exist.")
}

// TestClientSettingsThatContradictAreRefused fails when one of Cognito's rules for clients is not kept.
func TestClientSettingsThatContradictAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	for name, c := range map[string]struct {
		in        sdk.CreateUserPoolClientInput
		exception string
		text      string
	}{
		"two secrets": {sdk.CreateUserPoolClientInput{GenerateSecret: true, ClientSecret: new(strings.Repeat("s", 30))},
			"InvalidParameterException", "Only one of GenerateSecret and ClientSecret can be set."},
		"mixed flows": {sdk.CreateUserPoolClientInput{ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ADMIN_NO_SRP_AUTH", "ALLOW_USER_SRP_AUTH"}},
			"InvalidParameterException", "Values of ExplicitAuthFlows with the ALLOW_ prefix cannot be mixed with values without it."},
		"machine and human": {sdk.CreateUserPoolClientInput{GenerateSecret: true, AllowedOAuthFlows: []types.OAuthFlowType{"code", "client_credentials"}},
			"InvalidOAuthFlowException", "client_credentials flow can not be selected along with code flow or implicit flow."},
		"unknown scope": {sdk.CreateUserPoolClientInput{AllowedOAuthScopes: []string{"no/such"}},
			"ScopeDoesNotExistException", "Invalid scope requested: no/such"},
		"foreign provider": {sdk.CreateUserPoolClientInput{SupportedIdentityProviders: []string{"Google"}},
			"InvalidParameterException", "The provider Google does not exist for User Pool " + *pool + "."},
		"redirect without home": {sdk.CreateUserPoolClientInput{DefaultRedirectURI: new("https://example.com")},
			"InvalidParameterException", "Default redirect URI must be in the list of callback URLs."},
		"attribute of nobody": {sdk.CreateUserPoolClientInput{ReadAttributes: []string{"custom:none"}},
			"InvalidParameterException", "Invalid read attributes specified while creating a client"},
	} {
		c.in.UserPoolId, c.in.ClientName = pool, new("app")
		_, err := w.CreateUserPoolClient(t.Context(), &c.in)
		t.Log(name)
		w.refused(err, c.exception, c.text)
	}
}

// TestClientSecretsRotateWithoutAPause fails when the old and the new secret do not both work in between, when a value
// is shown again, or when the last secret can go.
func TestClientSecretsRotateWithoutAPause(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	made, err := w.CreateUserPoolClient(t.Context(), &sdk.CreateUserPoolClientInput{UserPoolId: pool, ClientName: new("app"), GenerateSecret: true})
	w.check(err)
	client, old := made.UserPoolClient.ClientId, *made.UserPoolClient.ClientSecret
	w.now.Advance(time.Minute)
	added, err := w.AddUserPoolClientSecret(t.Context(), &sdk.AddUserPoolClientSecretInput{UserPoolId: pool, ClientId: client})
	w.check(err)
	fresh := *added.ClientSecretDescriptor.ClientSecretValue
	for _, secret := range []string{old, fresh} {
		_, err := w.ForgotPassword(t.Context(), &sdk.ForgotPasswordInput{ClientId: client, Username: new("bob"), SecretHash: hash(secret, "bob", *client)})
		w.refused(err, "UserNotFoundException", "Username/client id combination not found.")
	}
	_, err = w.ForgotPassword(t.Context(), &sdk.ForgotPasswordInput{ClientId: client, Username: new("bob"), SecretHash: hash("wrong", "bob", *client)})
	w.refused(err, "NotAuthorizedException", "Unable to verify secret hash for client "+*client)
	_, err = w.AddUserPoolClientSecret(t.Context(), &sdk.AddUserPoolClientSecretInput{UserPoolId: pool, ClientId: client})
	w.refused(err, "LimitExceededException", "Client secrets cannot exceed limit of 2 secrets.")

	list, err := w.ListUserPoolClientSecrets(t.Context(), &sdk.ListUserPoolClientSecretsInput{UserPoolId: pool, ClientId: client})
	w.check(err)
	if len(list.ClientSecrets) != 2 || strings.Contains(string(w.wire.last()), "ClientSecretValue") {
		t.Errorf("listed %s", w.wire.last())
	}
	_, err = w.ListUserPoolClientSecrets(t.Context(), &sdk.ListUserPoolClientSecretsInput{UserPoolId: pool, ClientId: client, NextToken: new("made-up")})
	w.refused(err, "InvalidParameterException", "Invalid pagination token")
	for i, want := range []string{"", "The last secret of an app client cannot be deleted."} {
		_, err := w.DeleteUserPoolClientSecret(t.Context(), &sdk.DeleteUserPoolClientSecretInput{
			UserPoolId: pool, ClientId: client, ClientSecretId: list.ClientSecrets[i].ClientSecretId,
		})
		if want == "" {
			w.check(err)
		} else {
			w.refused(err, "InvalidParameterException", want)
		}
	}
	out, err := w.DescribeUserPoolClient(t.Context(), &sdk.DescribeUserPoolClientInput{UserPoolId: pool, ClientId: client})
	w.check(err)
	if *out.UserPoolClient.ClientSecret != fresh {
		t.Error("the secret that stays is not shown")
	}
}

// hash is the SECRET_HASH that a client sends.
func hash(secret, username, clientID string) *string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(username + clientID))
	return new(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}
