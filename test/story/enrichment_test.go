package story

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"cognate.dev/cognate/test/started"
)

// file writes a file of a test and gives its path.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func examples(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(filepath.Join("../../examples", path))
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

// preview asks what policies will see of a principal; service signs with the server's own key.
func (s *server) preview(t *testing.T, principal, service string, header http.Header) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(soon(t), http.MethodGet, s.pdp+"/enrichment/preview?principal="+url.QueryEscape(principal), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header.Clone()
	if req.Header == nil {
		req.Header = http.Header{}
	}
	req.Host = req.Header.Get("Host")
	if service != "" {
		sum := sha256.Sum256(nil)
		keys := aws.Credentials{AccessKeyID: s.key, SecretAccessKey: s.secret}
		if err := v4.NewSigner().SignHTTP(t.Context(), keys, req, hex.EncodeToString(sum[:]), service, "us-east-1", time.Now()); err != nil {
			t.Fatal(err)
		}
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
	if res.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("pages of other sites may read previews")
	}
	return res.StatusCode, string(raw)
}

// TestDecisionsKnowThePeopleOfAnotherServer fails when a pool behind Cognito's API means less to policies than our own.
func TestDecisionsKnowThePeopleOfAnotherServer(t *testing.T) {
	t.Parallel()
	theirs := serve(t, "serve")
	ctx, client := soon(t), theirs.sdk()
	pool, _ := makePool(t, ctx, client)
	if _, err := client.AddCustomAttributes(ctx, &idp.AddCustomAttributesInput{UserPoolId: pool, CustomAttributes: []types.SchemaAttributeType{
		{Name: aws.String("limit"), AttributeDataType: types.AttributeDataTypeNumber}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.AdminCreateUser(ctx, &idp.AdminCreateUserInput{UserPoolId: pool, Username: aws.String("dana"), MessageAction: types.MessageActionTypeSuppress,
		UserAttributes: []types.AttributeType{{Name: aws.String("custom:limit"), Value: aws.String("12")}}}); err != nil {
		t.Fatal(err)
	}
	ours := serve(t, "dev", "--policies", examples(t, "policies"), "--config", file(t, "cognate.yaml", fmt.Sprintf(
		"enrich:\n  sources:\n    - type: cognito\n      negative_ttl: -1s\n      ttl: -1s\n      timeout: 1m\n      cognito: {pool: %s, endpoint: %q, access_key_id: %s, secret_access_key_file: %q}\n",
		*pool, theirs.cognito, theirs.key, file(t, "secret", theirs.secret))))
	ours.wantDelete(t, ctx, "dana", "somebody-else", "EFFECT_DENY")
	if _, err := client.AdminAddUserToGroup(ctx, &idp.AdminAddUserToGroupInput{UserPoolId: pool, Username: aws.String("dana"), GroupName: aws.String("admin")}); err != nil {
		t.Fatal(err)
	}
	ours.wantDelete(t, ctx, "dana", "somebody-else", "EFFECT_ALLOW")
	if _, err := client.AdminDisableUser(ctx, &idp.AdminDisableUserInput{UserPoolId: pool, Username: aws.String("dana")}); err != nil {
		t.Fatal(err)
	}
	ours.wantDelete(t, ctx, "dana", "somebody-else", "EFFECT_DENY")

	_, raw := ours.preview(t, "dana", "", nil)
	var shown struct {
		Fields []struct {
			Field, Source string
			Value         any
		}
	}
	if err := json.Unmarshal([]byte(raw), &shown); err != nil {
		t.Fatal(err)
	}
	fields := map[string]any{}
	for _, f := range shown.Fields {
		fields[f.Field] = f.Value
	}
	if fields[`P.attr.cognito.attributes["custom:limit"]`] != 12.0 || fields["P.attr.cognito.enabled"] != false || fields["P.attr.cognito.status"] != "FORCE_CHANGE_PASSWORD" {
		t.Errorf("the preview shows %s", raw)
	}
	// The same user as the other server's own decisions see: nothing is missing, nothing is named otherwise.
	_, own := theirs.preview(t, "dana", "cognate", nil)
	var same struct {
		Fields []struct {
			Field string
			Value any
		}
	}
	if err := json.Unmarshal([]byte(own), &same); err != nil {
		t.Fatal(err)
	}
	for _, f := range same.Fields {
		if got := fields[f.Field]; fmt.Sprint(got) != fmt.Sprint(f.Value) {
			t.Errorf("%s is %v, and %v over there", f.Field, got, f.Value)
		}
	}
	if len(same.Fields) != len(fields) {
		t.Errorf("%d fields, and %d over there", len(fields), len(same.Fields))
	}

	if err := theirs.Stop(); err != nil {
		t.Error(err)
	}
	got, err := ours.decide(ctx, `{"principal":{"id":"dana","roles":["admin"]},"resources":[{"actions":["delete"],"resource":{"kind":"contact","id":"c1"}}]}`)
	if got.status != http.StatusServiceUnavailable {
		t.Errorf("the other server is gone, and a decision is made: %d %s (%v)", got.status, got.raw, err)
	}
}

// TestPreviewsAreForOperators fails when somebody else can look at people.
func TestPreviewsAreForOperators(t *testing.T) {
	t.Parallel()
	s := serve(t, "serve")
	for name, c := range map[string]struct {
		service string
		want    int
	}{"unsigned": {"", 403}, "signed for something else": {"cognito-idp", 403}, "signed": {"cognate", 200}} {
		if got, raw := s.preview(t, "alice", c.service, nil); got != c.want {
			t.Errorf("%s: %d %s", name, got, raw)
		}
	}
	stranger := *s
	stranger.secret += "x"
	if got, raw := stranger.preview(t, "alice", "cognate", nil); got != http.StatusForbidden {
		t.Errorf("signed with another secret: %d %s", got, raw)
	}
	dev := serve(t, "dev", "--seeds", examples(t, "dev/seeds.yaml"))
	for name, c := range map[string]struct {
		header http.Header
		want   int
	}{
		"a program": {nil, 200}, "a page of this machine": {http.Header{"Origin": {"http://localhost:3000"}}, 200},
		"another site":                        {http.Header{"Origin": {"https://example.com"}}, 403},
		"a sandboxed page":                    {http.Header{"Origin": {"null"}}, 403},
		"another site by a name that is ours": {http.Header{"Host": {"rebound.example.com"}}, 403},
	} {
		got, raw := dev.preview(t, "alice", "", c.header)
		if got != c.want || strings.Contains(raw, "alice@example.com") != (c.want == 200) {
			t.Errorf("%s: %d %s", name, got, raw)
		}
	}
}

// TestASourceThatBreaksDecidesNothing fails when a decision is made on what a broken source did not say, or when it takes a
// restart to use it again.
func TestASourceThatBreaksDecidesNothing(t *testing.T) {
	t.Parallel()
	var how atomic.Value
	how.Store("ok")
	source := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch how.Load() {
		case "slow":
			<-r.Context().Done()
		case "broken":
			_, _ = io.WriteString(w, `{"teams":["admin"`)
		case "down":
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, `{"teams":["admin"]}`)
		case "gone":
			w.WriteHeader(http.StatusNotFound)
		default:
			_, _ = io.WriteString(w, `{"teams":["admin"],"token":"s3cret"}`)
		}
	}))
	t.Cleanup(source.Close)
	s := serve(t, "dev", "--policies", examples(t, "policies"), "--config", file(t, "cognate.yaml", `
enrich:
  sources:
    - name: crm
      type: http
      http: {url: "`+source.URL+`/people/{id}"}
      groups: teams
      fields: [{from: token, secret: true}]
      ttl: -1s
      negative_ttl: -1s
      timeout: 5s
      on_missing: deny
      breaker: {failures: -1}
`))
	ask := func() (int, string) {
		got, err := s.decide(soon(t), `{"principal":{"id":"alice"},"resources":[{"actions":["delete"],"resource":{"kind":"contact","id":"c1","attr":{"owner":"bob"}}}]}`)
		if got.raw == "" {
			t.Fatal(err)
		}
		return got.status, got.raw
	}
	works := func() {
		t.Helper()
		for deadline := time.Now().Add(started.Patience); time.Now().Before(deadline); { // on a busy machine one may miss the timeout
			if status, raw := ask(); status == http.StatusOK && strings.Contains(raw, "EFFECT_ALLOW") {
				return
			}
		}
		t.Error("a working source is not used")
	}
	works()
	for _, broken := range []string{"slow", "broken", "down"} {
		how.Store(broken)
		if status, raw := ask(); status != http.StatusServiceUnavailable || strings.Contains(raw, "EFFECT") {
			t.Errorf("%s: %d %s", broken, status, raw)
		}
		how.Store("ok")
		works()
	}
	how.Store("ok")
	works()
	req, err := http.NewRequestWithContext(soon(t), http.MethodPost, s.pdp+"/enrichment/forget?source=nobody", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := send(req); got.status != http.StatusNotFound {
		t.Errorf("forgetting a source that is not there: %d %s", got.status, got.raw)
	}
	how.Store("gone")
	for deadline := time.Now().Add(started.Patience); ; {
		status, raw := ask()
		if status == http.StatusServiceUnavailable && time.Now().Before(deadline) {
			continue
		}
		if status != http.StatusOK || !strings.Contains(raw, "EFFECT_DENY") {
			t.Errorf("nobody of that id: %d %s", status, raw)
		}
		break
	}
	how.Store("ok")
	for deadline := time.Now().Add(started.Patience); ; {
		_, raw := s.preview(t, "alice", "", nil)
		if strings.Contains(raw, "s3cret") {
			t.Errorf("the preview shows %s", raw)
		}
		if strings.Contains(raw, "P.attr.crm.token") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the preview shows %s", raw)
		}
	}
	if log := s.Log.String(); strings.Contains(log, "s3cret") || !strings.Contains(log, "crm;miss;age=") || !strings.Contains(log, `status 500`) {
		t.Errorf("the log says %s", log)
	}
	if _, metrics := s.get(t, "/_cognate/metrics"); !strings.Contains(metrics, `cognate_enrichment_upstream_duration_seconds_count{outcome="failed",source="crm"}`) ||
		!strings.Contains(metrics, `cognate_cache_entries{cache="crm"} 0`) {
		t.Error("the metrics do not know the source")
	}
}

