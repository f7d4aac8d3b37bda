package cognitoidp_test

import (
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/google/go-cmp/cmp"
)

// join signs alice up and gives the answer.
func (w *world) join(client *string, name string, attributes ...string) (*sdk.SignUpOutput, error) {
	return w.SignUp(w.t.Context(), &sdk.SignUpInput{
		ClientId: client, Username: &name, Password: new(goodPass), UserAttributes: pairs(attributes...),
	})
}

// TestSignUpIsConfirmedByItsCode fails when a stranger's code confirms, or the right one does not, or does so twice.
func TestSignUpIsConfirmedByItsCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	client := w.client(pool)
	out, err := w.join(client, "alice", "email", "alice@example.com")
	w.check(err)
	golden(t, "testdata/signed_up.json", []byte(strings.ReplaceAll(string(w.wire.last()), *out.UserSub, "SUB")))
	_, err = w.InitiateAuth(t.Context(), passwordFlow(client, "alice", goodPass))
	w.refused(err, "UserNotConfirmedException", "User is not confirmed.")

	confirm := func(code string) error {
		_, err := w.ConfirmSignUp(t.Context(), &sdk.ConfirmSignUpInput{ClientId: client, Username: new("alice"), ConfirmationCode: &code})
		return err
	}
	code := *w.code("alice@example.com")
	w.refused(confirm(other(code)), "CodeMismatchException", "Invalid verification code provided, please try again.")
	w.check(confirm(code))
	golden(t, "testdata/empty.json", w.wire.last())
	w.refused(confirm(code), "NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED")
	w.signIn(client, "alice", goodPass)
	user, err := w.AdminGetUser(t.Context(), &sdk.AdminGetUserInput{UserPoolId: pool, Username: new("alice")})
	w.check(err)
	if values(user.UserAttributes)["email_verified"] != "true" {
		t.Error("the address that the code went to is not verified")
	}
}

// TestSignUpRefusesWhatCognitoRefuses fails when a rule of sign-up is not kept or worded differently.
func TestSignUpRefusesWhatCognitoRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool(func(in *sdk.CreateUserPoolInput) {
		in.Schema = []types.SchemaAttributeType{{Name: new("name"), Required: new(true)}, {Name: new("email"), Required: new(true)}}
	})
	client := w.client(pool)
	secret := w.client(pool, func(in *sdk.CreateUserPoolClientInput) { in.GenerateSecret = true })
	narrow := w.client(pool, func(in *sdk.CreateUserPoolClientInput) { in.WriteAttributes = []string{"name", "email"} })
	_, err := w.join(client, "taken", "name", "T", "email", "t@example.com")
	w.check(err)
	full := []string{"name", "A", "email", "a@example.com"}
	for _, c := range []struct {
		client     *string
		name, pass string
		attributes []string
		exception  string
		text       string
	}{
		{client, "a", goodPass, []string{"name", "A"}, "InvalidParameterException",
			"Attributes did not conform to the schema: emails: The attribute emails is required"},
		{client, "a", goodPass, append([]string{"custom:x", "1"}, full...), "InvalidParameterException",
			"Attributes did not conform to the schema: custom:x: Attribute does not exist in the schema."},
		{client, "a", goodPass, []string{"name", "A", "email", "nonsense"}, "InvalidParameterException", "Invalid email address format."},
		{narrow, "a", goodPass, append([]string{"nickname", "N"}, full...), "NotAuthorizedException",
			"A client attempted to write unauthorized attribute"},
		{client, "a", goodPass, append([]string{"email_verified", "true"}, full...), "InvalidParameterException",
			"Cannot modify the non-mutable attribute email_verified"},
		{client, "a", "short", full, "InvalidPasswordException", "Password did not conform with policy: Password not long enough"},
		{client, "a", "alllowercase1!", full, "InvalidPasswordException",
			"Password did not conform with policy: Password must have uppercase characters"},
		{client, "taken", goodPass, full, "UsernameExistsException", "User already exists"},
		{secret, "a", goodPass, full, "NotAuthorizedException",
			"Client " + *secret + " is configured with secret but SECRET_HASH was not received"},
		{new("unknownclient"), "a", goodPass, full, "ResourceNotFoundException", "User pool client unknownclient does not exist."},
	} {
		_, err := w.SignUp(t.Context(), &sdk.SignUpInput{
			ClientId: c.client, Username: &c.name, Password: &c.pass, UserAttributes: pairs(c.attributes...),
		})
		w.refused(err, c.exception, c.text)
	}
	closed := w.pool(func(in *sdk.CreateUserPoolInput) {
		in.AdminCreateUserConfig = &types.AdminCreateUserConfigType{AllowAdminCreateUserOnly: true}
	})
	_, err = w.join(w.client(closed), "alice", "email", "alice@example.com")
	w.refused(err, "NotAuthorizedException", "SignUp is not permitted for this user pool")
}

