package verifiedpermissions

import (
	"context"
	"log/slog"

	auditv1 "github.com/cerbos/cerbos/api/genpb/cerbos/audit/v1"
	effectv1 "github.com/cerbos/cerbos/api/genpb/cerbos/effect/v1"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"cognate.dev/cognate/internal/decision"
	"cognate.dev/cognate/internal/front/aws"
	"cognate.dev/cognate/internal/permission"
	"cognate.dev/cognate/internal/policy/cedar"
	"cognate.dev/cognate/internal/telemetry"
)

// The names under which an entry of the decision log says what Cerbos' has no place for.
const (
	metaMethod = "cognate-method"
	metaErrors = "cognate-policy-errors"
)

// contextClaim is where an entry of the decision log has the context of a request, which Cerbos' has no place for.
const contextClaim = "context"

// tell puts decisions on the log event of the request and into the decision log.
func (s *Service) tell(ctx context.Context, answer *permission.Answer) {
	allowed := 0
	for _, d := range answer.Decisions {
		if d.Allowed {
			allowed++
		}
	}
	call := aws.CallFrom(ctx)
	telemetry.Add(ctx, slog.String("policy_store", answer.StoreID), slog.String("principal", answer.Asked[0].Principal.String()),
		slog.Int("allowed", allowed), slog.Int("denied", len(answer.Decisions)-allowed))
	if s.Observe != nil {
		s.Observe(allowed, len(answer.Decisions)-allowed)
	}
	if s.Record == nil {
		return
	}
	check := &auditv1.DecisionLogEntry_CheckResources{}
	var failures []string
	for i, r := range answer.Asked {
		in, out := entryOf(answer.StoreID, call.RequestID, r, answer.Decisions[i])
		check.Inputs, check.Outputs = append(check.Inputs, in), append(check.Outputs, out)
		for _, e := range answer.Decisions[i].Errors {
			failures = append(failures, e.Policy+": "+e.Text)
		}
	}
	e := &decision.Entry{
		CallId: call.RequestID, Timestamp: timestamppb.New(s.Now()), Metadata: map[string]*auditv1.MetaValues{
			metaMethod: {Values: []string{call.Operation}}, decision.MetaPolicyStore: {Values: []string{answer.StoreID}},
		},
		Method: &auditv1.DecisionLogEntry_CheckResources_{CheckResources: check},
	}
	if len(failures) > 0 {
		e.Metadata[metaErrors] = &auditv1.MetaValues{Values: failures}
	}
	s.Record(e)
}

// entryOf writes one decision as Cerbos' log does: principal and resource with their attributes, the context as a claim.
func entryOf(storeID, requestID string, r cedar.Request, d cedar.Decision) (*enginev1.CheckInput, *enginev1.CheckOutput) {
	principal := &enginev1.Principal{Id: r.Principal.String(), Roles: []string{}, Attr: attributesOf(r, r.Principal)}
	for p := range r.Entities[r.Principal].Parents.All() {
		principal.Roles = append(principal.Roles, p.String())
	}
	in := &enginev1.CheckInput{
		RequestId: requestID, Actions: []string{r.Action.String()}, Principal: principal,
		Resource: &enginev1.Resource{Kind: string(r.Resource.Type), Id: string(r.Resource.ID), Attr: attributesOf(r, r.Resource)},
		AuxData:  &enginev1.AuxData{Jwt: map[string]*structpb.Value{contextClaim: valueProto(r.Context)}},
	}
	effect := effectv1.Effect_EFFECT_DENY
	if d.Allowed {
		effect = effectv1.Effect_EFFECT_ALLOW
	}
	policy := ""
	if len(d.Policies) > 0 {
		policy = "policy-store/" + storeID + "/" + d.Policies[0]
	}
	return in, &enginev1.CheckOutput{
		RequestId: requestID, ResourceId: string(r.Resource.ID),
		Actions: map[string]*enginev1.CheckOutput_ActionEffect{r.Action.String(): {Effect: effect, Policy: policy}},
	}
}

func attributesOf(r cedar.Request, uid cedar.UID) map[string]*structpb.Value {
	out := map[string]*structpb.Value{}
	for name, v := range r.Entities[uid].Attributes.All() {
		out[string(name)] = valueProto(v)
	}
	return out
}

// valueProto writes a value as Cedar's JSON does.
func valueProto(v cedar.Value) *structpb.Value {
	out := &structpb.Value{}
	raw, err := cedar.JSON(v)
	if err != nil || protojson.Unmarshal(raw, out) != nil {
		return structpb.NewNullValue()
	}
	return out
}
