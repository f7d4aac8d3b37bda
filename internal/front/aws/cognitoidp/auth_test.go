package cognitoidp_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"cognate.dev/cognate/internal/password/srp"
)

// TestPasswordSignInGivesTokensThatOthersVerify fails when a verifier that is not ours does not accept the tokens
// through the published key set, or the answer has other members than AWS's.
func TestPasswordSignInGivesTokensThatOthersVerify(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	client := w.client(pool)
	w.person(pool, "alice", "email", "alice@example.com", "email_verified", "true")
	tokens := w.signIn(client, "alice", goodPass)
	var answer map[string]any
	w.check(json.Unmarshal(w.wire.last(), &answer))
	if got := slices.Sorted(maps.Keys(answer)); !slices.Equal(got, []string{"AuthenticationResult", "ChallengeParameters"}) {
		t.Errorf("the answer has %v", got)
	}
	if tokens.ExpiresIn != 3600 || *tokens.TokenType != "Bearer" || *tokens.RefreshToken == "" || tokens.NewDeviceMetadata != nil {
		t.Errorf("got %s", w.wire.last())
	}
	id, access := w.claims(pool, *tokens.IdToken), w.claims(pool, *tokens.AccessToken)
	if id["aud"] != *client || id["token_use"] != "id" || id["email_verified"] != true || id["cognito:username"] != "alice" {
		t.Errorf("ID token: %v", id)
	}
	if access["client_id"] != *client || access["token_use"] != "access" || access["scope"] != "aws.cognito.signin.user.admin" || access["aud"] != nil {
		t.Errorf("access token: %v", access)
	}
}

// TestSignInByEveryFlow fails when one of the flows that are served gives no tokens.
func TestSignInByEveryFlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	client := w.client(pool)
	w.person(pool, "alice")
	asAdmin := func(flow types.AuthFlowType, params map[string]string) *sdk.AdminInitiateAuthOutput {
		out, err := w.AdminInitiateAuth(t.Context(), &sdk.AdminInitiateAuthInput{UserPoolId: pool, ClientId: client, AuthFlow: flow, AuthParameters: params})
		w.check(err)
		return out
	}
	for _, flow := range []types.AuthFlowType{"ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"} {
		if out := asAdmin(flow, map[string]string{"USERNAME": "alice", "PASSWORD": goodPass}); out.AuthenticationResult == nil {
			t.Errorf("%s: %s", flow, w.wire.last())
		}
	}
	refresh := *w.signIn(client, "alice", goodPass).RefreshToken
	for _, flow := range []types.AuthFlowType{"REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"} {
		out, err := w.InitiateAuth(t.Context(), &sdk.InitiateAuthInput{
			ClientId: client, AuthFlow: flow, AuthParameters: map[string]string{"REFRESH_TOKEN": refresh},
		})
		w.check(err)
		if out.AuthenticationResult == nil || out.AuthenticationResult.RefreshToken != nil {
			t.Errorf("%s: %s", flow, w.wire.last())
		}
		asAdmin(flow, map[string]string{"REFRESH_TOKEN": refresh})
	}
	w.check(w.srp(pool, client, goodPass))
	w.refused(w.srp(pool, client, "Wrong-horse-7"), "NotAuthorizedException", "Incorrect username or password.")
}

