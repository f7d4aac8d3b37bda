package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/app/config"
)

// TestSecretsStandElsewhere reads settings of every shape: a scalar, an entry of a list, and one that is read when used.
func TestSecretsStandElsewhere(t *testing.T) {
	t.Setenv("GIVEN_KEY", "from-the-environment")
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	none := func(string) (string, bool) { return "", false }
	database := write("database", "sqlite:"+filepath.Join(dir, "elsewhere.db")+"\n")
	path := write("cognate.yaml", `
database: file:`+database+`
message:
  sms: {gateway: twilio, account: a, secret: "env:GIVEN_KEY", from: "+491701234567"}
  smtp: {host: mail.example.com, from: id@example.com, username: u, password: "file:`+write("smtp", "mail-secret\n")+`"}
triggers:
- {arn: "*", invoke: {endpoint: "http://127.0.0.1:1", region: us-east-1, access_key_id: AKIA1, secret_access_key: "file:`+write("aws", "aws-secret\n")+`"}}
`)
	cfg, err := config.Load(path, none)
	if err != nil {
		t.Fatal(err)
	}
	if got := cfg.Message.SMS.Secret; got != "from-the-environment" {
		t.Errorf("a scalar: %q", got)
	}
	if got := cfg.Triggers[0].Invoke.SecretAccessKey; got != "aws-secret" {
		t.Errorf("in a list: %q", got)
	}
	if got := cfg.Message.SMTP.Password; !strings.HasPrefix(got, "file:") {
		t.Errorf("what is read when used was read before: %q", got)
	}
	if file, err := Installation(cfg).DatabaseFile(); err != nil || file != filepath.Join(dir, "elsewhere.db") {
		t.Errorf("the database: %q, %v", file, err)
	}
	for name, text := range map[string]string{
		"database":                   "database: file:" + dir + "/none",
		"message.smtp.password":      "message: {smtp: {host: a, from: a@example.com, username: u, password: 'env:GIVEN_NONE'}}",
		"triggers[0].webhook.secret": "triggers: [{arn: '*', webhook: {url: 'https://a.example.com', secret: 'env:GIVEN_NONE'}}]",
	} {
		if _, err := config.Load(write("bad.yaml", text), none); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := cfg.Override(config.Flags{Database: "env:GIVEN_NONE"}); err == nil {
		t.Error("a flag that cannot be read was taken")
	}
}
