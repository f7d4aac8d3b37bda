package cognitoidp_test

import (
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// TestForgottenPasswordIsReplacedOnce fails when a reset code works twice, late, or for a bad password.
func TestForgottenPasswordIsReplacedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	client := w.client(pool)
	w.person(pool, "alice", "email", "alice@example.com", "email_verified", "true")
	_, err := w.ForgotPassword(t.Context(), &sdk.ForgotPasswordInput{ClientId: client, Username: new("alice")})
	w.check(err)
	golden(t, "testdata/forgot.json", w.wire.last())
	code := w.code("alice@example.com")
	reset := func(code, pass string) error {
		_, err := w.ConfirmForgotPassword(t.Context(), &sdk.ConfirmForgotPasswordInput{
			ClientId: client, Username: new("alice"), ConfirmationCode: &code, Password: &pass,
		})
		return err
	}
	w.refused(reset(other(*code), "Another-horse-8"), "CodeMismatchException", "Invalid verification code provided, please try again.")
	w.refused(reset(*code, "another-horse-8"), "InvalidPasswordException",
		"Password does not conform to policy: Password must have uppercase characters")
	w.check(reset(*code, "Another-horse-8"))
	w.refused(reset(*code, "Yet-another-9"), "ExpiredCodeException", "Invalid code provided, please request a code again.")
	w.signIn(client, "alice", "Another-horse-8")
	_, err = w.InitiateAuth(t.Context(), passwordFlow(client, "alice", goodPass))
	w.refused(err, "NotAuthorizedException", "Incorrect username or password.")

	_, err = w.ForgotPassword(t.Context(), &sdk.ForgotPasswordInput{ClientId: client, Username: new("alice")})
	w.check(err)
	w.now.Advance(time.Hour + time.Second)
	w.refused(reset(*w.code("alice@example.com"), "Yet-another-9"), "ExpiredCodeException", "Invalid code provided, please request a code again.")
}

// TestWhoCannotResetIsTold fails when a state or pool that forbids recovery does not, or says so in other words.
func TestWhoCannotResetIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	client := w.client(pool)
	forgot := func(client *string, name string) error {
		_, err := w.ForgotPassword(t.Context(), &sdk.ForgotPasswordInput{ClientId: client, Username: &name})
		return err
	}
	w.person(pool, "unverified", "email", "u@example.com")
	w.refused(forgot(client, "unverified"), "InvalidParameterException",
		"Cannot reset password for the user as there is no registered/verified email or phone_number")
	_, err := w.AdminCreateUser(t.Context(), &sdk.AdminCreateUserInput{
		UserPoolId: pool, Username: new("invited"), MessageAction: "SUPPRESS", UserAttributes: pairs("email", "i@example.com", "email_verified", "true"),
	})
	w.check(err)
	w.refused(forgot(client, "invited"), "NotAuthorizedException", "User password cannot be reset in the current state.")
	w.refused(forgot(client, "nobody"), "UserNotFoundException", "Username/client id combination not found.")
	closed := w.pool(func(in *sdk.CreateUserPoolInput) {
		in.AccountRecoverySetting = &types.AccountRecoverySettingType{
			RecoveryMechanisms: []types.RecoveryOptionType{{Name: "admin_only", Priority: new(int32(1))}},
		}
	})
	w.person(closed, "alice", "email", "alice@example.com", "email_verified", "true")
	w.refused(forgot(w.client(closed), "alice"), "NotAuthorizedException", "Contact administrator to reset password.")
}

// TestChangePasswordNeedsTheOldOne fails when a token alone is enough to change a password, or guesses are not limited.
func TestChangePasswordNeedsTheOldOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	client := w.client(pool)
	w.person(pool, "alice")
	token := w.signIn(client, "alice", goodPass).AccessToken
	change := func(previous, proposed string) error {
		_, err := w.ChangePassword(t.Context(), &sdk.ChangePasswordInput{AccessToken: token, PreviousPassword: &previous, ProposedPassword: &proposed})
		return err
	}
	w.refused(change("Wrong-horse-7", "Another-horse-8"), "NotAuthorizedException", "Incorrect username or password.")
	w.refused(change(goodPass, "short"), "InvalidPasswordException", "Password does not conform to policy: Password not long enough")
	w.check(change(goodPass, "Another-horse-8"))
	w.signIn(client, "alice", "Another-horse-8")
	for range 2 {
		w.refused(change("Wrong-horse-7", "Another-horse-9"), "NotAuthorizedException", "Incorrect username or password.")
	}
	w.refused(change("Another-horse-8", "Another-horse-9"), "LimitExceededException", "Attempt limit exceeded, please try after some time.")
}