// TestEmailAsUsernameBecomesASub fails when a pool of email usernames takes other names or shows the email as username.
func TestEmailAsUsernameBecomesASub(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool(func(in *sdk.CreateUserPoolInput) { in.UsernameAttributes = []types.UsernameAttributeType{"email"} })
	client := w.client(pool)
	_, err := w.join(client, "alice")
	w.refused(err, "InvalidParameterException", "Username should be an email.")
	out, err := w.join(client, "alice@example.com")
	w.check(err)
	user, err := w.AdminGetUser(t.Context(), &sdk.AdminGetUserInput{UserPoolId: pool, Username: new("alice@example.com")})
	w.check(err)
	if *user.Username != *out.UserSub || values(user.UserAttributes)["email"] != "alice@example.com" {
		t.Errorf("got %s", w.wire.last())
	}
	_, err = w.join(client, "alice@example.com")
	w.refused(err, "UsernameExistsException", "An account with the given email already exists.")
}

// TestResendKillsTheOldCode fails when an earlier code still works, or a confirmed user gets another.
func TestResendKillsTheOldCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	client := w.client(pool)
	_, err := w.join(client, "alice", "email", "alice@example.com")
	w.check(err)
	old := *w.code("alice@example.com")
	fresh := old
	for fresh == old { // one in a million
		sent, err := w.ResendConfirmationCode(t.Context(), &sdk.ResendConfirmationCodeInput{ClientId: client, Username: new("alice")})
		w.check(err)
		want := &types.CodeDeliveryDetailsType{Destination: new("a***@e***"), DeliveryMedium: "EMAIL", AttributeName: new("email")}
		if diff := cmp.Diff(want, sent.CodeDeliveryDetails, ignoreUnexported); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		fresh = *w.code("alice@example.com")
	}
	confirm := func(code string) error {
		_, err := w.ConfirmSignUp(t.Context(), &sdk.ConfirmSignUpInput{ClientId: client, Username: new("alice"), ConfirmationCode: &code})
		return err
	}
	w.refused(confirm(old), "CodeMismatchException", "Invalid verification code provided, please try again.")
	w.now.Advance(25 * time.Hour)
	w.refused(confirm(fresh), "ExpiredCodeException", "Invalid code provided, please request a code again.")
	_, err = w.AdminConfirmSignUp(t.Context(), &sdk.AdminConfirmSignUpInput{UserPoolId: pool, Username: new("alice")})
	w.check(err)
	_, err = w.ResendConfirmationCode(t.Context(), &sdk.ResendConfirmationCodeInput{ClientId: client, Username: new("alice")})
	w.refused(err, "InvalidParameterException", "User is already confirmed.")
}

// TestHiddenUsersLookLikeEverybody fails when a client that hides users tells who exists.
func TestHiddenUsersLookLikeEverybody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.client(w.pool(), func(in *sdk.CreateUserPoolClientInput) { in.PreventUserExistenceErrors = "ENABLED" })
	ctx := t.Context()
	_, err := w.InitiateAuth(ctx, passwordFlow(client, "nobody", goodPass))
	w.refused(err, "NotAuthorizedException", "Incorrect username or password.")
	_, err = w.ForgotPassword(ctx, &sdk.ForgotPasswordInput{ClientId: client, Username: new("nobody")})
	w.check(err)
	first := string(w.wire.last())
	_, err = w.ForgotPassword(ctx, &sdk.ForgotPasswordInput{ClientId: client, Username: new("nobody")})
	w.check(err)
	if again := string(w.wire.last()); again != first || !strings.Contains(first, `"DeliveryMedium":"EMAIL"`) {
		t.Errorf("the invented delivery was %s, then %s", first, again)
	}
	_, err = w.ResendConfirmationCode(ctx, &sdk.ResendConfirmationCodeInput{ClientId: client, Username: new("nobody")})
	w.check(err)
	_, err = w.ConfirmSignUp(ctx, &sdk.ConfirmSignUpInput{ClientId: client, Username: new("nobody"), ConfirmationCode: new("123456")})
	w.refused(err, "CodeMismatchException", "Invalid verification code provided, please try again.")
	_, err = w.ConfirmForgotPassword(ctx, &sdk.ConfirmForgotPasswordInput{
		ClientId: client, Username: new("nobody"), ConfirmationCode: new("123456"), Password: new(goodPass),
	})
	w.refused(err, "CodeMismatchException", "Invalid verification code provided, please try again.")
}

// other is a code that differs from the given one.
func other(code string) string {
	if code[0] == '0' {
		return "1" + code[1:]
	}
	return "0" + code[1:]
}
