package clients

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	svcv1 "github.com/cerbos/cerbos/api/genpb/cerbos/svc/v1"
	"golang.org/x/crypto/bcrypt"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"cognate.dev/cognate/test/started"
)

// get sends a request and gives the status and the body.
func get(t *testing.T, url string, headers ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(raw)
}

// eventually asks until the answer holds a text: the log is written behind the answers.
func eventually(t *testing.T, want string, ask func() string) string {
	t.Helper()
	var got string
	for deadline := time.Now().Add(started.Patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if got = ask(); strings.Contains(got, want) {
			return got
		}
	}
	t.Fatalf("%q never came:\n%s", want, got)
	return ""
}

func TestDecisionsAreRememberedFoundAndMadeAgain(t *testing.T) {
	t.Parallel()
	hash, err := bcrypt.GenerateFromPassword([]byte("Correct-Horse9"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	log, config := filepath.Join(dir, "decisions.log"), filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(config, []byte(`
policy: {dir: ../../examples/policies, admin: {username: cerbos, password_hash: `+base64.StdEncoding.EncodeToString(hash)+`}}
decision_log: {file: {path: `+log+`}, database: true, mask: [principal.attr.cognito.attributes.email]}
`+started.PatientDecisions+`
`), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serveWith(t, []string{"--config", config})
	if status, body := post(t, s.pdp+"/api/check/resources", bobsContact); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	if status, body := post(t, s.pdp+"/api/plan/resources", `{"principal":{"id":"bob"},"action":"delete","resource":{"kind":"contact"}}`); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	ask := func(query string) func() string {
		return func() string { _, body := get(t, s.pdp+"/_cognate/decisions?"+query); return body }
	}
	eventually(t, "KIND_CONDITIONAL", ask("principal=bob&kind=contact&limit=1"))
	found := eventually(t, `"owner":"bob"`, ask("principal=bob&denied=true"))
	for _, want := range []string{`"enabled":true`, `"department":"support"`, `"***"`, `"EFFECT_ALLOW"`, "pool;"} {
		if !strings.Contains(strings.ReplaceAll(strings.ReplaceAll(found, " ", ""), "custom:", ""), want) {
			t.Errorf("%s is missing in %s", want, found)
		}
	}
	if strings.Contains(found, "bob@example.com") {
		t.Errorf("what is masked was written: %s", found)
	}
	if body := ask("principal=alice")(); body != "{\"decisions\":[]}\n" {
		t.Errorf("decisions of somebody else: %s", body)
	}
	for _, query := range []string{"principle=bob", "limit=0", "limit=1001", "denied=perhaps", "since=yesterday"} {
		if status, body := get(t, s.pdp+"/_cognate/decisions?"+query); status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", query, status, body)
		}
	}
	if status, _ := get(t, s.pdp+"/_cognate/decisions", "Origin", "https://example.com"); status != http.StatusForbidden {
		t.Errorf("a page of another site: %d", status)
	}
	listedAsCerbosDoes(t, s)

	// The same policies change nothing; those without owners do.
	for _, from := range [][]string{{"--server", s.pdp}, {"--file", log}} {
		if got, code := output(t, binary, append([]string{"policy", "replay", "--check", "../../examples/policies"}, from...)...); code != 0 || !strings.Contains(got, "0 of 3 decisions in 2 entries would change") {
			t.Errorf("%v: exit code %d\n%s", from, code, got)
		}
	}
	others := t.TempDir()
	if err := os.WriteFile(filepath.Join(others, "contact.yaml"), []byte("apiVersion: api.cerbos.dev/v1\nresourcePolicy: {resource: contact, version: default, rules: [{actions: [other], effect: EFFECT_ALLOW, roles: [user]}]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, code := output(t, binary, "policy", "replay", "--check", "--file", log, others)
	for _, want := range []string{"bob: delete on contact c1: DENY, was ALLOW", "bob: other on contact c1: ALLOW, was DENY", "plan delete on contact: KIND_ALWAYS_DENIED, was KIND_CONDITIONAL", "3 of 3 decisions", "masked"} {
		if !strings.Contains(got, want) || code != 4 {
			t.Errorf("exit code %d, %q is missing in\n%s", code, want, got)
		}
	}
}

// listedAsCerbosDoes asks for the decision log as cerbosctl does, by both transports.
func listedAsCerbosDoes(t *testing.T, s *server) {
	t.Helper()
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("cerbos:Correct-Horse9"))
	if status, body := get(t, s.pdp+"/admin/auditlog/list/KIND_DECISION?tail=5"); status != http.StatusUnauthorized || strings.Contains(body, "bob") {
		t.Errorf("without the password: %d %s", status, body)
	}
	status, body := get(t, s.pdp+"/admin/auditlog/list/KIND_DECISION?tail=1", "Authorization", basic)
	var line struct {
		Result struct {
			DecisionLogEntry struct{ CallID string }
		}
	}
	if err := json.Unmarshal([]byte(body), &line); err != nil || status != http.StatusOK || len(line.Result.DecisionLogEntry.CallID) != 26 {
		t.Fatalf("%d %s, %v", status, body, err)
	}
	if status, body := get(t, s.pdp+"/admin/auditlog/list/KIND_ACCESS?tail=1", "Authorization", basic); status != http.StatusNotImplemented {
		t.Errorf("accesses: %d %s", status, body)
	}
	conn, err := grpc.NewClient(s.grpc, plainText)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx := metadata.AppendToOutgoingContext(context.Background(), "authorization", basic)
	stream, err := svcv1.NewCerbosAdminServiceClient(conn).ListAuditLogEntries(ctx, &requestv1.ListAuditLogEntriesRequest{
		Kind: requestv1.ListAuditLogEntriesRequest_KIND_DECISION, Filter: &requestv1.ListAuditLogEntriesRequest_Lookup{Lookup: line.Result.DecisionLogEntry.CallID},
	})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for {
		e, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e.GetDecisionLogEntry().GetCallId() == line.Result.DecisionLogEntry.CallID {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d entries", n)
	}
}

// What a policy may see and a log may not, neither the decision log nor an explanation shows.
func TestSecretFieldsOfEnrichmentAreInNoLog(t *testing.T) {
	t.Parallel()
	crm := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"tier":"gold","notes":"likes-green-tea"}`)
	}))
	t.Cleanup(crm.Close)
	dir := t.TempDir()
	log, config, policies := filepath.Join(dir, "decisions.log"), filepath.Join(dir, "config.yaml"), filepath.Join(dir, "policies")
	for name, text := range map[string]string{
		config: `
policy: {dir: ` + policies + `}
decision_log: {file: {path: ` + log + `}, database: true}
enrich: {sources: [{type: pool, timeout: 1m}, {type: http, name: crm, timeout: 1m, attribute: crm, http: {url: "` + crm.URL + `/{id}"}, fields: [{from: tier}, {from: notes, secret: true}]}]}
`,
		filepath.Join(policies, "doc.yaml"): "apiVersion: api.cerbos.dev/v1\nresourcePolicy:\n  resource: doc\n  version: default\n  rules:\n    - {actions: [read], effect: EFFECT_ALLOW, roles: [user], condition: {match: {expr: P.attr.crm.notes == \"likes-green-tea\"}}}\n",
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := serveWith(t, []string{"--config", config})
	const ask = `{"principal":{"id":"bob"},"resources":[{"actions":["read"],"resource":{"kind":"doc","id":"1"}}]}`
	if status, body := post(t, s.pdp+"/api/check/resources", ask); status != http.StatusOK || !strings.Contains(string(body), "EFFECT_ALLOW") {
		t.Fatalf("the policy does not see the secret: %d %s", status, body)
	}
	if status, body := post(t, s.pdp+"/api/plan/resources", `{"principal":{"id":"bob"},"action":"read","resource":{"kind":"doc"}}`); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	_, explained := post(t, s.pdp+"/_cognate/explain", ask)
	stored := eventually(t, "planResources", func() string { _, body := get(t, s.pdp+"/_cognate/decisions"); return body })
	written := eventually(t, "planResources", func() string { raw, _ := os.ReadFile(log); return string(raw) })
	for name, text := range map[string]string{"explanation": string(explained), "database": stored, "file": written} {
		if strings.Contains(strings.ReplaceAll(text, `P.attr.crm.notes == \"likes-green-tea\"`, ""), "likes-green-tea") || !strings.Contains(text, "gold") || !strings.Contains(text, "(secret)") {
			t.Errorf("%s: %s", name, text)
		}
	}
}
