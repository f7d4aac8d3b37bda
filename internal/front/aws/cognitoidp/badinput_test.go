package cognitoidp_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// tried is the world that bad input is sent to: two pools with a user each, and tokens of every bad kind.
type tried struct {
	*world
	contract                       *contract
	known                          object // members that name what exists
	pool, client                   *string
	expired, revoked, foreign, bob string // access tokens
	deleted                        string // a pool that is gone
}

func newTried(t *testing.T) *tried {
	w := newWorld(t, codes)
	x := &tried{world: w, contract: readContract(t)}
	x.pool = w.pool(func(in *sdk.CreateUserPoolInput) {
		in.DeviceConfiguration = &types.DeviceConfigurationType{}
		in.Policies = &types.UserPoolPolicyType{SignInPolicy: &types.SignInPolicyType{
			AllowedFirstAuthFactors: []types.AuthFactorType{"PASSWORD", "EMAIL_OTP", "WEB_AUTHN"}}}
	})
	x.client = w.client(x.pool)
	for _, name := range []string{"alice", "bob"} {
		w.person(x.pool, name, "email", name+"@example.com", "email_verified", "true")
	}
	_, err := w.CreateGroup(t.Context(), &sdk.CreateGroupInput{UserPoolId: x.pool, GroupName: new("admins")})
	w.check(err)
	other := w.pool()
	otherClient := w.client(other)
	w.person(other, "carol")
	gone := w.pool()
	_, err = w.DeleteUserPool(t.Context(), &sdk.DeleteUserPoolInput{UserPoolId: gone})
	w.check(err)
	x.deleted = *gone

	x.expired = *w.signIn(x.client, "alice", goodPass).AccessToken
	w.now.Advance(2 * time.Hour)
	lost := w.signIn(x.client, "alice", goodPass)
	_, err = w.RevokeToken(t.Context(), &sdk.RevokeTokenInput{ClientId: x.client, Token: lost.RefreshToken})
	w.check(err)
	x.revoked = *lost.AccessToken
	x.foreign = *newForeign(t)
	x.bob = *w.signIn(x.client, "bob", goodPass).AccessToken
	alice := w.signIn(x.client, "alice", goodPass)
	arn := "arn:aws:cognito-idp:" + region + ":" + accountID + ":userpool/" + *x.pool
	x.known = object{
		"UserPoolId": *x.pool, "ClientId": *x.client, "Username": "alice", "AccessToken": *alice.AccessToken,
		"GroupName": "admins", "ResourceArn": arn, "RefreshToken": *alice.RefreshToken, "Token": *alice.RefreshToken,
		"Password": goodPass + "x", "ProposedPassword": goodPass + "y", "ConfirmationCode": "000000", "Code": "000000", "UserCode": "000000",
		"AttributeName": "email", "UserAttributes": []any{object{"Name": "name", "Value": "A"}}, "UserAttributeNames": []any{"name"},
		"DeviceKey": region + "_0a1b2c3d-0a1b-4c3d-8e4f-0a1b2c3d4e5f", "Domain": "nothing-here", "Identifier": "no-server",
		"ProviderName": "NoProvider", "RoleArn": "arn:aws:iam::123456789012:role/r", "MaxResults": 1,
		"ManagedLoginBrandingId": "0a1b2c3d-0a1b-4c3d-8e4f-0a1b2c3d4e5f", "TermsId": "0a1b2c3d-0a1b-4c3d-8e4f-0a1b2c3d4e5f",
		"TermsName": "terms-of-use", "JobId": "import-0a1b2c3d4e", "RegionName": "eu-west-2", "CloudWatchLogsRoleArn": "arn:aws:iam::123456789012:role/r",
		"UserSessionTracking": "ENABLED", "OtherClient": *otherClient,
	}
	return x
}

// newForeign gives an access token that another installation has issued.
func newForeign(t *testing.T) *string {
	w := newWorld(t)
	pool := w.pool()
	w.person(pool, "alice")
	return w.signIn(w.client(pool), "alice", goodPass).AccessToken
}

// reply is what an operation answered.
type reply struct {
	status        int
	name, message string
	body          []byte
}

func (r reply) String() string { return fmt.Sprintf("%d %s: %s", r.status, r.name, r.message) }

