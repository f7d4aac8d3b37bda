package cognitoidp_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/google/go-cmp/cmp"
)

// TestGetUserShowsWhatTheClientMayRead fails when a client sees an attribute that it may not, or misses one.
func TestGetUserShowsWhatTheClientMayRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	client := w.client(pool, func(in *sdk.CreateUserPoolClientInput) { in.ReadAttributes = []string{"email"} })
	w.person(pool, "alice", "email", "alice@example.com", "name", "Alice")
	token := w.signIn(client, "alice", goodPass).AccessToken
	out, err := w.GetUser(t.Context(), &sdk.GetUserInput{AccessToken: token})
	w.check(err)
	got := values(out.UserAttributes)
	delete(got, "sub")
	if diff := cmp.Diff(map[string]string{"email": "alice@example.com"}, got); diff != "" || *out.Username != "alice" || out.UserMFASettingList != nil {
		t.Errorf("got %s", w.wire.last())
	}
	factors, err := w.GetUserAuthFactors(t.Context(), &sdk.GetUserAuthFactorsInput{AccessToken: token})
	w.check(err)
	if !slices.Equal(factors.ConfiguredUserAuthFactors, []types.AuthFactorType{"PASSWORD"}) {
		t.Errorf("factors: %s", w.wire.last())
	}
}

// TestChangedAddressMustBeVerified fails when a new address counts as verified without its code.
func TestChangedAddressMustBeVerified(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	client := w.client(pool)
	w.person(pool, "alice", "email", "old@example.com", "email_verified", "true")
	token := w.signIn(client, "alice", goodPass).AccessToken
	out, err := w.UpdateUserAttributes(t.Context(), &sdk.UpdateUserAttributesInput{
		AccessToken: token, UserAttributes: pairs("email", "new@example.com", "name", "Alice"),
	})
	w.check(err)
	want := []types.CodeDeliveryDetailsType{{Destination: new("n***@e***"), DeliveryMedium: "EMAIL", AttributeName: new("email")}}
	if diff := cmp.Diff(want, out.CodeDeliveryDetailsList, ignoreUnexported); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	verified := func() string {
		u, err := w.GetUser(t.Context(), &sdk.GetUserInput{AccessToken: token})
		w.check(err)
		return values(u.UserAttributes)["email_verified"]
	}
	if verified() != "false" {
		t.Error("the new address is verified before its code came back")
	}
	verify := func(code string) error {
		_, err := w.VerifyUserAttribute(t.Context(), &sdk.VerifyUserAttributeInput{AccessToken: token, AttributeName: new("email"), Code: &code})
		return err
	}
	first := *w.code("new@example.com")
	w.refused(verify(other(first)), "CodeMismatchException", "Invalid verification code provided, please try again.")
	_, err = w.GetUserAttributeVerificationCode(t.Context(), &sdk.GetUserAttributeVerificationCodeInput{AccessToken: token, AttributeName: new("email")})
	w.check(err)
	code := *w.code("new@example.com")
	w.check(verify(code))
	if verified() != "true" {
		t.Error("the right code did not verify")
	}
	w.refused(verify(code), "ExpiredCodeException", "Invalid code provided, please request a code again.")
	_, err = w.UpdateUserAttributes(t.Context(), &sdk.UpdateUserAttributesInput{AccessToken: token, UserAttributes: pairs("nickname", "Al")})
	w.check(err)
	golden(t, "testdata/nothing_sent.json", w.wire.last())
	_, err = w.UpdateUserAttributes(t.Context(), &sdk.UpdateUserAttributesInput{AccessToken: token, UserAttributes: pairs("email_verified", "true")})
	w.refused(err, "InvalidParameterException", "Cannot modify the non-mutable attribute email_verified")
	_, err = w.DeleteUserAttributes(t.Context(), &sdk.DeleteUserAttributesInput{AccessToken: token, UserAttributeNames: []string{"name", "nickname"}})
	w.check(err)
	u, err := w.GetUser(t.Context(), &sdk.GetUserInput{AccessToken: token})
	w.check(err)
	if got := values(u.UserAttributes); got["name"] != "" || got["nickname"] != "" || got["email"] != "new@example.com" {
		t.Errorf("left %v", got)
	}
}

