package cognitoidp_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/google/go-cmp/cmp"
)

// TestInvitedUserLooksAsCognitosDoes fails when AdminCreateUser or AdminGetUser shows other members than AWS.
func TestInvitedUserLooksAsCognitosDoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	out, err := w.AdminCreateUser(t.Context(), &sdk.AdminCreateUserInput{
		UserPoolId: pool, Username: new("alice"), TemporaryPassword: new(goodPass),
		UserAttributes: pairs("email", "alice@example.com", "email_verified", "true"), DesiredDeliveryMediums: []types.DeliveryMediumType{"EMAIL"},
	})
	w.check(err)
	sub := values(out.User.Attributes)["sub"]
	anonymous := func() []byte { return []byte(strings.ReplaceAll(string(w.wire.last()), sub, "SUB")) }
	golden(t, "testdata/user_created.json", anonymous())
	_, err = w.AdminGetUser(t.Context(), &sdk.AdminGetUserInput{UserPoolId: pool, Username: new("alice")})
	w.check(err)
	golden(t, "testdata/user_got.json", anonymous())
	if got := *w.code("alice@example.com"); got != goodPass {
		t.Errorf("the invitation says %q", got)
	}
	_, err = w.AdminCreateUser(t.Context(), &sdk.AdminCreateUserInput{UserPoolId: pool, Username: new("alice")})
	w.refused(err, "UsernameExistsException", "User account already exists")
	_, err = w.AdminCreateUser(t.Context(), &sdk.AdminCreateUserInput{UserPoolId: pool, Username: new("bob"), TemporaryPassword: new("weak")})
	w.refused(err, "InvalidPasswordException", "Password did not conform with password policy: Password not long enough")
}

// TestAdminChangesAUser fails when an administrator's word does not hold.
func TestAdminChangesAUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	w.person(pool, "alice", "email", "alice@example.com", "name", "Alice")
	get := func() *sdk.AdminGetUserOutput {
		out, err := w.AdminGetUser(t.Context(), &sdk.AdminGetUserInput{UserPoolId: pool, Username: new("alice")})
		w.check(err)
		return out
	}
	w.now.Advance(time.Second)
	_, err := w.AdminUpdateUserAttributes(t.Context(), &sdk.AdminUpdateUserAttributesInput{
		UserPoolId: pool, Username: new("alice"), UserAttributes: pairs("family_name", "Example", "email_verified", "true"),
	})
	w.check(err)
	_, err = w.AdminDeleteUserAttributes(t.Context(), &sdk.AdminDeleteUserAttributesInput{
		UserPoolId: pool, Username: new("alice"), UserAttributeNames: []string{"name"},
	})
	w.check(err)
	got := values(get().UserAttributes)
	delete(got, "sub")
	if diff := cmp.Diff(map[string]string{"email": "alice@example.com", "email_verified": "true", "family_name": "Example"}, got); diff != "" {
		t.Error(diff)
	}
	if u := get(); !u.UserLastModifiedDate.After(*u.UserCreateDate) {
		t.Error("a change leaves no trace")
	}
	_, err = w.AdminDisableUser(t.Context(), &sdk.AdminDisableUserInput{UserPoolId: pool, Username: new("alice")})
	w.check(err)
	if u := get(); u.Enabled || u.UserStatus != "CONFIRMED" {
		t.Errorf("disabled: %s", w.wire.last())
	}
	_, err = w.AdminEnableUser(t.Context(), &sdk.AdminEnableUserInput{UserPoolId: pool, Username: new("alice")})
	w.check(err)
	if !get().Enabled {
		t.Error("still disabled")
	}
	_, err = w.AdminUpdateUserAttributes(t.Context(), &sdk.AdminUpdateUserAttributesInput{
		UserPoolId: pool, Username: new("alice"), UserAttributes: pairs("custom:none", "x"),
	})
	w.refused(err, "InvalidParameterException", "user.custom:none: Attribute does not exist in the schema.\n")
	_, err = w.AdminDeleteUser(t.Context(), &sdk.AdminDeleteUserInput{UserPoolId: pool, Username: new("alice")})
	w.check(err)
	_, err = w.AdminGetUser(t.Context(), &sdk.AdminGetUserInput{UserPoolId: pool, Username: new("alice")})
	w.refused(err, "UserNotFoundException", "User does not exist.")
}

