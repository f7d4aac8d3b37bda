package cognitoidp_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

// listedSessions is what the session operations, which the SDK does not know yet, answer.
type listedSessions struct {
	Sessions []struct {
		SessionId, SessionType, ClientId, DeviceType, LastIPAddress, OriginSessionId string
		CreateDate, LastActiveDate                                                   float64
		IsCurrentSession                                                             bool
		LastLocation                                                                 struct{ City, Country string }
	}
	Type    string `json:"__type"`
	Message string
}

func (w *world) listed(operation, body string, args ...any) (l listedSessions) {
	w.t.Helper()
	w.check(json.Unmarshal(w.raw(operation, fmt.Sprintf(body, args...)), &l))
	return l
}

// failed fails the test unless the answer is the exception with the text.
func (l listedSessions) failed(t *testing.T, exception, text string) {
	t.Helper()
	if l.Type != exception || l.Message != text {
		t.Errorf("got %s: %s, want %s: %s", l.Type, l.Message, exception, text)
	}
}

func (w *world) track(pool *string, most int) {
	w.t.Helper()
	got := w.listed("SetUserPoolSessionConfiguration",
		`{"UserPoolId":%q,"UserSessionTracking":"ENABLED","TokenSession":{"MaxPerUser":%d}}`, *pool, most)
	if got.Type != "" {
		w.t.Fatalf("%s: %s", got.Type, got.Message)
	}
	w.now.Advance(2 * time.Second) // what is remembered of pools lives a second
}

// TestSessionsAreConfigured fails when defaults, bounds or the order of switching on are wrong.
func TestSessionsAreConfigured(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	client := w.client(pool)
	golden(t, "testdata/empty_sessions.json", scrub(w.raw("GetUserPoolSessionConfiguration", fmt.Sprintf(`{"UserPoolId":%q}`, *pool)), *pool, *client))
	sso := fmt.Sprintf(`{"UserPoolId":%q,"ClientId":%q,"SSOSession":{"MaxValidityMinutes":%%d}}`, *pool, *client)
	w.listed("SetUserPoolClientSessionConfiguration", sso, 30).failed(t, "OperationNotEnabledException",
		"User session tracking is not enabled for the user pool.")
	for most, text := range map[int]string{0: "MaxPerUser must be between 1 and 100.", 101: "MaxPerUser must be between 1 and 100."} {
		w.listed("SetUserPoolSessionConfiguration", `{"UserPoolId":%q,"UserSessionTracking":"ENABLED","TokenSession":{"MaxPerUser":%d}}`, *pool, most).
			failed(t, "InvalidParameterException", text)
	}
	w.listed("SetUserPoolSessionConfiguration", `{"UserPoolId":%q,"UserSessionTracking":"SOMETIMES","TokenSession":{"MaxPerUser":5}}`, *pool).
		failed(t, "InvalidParameterException", "UserSessionTracking must be ENABLED or DISABLED.")
	w.track(pool, 5)
	w.listed("SetUserPoolClientSessionConfiguration", sso, 129601).failed(t, "InvalidParameterException",
		"MaxValidityMinutes must be between 0 and 129600.")
	golden(t, "testdata/client_sessions.json", scrub(w.raw("SetUserPoolClientSessionConfiguration", fmt.Sprintf(sso, 30)), *pool, *client))
	golden(t, "testdata/client_sessions.json", scrub(w.raw("GetUserPoolClientSessionConfiguration",
		fmt.Sprintf(`{"UserPoolId":%q,"ClientId":%q}`, *pool, *client)), *pool, *client))
	_, err := w.UpdateUserPool(t.Context(), &sdk.UpdateUserPoolInput{UserPoolId: pool})
	w.check(err)
	golden(t, "testdata/pool_sessions.json", scrub(w.raw("GetUserPoolSessionConfiguration", fmt.Sprintf(`{"UserPoolId":%q}`, *pool)), *pool, *client))
	lite := w.pool(func(in *sdk.CreateUserPoolInput) { in.UserPoolTier = "LITE" })
	w.listed("SetUserPoolSessionConfiguration", `{"UserPoolId":%q,"UserSessionTracking":"ENABLED","TokenSession":{"MaxPerUser":5}}`, *lite).
		failed(t, "FeatureUnavailableInTierException", "The following features need to be disabled for the LITE pricing tier configured: Session management")
}

// scrub replaces what differs in every run.
func scrub(raw []byte, pool, client string) []byte {
	var m map[string]any
	if json.Unmarshal(raw, &m) != nil {
		return raw
	}
	for key, value := range map[string]string{"UserPoolId": pool, "ClientId": client} {
		if m[key] == value {
			m[key] = key
		}
	}
	out, _ := json.Marshal(m)
	return out
}