// TestSignInRefusesWhatCognitoRefuses fails when a wrong sign-in succeeds or is refused in other words.
func TestSignInRefusesWhatCognitoRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	client := w.client(pool)
	narrow := w.client(pool, func(in *sdk.CreateUserPoolClientInput) { in.ExplicitAuthFlows = nil })
	secret := w.client(pool, func(in *sdk.CreateUserPoolClientInput) { in.GenerateSecret = true })
	w.person(pool, "alice")
	for _, c := range []struct {
		client    *string
		flow      types.AuthFlowType
		params    string
		exception string
		text      string
	}{
		{client, "USER_PASSWORD_AUTH", "USERNAME=alice PASSWORD=wrong", "NotAuthorizedException", "Incorrect username or password."},
		{client, "USER_PASSWORD_AUTH", "USERNAME=bob PASSWORD=wrong", "UserNotFoundException", "User does not exist."},
		{client, "USER_PASSWORD_AUTH", "PASSWORD=wrong", "InvalidParameterException", "Missing required parameter USERNAME"},
		{client, "USER_PASSWORD_AUTH", "USERNAME=alice", "InvalidParameterException", "Missing required parameter PASSWORD"},
		{client, "USER_SRP_AUTH", "USERNAME=alice", "InvalidParameterException", "Missing required parameter SRP_A"},
		{client, "ADMIN_NO_SRP_AUTH", "USERNAME=alice PASSWORD=x", "InvalidParameterException", "Initiate Auth method not supported."},
		{narrow, "USER_PASSWORD_AUTH", "USERNAME=alice PASSWORD=x", "InvalidParameterException", "USER_PASSWORD_AUTH flow not enabled for this client"},
		{secret, "USER_PASSWORD_AUTH", "USERNAME=alice PASSWORD=x", "NotAuthorizedException",
			"Client " + *secret + " is configured with secret but SECRET_HASH was not received"},
		{secret, "USER_PASSWORD_AUTH", "USERNAME=alice PASSWORD=x SECRET_HASH=x", "NotAuthorizedException",
			"Unable to verify secret hash for client " + *secret},
		{new("unknownclient"), "USER_PASSWORD_AUTH", "USERNAME=alice PASSWORD=x", "ResourceNotFoundException",
			"User pool client unknownclient does not exist."},
		{client, "REFRESH_TOKEN_AUTH", "REFRESH_TOKEN=made.up", "NotAuthorizedException", "Invalid Refresh Token"},
	} {
		params := map[string]string{}
		for pair := range strings.FieldsSeq(c.params) {
			name, value, _ := strings.Cut(pair, "=")
			params[name] = value
		}
		_, err := w.InitiateAuth(t.Context(), &sdk.InitiateAuthInput{ClientId: c.client, AuthFlow: c.flow, AuthParameters: params})
		w.refused(err, c.exception, c.text)
	}
	otherPool := w.pool()
	_, err := w.AdminInitiateAuth(t.Context(), &sdk.AdminInitiateAuthInput{UserPoolId: otherPool, ClientId: client, AuthFlow: "ADMIN_NO_SRP_AUTH"})
	w.refused(err, "ResourceNotFoundException", "User pool client "+*client+" does not exist.")
	_, err = w.AdminDisableUser(t.Context(), &sdk.AdminDisableUserInput{UserPoolId: pool, Username: new("alice")})
	w.check(err)
	_, err = w.InitiateAuth(t.Context(), passwordFlow(client, "alice", goodPass))
	w.refused(err, "NotAuthorizedException", "User is disabled.")
}

// TestTemporaryPasswordMustBeReplaced fails when an invited user gets tokens for the temporary password.
func TestTemporaryPasswordMustBeReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	client := w.client(pool)
	_, err := w.AdminCreateUser(t.Context(), &sdk.AdminCreateUserInput{
		UserPoolId: pool, Username: new("alice"), TemporaryPassword: new(goodPass), MessageAction: "SUPPRESS",
	})
	w.check(err)
	start, err := w.InitiateAuth(t.Context(), passwordFlow(client, "alice", goodPass))
	w.check(err)
	if start.ChallengeName != "NEW_PASSWORD_REQUIRED" || start.AuthenticationResult != nil || start.ChallengeParameters["USER_ID_FOR_SRP"] != "alice" ||
		start.ChallengeParameters["requiredAttributes"] != "[]" || start.ChallengeParameters["userAttributes"] != "{}" {
		t.Fatalf("got %s", w.wire.last())
	}
	respond := func(pass string) (*sdk.RespondToAuthChallengeOutput, error) {
		return w.RespondToAuthChallenge(t.Context(), &sdk.RespondToAuthChallengeInput{
			ClientId: client, ChallengeName: start.ChallengeName, Session: start.Session,
			ChallengeResponses: map[string]string{"USERNAME": "alice", "NEW_PASSWORD": pass},
		})
	}
	_, err = respond("short")
	w.refused(err, "InvalidPasswordException", "Password does not conform to policy: Password not long enough")
	out, err := respond("Another-horse-8")
	w.check(err)
	if out.AuthenticationResult == nil {
		t.Errorf("got %s", w.wire.last())
	}
	_, err = respond("Another-horse-8")
	w.refused(err, "NotAuthorizedException", "Invalid session for the user, session can only be used once.")
	w.signIn(client, "alice", "Another-horse-8")
}

// TestAdminAnswersForAUser fails when AdminRespondToAuthChallenge does not finish what AdminInitiateAuth began.
func TestAdminAnswersForAUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	client := w.client(pool)
	_, err := w.AdminCreateUser(t.Context(), &sdk.AdminCreateUserInput{
		UserPoolId: pool, Username: new("alice"), TemporaryPassword: new(goodPass), MessageAction: "SUPPRESS",
	})
	w.check(err)
	start, err := w.AdminInitiateAuth(t.Context(), &sdk.AdminInitiateAuthInput{UserPoolId: pool, ClientId: client,
		AuthFlow: "ADMIN_USER_PASSWORD_AUTH", AuthParameters: map[string]string{"USERNAME": "alice", "PASSWORD": goodPass}})
	w.check(err)
	out, err := w.AdminRespondToAuthChallenge(t.Context(), &sdk.AdminRespondToAuthChallengeInput{
		UserPoolId: pool, ClientId: client, ChallengeName: start.ChallengeName, Session: start.Session,
		ChallengeResponses: map[string]string{"USERNAME": "alice", "NEW_PASSWORD": "Another-horse-8"},
	})
	w.check(err)
	if out.AuthenticationResult == nil {
		t.Errorf("got %s", w.wire.last())
	}
}

