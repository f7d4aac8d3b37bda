package cognitoidp_test

import (
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// byChoice is a pool whose people can begin with a code, and a client that lets them.
func (w *world) byChoice() (pool, client *string) {
	w.t.Helper()
	pool = w.pool(func(in *sdk.CreateUserPoolInput) {
		in.Policies = &types.UserPoolPolicyType{SignInPolicy: &types.SignInPolicyType{
			AllowedFirstAuthFactors: []types.AuthFactorType{"PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"},
		}}
	})
	return pool, w.client(pool, func(in *sdk.CreateUserPoolClientInput) {
		in.ExplicitAuthFlows = append(in.ExplicitAuthFlows, "ALLOW_USER_AUTH")
	})
}

func choiceFlow(client *string, params ...string) *sdk.InitiateAuthInput {
	in := &sdk.InitiateAuthInput{ClientId: client, AuthFlow: "USER_AUTH", AuthParameters: map[string]string{}}
	for i := 0; i+1 < len(params); i += 2 {
		in.AuthParameters[params[i]] = params[i+1]
	}
	return in
}

// TestPeopleChooseTheirFirstFactor fails when choice-based sign-in answers otherwise than at AWS.
func TestPeopleChooseTheirFirstFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, codes)
	pool, client := w.byChoice()
	w.person(pool, "alice", "email", "alice@example.com", "email_verified", "true")
	start, err := w.InitiateAuth(t.Context(), choiceFlow(client, "USERNAME", "alice"))
	w.check(err)
	body := w.wire.last()
	if start.ChallengeName != "SELECT_CHALLENGE" || !strings.Contains(string(body), `"ChallengeParameters":{}`) ||
		!strings.Contains(string(body), `"AvailableChallenges":["PASSWORD_SRP","PASSWORD","EMAIL_OTP"]`) {
		t.Errorf("got %s", body)
	}
	next, err := w.respond(client, "SELECT_CHALLENGE", start.Session, "USERNAME", "alice", "ANSWER", "EMAIL_OTP")
	w.check(err)
	if next.ChallengeName != "EMAIL_OTP" || next.ChallengeParameters["CODE_DELIVERY_DESTINATION"] != "a***@e***" {
		t.Fatalf("got %s", w.wire.last())
	}
	out, err := w.respond(client, "EMAIL_OTP", next.Session, "USERNAME", "alice", "EMAIL_OTP_CODE", *w.code("alice@example.com"))
	w.check(err)
	if out.AuthenticationResult == nil {
		t.Errorf("got %s", w.wire.last())
	}
	admin, err := w.AdminInitiateAuth(t.Context(), &sdk.AdminInitiateAuthInput{
		UserPoolId: pool, ClientId: client, AuthFlow: "USER_AUTH",
		AuthParameters: map[string]string{"USERNAME": "alice", "PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": goodPass},
	})
	w.check(err)
	if admin.AuthenticationResult == nil {
		t.Errorf("got %s", w.wire.last())
	}
	plain := w.client(pool)
	_, err = w.InitiateAuth(t.Context(), choiceFlow(plain, "USERNAME", "alice"))
	w.refused(err, "InvalidParameterException", "USER_AUTH flow not enabled for this client")
}

// TestConfirmedSignUpSignsIn fails when the session of a sign-up does not lead to tokens, leads there twice, for somebody
// else, or without the code.
func TestConfirmedSignUpSignsIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, codes)
	pool, client := w.byChoice()
	signUp := func(name string) *string {
		made, err := w.SignUp(t.Context(), &sdk.SignUpInput{ClientId: client, Username: &name, UserAttributes: pairs("email", name+"@example.com")})
		w.check(err)
		if made.Session == nil {
			t.Fatalf("no session in %s", w.wire.last())
		}
		return made.Session
	}
	confirm := func(name string, session *string) (*string, error) {
		out, err := w.ConfirmSignUp(t.Context(), &sdk.ConfirmSignUpInput{
			ClientId: client, Username: &name, ConfirmationCode: w.code(name + "@example.com"), Session: session,
		})
		if err != nil {
			return nil, err
		}
		return out.Session, nil
	}
	enter := func(name string, session *string) error {
		in := choiceFlow(client, "USERNAME", name)
		in.Session = session
		out, err := w.InitiateAuth(t.Context(), in)
		if err == nil && out.AuthenticationResult == nil {
			t.Errorf("got %s", w.wire.last())
		}
		return err
	}
	alices, bobs := signUp("alice"), signUp("bob")
	_, err := confirm("alice", bobs)
	w.refused(err, "NotAuthorizedException", "Invalid session for the user.")
	w.refused(enter("alice", alices), "UserNotConfirmedException", "User is not confirmed.")
	session, err := confirm("alice", alices)
	w.check(err)
	w.refused(enter("alice", alices), "NotAuthorizedException", "Invalid session for the user.") // it saw no code
	w.refused(enter("bob", session), "UserNotConfirmedException", "User is not confirmed.")
	other := w.client(pool, func(in *sdk.CreateUserPoolClientInput) {
		in.ExplicitAuthFlows = append(in.ExplicitAuthFlows, "ALLOW_USER_AUTH")
	})
	foreign := choiceFlow(other, "USERNAME", "alice")
	foreign.Session = session
	_, err = w.InitiateAuth(t.Context(), foreign)
	w.refused(err, "NotAuthorizedException", "Invalid session for the user.")
	w.check(enter("alice", session))
	w.refused(enter("alice", session), "NotAuthorizedException", "Invalid session for the user, session can only be used once.")

	session, err = confirm("bob", nil)
	w.check(err)
	w.check(enter("bob", session)) // the code alone could have signed bob in
	carols := signUp("carol")
	session, err = confirm("carol", carols)
	w.check(err)
	w.now.Advance(15 * time.Minute)
	w.refused(enter("carol", session), "NotAuthorizedException", "Invalid session for the user, session is expired.")
}

// TestConfirmationIsNoPassword fails when the code of a confirmation alone signs somebody in where codes do not come first.
func TestConfirmationIsNoPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t, codes)
	pool := w.pool()
	client := w.client(pool, func(in *sdk.CreateUserPoolClientInput) {
		in.ExplicitAuthFlows = append(in.ExplicitAuthFlows, "ALLOW_USER_AUTH")
	})
	for _, name := range []string{"alice", "bob"} {
		made, err := w.SignUp(t.Context(), &sdk.SignUpInput{
			ClientId: client, Username: &name, Password: new(goodPass), UserAttributes: pairs("email", name+"@example.com"),
		})
		w.check(err)
		in := &sdk.ConfirmSignUpInput{ClientId: client, Username: &name, ConfirmationCode: w.code(name + "@example.com")}
		if name == "bob" { // who also has what only the device of the sign-up has
			in.Session = made.Session
		}
		out, err := w.ConfirmSignUp(t.Context(), in)
		w.check(err)
		if got := out.Session != nil; got != (name == "bob") {
			t.Errorf("%s: a session: %v", name, got)
		}
	}
}
