package cognito_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/trigger/cognito"
	"cognate.dev/cognate/internal/trigger/event"
	"cognate.dev/cognate/internal/trigger/function"
)

// other is another Cognito: what it answers to each operation. Two Cognates meet in test/story.
func other(t *testing.T, answers map[string]string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		body, _ := io.ReadAll(r.Body)
		if admin := strings.HasPrefix(operation, "Admin"); admin != (r.Header.Get("Authorization") != "") {
			t.Errorf("%s, signed with %q", operation, r.Header.Get("Authorization"))
		}
		if strings.HasSuffix(operation, "InitiateAuth") && !strings.Contains(string(body), `"PASSWORD":"pw"`) {
			t.Errorf("%s got %s", operation, body)
		}
		answer := answers[operation]
		if strings.Contains(answer, "__type") {
			w.WriteHeader(http.StatusBadRequest)
		}
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// ask fires a migration.
func ask(t *testing.T, c cognito.Config, source event.Source, name, password string) (map[string]any, error) {
	t.Helper()
	p, err := cognito.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	in, err := json.Marshal(event.Event[event.MigrationRequest, event.MigrationResponse]{
		Header:  event.Header{Version: "1", UserName: name, TriggerSource: source},
		Request: event.MigrationRequest{Password: password},
	})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := p.Invoke(t.Context(), "arn", in)
	if err != nil {
		return nil, err
	}
	var out struct{ Response map[string]any }
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out.Response, nil
}

const (
	ann     = `{"Username":"ann","UserStatus":"CONFIRMED","Enabled":true,"UserAttributes":[{"Name":"sub","Value":"s"},{"Name":"email","Value":"ann@example.com"},{"Name":"custom:x","Value":"1"}]`
	refused = `{"__type":"NotAuthorizedException","message":"Incorrect username or password."}`
)

// TestOnlyTheRightPasswordBringsSomebody fails when a wrong password, a disabled account, or a password without its second
// factor lets somebody in from another pool.
func TestOnlyTheRightPasswordBringsSomebody(t *testing.T) {
	t.Parallel()
	comes := map[string]any{"email": "ann@example.com", "custom:x": "1", "username": "ann"}
	for name, tc := range map[string]struct {
		signed  bool
		drop    bool
		answers map[string]string
		want    map[string]any // userAttributes; nil: nobody
		status  string
		sms     bool
		failure bool
	}{
		"right":                {answers: map[string]string{"InitiateAuth": `{"AuthenticationResult":{"AccessToken":"t"}}`, "GetUser": ann + "}"}, want: comes, status: "CONFIRMED"},
		"wrong":                {answers: map[string]string{"InitiateAuth": refused}},
		"unknown":              {answers: map[string]string{"InitiateAuth": `{"__type":"UserNotFoundException"}`}},
		"must reset":           {answers: map[string]string{"InitiateAuth": `{"__type":"PasswordResetRequiredException"}`}},
		"busy":                 {answers: map[string]string{"InitiateAuth": `{"__type":"TooManyRequestsException"}`}, failure: true},
		"MFA, unsigned":        {answers: map[string]string{"InitiateAuth": `{"ChallengeName":"SMS_MFA"}`}, failure: true},
		"nonsense":             {answers: map[string]string{"InitiateAuth": `<html>`}, failure: true},
		"right, signed":        {signed: true, answers: map[string]string{"AdminInitiateAuth": `{"AuthenticationResult":{"AccessToken":"t"}}`, "AdminGetUser": ann + "}"}, want: comes, status: "CONFIRMED"},
		"disabled":             {signed: true, answers: map[string]string{"AdminInitiateAuth": `{"AuthenticationResult":{}}`, "AdminGetUser": strings.Replace(ann, "true", "false", 1) + "}"}},
		"temporary":            {signed: true, answers: map[string]string{"AdminInitiateAuth": `{"ChallengeName":"NEW_PASSWORD_REQUIRED"}`, "AdminGetUser": strings.Replace(ann, "CONFIRMED", "FORCE_CHANGE_PASSWORD", 1) + "}"}, want: comes, status: "RESET_REQUIRED"},
		"SMS":                  {signed: true, answers: map[string]string{"AdminInitiateAuth": `{"ChallengeName":"SMS_MFA"}`, "AdminGetUser": ann + "}"}, want: comes, status: "CONFIRMED", sms: true},
		"app":                  {signed: true, answers: map[string]string{"AdminInitiateAuth": `{"ChallengeName":"SOFTWARE_TOKEN_MFA"}`, "AdminGetUser": ann + "}"}, failure: true},
		"app, dropped":         {signed: true, drop: true, answers: map[string]string{"AdminInitiateAuth": `{"ChallengeName":"SOFTWARE_TOKEN_MFA"}`, "AdminGetUser": ann + "}"}, want: comes, status: "CONFIRMED"},
		"app or SMS":           {signed: true, answers: map[string]string{"AdminInitiateAuth": `{"ChallengeName":"SELECT_MFA_TYPE"}`, "AdminGetUser": ann + `,"UserMFASettingList":["SMS_MFA","SOFTWARE_TOKEN_MFA"]}`}, want: comes, status: "CONFIRMED", sms: true},
		"a question of custom": {signed: true, answers: map[string]string{"AdminInitiateAuth": `{"ChallengeName":"CUSTOM_CHALLENGE"}`, "AdminGetUser": ann + "}"}, failure: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := cognito.Config{Endpoint: other(t, tc.answers), Region: "us-east-1", ClientID: "c", DropMFA: tc.drop}
			if tc.signed {
				c.UserPoolID, c.AccessKeyID, c.SecretAccessKey = "us-east-1_Other0001", "id", "secret"
			}
			got, err := ask(t, c, event.MigrateAtSignIn, "ann", "pw")
			var failure *function.Failure
			if errors.As(err, &failure) != tc.failure {
				t.Fatalf("failed with %v", err)
			}
			if tc.failure {
				return
			}
			if tc.want == nil {
				if got["userAttributes"] != nil {
					t.Errorf("somebody came: %v", got)
				}
				return
			}
			if diff := cmp.Diff(any(tc.want), got["userAttributes"]); diff != "" || got["finalUserStatus"] != tc.status || got["enableSMSMFA"] != tc.sms {
				t.Errorf("%v\n%s", got, diff)
			}
		})
	}
}

