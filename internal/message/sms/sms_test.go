package sms_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/sigv4"
	"cognate.dev/cognate/internal/message"
	"cognate.dev/cognate/internal/message/sms"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "a secret that nobody else has"

func at() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

func configs() map[string]sms.Config {
	return map[string]sms.Config{
		sms.Twilio:  {Gateway: sms.Twilio, Account: "AC1", Secret: secret, From: "+15555550100"},
		sms.Vonage:  {Gateway: sms.Vonage, Account: "key", Secret: secret, From: "Cognate"},
		sms.SNS:     {Gateway: sms.SNS, Account: "AKIDEXAMPLE", Secret: secret, Region: "eu-west-1", From: "Cognate"},
		sms.Generic: {Gateway: sms.Generic, Secret: secret, Headers: map[string]string{"Authorization": "Bearer {{.Secret}}"}},
	}
}

// send sends one message through a gateway that a handler plays.
func send(t *testing.T, c sms.Config, m message.Message, h http.HandlerFunc) error {
	t.Helper()
	server := httptest.NewServer(h)
	defer server.Close()
	c.URL = server.URL
	if c.Gateway == sms.Generic {
		c.URL += "/send?channel=sms"
	}
	s, err := sms.New(c, at)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	return s.Send(t.Context(), m)
}

func text() message.Message {
	return message.Message{ID: "id1", Medium: message.SMS, To: "+15555550123", Body: `It is 123456 & "more"`, Code: "123456"}
}

// asked is what a gateway is asked, without what changes from call to call.
type asked struct {
	Path, Type, Auth string
	Form             map[string]string
	Body             string
}

func read(t *testing.T, r *http.Request) asked {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	a := asked{Path: r.URL.RequestURI(), Type: r.Header.Get("Content-Type"), Auth: r.Header.Get("Authorization")}
	if a.Type != "application/x-www-form-urlencoded" {
		a.Body = string(body)
		return a
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		t.Error(err)
	}
	a.Form = map[string]string{}
	for name := range values {
		a.Form[name] = values.Get(name)
	}
	return a
}

const aForm = "application/x-www-form-urlencoded"