// TestSessionsAreListedAndRevoked fails when a person or an administrator cannot see where somebody is signed in, or
// cannot end one sign-in without the others.
func TestSessionsAreListedAndRevoked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	client := w.client(pool)
	w.person(pool, "alice")
	w.person(pool, "bob")
	first := w.signIn(client, "alice", goodPass)
	w.listed("ListUserSessions", `{"AccessToken":%q}`, *first.AccessToken).failed(t, "OperationNotEnabledException",
		"User session tracking is not enabled for the user pool.")
	w.track(pool, 5)
	second := w.signIn(client, "alice", goodPass)
	bobs := w.signIn(client, "bob", goodPass)
	list := w.listed("ListUserSessions", `{"AccessToken":%q}`, *first.AccessToken)
	if len(list.Sessions) != 2 || list.Sessions[0].IsCurrentSession || !list.Sessions[1].IsCurrentSession ||
		list.Sessions[0].ClientId != *client || list.Sessions[0].SessionType != "TOKEN" || list.Sessions[0].LastIPAddress != "127.0.0.1" ||
		list.Sessions[0].LastLocation.City != "Berlin" || list.Sessions[0].LastLocation.Country != "Germany" ||
		list.Sessions[0].DeviceType != "aws-sdk-go-v2" || list.Sessions[0].CreateDate == 0 {
		t.Fatalf("got %+v", list)
	}
	w.now.Advance(time.Minute)
	_, err := w.InitiateAuth(t.Context(), &sdk.InitiateAuthInput{ClientId: client, AuthFlow: "REFRESH_TOKEN_AUTH",
		AuthParameters: map[string]string{"REFRESH_TOKEN": *first.RefreshToken}})
	w.check(err)
	admin := w.listed("AdminListUserSessions", `{"UserPoolId":%q,"Username":"alice"}`, *pool)
	if len(admin.Sessions) != 2 || admin.Sessions[0].SessionId != list.Sessions[1].SessionId || admin.Sessions[0].IsCurrentSession ||
		admin.Sessions[0].LastActiveDate <= admin.Sessions[0].CreateDate {
		t.Fatalf("got %+v", admin)
	}
	mine, other := list.Sessions[1].SessionId, list.Sessions[0].SessionId
	revoke := func(token, id, linked string) listedSessions {
		return w.listed("RevokeUserSession", `{"AccessToken":%q,"SessionId":%q,"RevokeAssociatedSessions":%q}`, token, id, linked)
	}
	revoke(*first.AccessToken, mine, "NONE").failed(t, "InvalidParameterException",
		"The session of the access token cannot be revoked by itself; use GlobalSignOut or RevokeToken.")
	revoke(*first.AccessToken, other, "SOME").failed(t, "InvalidParameterException", "RevokeAssociatedSessions must be NONE or LINKED.")
	revoke(*bobs.AccessToken, other, "NONE").failed(t, "ResourceNotFoundException", "Session does not exist.")
	revoke(*first.AccessToken, other, "LINKED").failed(t, "", "")
	_, err = w.GetUser(t.Context(), &sdk.GetUserInput{AccessToken: second.AccessToken})
	w.refused(err, "NotAuthorizedException", "Access Token has been revoked")
	_, err = w.GetUser(t.Context(), &sdk.GetUserInput{AccessToken: first.AccessToken})
	w.check(err)
	w.listed("AdminRevokeUserSession", `{"UserPoolId":%q,"Username":"alice","SessionId":%q}`, *pool, mine).failed(t, "", "")
	_, err = w.GetUser(t.Context(), &sdk.GetUserInput{AccessToken: first.AccessToken})
	w.refused(err, "NotAuthorizedException", "Access Token has been revoked")
	w.listed("AdminRevokeUserSession", `{"UserPoolId":%q,"Username":"alice","SessionId":%q}`, *pool, mine).
		failed(t, "ResourceNotFoundException", "Session does not exist.")
	w.listed("AdminListUserSessions", `{"UserPoolId":%q,"Username":"nobody"}`, *pool).failed(t, "UserNotFoundException", "User does not exist.")
	w.listed("AdminListUserSessions", `{"UserPoolId":%q,"Username":"alice","NextToken":"x"}`, *pool).
		failed(t, "InvalidParameterException", "Invalid pagination token.")
}

// TestTheLeastUsedSessionMakesRoom fails when a pool's limit is not kept, or ends a session that is in use.
func TestTheLeastUsedSessionMakesRoom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	client := w.client(pool)
	w.person(pool, "alice")
	w.track(pool, 2)
	first := w.signIn(client, "alice", goodPass)
	w.now.Advance(time.Second)
	second := w.signIn(client, "alice", goodPass)
	w.now.Advance(time.Second)
	refresh := func(token *string) error {
		_, err := w.GetTokensFromRefreshToken(t.Context(), &sdk.GetTokensFromRefreshTokenInput{ClientId: client, RefreshToken: token})
		return err
	}
	w.check(refresh(first.RefreshToken)) // in use
	w.now.Advance(time.Second)
	third := w.signIn(client, "alice", goodPass)
	w.check(refresh(first.RefreshToken))
	w.check(refresh(third.RefreshToken))
	w.refused(refresh(second.RefreshToken), "NotAuthorizedException", "Refresh Token has been revoked")
}
