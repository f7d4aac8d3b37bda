package app

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/pdp"
	"cognate.dev/cognate/internal/permission"
	"cognate.dev/cognate/internal/policy/cedar"
)

// permits asks the policy store of a node, by its id or an alias, whether alice may read.
func (h *house) permits(t *testing.T, store string) bool {
	t.Helper()
	answer, err := h.rooms.Load().permissions.Decide(t.Context(), permission.Ask{Store: store, Questions: []permission.Question{{
		Principal: new(cedar.NewUID("User", "alice")), Action: new(cedar.NewUID("Action", "read")), Resource: new(cedar.NewUID("Document", "1")),
	}}})
	if fault.Is(err, fault.Missing, "") {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	return answer.Decisions[0].Allowed
}

// TestAPolicyStoreOfOneNodeDecidesOnAll changes each thing that decisions rest on, and waits for the other node.
func TestAPolicyStoreOfOneNodeDecidesOnAll(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			database := "sqlite:" + filepath.Join(t.TempDir(), "shared.db")
			if engine == "postgres" {
				if testing.Short() {
					t.Skip("starts a server")
				}
				database = cluster.Database(t)
			}
			key := filepath.Join(t.TempDir(), "master.key")
			one, two := node(t, database, key), node(t, database, key)
			ctx, p := t.Context(), one.rooms.Load().permissions
			store, err := p.CreateStore(ctx, "", permission.StoreSpec{Mode: permission.Off})
			if err != nil {
				t.Fatal(err)
			}
			const alias = permission.AliasPrefix + "a"
			var policy *permission.Policy
			for _, step := range []struct {
				name string
				want bool
				do   func() error
			}{
				{"an alias", false, func() error { _, err := p.CreateAlias(ctx, "eu-west-1", alias, store.ID); return err }},
				{"a policy", true, func() (err error) {
					policy, err = p.CreatePolicy(ctx, "", alias, permission.PolicySpec{Statement: new(`permit(principal, action, resource);`)})
					return err
				}},
				{"another condition", false, func() error {
					_, err := p.UpdatePolicy(ctx, alias, policy.ID, permission.PolicyChange{Statement: new(`permit(principal, action, resource) when { false };`)})
					return err
				}},
				{"a second policy", true, func() error {
					_, err := p.CreatePolicy(ctx, "", alias, permission.PolicySpec{Statement: new(`permit(principal == User::"alice", action, resource);`)})
					return err
				}},
				{"no alias any more", false, func() error { return p.DeleteAlias(ctx, alias, "HardDelete") }},
			} {
				if err := step.do(); err != nil {
					t.Fatalf("%s: %v", step.name, err)
				}
				if one.permits(t, alias) != step.want {
					t.Fatalf("%s: the node itself does not know", step.name)
				}
				for began := time.Now(); two.permits(t, alias) != step.want; time.Sleep(time.Millisecond) {
					if time.Since(began) > 5*time.Minute { // a second is promised; a busy machine gets more
						t.Fatalf("%s: the other node does not know", step.name)
					}
				}
			}
		})
	}
}

// TestChangesOfPolicyStoresAreRecorded fails when a change is not in the audit log, or a question or a policy's text is.
func TestChangesOfPolicyStoresAreRecorded(t *testing.T) {
	t.Parallel()
	l := newLedger(t, nil)
	id := text(l.avp("CreatePolicyStore", `{"validationSettings": {"mode": "OFF"}}`), "policyStoreId")
	policy := text(l.avp("CreatePolicy", `{"policyStoreId": "`+id+`", "definition": {"static": {"statement": "permit(principal == User::\"a-name\", action, resource);"}}}`), "policyId")
	l.avp("IsAuthorized", `{"policyStoreId": "`+id+`", "principal": {"entityType": "User", "entityId": "a-name"}, "action": {"actionType": "Action", "actionId": "x"}, "resource": {"entityType": "R", "entityId": "r"}}`)
	l.avp("CreatePolicy", `{"policyStoreId": "`+id+`", "definition": {"static": {"statement": "nonsense"}}}`)
	l.avp("DeletePolicyStore", `{"policyStoreId": "`+id+`"}`)
	for operation, want := range map[string][]string{ // newest first
		"CreatePolicyStore": {"ok"}, "CreatePolicy": {"ValidationException", "ok " + policy}, "DeletePolicyStore": {"ok"}, "IsAuthorized": nil,
	} {
		var got []string
		for _, r := range l.records(operation) {
			got = append(got, strings.TrimSpace(r.Outcome+" "+r.Detail["PolicyId"]))
			if r.Resource != "PolicyStoreId/"+id || r.Actor.ID != auditKey {
				t.Errorf("%+v", r)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", operation, got, want)
		}
	}
	rows, err := l.h.store.FindAudit(t.Context(), audit.Query{Limit: 100})
	l.check(err)
	for _, row := range rows {
		if strings.Contains(row.Doc, "a-name") {
			t.Errorf("the text of a policy is written down: %s", row.Doc)
		}
	}
}

// TestDecisionsAreCounted fails when operators cannot see how many decisions of either engine were denials.
func TestDecisionsAreCounted(t *testing.T) {
	t.Parallel()
	l := newLedger(t, nil)
	id := text(l.avp("CreatePolicyStore", `{"validationSettings": {"mode": "OFF"}}`), "policyStoreId")
	l.avp("CreatePolicy", `{"policyStoreId": "`+id+`", "definition": {"static": {"statement": "permit(principal == U::\"a\", action, resource);"}}}`)
	one := func(who string) string {
		return `{"principal": {"entityType": "U", "entityId": "` + who + `"}, "action": {"actionType": "Action", "actionId": "x"}, "resource": {"entityType": "R", "entityId": "r"}}`
	}
	l.avp("BatchIsAuthorized", `{"policyStoreId": "`+id+`", "requests": [`+one("a")+","+one("b")+","+one("c")+`]}`)
	l.h.observeDecision(t.Context(), pdp.Event{Allowed: 3, Denied: 4})
	res := httptest.NewRecorder()
	l.h.told.Metrics.Handler().ServeHTTP(res, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	for engine, want := range map[string][2]string{"cedar": {"1", "2"}, "cerbos": {"3", "4"}} {
		for i, outcome := range []string{"allowed", "denied"} {
			if line := `cognate_decisions_total{engine="` + engine + `",outcome="` + outcome + `"} ` + want[i] + "\n"; !strings.Contains(res.Body.String(), line) {
				t.Errorf("there is no %s", line)
			}
		}
	}
}

// avp calls an operation of Verified Permissions and gives the answer.
func (l *ledger) avp(operation, body string) string {
	l.t.Helper()
	req, err := http.NewRequestWithContext(l.t.Context(), http.MethodPost, l.server.URL+"/", strings.NewReader(body))
	l.check(err)
	req.Header.Set("Content-Type", "application/x-amz-json-1.0")
	req.Header.Set("X-Amz-Target", "VerifiedPermissions."+operation)
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+auditKey+"/20260101/eu-west-1/verifiedpermissions/aws4_request, SignedHeaders=host, Signature=00")
	req.Header.Set("X-Amz-Date", "20260101T000000Z")
	return l.read(l.server.Client().Do(req))
}