// TestAdminResetsAPassword fails when a reset password still works or the code sets no new one.
func TestAdminResetsAPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	client := w.client(pool)
	w.person(pool, "alice", "email", "alice@example.com", "email_verified", "true")
	_, err := w.AdminResetUserPassword(t.Context(), &sdk.AdminResetUserPasswordInput{UserPoolId: pool, Username: new("alice")})
	w.check(err)
	_, err = w.InitiateAuth(t.Context(), passwordFlow(client, "alice", goodPass))
	w.refused(err, "PasswordResetRequiredException", "Password reset required for the user")
	_, err = w.ConfirmForgotPassword(t.Context(), &sdk.ConfirmForgotPasswordInput{
		ClientId: client, Username: new("alice"), ConfirmationCode: w.code("alice@example.com"), Password: new("Another-horse-8"),
	})
	w.check(err)
	w.signIn(client, "alice", "Another-horse-8")
}

// TestListUsersFindsAndPages fails when a search finds the wrong people or pages lose somebody.
func TestListUsersFindsAndPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	for i := range 5 {
		_, err := w.AdminCreateUser(t.Context(), &sdk.AdminCreateUserInput{
			UserPoolId: pool, Username: new(fmt.Sprintf("user%d", i)), MessageAction: "SUPPRESS",
			UserAttributes: pairs("email", fmt.Sprintf("user%d@example.com", i), "given_name", "Al"),
		})
		w.check(err)
		w.now.Advance(time.Second)
	}
	names := func(in *sdk.ListUsersInput) (names []string) {
		in.UserPoolId = pool
		pages := sdk.NewListUsersPaginator(w, in)
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			w.check(err)
			for _, u := range page.Users {
				names = append(names, *u.Username)
			}
		}
		return names
	}
	all := []string{"user0", "user1", "user2", "user3", "user4"}
	for _, c := range []struct {
		filter string
		want   []string
	}{
		{"", all}, {`username = "user3"`, []string{"user3"}}, {`email ^= "USER1"`, []string{"user1"}},
		{`given_name="al"`, all}, {`cognito:user_status = "FORCE_CHANGE_PASSWORD"`, all}, {`status = "Disabled"`, nil},
	} {
		got := names(&sdk.ListUsersInput{Filter: &c.filter, Limit: new(int32(2))})
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.filter, got, c.want)
		}
	}
	for _, c := range []struct {
		in   sdk.ListUsersInput
		text string
	}{
		{sdk.ListUsersInput{Filter: new(`email ~ "x"`)}, "Error while parsing filter"},
		{sdk.ListUsersInput{Filter: new(`custom:x = "x"`)}, "Invalid search attribute: custom:x"},
		{sdk.ListUsersInput{PaginationToken: new("made-up")}, "Invalid pagination token"},
		{sdk.ListUsersInput{AttributesToGet: []string{"custom:none"}}, "One or more requested attributes do not exist."},
		{sdk.ListUsersInput{Limit: new(int32(100))}, "1 validation error detected: Value '100' at 'limit' failed to satisfy constraint: " +
			"Member must have value less than or equal to 60"},
	} {
		c.in.UserPoolId = pool
		_, err := w.ListUsers(t.Context(), &c.in)
		w.refused(err, "InvalidParameterException", c.text)
	}
	out, err := w.ListUsers(t.Context(), &sdk.ListUsersInput{
		UserPoolId: pool, Filter: new(`username = "user2"`), AttributesToGet: []string{"email"},
	})
	w.check(err)
	if diff := cmp.Diff(map[string]string{"email": "user2@example.com"}, values(out.Users[0].Attributes)); diff != "" {
		t.Errorf("AttributesToGet (-want +got):\n%s", diff)
	}
	_, err = w.ListUsers(t.Context(), &sdk.ListUsersInput{UserPoolId: pool, Filter: new(`username = "nobody"`)})
	w.check(err)
	golden(t, "testdata/users_none.json", w.wire.last())
}

// TestFactorsOfAUser fails when a user with a password is told to have none, or the other way round.
func TestFactorsOfAUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	w.person(pool, "alice")
	got := w.raw("AdminGetUserAuthFactors", `{"UserPoolId":"`+*pool+`","Username":"alice"}`)
	golden(t, "testdata/factors.json", got)
}

func passwordFlow(client *string, name, pass string) *sdk.InitiateAuthInput {
	return &sdk.InitiateAuthInput{
		ClientId: client, AuthFlow: "USER_PASSWORD_AUTH", AuthParameters: map[string]string{"USERNAME": name, "PASSWORD": pass},
	}
}