// call sends an operation as its clients do: signed or not.
func (x *tried) call(operation string, input any) reply {
	x.t.Helper()
	body, err := json.Marshal(input)
	x.check(err)
	req, err := http.NewRequestWithContext(x.t.Context(), http.MethodPost, x.url, bytes.NewReader(body))
	x.check(err)
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+operation)
	if x.contract.Operations[operation].Auth != "none" {
		sum := sha256.Sum256(body)
		x.check(v4.NewSigner().SignHTTP(x.t.Context(), x.root, req, hex.EncodeToString(sum[:]), "cognito-idp", region, time.Now()))
	}
	res, err := http.DefaultClient.Do(req)
	x.check(err)
	defer res.Body.Close()
	r := reply{status: res.StatusCode}
	r.body, err = io.ReadAll(res.Body)
	x.check(err)
	var e struct {
		Type    string `json:"__type"`
		Message string
	}
	x.check(json.Unmarshal(r.body, &e))
	r.name, r.message = e.Type, e.Message
	return r
}

// declares tells whether an operation may answer with an exception.
func (x *tried) declares(operation, exception string) bool {
	return slices.Contains(x.contract.Operations[operation].Errors, exception)
}

// refuses fails unless the answer is an error that the operation declares, and one of those wanted if any are.
func (x *tried) refuses(operation, what string, r reply, want ...string) {
	x.t.Helper()
	switch {
	case r.status == http.StatusOK:
		x.t.Errorf("%s, %s: it was done", operation, what)
	case r.status >= http.StatusInternalServerError || r.name == "InternalErrorException":
		x.t.Errorf("%s, %s: %v", operation, what, r)
	case !x.declares(operation, r.name) && r.name != "InvalidParameterException" && r.name != "SerializationException":
		x.t.Errorf("%s, %s: %v is not declared", operation, what, r)
	case len(want) > 0 && !slices.Contains(want, r.name):
		x.t.Errorf("%s, %s: %v, want %v", operation, what, r, want)
	}
}

// operations lists what is served, with a good input of each.
func (x *tried) operations() map[string]object {
	out := map[string]object{}
	for name, op := range x.contract.Operations {
		input, _ := x.contract.sample(op.Input, x.known, 0).(object)
		if r := x.call(name, object{"Nothing": 1}); r.name == "UnknownOperationException" {
			continue // docs/standards.md says so
		}
		out[name] = input
	}
	return out
}

// TestBadInputIsRefusedInTheWordsOfTheAPI sends every operation each required member missing and each constraint broken.
func TestBadInputIsRefusedInTheWordsOfTheAPI(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("thousands of requests")
	}
	x := newTried(t)
	sent := 0
	for name, input := range x.operations() {
		s := x.contract.Shapes[x.contract.Operations[name].Input]
		for _, member := range s.Required {
			less := maps.Clone(input)
			delete(less, member)
			r := x.call(name, less)
			x.refuses(name, member+" missing", r, "InvalidParameterException")
			path := strings.ToLower(member[:1]) + member[1:]
			if want := "Value null at '" + path + "' failed to satisfy constraint: Member must not be null"; !strings.Contains(r.message, want) {
				t.Errorf("%s, %s missing: %q", name, member, r.message)
			}
			sent++
		}
		for member, shape := range s.Members {
			for what, value := range x.contract.broken(shape) {
				if shape == "DomainType" && what == "too long" {
					continue // longer ones are custom domains: see api/patches.json
				}
				worse := maps.Clone(input)
				worse[member] = value
				x.refuses(name, member+" "+what, x.call(name, worse), "InvalidParameterException", "SerializationException")
				sent++
			}
		}
	}
	if sent < 1000 {
		t.Errorf("only %d requests were made", sent)
	}
}