// TestARevokedTokenDecidesNothingAnyMore fails when a decision that requires a live token is made on a revoked one.
func TestARevokedTokenDecidesNothingAnyMore(t *testing.T) {
	t.Parallel()
	policy := file(t, "vault.yaml", `
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: vault
  version: default
  rules:
    - actions: [look]
      effect: EFFECT_ALLOW
      roles: ["*"]
    - actions: [open]
      effect: EFFECT_ALLOW
      roles: ["*"]
      condition: {match: {expr: request.auxData.jwt.cognate.live}}
`)
	s := serve(t, "dev", "--seeds", examples(t, "dev/seeds.yaml"), "--policies", filepath.Dir(policy),
		"--config", file(t, "cognate.yaml", "decisions: {tell_live_tokens: true}\n"))
	ctx, client := soon(t), s.sdk()
	in, err := client.InitiateAuth(ctx, &idp.InitiateAuthInput{AuthFlow: types.AuthFlowTypeUserPasswordAuth, ClientId: aws.String("contactsweb0000000000000000"),
		AuthParameters: map[string]string{"USERNAME": "alice", "PASSWORD": "Correct-Horse1"}})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(keySet string) (status, allowed int) {
		t.Helper()
		got, err := s.decide(context.WithoutCancel(ctx), fmt.Sprintf(`{"principal":{"id":"alice"},"auxData":{"jwt":{"token":%q,"keySetId":%q}},
			"resources":[{"actions":["look","open"],"resource":{"kind":"vault","id":"v1"}}]}`, aws.ToString(in.AuthenticationResult.AccessToken), keySet))
		if got.raw == "" {
			t.Fatal(err)
		}
		return got.status, strings.Count(got.raw, "EFFECT_ALLOW")
	}
	for keySet, want := range map[string][2]int{"": {200, 2}, "cognate-live": {200, 2}} {
		if status, allowed := ask(keySet); status != want[0] || allowed != want[1] {
			t.Errorf("signed in, key set %q: %d with %d allowed", keySet, status, allowed)
		}
	}
	if _, err := client.RevokeToken(ctx, &idp.RevokeTokenInput{ClientId: aws.String("contactsweb0000000000000000"), Token: in.AuthenticationResult.RefreshToken}); err != nil {
		t.Fatal(err)
	}
	for keySet, want := range map[string][2]int{"": {200, 1}, "cognate-live": {400, 0}} {
		if status, allowed := ask(keySet); status != want[0] || allowed != want[1] {
			t.Errorf("revoked, key set %q: %d with %d allowed", keySet, status, allowed)
		}
	}
}

