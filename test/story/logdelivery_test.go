package story

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cognate.dev/cognate/test/started"
)

// TestLogsGoWhereThePoolAndTheOperatorSay fails when SetLogDeliveryConfiguration is a setting that nothing obeys: what users
// do is in a file when the server has ended, and a message that nobody takes is told to a collector.
func TestLogsGoWhereThePoolAndTheOperatorSay(t *testing.T) {
	t.Parallel()
	told := make(chan string, 10)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		told <- string(body)
	}))
	defer collector.Close()
	port := started.Port(t)
	mailServer(t, "127.0.0.1:"+port)

	dir := t.TempDir()
	file, config := filepath.Join(dir, "users.ndjson"), filepath.Join(dir, "cognate.yaml")
	text := fmt.Sprintf("message: {smtp: {host: 127.0.0.1, port: %s, starttls: none, from: no-reply@example.com}}\n"+
		"log_delivery:\n- {arn: 'arn:aws:s3:::shop-*', file: {path: %s}}\n- {arn: 'arn:aws:logs:*', http: {url: '%s'}}\n", port, file, collector.URL)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := start(dir, "dev", "--data", filepath.Join(dir, "data"), "--config", config)
	if err != nil {
		t.Fatal(err)
	}
	ctx := soon(t)
	call := func(operation, body string, status int) map[string]any {
		t.Helper()
		got, err := s.call(ctx, operation, body)
		if err != nil || got.status != status {
			t.Fatalf("%s: %v, %s", operation, err, got.raw)
		}
		return got.body
	}
	pool := call("CreateUserPool", `{"PoolName":"shop","AutoVerifiedAttributes":["email"],"UserPoolTier":"PLUS","UserPoolAddOns":{"AdvancedSecurityMode":"AUDIT"}}`, 200)["UserPool"].(map[string]any)["Id"].(string)
	client := call("CreateUserPoolClient", `{"UserPoolId":"`+pool+`","ClientName":"web","ExplicitAuthFlows":["ALLOW_USER_PASSWORD_AUTH"]}`, 200)["UserPoolClient"].(map[string]any)["ClientId"].(string)
	call("SetLogDeliveryConfiguration", `{"UserPoolId":"`+pool+`","LogConfigurations":[
		{"EventSource":"userNotification","LogLevel":"ERROR","CloudWatchLogsConfiguration":{"LogGroupArn":"arn:aws:logs:us-east-1:123456789012:log-group:shop"}},
		{"EventSource":"userAuthEvents","LogLevel":"INFO","S3Configuration":{"BucketArn":"arn:aws:s3:::shop-logs"}}]}`, 200)

	call("AdminCreateUser", `{"UserPoolId":"`+pool+`","Username":"dana","MessageAction":"SUPPRESS","UserAttributes":[{"Name":"email","Value":"dana@example.com"}]}`, 200)
	call("AdminSetUserPassword", `{"UserPoolId":"`+pool+`","Username":"dana","Password":"Correct-Horse1","Permanent":true}`, 200)
	call("InitiateAuth", `{"ClientId":"`+client+`","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"dana","PASSWORD":"Wrong-Horse1"}}`, 400)
	call("InitiateAuth", `{"ClientId":"`+client+`","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"dana","PASSWORD":"Correct-Horse1"}}`, 200)
	call("SignUp", `{"ClientId":"`+client+`","Username":"gone","Password":"Correct-Horse1","UserAttributes":[{"Name":"email","Value":"gone@example.com"}]}`, 400)
	select {
	case record := <-told:
		if !strings.Contains(record, `"eventSource":"USER_NOTIFICATION","logLevel":"ERROR"`) || !strings.Contains(record, "no such mailbox") || !strings.Contains(record, pool) {
			t.Errorf("the collector got %s", record)
		}
	case <-ctx.Done():
		t.Errorf("nobody told the collector of a message that the mail server refused\n%s", s.Log.String())
	}
	if err := s.Stop(); err != nil { // what waits is written
		t.Fatal(err)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	for line := range strings.Lines(string(raw)) {
		var record struct {
			Message struct {
				EventType, EventResponse, UserName string
				Challenges                         []string
			}
		}
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		m := record.Message
		seen = append(seen, fmt.Sprintln(m.UserName, m.EventType, m.EventResponse, m.Challenges))
	}
	all := strings.Join(seen, "")
	if !strings.Contains(all, "dana SignIn Fail [Password:Failure]\n") || !strings.Contains(all, "dana SignIn Pass [Password:Success]\n") {
		t.Errorf("the file has\n%s", all)
	}
	if strings.Contains(string(raw), "Horse1") {
		t.Error("a password is in the log")
	}
}
