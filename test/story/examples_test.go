package story

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/test/started"
)

// example is a document whose commands build functions and start a server that calls them.
type example struct {
	*server
	t     *testing.T
	dir   string // in the place of /tmp/cognate-…
	root  string // of the repository, where commands run
	shown string // what the commands printed
}

// runExample plays a document: its commands, and a server where it starts one.
func runExample(t *testing.T, document string, tools ...string) *example {
	t.Helper()
	for _, tool := range append(tools, "node") {
		need(t, tool)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	e := &example{t: t, dir: t.TempDir(), root: root, server: &server{}}
	ctx, cancel := context.WithTimeout(t.Context(), commandLine)
	defer cancel()
	for _, block := range commands(t, document, 0) {
		block = e.here(block)
		if strings.HasPrefix(block, "cognate dev") {
			checkFlags(t, ctx, block)
			e.serve(strings.Fields(block)[1:])
			continue
		}
		e.shown += e.shell(t, ctx, e.dir, "cd "+root+"\n"+block)
	}
	return e
}

// here puts the example's own folder in the place of /tmp/cognate-….
func (e *example) here(text string) string {
	return strings.ReplaceAll(text, "/tmp/cognate-", e.dir+"/")
}

var triggerLine = regexp.MustCompile(`(?m)^( *)- arn: arn:aws:lambda:.*$`)

// unhurried lets functions take more than Cognito's five seconds: a busy machine may need them to start one.
func unhurried(config string) string {
	return triggerLine.ReplaceAllString(config, "$0\n$1  timeout: 1m")
}

// serve starts the server, with a configuration whose files are in the example's own folder.
func (e *example) serve(args []string) {
	e.t.Helper()
	for i, arg := range args {
		if i == 0 || args[i-1] != "--config" {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(e.root, arg))
		if filepath.IsAbs(arg) {
			raw, err = os.ReadFile(arg)
		}
		if err != nil {
			e.t.Fatal(err)
		}
		args[i] = filepath.Join(e.dir, "example.yaml")
		if err := os.WriteFile(args[i], []byte(unhurried(e.here(string(raw)))), 0o600); err != nil {
			e.t.Fatal(err)
		}
	}
	s, err := start(e.root, append(args, "--data", filepath.Join(e.dir, "data"))...)
	if err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			e.t.Error(err)
		}
	})
	e.server = s
}

// signIn signs in with a password and gives the claims of both tokens.
func (e *example) signIn(client, username, password string) (id, access map[string]any, failure answer) {
	e.t.Helper()
	got, err := e.call(soon(e.t), "InitiateAuth", fmt.Sprintf(
		`{"AuthFlow":"USER_PASSWORD_AUTH","ClientId":%q,"AuthParameters":{"USERNAME":%q,"PASSWORD":%q}}`, client, username, password))
	if err != nil {
		e.t.Fatal(err)
	}
	if got.status != http.StatusOK {
		return nil, nil, got
	}
	return e.claims(got, "AuthenticationResult.IdToken"), e.claims(got, "AuthenticationResult.AccessToken"), got
}

// claims reads the token at a path of an answer.
func (e *example) claims(from answer, path string) (out map[string]any) {
	e.t.Helper()
	token, err := from.at(path)
	if err != nil {
		e.t.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		e.t.Fatal(err)
	}
	return out
}

// has fails unless a token has these claims. Null: it must not have that claim.
func (e *example) has(token map[string]any, want string) {
	e.t.Helper()
	var claims map[string]any
	if err := json.Unmarshal([]byte(want), &claims); err != nil {
		e.t.Fatal(err)
	}
	for name, value := range claims {
		if diff := cmp.Diff(value, token[name]); diff != "" {
			e.t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// refuses fails unless an answer is this refusal.
func (e *example) refuses(got answer, kind, text string) {
	e.t.Helper()
	if got.status != http.StatusBadRequest || !strings.HasSuffix(fmt.Sprint(got.body["__type"]), kind) || got.body["message"] != text {
		e.t.Errorf("got %d %s, want %s: %s", got.status, got.raw, kind, text)
	}
}

// TestTheFirstFunctionOfTheDocuments plays docs/triggers.md, and changes the function as it says one can.
func TestTheFirstFunctionOfTheDocuments(t *testing.T) {
	t.Parallel()
	e := runExample(t, "docs/triggers.md", "aws")
	if !strings.Contains(e.shown, `"plan":"gold"`) {
		t.Errorf("the document promises the claim:\n%s", e.shown)
	}
	file := filepath.Join(e.dir, "first", "index.js")
	code, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(code), "gold", "silver")), 0o600); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(started.Patience); ; time.Sleep(10 * time.Millisecond) {
		_, access, failure := e.signIn("shopweb0000000000000000000", "dana", "Correct-Horse1")
		if access["plan"] == "silver" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the changed function does not run: %v %s", access, failure.raw)
		}
	}
}

