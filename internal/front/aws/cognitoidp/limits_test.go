package cognitoidp_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"

	"cognate.dev/cognate/internal/front/aws"
	"cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
	"cognate.dev/cognate/internal/limit"
)

// limited is a world that counts requests.
func limited(t testing.TB, change ...func(*limit.Config)) *world {
	return newWorld(t, func(o *options) {
		o.rates.Mode = limit.On
		for _, c := range change {
			c(&o.rates)
		}
	})
}

// TestEveryUnsignedOperationIsGuardedOrShowsAToken fails when a new operation that anybody may call tests a secret and
// nobody counts its failures.
func TestEveryUnsignedOperationIsGuardedOrShowsAToken(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, category := range []string{limit.UserAuthentication, limit.UserCreation, limit.UserAccountRecovery, limit.UserRead, limit.UserUpdate,
		limit.UserToken, limit.UserResourceRead, limit.UserResourceUpdate, limit.UserList, limit.UserPoolRead, limit.UserPoolUpdate,
		limit.UserPoolResourceRead, limit.UserPoolResourceUpdate, limit.UserPoolClientRead, limit.UserPoolClientUpdate,
		limit.ClientAuthentication, limit.LimitManagement} {
		known[category] = false
	}
	inputs := requestTypes()
	for _, spec := range cognitoidp.Operations() {
		category := limit.CategoryOf(spec.Name)
		if _, ok := known[category]; !ok {
			t.Errorf("%s has the unknown category %q", spec.Name, category)
		}
		known[category] = true
		if spec.Auth != awsjson.Unsigned || limit.TestsSecrets(spec.Name) {
			continue
		}
		in, ok := inputs[spec.Name]
		if !ok {
			t.Errorf("%s: no request type", spec.Name)
			continue
		}
		if _, ok := in.FieldByName("AccessToken"); !ok {
			t.Errorf("%s needs neither a signature nor an access token, and its failures are not counted", spec.Name)
		}
		for _, secret := range []string{"Password", "PreviousPassword", "ConfirmationCode", "Code", "UserCode", "Session", "SecretHash", "ClientSecret", "FeedbackToken", "Secret"} {
			if _, ok := in.FieldByName(secret); ok {
				t.Errorf("%s takes a %s, and its failures are not counted", spec.Name, secret)
			}
		}
	}
	for category, used := range known {
		if !used {
			t.Errorf("no operation counts for %s", category)
		}
	}
}

// requestTypes are the requests of the operations that anybody may call and that TestsSecrets leaves out.
func requestTypes() map[string]reflect.Type {
	types := map[string]reflect.Type{}
	for _, in := range []any{
		cognitoidp.GetUserRequest{}, cognitoidp.DeleteUserRequest{}, cognitoidp.UpdateUserAttributesRequest{}, cognitoidp.DeleteUserAttributesRequest{},
		cognitoidp.GetUserAttributeVerificationCodeRequest{}, cognitoidp.GetUserAuthFactorsRequest{}, cognitoidp.GlobalSignOutRequest{},
		cognitoidp.SetUserMFAPreferenceRequest{}, cognitoidp.SetUserSettingsRequest{}, cognitoidp.StartWebAuthnRegistrationRequest{},
		cognitoidp.CompleteWebAuthnRegistrationRequest{}, cognitoidp.ListWebAuthnCredentialsRequest{}, cognitoidp.DeleteWebAuthnCredentialRequest{},
		cognitoidp.ConfirmDeviceRequest{}, cognitoidp.GetDeviceRequest{}, cognitoidp.ListDevicesRequest{}, cognitoidp.UpdateDeviceStatusRequest{},
		cognitoidp.ForgetDeviceRequest{}, cognitoidp.ListUserSessionsRequest{}, cognitoidp.RevokeUserSessionRequest{},
	} {
		typ := reflect.TypeOf(in)
		types[strings.TrimSuffix(typ.Name(), "Request")] = typ
	}
	return types
}

// TestCategoriesThrottle fails when more requests of a category are answered than it may have, when another category is
// touched by that, when the answer is not Cognito's, or when raising the limit does nothing.
func TestCategoriesThrottle(t *testing.T) {
	t.Parallel()
	w := limited(t)
	pool := w.pool()
	list := func(n int) (ok int) {
		for range n {
			_, err := w.ListUsers(t.Context(), &sdk.ListUsersInput{UserPoolId: pool})
			if err == nil {
				ok++
				continue
			}
			w.refused(err, "TooManyRequestsException", "Rate exceeded")
		}
		return ok
	}
	if got := list(40); got != 30 {
		t.Errorf("%d calls of ListUsers in one second, want 30", got)
	}
	_, err := w.DescribeUserPool(t.Context(), &sdk.DescribeUserPoolInput{UserPoolId: pool})
	w.check(err)
	w.now.Advance(time.Second)
	if got := list(40); got != 30 {
		t.Errorf("%d calls in the next second, want 30", got)
	}

	w.person(pool, "alice")
	get := func(n int) (ok int) {
		for range n {
			if _, err := w.AdminGetUser(t.Context(), &sdk.AdminGetUserInput{UserPoolId: pool, Username: new("alice")}); err == nil {
				ok++
			}
		}
		return ok
	}
	if got := get(130); got != 120 {
		t.Errorf("%d reads in one second, want 120", got)
	}
	w.raw("UpdateProvisionedLimit", `{"LimitDefinition":{"LimitClass":"API_CATEGORY","Attributes":{"Category":"UserRead"}},"RequestedLimitValue":140}`)
	w.now.Advance(time.Second)
	if got := get(150); got != 140 {
		t.Errorf("%d reads in one second with a limit of 140", got)
	}
}