// TestRotatedRefreshTokenIsUsedOnce fails when an old refresh token still works, or its reuse does not end the session.
func TestRotatedRefreshTokenIsUsedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	client := w.client(pool, func(in *sdk.CreateUserPoolClientInput) {
		in.RefreshTokenRotation = &types.RefreshTokenRotationType{Feature: "ENABLED", RetryGracePeriodSeconds: new(int32(0))}
		in.ExplicitAuthFlows = []types.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH"}
	})
	w.person(pool, "alice")
	first := w.signIn(client, "alice", goodPass).RefreshToken
	refresh := func(token *string) (*types.AuthenticationResultType, error) {
		out, err := w.GetTokensFromRefreshToken(t.Context(), &sdk.GetTokensFromRefreshTokenInput{ClientId: client, RefreshToken: token})
		if err != nil {
			return nil, err
		}
		return out.AuthenticationResult, nil
	}
	second, err := refresh(first)
	w.check(err)
	if second.RefreshToken == nil || *second.RefreshToken == *first {
		t.Error("the refresh token did not rotate")
	}
	w.now.Advance(time.Second)
	_, err = refresh(first)
	w.refused(err, "RefreshTokenReuseException", "Refresh token reuse detected")
	_, err = refresh(second.RefreshToken)
	w.refused(err, "NotAuthorizedException", "Refresh Token has been revoked")
	_, err = w.InitiateAuth(t.Context(), &sdk.InitiateAuthInput{
		ClientId: client, AuthFlow: "REFRESH_TOKEN_AUTH", AuthParameters: map[string]string{"REFRESH_TOKEN": *second.RefreshToken},
	})
	w.refused(err, "UnsupportedOperationException", "This API does not support refresh token rotation")
}

// srp signs alice in by the SRP exchange.
func (w *world) srp(pool, client *string, pass string) error {
	w.t.Helper()
	exchange := srp.NewClient()
	start, err := w.InitiateAuth(w.t.Context(), &sdk.InitiateAuthInput{
		ClientId: client, AuthFlow: "USER_SRP_AUTH", AuthParameters: map[string]string{"USERNAME": "alice", "SRP_A": exchange.PublicA()},
	})
	w.check(err)
	p := start.ChallengeParameters
	_, short, _ := strings.Cut(*pool, "_")
	claim, err := exchange.Sign(srp.Challenge{
		PoolName: short, UserID: p["USER_ID_FOR_SRP"], Salt: p["SALT"], PublicB: p["SRP_B"], SecretBlock: p["SECRET_BLOCK"],
	}, pass, w.now.Now())
	w.check(err)
	out, err := w.RespondToAuthChallenge(w.t.Context(), &sdk.RespondToAuthChallengeInput{
		ClientId: client, ChallengeName: start.ChallengeName, ChallengeResponses: map[string]string{
			"USERNAME": p["USERNAME"], "PASSWORD_CLAIM_SECRET_BLOCK": p["SECRET_BLOCK"],
			"PASSWORD_CLAIM_SIGNATURE": claim.Signature, "TIMESTAMP": claim.Timestamp,
		},
	})
	if err == nil && out.AuthenticationResult == nil {
		w.t.Errorf("no tokens: %s", w.wire.last())
	}
	return err
}

// claims verifies a token with a library that is not ours, through the published key set.
func (w *world) claims(pool *string, token string) map[string]any {
	w.t.Helper()
	var keys jose.JSONWebKeySet
	w.check(json.Unmarshal(w.get("/"+*pool+"/.well-known/jwks.json"), &keys))
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256})
	w.check(err)
	claims := map[string]any{}
	var registered jwt.Claims
	w.check(parsed.Claims(keys, &registered, &claims))
	w.check(registered.ValidateWithLeeway(jwt.Expected{Issuer: w.url + "/" + *pool, Time: w.now.Now()}, 0))
	return claims
}

// get fetches a public document.
func (w *world) get(path string) []byte {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.url+path, nil)
	w.check(err)
	res, err := w.wire.next.RoundTrip(req)
	w.check(err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	w.check(err)
	if res.StatusCode != http.StatusOK {
		w.t.Fatalf("%s: %d %s", path, res.StatusCode, body)
	}
	return body
}