// TestWhatDoesNotExistIsNamedAsSuch sends every operation ids of what is unknown, gone, or somebody else's.
func TestWhatDoesNotExistIsNamedAsSuch(t *testing.T) {
	t.Parallel()
	x := newTried(t)
	const notFound, noUser, denied = "ResourceNotFoundException", "UserNotFoundException", "NotAuthorizedException"
	cases := []struct {
		member, what string
		value        any
		want         []string
	}{
		{"UserPoolId", "of nothing", region + "_AAAAAAAAA", []string{notFound}},
		{"UserPoolId", "of a pool that is gone", x.deleted, []string{notFound}},
		{"ResourceArn", "of a pool that is gone", strings.Replace(x.known["ResourceArn"].(string), *x.pool, x.deleted, 1), []string{notFound}},
		{"ClientId", "of nothing", "nobodysclient0000000000000", []string{notFound}},
		{"Username", "of nobody", "nobody", []string{noUser}},
		{"Username", "of another pool", "carol", []string{noUser}},
		{"GroupName", "of nothing", "nogroup", []string{notFound}},
		{"AccessToken", "garbled", "a.b.c", []string{denied}},
		{"AccessToken", "expired", x.expired, []string{denied}},
		{"AccessToken", "revoked", x.revoked, []string{denied}},
		{"AccessToken", "of another server", x.foreign, []string{denied}},
	}
	// What may be named although nothing has the name, and why.
	fine := map[string]bool{
		"CreateGroup GroupName": true, "AdminCreateUser Username": true, "SignUp Username": true, // they make it
		"SetUICustomization ClientId": true, "GetUICustomization ClientId": true, // ALL is one
		"AdminRemoveUserFromGroup GroupName": true, // nobody is in it, as at AWS
	}
	otherwise := map[string]string{
		"DeleteUserPoolDomain UserPoolId":  "InvalidParameterException",        // as at AWS
		"UpdateAuthEventFeedback Username": "UserPoolAddOnNotEnabledException", // nobody learns who exists without a token
	}
	for name, input := range x.operations() {
		s := x.contract.Shapes[x.contract.Operations[name].Input]
		for _, c := range cases {
			_, there := s.Members[c.member]
			if !there || !slices.Contains(s.Required, c.member) || fine[name+" "+c.member] {
				continue
			}
			worse := maps.Clone(input)
			worse[c.member] = c.value
			want := slices.DeleteFunc(slices.Clone(c.want), func(e string) bool { return !x.declares(name, e) })
			if e := otherwise[name+" "+c.member]; e != "" {
				want = []string{e}
			}
			x.refuses(name, c.member+" "+c.what, x.call(name, worse), want...)
		}
		if _, both := s.Members["UserPoolId"]; both && slices.Contains(s.Required, "ClientId") {
			worse := maps.Clone(input)
			worse["ClientId"] = x.known["OtherClient"]
			x.refuses(name, "a client of another pool", x.call(name, worse), notFound)
		}
	}
}

// TestNobodyReachesWhatIsAnothersByTheirOwnToken fails when a device, a passkey or a session is found by whose it is not.
func TestNobodyReachesWhatIsAnothersByTheirOwnToken(t *testing.T) {
	t.Parallel()
	x := newTried(t)
	if r := x.call("SetUserPoolSessionConfiguration", object{"UserPoolId": *x.pool, "UserSessionTracking": "ENABLED", "TokenSession": object{"MaxPerUser": 10}}); r.status != http.StatusOK {
		t.Fatal(r)
	}
	signed := x.signIn(x.client, "alice", goodPass)
	device := *signed.NewDeviceMetadata.DeviceKey
	verifier := object{"Salt": "c2FsdA==", "PasswordVerifier": base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{5}, 384))}
	confirmed := x.call("ConfirmDevice", object{"AccessToken": *signed.AccessToken, "DeviceKey": device, "DeviceName": "a", "DeviceSecretVerifierConfig": verifier})
	if confirmed.status != http.StatusOK {
		t.Fatal(confirmed)
	}
	var sessions struct{ Sessions []struct{ SessionId string } } //nolint:revive // the wire's name
	r := x.call("ListUserSessions", object{"AccessToken": *signed.AccessToken})
	if x.check(json.Unmarshal(r.body, &sessions)); len(sessions.Sessions) == 0 {
		t.Fatal(r, string(r.body))
	}
	for operation, input := range map[string]object{
		"GetDevice":          {"DeviceKey": device},
		"ForgetDevice":       {"DeviceKey": device},
		"UpdateDeviceStatus": {"DeviceKey": device, "DeviceRememberedStatus": "not_remembered"},
		"ConfirmDevice":      {"DeviceKey": device},
		"RevokeUserSession":  {"SessionId": sessions.Sessions[0].SessionId},
	} {
		input["AccessToken"] = x.bob
		x.refuses(operation, "of somebody else", x.call(operation, input), "ResourceNotFoundException", "InvalidParameterException")
	}
	if r := x.call("GetDevice", object{"AccessToken": *signed.AccessToken, "DeviceKey": device}); r.status != http.StatusOK {
		t.Errorf("its owner has lost the device: %v", r)
	}
}
