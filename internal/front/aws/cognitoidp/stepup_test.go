package cognitoidp_test

import (
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/google/go-cmp/cmp"
)

const (
	loa1 = "urn:cognito:loa:1"
	loa2 = "urn:cognito:loa:2"
	loa3 = "urn:cognito:loa:3"
	loa4 = "urn:cognito:loa:4"
)

// stepUp is a pool with every factor, and alice, who has registered an authenticator app; bob has a password and no more.
func stepUp(t *testing.T) (w *world, pool, client, secret *string) {
	w = newWorld(t, codes)
	pool, client = w.byChoice()
	_, err := w.SetUserPoolMfaConfig(t.Context(), &sdk.SetUserPoolMfaConfigInput{
		UserPoolId: pool, MfaConfiguration: "OPTIONAL", SoftwareTokenMfaConfiguration: &types.SoftwareTokenMfaConfigType{Enabled: true},
		EmailMfaConfiguration: &types.EmailMfaConfigType{},
	})
	w.check(err)
	w.person(pool, "alice", "email", "alice@example.com", "email_verified", "true")
	w.person(pool, "bob")
	token := w.signIn(client, "alice", goodPass).AccessToken
	made, err := w.AssociateSoftwareToken(t.Context(), &sdk.AssociateSoftwareTokenInput{AccessToken: token})
	w.check(err)
	_, err = w.VerifySoftwareToken(t.Context(), &sdk.VerifySoftwareTokenInput{AccessToken: token, UserCode: w.app(made.SecretCode, 0)})
	w.check(err)
	w.now.Advance(time.Minute) // a code works once
	return w, pool, client, made.SecretCode
}

// proof is what tokens say of how somebody was proven.
func (w *world) proof(pool *string, got *types.AuthenticationResultType) [2]any {
	w.t.Helper()
	if got == nil {
		w.t.Errorf("no tokens: %s", w.wire.last())
		return [2]any{}
	}
	access, id := w.claims(pool, *got.AccessToken), w.claims(pool, *got.IdToken)
	if diff := cmp.Diff([]any{access["acr"], access["amr"]}, []any{id["acr"], id["amr"]}); diff != "" {
		w.t.Errorf("the tokens differ: %s", diff)
	}
	return [2]any{access["acr"], access["amr"]}
}

// TestASignInReachesTheLevelThatWasAskedFor fails when a level is claimed that was not reached, or one that was asked for
// is not asked of the user.
func TestASignInReachesTheLevelThatWasAskedFor(t *testing.T) {
	t.Parallel()
	w, pool, client, secret := stepUp(t)
	begin := func(name, target string) *sdk.InitiateAuthOutput {
		t.Helper()
		out, err := w.InitiateAuth(t.Context(), choiceFlow(client, "USERNAME", name, "PREFERRED_CHALLENGE", "PASSWORD", "PASSWORD", goodPass, "TARGET_ACR_VALUES", target))
		w.check(err)
		return out
	}
	if got := w.proof(pool, w.signIn(client, "bob", goodPass)); got != [2]any{nil, nil} {
		t.Errorf("a sign-in that asked for nothing says %v", got)
	}
	if diff := cmp.Diff([2]any{loa1, []any{"pwd"}}, w.proof(pool, begin("bob", loa4+" urn:unknown "+loa1).AuthenticationResult)); diff != "" {
		t.Error("the level that bob has (-want +got):", diff)
	}
	first := begin("alice", loa4)
	if first.ChallengeName != "SOFTWARE_TOKEN_MFA" {
		t.Fatalf("got %s", w.wire.last())
	}
	second, err := w.respond(client, "SOFTWARE_TOKEN_MFA", first.Session, "USERNAME", "alice", "SOFTWARE_TOKEN_MFA_CODE", *w.app(secret, 0))
	w.check(err)
	if diff := cmp.Diff([2]any{loa4, []any{"pwd", "otp", "mfa"}}, w.proof(pool, second.AuthenticationResult)); diff != "" {
		t.Error("an authenticator app (-want +got):", diff)
	}
	refreshed, err := w.InitiateAuth(t.Context(), &sdk.InitiateAuthInput{ClientId: client, AuthFlow: "REFRESH_TOKEN_AUTH",
		AuthParameters: map[string]string{"REFRESH_TOKEN": *second.AuthenticationResult.RefreshToken}})
	w.check(err)
	if diff := cmp.Diff([2]any{loa4, []any{"pwd", "otp", "mfa"}}, w.proof(pool, refreshed.AuthenticationResult)); diff != "" {
		t.Error("refreshed (-want +got):", diff)
	}
	offered, err := w.InitiateAuth(t.Context(), choiceFlow(client, "USERNAME", "alice", "TARGET_ACR_VALUES", loa2))
	w.check(err)
	if diff := cmp.Diff([]types.ChallengeNameType{"PASSWORD_SRP", "PASSWORD", "EMAIL_OTP"}, offered.AvailableChallenges); diff != "" {
		t.Error("what leads to level 2 (-want +got):", diff)
	}
	chosen, err := w.respond(client, "SELECT_CHALLENGE", offered.Session, "USERNAME", "alice", "ANSWER", "EMAIL_OTP")
	w.check(err)
	done, err := w.respond(client, "EMAIL_OTP", chosen.Session, "USERNAME", "alice", "EMAIL_OTP_CODE", *w.code("alice@example.com"))
	w.check(err)
	if diff := cmp.Diff([2]any{loa2, []any{"email_otp"}}, w.proof(pool, done.AuthenticationResult)); diff != "" {
		t.Error("a code alone (-want +got):", diff)
	}
	third := begin("alice", loa3)
	if third.ChallengeName != "SOFTWARE_TOKEN_MFA" { // stronger than asked for, and all the same
		t.Errorf("got %s", w.wire.last())
	}
}

