package pdp_test

import (
	"strings"
	"testing"

	authorizationv1 "github.com/cerbos/cerbos/api/genpb/authzen/authorization/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	"cognate.dev/cognate/internal/front/pdp"
)

// AuthZEN by gRPC decides as by JSON, knows people by their ids, and has the three semantics.
func TestAuthZENByRPCDecidesAsByJSON(t *testing.T) {
	t.Parallel()
	s := newScene(t, pdp.Config{})
	client := authorizationv1.NewAuthorizationServiceClient(overRPC(t, s.Server, pdp.Config{}))
	for body, want := range map[string]bool{
		`{"subject":{"type":"user","id":"alice"},"action":{"name":"write"},"resource":{"type":"record","id":"record-1"}}`:                                                 true,
		`{"subject":{"type":"user","id":"bob"},"action":{"name":"write"},"resource":{"type":"record","id":"record-1"}}`:                                                   false,
		`{"subject":{"type":"user","id":"alice"},"action":{"name":"delete","properties":{"soft":true}},"resource":{"type":"record","id":"record-1"}}`:                     true,
		`{"subject":{"type":"user","id":"alice"},"action":{"name":"write"},"resource":{"type":"record","id":"r","properties":{"status":"archived"}}}`:                     false,
		`{"subject":{"type":"user","id":"alice"},"action":{"name":"enter"},"resource":{"type":"record","id":"r"},"context":{"ip":"192.0.2.7","cerbos.includeMeta":true}}`: true,
	} {
		req := &authorizationv1.AccessEvaluationRequest{}
		if err := protojson.Unmarshal([]byte(body), req); err != nil {
			t.Fatal(err)
		}
		got, err := client.AccessEvaluation(t.Context(), req)
		if err != nil || got.GetDecision() != want {
			t.Errorf("%s: %v, %v", body, got, err)
		}
		if strings.Contains(body, "includeMeta") && got.GetContext()["cerbos.response"] == nil {
			t.Errorf("no meta: %v", got)
		}
	}
	for semantic, want := range map[string]int{"": 3, "execute_all": 3, "deny_on_first_deny": 2, "permit_on_first_permit": 1} {
		req := &authorizationv1.AccessEvaluationBatchRequest{}
		if err := protojson.Unmarshal([]byte(`{"subject":{"type":"user","id":"bob"},"resource":{"type":"record","id":"1"},"options":{"evaluationsSemantic":"`+semantic+`"},
			"evaluations":[{"action":{"name":"read"}},{"action":{"name":"write"}},{}]}`), req); err != nil {
			t.Fatal(err)
		}
		got, err := client.AccessEvaluationBatch(t.Context(), req)
		if err != nil || len(got.GetEvaluations()) != want || !got.GetEvaluations()[0].GetDecision() {
			t.Errorf("%q: %v, %v", semantic, got, err)
		}
	}
	if _, err := client.AccessEvaluation(t.Context(), &authorizationv1.AccessEvaluationRequest{}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("an empty question: %v", err)
	}
	if m, err := client.Metadata(t.Context(), &authorizationv1.MetadataRequest{}); err != nil || !strings.HasSuffix(m.GetAccessEvaluationsEndpoint(), "/access/v1/evaluations") {
		t.Errorf("%v, %v", m, err)
	}
}
