package cognito_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/enrich/cognito"
	"cognate.dev/cognate/internal/enrich/field"
	"cognate.dev/cognate/internal/enrich/upstream"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/sigv4"
)

const pool = "eu-west-1_Pool00001"

// api answers as Cognito does, to signed calls. Test/story has a whole server in its place.
type api struct {
	answers map[string]string // by operation; a text that does not begin with { is an exception
	calls   []string
	asked   []string // Usernames
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	v := sigv4.Verifier{Services: []string{"cognito-idp"}, Now: clock.System, Keys: func(context.Context, string, string) (sigv4.Key, error) {
		return sigv4.Key{Secret: "secret"}, nil
	}}
	operation := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AWSCognitoIdentityProviderService.")
	var in struct{ Username, UserPoolId, NextToken string }
	if _, err := v.Verify(r, body); err != nil || json.Unmarshal(body, &in) != nil || in.UserPoolId != pool {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	a.calls, a.asked = append(a.calls, operation+in.NextToken), append(a.asked, in.Username)
	answer := a.answers[operation+in.NextToken]
	if !strings.HasPrefix(answer, "{") {
		w.Header().Set("X-Amzn-Errortype", answer+":")
		w.WriteHeader(http.StatusBadRequest)
		answer = fmt.Sprintf(`{"__type":%q,"message":"no"}`, answer)
	}
	io.WriteString(w, answer)
}

func usual() map[string]string {
	return map[string]string{
		"AdminGetUser": `{"Username":"alice","Enabled":true,"UserStatus":"CONFIRMED","UserCreateDate":1767323045.678,"UserLastModifiedDate":1767323046,
			"UserMFASettingList":["SOFTWARE_TOKEN_MFA"],"PreferredMfaSetting":"SOFTWARE_TOKEN_MFA",
			"UserAttributes":[{"Name":"sub","Value":"s-1"},{"Name":"email_verified","Value":"true"},{"Name":"custom:limit","Value":"12"},{"Name":"custom:since","Value":"2026-01-02"},{"Name":"custom:code","Value":"007"}]}`,
		"AdminListGroupsForUser":     `{"Groups":[{"GroupName":"a"},{"GroupName":"b"}],"NextToken":"more"}`,
		"AdminListGroupsForUsermore": `{"Groups":[{"GroupName":"c"}]}`,
		"DescribeUserPool": `{"UserPool":{"SchemaAttributes":[{"Name":"email_verified","AttributeDataType":"Boolean"},{"Name":"custom:limit","AttributeDataType":"Number"},
			{"Name":"custom:since","AttributeDataType":"DateTime"},{"Name":"custom:code","AttributeDataType":"String"}]}}`,
	}
}

func source(t *testing.T, a *api, c cognito.Config) *cognito.Source {
	t.Helper()
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	c.Pool, c.Endpoint, c.AccessKeyID, c.SecretAccessKey = pool, server.URL, "AKIDEXAMPLE", "secret"
	s, err := cognito.New(t.Context(), c, clock.System)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestAUserIsDescribedAsOneOfOurOwn(t *testing.T) {
	t.Parallel()
	a := &api{answers: usual()}
	s := source(t, a, cognito.Config{})
	got, err := s.Find(t.Context(), "alice@example.com")
	if err != nil {
		t.Fatal(err)
	}
	v, err := field.Value(got)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"id": "s-1", "sub": "s-1", "username": "alice", "pool": pool, "enabled": true, "status": "CONFIRMED",
		"mfa":        map[string]any{"enabled": true, "methods": []any{"SOFTWARE_TOKEN_MFA"}, "preferred": "SOFTWARE_TOKEN_MFA"},
		"groups":     []any{"a", "b", "c"},
		"attributes": map[string]any{"email_verified": true, "custom:limit": 12.0, "custom:since": "2026-01-02T00:00:00Z", "custom:code": "007"},
		"created_at": "2026-01-02T03:04:05.678Z", "updated_at": "2026-01-02T03:04:06Z",
	}
	if diff := cmp.Diff(want, v.AsInterface()); diff != "" {
		t.Error(diff)
	}
	// The groups are asked for under the user's own name: the alias may have moved to somebody else since.
	if want := []string{"alice@example.com", "alice", "alice", ""}; cmp.Diff(want, a.asked) != "" {
		t.Errorf("asked about %q", a.asked)
	}
	a.calls = nil
	if _, err := s.Find(t.Context(), "alice"); err != nil || len(a.calls) != 3 {
		t.Errorf("the schema is asked for each time: %q, %v", a.calls, err)
	}
}

// Whoever signs up may take any name that is free, also one that means somebody elsewhere.
func TestASignUpThatProvedNothingIsFoundByItsSubOnly(t *testing.T) {
	t.Parallel()
	a := &api{answers: usual()}
	a.answers["AdminGetUser"] = strings.Replace(a.answers["AdminGetUser"], "CONFIRMED", "UNCONFIRMED", 1)
	s := source(t, a, cognito.Config{})
	if got, err := s.Find(t.Context(), "alice"); got != nil || err != nil {
		t.Errorf("by name: %v, %v", got, err)
	}
	if got, err := s.Find(t.Context(), "s-1"); err != nil || got["status"] != "UNCONFIRMED" {
		t.Errorf("by sub: %v, %v", got, err)
	}
}

func TestExceptionsAreUnderstood(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		operation, answer string
		untyped           bool
		fails, ofID       bool
	}{
		{"AdminGetUser", "UserNotFoundException", false, false, false},
		{"AdminListGroupsForUser", "UserNotFoundException", false, false, false}, // deleted in between
		{"AdminGetUser", "InvalidParameterException", false, true, true},
		{"AdminGetUser", "ResourceNotFoundException", false, true, false}, // the pool
		{"AdminGetUser", "NotAuthorizedException", false, true, false},
		{"AdminGetUser", "TooManyRequestsException", false, true, false},
		{"AdminGetUser", `{"Username":1}`, false, true, false},
		{"AdminListGroupsForUser", "InternalErrorException", false, true, false},
		{"DescribeUserPool", "AccessDeniedException", false, true, false},
	} {
		a := &api{answers: usual()}
		a.answers[c.operation] = c.answer
		got, err := source(t, a, cognito.Config{Untyped: c.untyped}).Find(t.Context(), "alice")
		if got != nil || (err != nil) != c.fails || upstream.IsAboutQuestion(err) != c.ofID {
			t.Errorf("%s: %s: %v, %v", c.operation, c.answer, got, err)
		}
	}
	a := &api{answers: usual()}
	a.answers["DescribeUserPool"] = "AccessDeniedException"
	got, err := source(t, a, cognito.Config{Untyped: true}).Find(t.Context(), "alice")
	if err != nil || got["attributes"].(map[string]any)["custom:limit"] != "12" {
		t.Errorf("untyped: %v, %v", got, err)
	}
	a = &api{answers: usual()}
	a.answers["AdminListGroupsForUsermore"] = `{"Groups":[{"GroupName":"c"}],"NextToken":"more"}`
	if got, err := source(t, a, cognito.Config{}).Find(t.Context(), "alice"); err == nil {
		t.Errorf("groups without an end: %v", got)
	}
	if got, err := source(t, a, cognito.Config{}).Find(t.Context(), strings.Repeat("a", 129)); got != nil || err != nil {
		t.Errorf("a name too long for the API: %v, %v", got, err)
	}
}

func TestASlowPoolEndsWithItsCaller(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body) // only then does the server notice that the caller leaves
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	s, err := cognito.New(t.Context(), cognito.Config{Pool: pool, Endpoint: server.URL, AccessKeyID: "a", SecretAccessKey: "b"}, clock.System)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if got, err := s.Find(ctx, "alice"); err == nil || ctx.Err() == nil {
		t.Errorf("%v, %v", got, err)
	}
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []cognito.Config{
		{Pool: "people"}, {Pool: pool, Endpoint: "http://example.com"}, {Pool: pool, AccessKeyID: "a"}, {Pool: pool, SecretAccessKey: "a"},
		{Pool: pool, AccessKeyID: "a", SecretAccessKey: "b", SecretAccessKeyFile: "c"}, {Pool: pool, AccessKeyID: "a", SecretAccessKeyFile: "/nowhere"},
	} {
		if _, err := cognito.New(t.Context(), c, clock.System); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}