func TestEachGatewayIsAskedInItsOwnWords(t *testing.T) {
	t.Parallel()
	wants := map[string]asked{
		sms.Twilio: {
			Path: "/2010-04-01/Accounts/AC1/Messages.json", Type: aForm, Auth: "Basic QUMxOmEgc2VjcmV0IHRoYXQgbm9ib2R5IGVsc2UgaGFz",
			Form: map[string]string{"To": "+15555550123", "From": "+15555550100", "Body": text().Body},
		},
		sms.Vonage: {Path: "/sms/json", Type: aForm, Form: map[string]string{
			"api_key": "key", "api_secret": secret, "to": "15555550123", "from": "Cognate", "text": text().Body, "client-ref": "id1",
		}},
		sms.SNS: {Path: "/", Type: aForm, Form: map[string]string{
			"Action": "Publish", "Version": "2010-03-31", "PhoneNumber": "+15555550123", "Message": text().Body,
			"MessageAttributes.entry.1.Name": "AWS.SNS.SMS.SMSType", "MessageAttributes.entry.1.Value.DataType": "String",
			"MessageAttributes.entry.1.Value.StringValue": "Transactional",
			"MessageAttributes.entry.2.Name":              "AWS.SNS.SMS.SenderID", "MessageAttributes.entry.2.Value.DataType": "String",
			"MessageAttributes.entry.2.Value.StringValue": "Cognate",
		}},
		sms.Generic: {
			Path: "/send?channel=sms", Type: "application/json", Auth: "Bearer " + secret,
			Body: `{"to":"+15555550123","from":"","text":"It is 123456 \u0026 \"more\"","id":"id1"}`,
		},
	}
	for name, c := range configs() {
		err := send(t, c, text(), func(w http.ResponseWriter, r *http.Request) {
			got := read(t, r)
			if name == sms.SNS {
				got.Auth = "" // TestSNSIsSigned
			}
			if diff := cmp.Diff(wants[name], got); diff != "" {
				t.Errorf("%s:\n%s", name, diff)
			}
			_, _ = io.WriteString(w, `{"messages":[{"status":"0"}]}`)
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSNSIsSigned(t *testing.T) {
	t.Parallel()
	err := send(t, configs()[sms.SNS], text(), func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		v := sigv4.Verifier{
			Keys: func(context.Context, string, string) (sigv4.Key, error) { return sigv4.Key{Secret: secret}, nil },
			Now:  at, Services: []string{"sns"},
		}
		if who, err := v.Verify(r, body); err != nil || who.Region != "eu-west-1" {
			t.Errorf("%+v, %v", who, err)
		}
	})
	if err != nil {
		t.Error(err)
	}
}

func TestVariantsOfSendersAndTexts(t *testing.T) {
	t.Parallel()
	service, number, unicode := configs()[sms.Twilio], configs()[sms.SNS], text()
	service.From, number.From, unicode.Body = "MG123", "+15555550100", "Grüße 123456"
	for _, c := range []struct {
		config sms.Config
		m      message.Message
		want   map[string]string
	}{
		{service, text(), map[string]string{"MessagingServiceSid": "MG123", "From": ""}},
		{number, text(), map[string]string{"MessageAttributes.entry.2.Name": "AWS.MM.SMS.OriginationNumber"}},
		{configs()[sms.Vonage], unicode, map[string]string{"type": "unicode", "text": "Grüße 123456"}},
	} {
		err := send(t, c.config, c.m, func(w http.ResponseWriter, r *http.Request) {
			got := read(t, r).Form
			for name, want := range c.want {
				if got[name] != want {
					t.Errorf("%s: %s is %q", c.config.Gateway, name, got[name])
				}
			}
			_, _ = io.WriteString(w, `{"messages":[{"status":"0"}]}`)
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// What is about the recipient is final; what is about the gateway or its settings is tried again.
func TestRefusalsAreToldFromFailures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		gateway string
		status  int
		body    string
		forGood bool
	}{
		{sms.Twilio, 400, `{"code":21211,"message":"Invalid 'To' Phone Number"}`, true},
		{sms.Twilio, 400, `{"code":21610}`, true},
		{sms.Twilio, 401, `{"code":20003}`, false},
		{sms.Twilio, 429, `{"code":20429}`, false},
		{sms.Twilio, 503, `<html>`, false},
		{sms.Twilio, 302, ``, false},
		{sms.Vonage, 200, `{"messages":[{"status":"0"},{"status":"3"}]}`, true},
		{sms.Vonage, 200, `{"messages":[{"status":"1"}]}`, false},
		{sms.Vonage, 200, `{"messages":[{"status":"4"}]}`, false},
		{sms.Vonage, 200, `{}`, false},
		{sms.Vonage, 200, `nothing`, false},
		{sms.Vonage, 500, ``, false},
		{sms.SNS, 400, `<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameter</Code></Error></ErrorResponse>`, true},
		{sms.SNS, 400, `<ErrorResponse><Error><Code>Throttled</Code></Error></ErrorResponse>`, false},
		{sms.SNS, 403, `<ErrorResponse><Error><Code>AuthorizationError</Code></Error></ErrorResponse>`, false},
		{sms.Generic, 422, `no such number`, true},
		{sms.Generic, 401, ``, false},
		{sms.Generic, 502, ``, false},
	} {
		err := send(t, configs()[c.gateway], text(), func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://127.0.0.1:1/") // is not followed
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		})
		if !fault.Is(err, fault.Undelivered, "") || errors.Is(err, message.ErrRefused) != c.forGood {
			t.Errorf("%s %d %s: %v, want for good: %v", c.gateway, c.status, c.body, err, c.forGood)
		}
		if fault.As(err).Text != "The message could not be delivered." || strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "123456") {
			t.Errorf("%s: the error tells too much: %v", c.gateway, err)
		}
	}
}

func TestAGatewayThatIsAwayIsTriedAgain(t *testing.T) {
	t.Parallel()
	c := configs()[sms.Generic]
	server := httptest.NewServer(http.NotFoundHandler())
	c.URL = server.URL + "/?key=hidden"
	server.Close()
	s, err := sms.New(c, at)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Send(t.Context(), text())
	if !fault.Is(err, fault.Undelivered, "") || errors.Is(err, message.ErrRefused) || strings.Contains(err.Error(), "hidden") {
		t.Errorf("got %v", err)
	}
	email := text()
	email.Medium = message.Email
	if err := s.Send(t.Context(), email); !errors.Is(err, message.ErrRefused) {
		t.Errorf("an email: %v", err)
	}
}

func TestConfigurationsThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(map[string]sms.Config) sms.Config{
		"unknown":       func(map[string]sms.Config) sms.Config { return sms.Config{Gateway: "pigeon"} },
		"no url":        func(c map[string]sms.Config) sms.Config { return c[sms.Generic] },
		"plain":         func(c map[string]sms.Config) sms.Config { g := c[sms.Twilio]; g.URL = "http://example.com"; return g },
		"no url at all": func(c map[string]sms.Config) sms.Config { g := c[sms.Twilio]; g.URL = "example"; return g },
		"no sender":     func(c map[string]sms.Config) sms.Config { g := c[sms.Twilio]; g.From = ""; return g },
		"no secret":     func(c map[string]sms.Config) sms.Config { g := c[sms.Vonage]; g.Secret = ""; return g },
		"two secrets":   func(c map[string]sms.Config) sms.Config { g := c[sms.Vonage]; g.SecretFile = "f"; return g },
		"half a key":    func(c map[string]sms.Config) sms.Config { g := c[sms.SNS]; g.Secret = ""; return g },
		"region":        func(c map[string]sms.Config) sms.Config { g := c[sms.SNS]; g.Region = "x/y"; return g },
		"a stray body":  func(c map[string]sms.Config) sms.Config { g := c[sms.SNS]; g.Body = "x"; return g },
		"broken template": func(c map[string]sms.Config) sms.Config {
			g := c[sms.Generic]
			g.URL, g.Body = "https://example.com", "{{"
			return g
		},
		"unknown member": func(c map[string]sms.Config) sms.Config {
			g := c[sms.Generic]
			g.URL, g.Body = "https://example.com", "{{.Phone}}"
			return g
		},
		"timeout": func(c map[string]sms.Config) sms.Config { g := c[sms.Twilio]; g.Timeout = -1; return g },
		"no file": func(c map[string]sms.Config) sms.Config {
			g := c[sms.Twilio]
			g.Secret, g.SecretFile = "", filepath.Join(t.TempDir(), "none")
			return g
		},
	} {
		if _, err := sms.New(change(configs()), at); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := configs()[sms.Twilio]
	c.Secret, c.SecretFile = "", file
	if _, err := sms.New(c, at); err != nil {
		t.Error(err)
	}
	if err := (sms.Config{}).Check(); err != nil {
		t.Errorf("no gateway at all: %v", err)
	}
}