// TestDeadAccessTokensAreRefused fails when an operation works with a token that is expired, revoked or made up.
func TestDeadAccessTokensAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	client := w.client(pool)
	w.person(pool, "alice")
	use := func(token string) error {
		_, err := w.GetUser(t.Context(), &sdk.GetUserInput{AccessToken: &token})
		return err
	}
	w.refused(use("made.up.token"), "NotAuthorizedException", "Invalid Access Token")
	tokens := w.signIn(client, "alice", goodPass)
	w.refused(use(*tokens.IdToken), "NotAuthorizedException", "Invalid Access Token")
	signature := strings.LastIndexByte(*tokens.AccessToken, '.') + 1
	forged := (*tokens.AccessToken)[:signature] + strings.Repeat("A", len(*tokens.AccessToken)-signature)
	w.refused(use(forged), "NotAuthorizedException", "Could not verify signature for Access Token")

	_, err := w.RevokeToken(t.Context(), &sdk.RevokeTokenInput{ClientId: client, Token: tokens.AccessToken})
	w.refused(err, "UnsupportedTokenTypeException", "Token type is not supported.")
	_, err = w.RevokeToken(t.Context(), &sdk.RevokeTokenInput{ClientId: w.client(pool), Token: tokens.RefreshToken})
	w.refused(err, "UnauthorizedException", "The token was not issued to this client.")
	w.check(use(*tokens.AccessToken))
	for range 2 { // the second time is a success as well
		_, err = w.RevokeToken(t.Context(), &sdk.RevokeTokenInput{ClientId: client, Token: tokens.RefreshToken})
		w.check(err)
	}
	w.refused(use(*tokens.AccessToken), "NotAuthorizedException", "Access Token has been revoked")

	tokens = w.signIn(client, "alice", goodPass)
	_, err = w.GlobalSignOut(t.Context(), &sdk.GlobalSignOutInput{AccessToken: tokens.AccessToken})
	w.check(err)
	w.refused(use(*tokens.AccessToken), "NotAuthorizedException", "Access Token has been revoked")
	_, err = w.GetTokensFromRefreshToken(t.Context(), &sdk.GetTokensFromRefreshTokenInput{ClientId: client, RefreshToken: tokens.RefreshToken})
	w.refused(err, "NotAuthorizedException", "Refresh Token has been revoked")

	w.now.Advance(time.Second)
	tokens = w.signIn(client, "alice", goodPass)
	_, err = w.AdminUserGlobalSignOut(t.Context(), &sdk.AdminUserGlobalSignOutInput{UserPoolId: pool, Username: new("alice")})
	w.check(err)
	w.refused(use(*tokens.AccessToken), "NotAuthorizedException", "Access Token has been revoked")

	w.now.Advance(time.Second)
	tokens = w.signIn(client, "alice", goodPass)
	w.now.Advance(time.Hour)
	w.refused(use(*tokens.AccessToken), "NotAuthorizedException", "Access Token has expired")

	tokens = w.signIn(client, "alice", goodPass)
	_, err = w.DeleteUser(t.Context(), &sdk.DeleteUserInput{AccessToken: tokens.AccessToken})
	w.check(err)
	w.refused(use(*tokens.AccessToken), "UserNotFoundException", "User does not exist.")
	_, err = w.AdminGetUser(t.Context(), &sdk.AdminGetUserInput{UserPoolId: pool, Username: new("alice")})
	w.refused(err, "UserNotFoundException", "User does not exist.")
}

// TestRevocationNeedsTheClientsSecret fails when somebody else can end a session with a stolen refresh token.
func TestRevocationNeedsTheClientsSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	made, err := w.CreateUserPoolClient(t.Context(), &sdk.CreateUserPoolClientInput{UserPoolId: pool, ClientName: new("app"),
		GenerateSecret: true, ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}})
	w.check(err)
	client, secret := made.UserPoolClient.ClientId, made.UserPoolClient.ClientSecret
	w.person(pool, "alice")
	in := passwordFlow(client, "alice", goodPass)
	in.AuthParameters["SECRET_HASH"] = *hash(*secret, "alice", *client)
	out, err := w.InitiateAuth(t.Context(), in)
	w.check(err)
	token := out.AuthenticationResult.RefreshToken
	_, err = w.RevokeToken(t.Context(), &sdk.RevokeTokenInput{ClientId: client, Token: token})
	w.refused(err, "UnauthorizedException", "Invalid client or secret")
	_, err = w.GetTokensFromRefreshToken(t.Context(), &sdk.GetTokensFromRefreshTokenInput{ClientId: client, RefreshToken: token})
	w.refused(err, "NotAuthorizedException", "Client "+*client+" is configured for secret but secret was not received")
	_, err = w.GetTokensFromRefreshToken(t.Context(), &sdk.GetTokensFromRefreshTokenInput{ClientId: client, RefreshToken: token, ClientSecret: secret})
	w.check(err)
	_, err = w.RevokeToken(t.Context(), &sdk.RevokeTokenInput{ClientId: client, Token: token, ClientSecret: secret})
	w.check(err)
}