func TestAForgottenPasswordBringsWhoCouldSignIn(t *testing.T) {
	t.Parallel()
	url := other(t, map[string]string{"AdminGetUser": ann + "}"})
	unsigned := cognito.Config{Endpoint: url, Region: "us-east-1", ClientID: "c", Attributes: []string{"email"}}
	if got, err := ask(t, unsigned, event.MigrateAtReset, "ann", ""); err != nil || got["userAttributes"] != nil {
		t.Errorf("without a way to ask: %v, %v", got, err)
	}
	signed := unsigned
	signed.UserPoolID, signed.AccessKeyID, signed.SecretAccessKey = "us-east-1_Other0001", "id", "secret"
	got, err := ask(t, signed, event.MigrateAtReset, "ann", "")
	if diff := cmp.Diff(any(map[string]any{"email": "ann@example.com", "username": "ann"}), got["userAttributes"]); err != nil || diff != "" || got["finalUserStatus"] != "RESET_REQUIRED" {
		t.Errorf("%v, %v\n%s", got, err, diff)
	}
}

func TestAWayThatIsNotSafeIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []cognito.Config{
		{ClientID: "c", Endpoint: "aws"},
		{ClientID: "c", Endpoint: "http://id.example.com", Region: "us-east-1"},
		{ClientID: "c", Endpoint: "nowhere", Region: "us-east-1"},
		{ClientID: "c", Endpoint: "aws", Region: "us-east-1", ClientSecret: "a", ClientSecretFile: "b"},
		{ClientID: "c", Endpoint: "aws", Region: "us-east-1", AccessKeyID: "a"},
		{ClientID: "c", Endpoint: "aws", Region: "us-east-1", AccessKeyID: "a", SecretAccessKey: "b"},
	} {
		if c.Check() == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
	if err := (cognito.Config{ClientID: "c", Endpoint: "aws", Region: "us-east-1"}).Check(); err != nil {
		t.Error(err)
	}
}