// TestAnAccessTokenIsAStepAndNeverTheWhole fails when a token of somebody else counts, when a stolen one alone gives new
// tokens, or when the challenge that is missing is not the next one.
func TestAnAccessTokenIsAStepAndNeverTheWhole(t *testing.T) {
	t.Parallel()
	w, pool, client, secret := stepUp(t)
	alice := w.signIn(client, "alice", goodPass).AccessToken
	up := func(name, token string, more ...string) (*sdk.InitiateAuthOutput, error) {
		return w.InitiateAuth(t.Context(), choiceFlow(client, append([]string{"USERNAME", name, "ACCESS_TOKEN", token}, more...)...))
	}
	next, err := up("alice", *alice, "TARGET_ACR_VALUES", loa4)
	w.check(err)
	if next.ChallengeName != "SOFTWARE_TOKEN_MFA" {
		t.Fatalf("got %s", w.wire.last())
	}
	w.now.Advance(time.Minute)
	done, err := w.respond(client, "SOFTWARE_TOKEN_MFA", next.Session, "USERNAME", "alice", "SOFTWARE_TOKEN_MFA_CODE", *w.app(secret, 0))
	w.check(err)
	if diff := cmp.Diff([2]any{loa4, []any{"pwd", "otp", "mfa"}}, w.proof(pool, done.AuthenticationResult)); diff != "" {
		t.Error("stepped up (-want +got):", diff)
	}
	strong := done.AuthenticationResult.AccessToken
	for _, target := range []string{loa4, loa3, loa1} {
		again, err := up("alice", *strong, "TARGET_ACR_VALUES", target)
		w.check(err)
		if again.AuthenticationResult != nil || again.ChallengeName == "" {
			t.Errorf("%s: a token alone gives tokens: %s", target, w.wire.last())
		}
	}
	fresh, err := up("alice", *alice, "TARGET_ACR_VALUES", loa4, "MAX_AGE", "30")
	w.check(err)
	if fresh.ChallengeName != "SELECT_CHALLENGE" {
		t.Errorf("a token that is too old counts: %s", w.wire.last())
	}
	other := w.client(pool, func(in *sdk.CreateUserPoolClientInput) {
		in.ExplicitAuthFlows = append(in.ExplicitAuthFlows, "ALLOW_USER_AUTH")
	})
	foreign := w.signIn(other, "alice", goodPass).AccessToken
	bobs := w.signIn(client, "bob", goodPass).AccessToken
	for what, c := range map[string]struct {
		token, exception, text string
		more                   []string
	}{
		"of bob":            {*bobs, "NotAuthorizedException", "Invalid Access Token", []string{"TARGET_ACR_VALUES", loa4}},
		"of another client": {*foreign, "NotAuthorizedException", "Invalid Access Token", []string{"TARGET_ACR_VALUES", loa4}},
		"garbled":           {"a.b.c", "NotAuthorizedException", "Invalid Access Token", []string{"TARGET_ACR_VALUES", loa4}},
		"without a target":  {*alice, "InvalidParameterException", "ACCESS_TOKEN requires TARGET_ACR_VALUES", nil},
		"of no level":       {*alice, "InvalidParameterException", "TARGET_ACR_VALUES names no level of the user pool.", []string{"TARGET_ACR_VALUES", "urn:x"}},
		"of no age":         {*alice, "InvalidParameterException", "MAX_AGE must be a number of seconds.", []string{"TARGET_ACR_VALUES", loa4, "MAX_AGE", "soon"}},
	} {
		_, err := up("alice", c.token, c.more...)
		t.Log(what)
		w.refused(err, c.exception, c.text)
	}
	_, err = w.InitiateAuth(t.Context(), choiceFlow(client, "USERNAME", "bob", "TARGET_ACR_VALUES", loa4))
	w.refused(err, "NotAuthorizedException", "The user cannot reach any of the requested authentication context class references.")
	lite := w.pool(func(in *sdk.CreateUserPoolInput) { in.UserPoolTier = "LITE" })
	_, err = w.AdminInitiateAuth(t.Context(), &sdk.AdminInitiateAuthInput{UserPoolId: lite, ClientId: w.client(lite), AuthFlow: "USER_AUTH",
		AuthParameters: map[string]string{"USERNAME": "alice", "TARGET_ACR_VALUES": loa4}})
	w.refused(err, "InvalidParameterException", "Auth flow not enabled for this client") // the flow itself is above this plan
}

// TestLevelsHaveThePoolsOwnNames fails when a custom name is not understood, or not said.
func TestLevelsHaveThePoolsOwnNames(t *testing.T) {
	t.Parallel()
	w, pool, client, _ := stepUp(t)
	w.raw("UpdateUserPool", `{"UserPoolId":"`+*pool+`","AcrConfiguration":{"Level1":{"AcrValue":"https://example.com/weak"}}}`)
	in := func(target string) *sdk.InitiateAuthInput {
		return choiceFlow(client, "USERNAME", "bob", "PREFERRED_CHALLENGE", "PASSWORD", "PASSWORD", goodPass, "TARGET_ACR_VALUES", target)
	}
	out, err := w.InitiateAuth(t.Context(), in("https://example.com/weak"))
	w.check(err)
	if got := w.proof(pool, out.AuthenticationResult)[0]; got != "https://example.com/weak" {
		t.Errorf("got %v", got)
	}
	_, err = w.InitiateAuth(t.Context(), in(loa1))
	w.refused(err, "InvalidParameterException", "TARGET_ACR_VALUES names no level of the user pool.")
}