// TestTheExampleOfEnrichmentWorks fails when examples/enrichment does not do what it says.
func TestTheExampleOfEnrichmentWorks(t *testing.T) {
	t.Parallel()
	finance := httptest.NewServer(http.FileServer(http.Dir(examples(t, "enrichment/departments"))))
	t.Cleanup(finance.Close)
	raw, err := os.ReadFile(examples(t, "enrichment/cognate.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	config := strings.NewReplacer("http://127.0.0.1:8088", finance.URL, "timeout: 500ms", "timeout: 1m").Replace(string(raw))
	s := serve(t, "dev", "--config", file(t, "cognate.yaml", config), "--policies", examples(t, "enrichment/policies"), "--seeds", examples(t, "dev/seeds.yaml"))
	for _, c := range []struct {
		id     string
		amount int
		want   string
	}{{"alice", 10000, "EFFECT_ALLOW"}, {"alice", 10001, "EFFECT_DENY"}, {"bob", 1, "EFFECT_DENY"}, {"carol", 1, "EFFECT_DENY"}} {
		got, err := s.decide(soon(t), fmt.Sprintf(`{"principal":{"id":%q,"attr":{"finance":{"frozen":false,"limits":{"approval":1000000}}}},
			"resources":[{"actions":["approve"],"resource":{"kind":"expense","id":"e1","attr":{"amount":%d}}}]}`, c.id, c.amount))
		if err != nil || !strings.Contains(got.raw, c.want) {
			t.Errorf("%s, %d: %s (%v)", c.id, c.amount, got.raw, err)
		}
	}
	if _, raw := s.preview(t, "alice", "", nil); strings.Contains(raw, "BUKB") || !strings.Contains(raw, `"P.attr.finance.limits.approval"`) {
		t.Errorf("the preview shows %s", raw)
	}
}
