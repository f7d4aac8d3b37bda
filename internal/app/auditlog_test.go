package app

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/app/command"
	"cognate.dev/cognate/internal/app/config"
	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/front/aws"
	"cognate.dev/cognate/internal/password"
)

// ledger is a house whose audit log is looked at.
type ledger struct {
	*town
	cfg Config
}

func newLedger(t *testing.T, tune func(*Config)) *ledger {
	t.Helper()
	l := &ledger{town: &town{t: t}}
	l.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { l.h.main.ServeHTTP(rw, r) }))
	t.Cleanup(l.server.Close)
	l.cfg = config.Default()
	l.cfg.Data, l.cfg.Password = t.TempDir(), password.Params{MemoryKiB: 8, Time: 1, Threads: 1}
	if tune != nil {
		tune(&l.cfg)
	}
	var err error
	l.h, err = build(t.Context(), l.cfg, l.server.URL, io.Discard)
	l.check(err)
	l.h.auth = aws.AcceptAny()
	l.check(l.h.open(t.Context()))
	return l
}

const auditKey = "AKIAEXAMPLE"

// call makes a call of the AWS protocol, signed or not, and gives the answer.
func (l *ledger) call(signed bool, operation, body string) string {
	l.t.Helper()
	req, err := http.NewRequestWithContext(l.t.Context(), http.MethodPost, l.server.URL+"/", strings.NewReader(body))
	l.check(err)
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+operation)
	if signed {
		req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+auditKey+"/20260101/eu-west-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=00")
		req.Header.Set("X-Amz-Date", "20260101T000000Z")
	}
	return l.read(l.server.Client().Do(req))
}

