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
	w := limited(t, func(c *limit.Config) { c.User = -1 })
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

// TestOnePoolAndOneUserCannotTakeWhatIsEverybodys fails when Cognito's quotas within categories are not counted: five calls
// a second of one operation about a pool's parts, ten reads and ten writes of one user; or when they reach further.
func TestOnePoolAndOneUserCannotTakeWhatIsEverybodys(t *testing.T) {
	t.Parallel()
	w := limited(t)
	count := func(n int, call func() error) (ok int) {
		t.Helper()
		for range n {
			err := call()
			if err == nil {
				ok++
				continue
			}
			w.refused(err, "TooManyRequestsException", "Rate exceeded")
		}
		return ok
	}
	pool, other := w.pool(), w.pool()
	client := w.client(pool)
	w.person(pool, "alice")
	w.person(pool, "bob")
	alice := w.signIn(client, "alice", goodPass).AccessToken
	groups := func(pool *string) func() error {
		return func() error {
			_, err := w.ListGroups(t.Context(), &sdk.ListGroupsInput{UserPoolId: pool})
			return err
		}
	}
	clients := func() error {
		_, err := w.DescribeUserPoolClient(t.Context(), &sdk.DescribeUserPoolClientInput{UserPoolId: pool, ClientId: client})
		return err
	}
	described, err := w.DescribeUserPool(t.Context(), &sdk.DescribeUserPoolInput{UserPoolId: pool})
	w.check(err)
	tags := func() error {
		_, err := w.ListTagsForResource(t.Context(), &sdk.ListTagsForResourceInput{ResourceArn: described.UserPool.Arn})
		return err
	}
	admin := func(name string) func() error {
		return func() error {
			_, err := w.AdminGetUser(t.Context(), &sdk.AdminGetUserInput{UserPoolId: pool, Username: &name})
			return err
		}
	}
	self := func() error {
		_, err := w.GetUser(t.Context(), &sdk.GetUserInput{AccessToken: alice})
		return err
	}
	write := func() error {
		_, err := w.UpdateUserAttributes(t.Context(), &sdk.UpdateUserAttributesInput{AccessToken: alice, UserAttributes: []types.AttributeType{{Name: new("name"), Value: new("A")}}})
		return err
	}
	w.now.Advance(time.Second)
	for _, c := range []struct {
		what    string
		n, want int
		call    func() error
	}{
		{"ListGroups of a pool", 7, 5, groups(pool)}, {"ListGroups of another pool", 5, 5, groups(other)}, {"another operation of the pool", 7, 5, clients},
		{"an operation that names the pool by ARN", 7, 5, tags}, {"reads of alice by an administrator", 8, 8, admin("alice")},
		{"reads of alice by herself, with those before", 4, 2, self}, {"writes of alice", 12, 10, write}, {"reads of bob", 12, 10, admin("bob")},
	} {
		if got := count(c.n, c.call); got != c.want {
			t.Errorf("%s: %d of %d calls in one second are answered, want %d", c.what, got, c.n, c.want)
		}
	}
	w.now.Advance(time.Second)
	if groups(pool)() != nil || self() != nil || write() != nil {
		t.Error("a second later there is still no room")
	}
	w = limited(t, func(c *limit.Config) { c.PoolOperation, c.User = -1, 3 })
	pool = w.pool()
	w.person(pool, "alice")
	w.now.Advance(time.Second)
	if got := count(12, groups(pool)); got != 12 {
		t.Errorf("%d of 12 calls are answered without a quota", got)
	}
	if got := count(12, admin("alice")); got != 3 {
		t.Errorf("%d of 12 reads are answered, want the 3 that are configured", got)
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