// TestTheCommandsOfMessagesWork plays docs/messages.md.
func TestTheCommandsOfMessagesWork(t *testing.T) {
	t.Parallel()
	need(t, "curl")
	s := serve(t, "dev")
	for _, block := range commands(t, "docs/messages.md", 0) {
		if out := s.shell(t, soon(t), t.TempDir(), block); !strings.Contains(out, `"messages":[]`) {
			t.Errorf("%s\n%s", block, out)
		}
	}
}

// TestTheCustomersExample: roles come from the application's database, and without it nobody gets a token.
func TestTheCustomersExample(t *testing.T) {
	t.Parallel()
	e := runExample(t, "examples/customer-roles/README.md", "aws")
	if !strings.Contains(e.shown, `"roles":["account-owner","payments:create"]`) {
		t.Errorf("the README promises the roles:\n%s", e.shown)
	}
	const client = "customerweb000000000000000"
	id, access, _ := e.signIn(client, "ana", "Correct-Horse1")
	e.has(access, `{"roles":["account-owner","payments:create"],"cognito:groups":["account-owner"],"username":"ana"}`)
	e.has(id, `{"roles":["account-owner","payments:create"],"cognito:groups":["account-owner"]}`)
	_, access, _ = e.signIn(client, "eve", "Correct-Horse3")
	e.has(access, `{"roles":[],"cognito:groups":null}`)
	if err := os.WriteFile(filepath.Join(e.dir, "roles.db"), []byte("this is no database any more, and long enough to be looked at"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, failure := e.signIn(client, "ana", "Correct-Horse1")
	e.refuses(failure, "UserLambdaValidationException", "PreTokenGeneration failed with error the roles cannot be read.")
}

// TestTheStaffExample: attributes come from a table under a verified address, and who has left is turned away.
func TestTheStaffExample(t *testing.T) {
	t.Parallel()
	e := runExample(t, "examples/staff-attributes/README.md", "aws", "python3")
	if !strings.Contains(e.shown, `"clearance":3`) {
		t.Errorf("the README promises the clearance:\n%s", e.shown)
	}
	const client = "staffportal000000000000000"
	id, access, _ := e.signIn(client, "mia", "Correct-Horse1")
	e.has(access, `{"department":"treasury","clearance":3,"cost_center":"4711"}`)
	e.has(id, `{"department":null}`)
	_, _, failure := e.signIn(client, "noah", "Correct-Horse2")
	e.refuses(failure, "UserLambdaValidationException", "PreTokenGeneration failed with error The email address of this account is not verified.")
	_, _, failure = e.signIn(client, "olga", "Correct-Horse3")
	e.refuses(failure, "UserLambdaValidationException", "PreTokenGeneration failed with error This account belongs to no active employee.")
}

// TestTheServicesExample: a machine's token says what the machine may do, and an unknown machine gets none.
func TestTheServicesExample(t *testing.T) {
	t.Parallel()
	e := runExample(t, "examples/service-tokens/README.md", "curl")
	if !strings.Contains(e.shown, `"service_id":"billing"`) {
		t.Errorf("the README promises the service's id:\n%s", e.shown)
	}
	ask := func(client, secret string) answer {
		t.Helper()
		req, err := http.NewRequestWithContext(soon(t), http.MethodPost, e.cognito+"/us-east-1_Services1/oauth2/token",
			strings.NewReader(url.Values{"grant_type": {"client_credentials"}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth(client, secret)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		got, err := send(req)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	billing := e.claims(ask("servicebilling000000000000", "only_for_development_000"), "access_token")
	e.has(billing, `{"service_id":"billing","tier":"gold","allowed_operations":["GET /payments","POST /refunds"],
		"rate_limit":{"per_second":20,"burst":50},"scope":"payments/read payments/write","client_id":"servicebilling000000000000"}`)
	reports := e.claims(ask("servicereports000000000000", "only_for_development_111"), "access_token")
	e.has(reports, `{"service_id":"reports","tier":"bronze","allowed_operations":["GET /payments"],"rate_limit":{"per_second":1,"burst":5},"scope":"payments/read"}`)
	forgotten := ask("serviceforgotten0000000000", "only_for_development_222")
	if forgotten.status != http.StatusBadRequest || forgotten.body["error"] != "invalid_grant" ||
		!strings.Contains(forgotten.raw, "PreTokenGeneration failed with error This service is not registered.") {
		t.Errorf("an unknown service: %d %s", forgotten.status, forgotten.raw)
	}
}

// TestTheTenantsExample: the tenant is in both tokens, and nobody gets another one's.
func TestTheTenantsExample(t *testing.T) {
	t.Parallel()
	e := runExample(t, "examples/tenants/README.md", "aws")
	if !strings.Contains(e.shown, `"tenant_id":"red"`) {
		t.Errorf("the README promises the tenant:\n%s", e.shown)
	}
	for client, c := range map[string]struct{ username, password, tenant string }{
		"tenantredweb00000000000000": {"rita", "Correct-Horse1", "red"},
		"tenantblueweb0000000000000": {"bela", "Correct-Horse2", "blue"},
	} {
		id, access, failure := e.signIn(client, c.username, c.password)
		if id == nil {
			t.Fatalf("%s: %s", c.username, failure.raw)
		}
		e.has(id, fmt.Sprintf(`{"tenant_id":%q}`, c.tenant))
		e.has(access, fmt.Sprintf(`{"tenant_id":%q}`, c.tenant))
	}
	_, _, failure := e.signIn("tenantredweb00000000000000", "bela", "Correct-Horse3") // of the blue tenant, but in the red pool
	e.refuses(failure, "UserLambdaValidationException", "PreTokenGeneration failed with error This account belongs to another tenant.")
}

var printedLink = regexp.MustCompile(`link for lea@example\.com: http://localhost:3000/sign-in\?username=lea#token=([\w-]+)`)

// TestTheMagicLinkExample: a link signs in, once, in the session that asked; three wrong ones end it; nobody is told apart.
func TestTheMagicLinkExample(t *testing.T) {
	t.Parallel()
	e := runExample(t, "examples/magic-link/README.md", "aws")
	if !strings.Contains(e.shown, "CUSTOM_CHALLENGE\tl***@example.com") {
		t.Errorf("the README promises a masked address:\n%s", e.shown)
	}
	begin := func(username string) (session string) {
		t.Helper()
		got, err := e.call(soon(t), "InitiateAuth", `{"AuthFlow":"CUSTOM_AUTH","ClientId":"magiclinkweb00000000000000","AuthParameters":{"USERNAME":"`+username+`"}}`)
		if err != nil || got.body["ChallengeName"] != "CUSTOM_CHALLENGE" {
			t.Fatalf("%v: %s", err, got.raw)
		}
		return fmt.Sprint(got.body["Session"])
	}
	reply := func(session, username, token string) answer {
		t.Helper()
		got, err := e.call(soon(t), "RespondToAuthChallenge", fmt.Sprintf(
			`{"ClientId":"magiclinkweb00000000000000","ChallengeName":"CUSTOM_CHALLENGE","Session":%q,"ChallengeResponses":{"USERNAME":%q,"ANSWER":%q}}`, session, username, token))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	links := func() [][]string {
		return printedLink.FindAllStringSubmatch(strings.ReplaceAll(e.Log.String(), `\u0026`, "&"), -1)
	}
	newest := func(more int) string {
		t.Helper()
		for deadline := time.Now().Add(started.Patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
			if found := links(); len(found) == more {
				return found[len(found)-1][1]
			}
		}
		t.Fatalf("%d links, not %d:\n%s", len(links()), more, e.Log.String())
		return ""
	}
	// One wrong try does not spoil the link and sends no other; the link works once.
	session := begin("lea")
	token := newest(2) // the README asked for the first
	again := reply(session, "lea", "wrong")
	if again.body["ChallengeName"] != "CUSTOM_CHALLENGE" {
		t.Fatalf("after a wrong try: %s", again.raw)
	}
	session = fmt.Sprint(again.body["Session"])
	e.has(e.claims(reply(session, "lea", token), "AuthenticationResult.AccessToken"), `{"username":"lea"}`)
	if got := reply(session, "lea", token); got.status != http.StatusBadRequest {
		t.Errorf("the link worked twice: %s", got.raw)
	}
	newest(2)
	// Another browser's session is worth nothing with this link.
	other := reply(begin("lea"), "lea", token)
	if other.body["ChallengeName"] != "CUSTOM_CHALLENGE" {
		t.Errorf("a link of another session: %s", other.raw)
	}
	// Three wrong tries end it, for somebody as for nobody.
	for _, username := range []string{"lea", "nobody"} {
		session := begin(username)
		var got answer
		for range 3 {
			got = reply(session, username, "wrong")
			session = fmt.Sprint(got.body["Session"])
		}
		e.refuses(got, "NotAuthorizedException", "Incorrect username or password.")
	}
	newest(4)
}
