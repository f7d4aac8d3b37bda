package app

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"cognate.dev/cognate/internal/app/caller"
	"cognate.dev/cognate/internal/sts"
)

// TestWhoSignsAsAWSDoesAdministers makes a workspace by a request that AWS's own signer has signed, where signatures are verified: with an
// access key of the house, for any service. A changed body and another secret are nobody's.
func TestWhoSignsAsAWSDoesAdministers(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	keys := sts.NewKeys(b.h.store, b.h.keys, b.h.clock.Now)
	id, secret, _, err := keys.EnsureRoot(t.Context())
	b.check(err)
	b.h.authority = sts.NewAuthority(b.h.cfg.Account, keys, b.h.sessions, b.h.clock.Now)
	b.h.auth = caller.Signatures(b.h.authority, b.h.clock.Now)
	b.check(b.h.open(t.Context()))
	call := func(secret, service, signed, sent string) (int, map[string]any) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.server.URL+adminAPI+"/servers", bytes.NewReader([]byte(sent)))
		b.check(err)
		sum := sha256.Sum256([]byte(signed))
		b.check(v4.NewSigner().SignHTTP(t.Context(), awssdk.Credentials{AccessKeyID: id, SecretAccessKey: secret}, r, hex.EncodeToString(sum[:]), service, "us-east-1", b.h.clock.Now()))
		answer, err := http.DefaultClient.Do(r)
		b.check(err)
		defer answer.Body.Close()
		var out map[string]any
		b.check(json.NewDecoder(answer.Body).Decode(&out))
		return answer.StatusCode, out
	}
	body := func(id string) string { return `{"id":"` + id + `","name":"Work","user_pool_id":"` + testPool + `"}` }
	for _, service := range []string{"cognate", "cognito-idp"} {
		if status, said := call(secret, service, body(service), body(service)); status != http.StatusCreated || said["issuer_url"] == nil {
			t.Errorf("for the service %s: %d %v", service, status, said)
		}
	}
	if status, said := call(secret, "cognate", body("one"), body("two")); status != http.StatusUnauthorized {
		t.Errorf("another body than was signed: %d %v", status, said)
	}
	if status, said := call("no"+secret, "cognate", body("one"), body("one")); status != http.StatusUnauthorized {
		t.Errorf("another secret: %d %v", status, said)
	}
}

// TestWhatIsRefusedIsAuditedWithItsWorkspace fails when the audit log says of a refused creation not in which workspace it was to be.
func TestWhatIsRefusedIsAuditedWithItsWorkspace(t *testing.T) {
	t.Parallel()
	l := newLedger(t, nil)
	b := &bureau{town: l.town, actor: "AWS4-HMAC-SHA256 Credential=" + auditKey + "/20260101/eu-west-1/any/aws4_request, SignedHeaders=host;x-amz-date, Signature=00"}
	b.must(201, "POST", adminAPI+"/servers", map[string]any{"id": "work", "name": "Work"})
	b.must(409, "POST", adminAPI+"/servers", map[string]any{"id": "work", "name": "Again"})
	b.must(422, "POST", adminAPI+"/clients", map[string]any{"authorization_server_id": "work", "client_name": "App", "redirect_uris": []string{appCallback}, "scopes": []string{"none"}})
	b.must(422, "POST", adminAPI+"/claims", map[string]any{"authorization_server_id": "work", "name": "sub", "type": "id_token", "source_type": "authnCtx", "source_path": "name"})
	b.must(422, "POST", adminAPI+"/services", map[string]any{"authorization_server_id": "work", "name": "API", "custom_audience": "x"})
	b.must(404, "POST", adminAPI+"/claims", map[string]any{"authorization_server_id": "../secret", "name": "x"})
	for operation, want := range map[string]string{"CreateServer": "workspace/work", "CreateClient": "workspace/work", "CreateClaim": "", "CreateService": "workspace/work"} {
		list := l.records(operation) // newest first
		if len(list) == 0 || list[0].Resource != want || list[0].Outcome == "ok" {
			t.Errorf("%s: %+v", operation, list)
		}
	}
	if list := l.records("CreateClaim"); len(list) != 2 || list[1].Resource != "workspace/work" || list[1].Outcome != "invalid" {
		t.Errorf("a claim that cannot be: %+v", list)
	}
}