// TestUnsignedCallersCannotUseUpWhatIsForSigned fails when a request without a good signature counts for a category.
func TestUnsignedCallersCannotUseUpWhatIsForSigned(t *testing.T) {
	t.Parallel()
	w := limited(t)
	pool := w.pool()
	forger := sdk.New(sdk.Options{
		Region: region, BaseEndpoint: &w.url, RetryMaxAttempts: 1,
		Credentials: awssdk.CredentialsProviderFunc(func(context.Context) (awssdk.Credentials, error) {
			return awssdk.Credentials{AccessKeyID: w.root.AccessKeyID, SecretAccessKey: "wrong"}, nil
		}),
	})
	for range 40 {
		_, err := forger.ListUsers(t.Context(), &sdk.ListUsersInput{UserPoolId: pool})
		var api smithy.APIError
		if !errors.As(err, &api) || api.ErrorCode() != "InvalidSignatureException" {
			t.Fatal(err)
		}
	}
	_, err := w.ListUsers(t.Context(), &sdk.ListUsersInput{UserPoolId: pool})
	w.check(err)
}

// TestGuessingThroughTheAPIEnds is the attacks on passwords and codes: spraying one password over many users from one
// address, and many guesses sent at once.
func TestGuessingThroughTheAPIEnds(t *testing.T) {
	t.Parallel()
	w := limited(t, func(c *limit.Config) {
		c.Categories = map[string]int{limit.UserAuthentication: 10_000, limit.UserCreation: 10_000}
	})
	pool := w.pool()
	client := w.client(pool)
	w.person(pool, "alice")
	guess := func(name, pass string) error {
		_, err := w.InitiateAuth(t.Context(), &sdk.InitiateAuthInput{
			ClientId: client, AuthFlow: "USER_PASSWORD_AUTH", AuthParameters: map[string]string{"USERNAME": name, "PASSWORD": pass},
		})
		return err
	}
	var judged atomic.Int64
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 25 {
				if err := guess(fmt.Sprintf("user%d-%d", i, j), "Winter-2026!"); err != nil && strings.Contains(err.Error(), "UserNotFound") {
					judged.Add(1)
				}
			}
		})
	}
	all.Wait()
	if got := judged.Load(); got != 105 {
		t.Errorf("%d of 200 guesses from one address were judged, want 105", got)
	}
	w.refused(guess("alice", goodPass), "TooManyRequestsException", "Too many requests")
	_, err := w.ConfirmSignUp(t.Context(), &sdk.ConfirmSignUpInput{ClientId: client, Username: new("bob"), ConfirmationCode: new("123456")})
	w.refused(err, "TooManyRequestsException", "Too many requests")
	_, err = w.AdminInitiateAuth(t.Context(), &sdk.AdminInitiateAuthInput{
		UserPoolId: pool, ClientId: client, AuthFlow: "ADMIN_USER_PASSWORD_AUTH", AuthParameters: map[string]string{"USERNAME": "alice", "PASSWORD": goodPass},
	})
	w.check(err) // a backend with an access key is no guesser
	w.now.Advance(10 * time.Minute)
	w.check(guess("alice", goodPass))
}

// TestBackendsMayPassOnWrongPasswords fails when the wrong passwords of its users shut out a backend with a secret.
func TestBackendsMayPassOnWrongPasswords(t *testing.T) {
	t.Parallel()
	w := limited(t, func(c *limit.Config) { c.Categories = map[string]int{limit.UserAuthentication: 10_000} })
	pool := w.pool()
	made, err := w.CreateUserPoolClient(t.Context(), &sdk.CreateUserPoolClientInput{
		UserPoolId: pool, ClientName: new("backend"), GenerateSecret: true, ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH"},
	})
	w.check(err)
	guess := func(name, hash string) error {
		_, err := w.InitiateAuth(t.Context(), &sdk.InitiateAuthInput{
			ClientId: made.UserPoolClient.ClientId, AuthFlow: "USER_PASSWORD_AUTH",
			AuthParameters: map[string]string{"USERNAME": name, "PASSWORD": "Wrong-horse-1", "SECRET_HASH": hash},
		})
		return err
	}
	for i := range 150 {
		name := fmt.Sprintf("user%d", i)
		w.refused(guess(name, *hash(*made.UserPoolClient.ClientSecret, name, *made.UserPoolClient.ClientId)),
			"UserNotFoundException", "User does not exist.")
	}
	refused := 0
	for range 150 { // guesses at its secret are another matter
		if err := guess("user", "d3Jvbmc="); strings.Contains(err.Error(), "TooManyRequests") {
			refused++
		}
	}
	if refused != 45 {
		t.Errorf("%d of 150 guesses at the secret were refused, want 45", refused)
	}
}

// TestThrottlingHasAName fails when an operation that does not declare TooManyRequestsException answers something that
// SDKs do not retry.
func TestThrottlingHasAName(t *testing.T) {
	t.Parallel()
	for _, spec := range cognitoidp.Operations() {
		if !aws.Declares(&spec, "TooManyRequestsException") && !aws.Declares(&spec, "ThrottlingException") {
			t.Errorf("%s can say neither", spec.Name)
		}
	}
}