func (l *ledger) post(path string, form url.Values) string {
	l.t.Helper()
	req, err := http.NewRequestWithContext(l.t.Context(), http.MethodPost, l.server.URL+path, strings.NewReader(form.Encode()))
	l.check(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return l.read(l.server.Client().Do(req))
}

func (l *ledger) read(res *http.Response, err error) string {
	l.t.Helper()
	l.check(err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	l.check(err)
	return string(raw)
}

func (l *ledger) records(operation string) (out []audit.Record) {
	l.t.Helper()
	rows, err := l.h.store.FindAudit(l.t.Context(), audit.Query{Operation: operation, Limit: 100})
	l.check(err)
	for _, row := range rows {
		r, err := row.Parse()
		l.check(err)
		out = append(out, r)
	}
	return out
}

// text is what follows a name in JSON.
func text(answer, name string) string {
	_, rest, _ := strings.Cut(answer, `"`+name+`":"`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

// TestWhoDidWhatToWhomIsRecordedAndNoSecretIs plays an administrator, a user, guessers and a client, and reads the log.
func TestWhoDidWhatToWhomIsRecordedAndNoSecretIs(t *testing.T) {
	t.Parallel()
	l := newLedger(t, nil)
	pool := text(l.call(true, "CreateUserPool", `{"PoolName":"shop"}`), "Id")
	client := text(l.call(true, "CreateUserPoolClient", `{"UserPoolId":"`+pool+`","ClientName":"web","GenerateSecret":false,"ExplicitAuthFlows":["ALLOW_USER_PASSWORD_AUTH","ALLOW_REFRESH_TOKEN_AUTH"]}`), "ClientId")
	const secret = "Correct-Horse1"
	l.call(true, "AdminCreateUser", `{"UserPoolId":"`+pool+`","Username":"dana","TemporaryPassword":"`+secret+`","MessageAction":"SUPPRESS"}`)
	l.call(true, "AdminSetUserPassword", `{"UserPoolId":"`+pool+`","Username":"dana","Password":"`+secret+`","Permanent":true}`)
	l.call(true, "CreateGroup", `{"UserPoolId":"`+pool+`","GroupName":"admin"}`)
	l.call(true, "AdminAddUserToGroup", `{"UserPoolId":"`+pool+`","Username":"dana","GroupName":"admin"}`)
	l.call(true, "AdminGetUser", `{"UserPoolId":"`+pool+`","Username":"dana"}`)
	l.call(true, "AdminDeleteUser", `{"UserPoolId":"`+pool+`","Username":"nobody"}`)
	l.call(false, "AdminDeleteUser", `{"UserPoolId":"`+pool+`","Username":"dana"}`)
	signIn := func(name, password string) string {
		return l.call(false, "InitiateAuth", `{"ClientId":"`+client+`","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"`+name+`","PASSWORD":"`+password+`"}}`)
	}
	signIn("dana", "wrong-"+secret)
	signIn(secret, secret) // the password in the wrong field
	tokens := signIn("dana", secret)
	access, refresh := text(tokens, "AccessToken"), text(tokens, "RefreshToken")
	l.call(false, "InitiateAuth", `{"ClientId":"`+client+`","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"`+refresh+`"}}`)
	l.call(false, "InitiateAuth", `{"ClientId":"`+client+`","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"bad`+refresh+`"}}`)
	l.call(false, "ChangePassword", `{"AccessToken":"`+access+`","PreviousPassword":"`+secret+`","ProposedPassword":"Another-Horse2"}`)
	l.call(false, "GetUser", `{"AccessToken":"`+access+`"}`)
	l.post("/"+pool+"/oauth2/token", url.Values{"grant_type": {"authorization_code"}, "client_id": {client}, "code": {"guessed"}})
	l.post("/"+pool+"/oauth2/revoke", url.Values{"client_id": {client}, "token": {refresh}})

	sub := l.records("ChangePassword")[0].User
	admin, anyone, self := audit.Actor{Kind: audit.Key, ID: auditKey}, audit.Actor{Kind: audit.Anyone}, audit.Actor{Kind: audit.User, ID: sub}
	for _, c := range []struct {
		operation string
		want      []audit.Record // newest first
	}{
		{"CreateUserPool", []audit.Record{{Actor: admin, Outcome: "ok", Pool: pool}}},
		{"CreateUserPoolClient", []audit.Record{{Actor: admin, Outcome: "ok", Pool: pool, Client: client}}},
		{"AdminCreateUser", []audit.Record{{Actor: admin, Outcome: "ok", Pool: pool, User: "dana"}}},
		{"AdminSetUserPassword", []audit.Record{{Actor: admin, Outcome: "ok", Pool: pool, User: "dana"}}},
		{"AdminAddUserToGroup", []audit.Record{{Actor: admin, Outcome: "ok", Pool: pool, User: "dana", Group: "admin"}}},
		{"AdminGetUser", nil}, {"GetUser", nil},
		{"AdminDeleteUser", []audit.Record{
			{Actor: anyone, Outcome: "MissingAuthenticationTokenException"},
			{Actor: admin, Outcome: "UserNotFoundException", Pool: pool, User: "nobody"},
		}},
		{"InitiateAuth", []audit.Record{
			{Actor: anyone, Outcome: "NotAuthorizedException", Client: client},
			{Actor: self, Outcome: "ok", Pool: pool, Client: client, User: sub},
			{Actor: anyone, Outcome: "UserNotFoundException", Pool: pool, Client: client},
			{Actor: anyone, Outcome: "NotAuthorizedException", Pool: pool, Client: client, User: sub},
		}},
		{"ChangePassword", []audit.Record{{Actor: self, Outcome: "ok", Pool: pool, User: sub}}},
		{"Token", []audit.Record{{Actor: anyone, Outcome: "unauthorized_client", Pool: pool, Client: client}}},
		{"Revoke", []audit.Record{{Actor: anyone, Outcome: "ok", Pool: pool, Client: client, User: sub}}},
	} {
		got := l.records(c.operation)
		if len(got) != len(c.want) {
			t.Errorf("%s: %d records, want %d", c.operation, len(got), len(c.want))
			continue
		}
		for i, w := range c.want {
			g := got[i]
			if g.Actor != w.Actor || g.Outcome != w.Outcome || g.Pool != w.Pool || g.Client != w.Client || g.User != w.User || g.Group != w.Group {
				t.Errorf("%s %d:\n got %+v\nwant %+v", c.operation, i, g, w)
			}
			if g.Source != "127.0.0.1" || g.Request == "" || g.Node == "" {
				t.Errorf("%s: source %q, request %q, node %q", c.operation, g.Source, g.Request, g.Node)
			}
		}
	}
	rows, err := l.h.store.FindAudit(t.Context(), audit.Query{Limit: 1000})
	l.check(err)
	for _, row := range rows {
		for _, s := range []string{"Horse", access, refresh, "guessed", "eyJ"} {
			if strings.Contains(row.Doc, s) {
				t.Errorf("a secret is written down: %s", row.Doc)
			}
		}
	}
	l.check(l.h.close(context.Background()))
	var out bytes.Buffer
	if err := command.VerifyAudit(t.Context(), Installation(l.cfg), command.VerifyOptions{}, &out); err != nil {
		t.Errorf("%v: %s", err, &out)
	}
	file := filepath.Join(l.cfg.Data, "export.jsonl")
	l.check(command.ExportAudit(t.Context(), Installation(l.cfg), file, io.Discard))
	if err := command.VerifyAudit(t.Context(), Installation(l.cfg), command.VerifyOptions{File: file}, &out); err != nil {
		t.Errorf("the export: %v: %s", err, &out)
	}
	out.Reset()
	l.check(command.ListAudit(t.Context(), Installation(l.cfg), command.AuditFilter{Query: audit.Query{Pool: pool, Limit: 10}, Login: secret}, &out))
	if strings.Count(out.String(), "\n") != 1 || !strings.Contains(out.String(), "UserNotFoundException") {
		t.Errorf("what was tried under a name: %s", &out)
	}
}

// TestCommandsAreRecorded fails when somebody at the machine can change things unseen.
func TestCommandsAreRecorded(t *testing.T) {
	t.Parallel()
	l := newLedger(t, nil)
	pool := text(l.call(true, "CreateUserPool", `{"PoolName":"shop"}`), "Id")
	l.check(l.h.close(context.Background()))
	dir := t.TempDir()
	l.check(command.RotateKeys(t.Context(), Installation(l.cfg), pool, io.Discard))
	l.check(command.RotateMasterKey(t.Context(), Installation(l.cfg), io.Discard))
	l.check(command.ExportUsers(t.Context(), Installation(l.cfg), command.ExportOptions{Pool: pool, File: filepath.Join(dir, "users"), Out: io.Discard, Err: io.Discard}))
	l.check(command.Backup(t.Context(), Installation(l.cfg), filepath.Join(dir, "copy.db"), io.Discard))
	if command.ImportUsers(t.Context(), Installation(l.cfg), command.ImportOptions{Pool: "us-east-1_None", File: filepath.Join(dir, "users"), Out: io.Discard, Err: io.Discard}) == nil {
		t.Error("an import into no pool")
	}
	moved := l.cfg
	moved.Database = "sqlite:" + filepath.Join(dir, "moved.db")
	l.check(command.Move(t.Context(), Installation(l.cfg), l.cfg.DatabaseURL(), moved.Database, io.Discard))
	var out bytes.Buffer
	for _, cfg := range []Config{l.cfg, moved} {
		out.Reset()
		l.check(command.ListAudit(t.Context(), Installation(cfg), command.AuditFilter{Query: audit.Query{Limit: 100}}, &out))
		for _, want := range []string{"RotateKeys", "RotateMasterKey", "ExportUsers", "Backup", "ImportUsers", "Migrate"} {
			if !strings.Contains(out.String(), " "+want+" ") {
				t.Errorf("%s: %s is not recorded:\n%s", cfg.DatabaseURL(), want, &out)
			}
		}
		if err := command.VerifyAudit(t.Context(), Installation(cfg), command.VerifyOptions{}, &out); err != nil {
			t.Errorf("%v: %s", err, &out)
		}
	}
	out.Reset()
	l.check(command.ListAudit(t.Context(), Installation(l.cfg), command.AuditFilter{Query: audit.Query{Limit: 100, Failed: true}}, &out))
	if strings.Count(out.String(), "\n") != 1 || !strings.Contains(out.String(), "ImportUsers") {
		t.Errorf("what failed: %s", &out)
	}
}
