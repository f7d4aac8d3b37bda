package verifiedpermissions

import (
	"context"

	"cognate.dev/cognate/internal/front/aws/member"
	avp "cognate.dev/cognate/internal/gen/verifiedpermissions"
	"cognate.dev/cognate/internal/permission"
	"cognate.dev/cognate/internal/policy/cedar"
)

func (s *Service) isAuthorized(ctx context.Context, in *avp.IsAuthorizedInput) (*avp.IsAuthorizedOutput, error) {
	a := &asking{Ask: permission.Ask{Store: member.Text(in.PolicyStoreId)}}
	a.entities(in.Entities)
	a.question(uidOf(in.Principal), in.Action, in.Resource, in.Context)
	answer, err := s.decide(ctx, a)
	if err != nil {
		return nil, err
	}
	return &avp.IsAuthorizedOutput{
		Decision: effect(answer.Decisions[0]), DeterminingPolicies: determining(answer.Decisions[0]), Errors: evaluationErrors(answer.Decisions[0]),
	}, nil
}

func (s *Service) isAuthorizedWithToken(ctx context.Context, in *avp.IsAuthorizedWithTokenInput) (*avp.IsAuthorizedWithTokenOutput, error) {
	a := &asking{Ask: permission.Ask{Store: member.Text(in.PolicyStoreId), WithToken: true, IDToken: in.IdentityToken, AccessToken: in.AccessToken}}
	a.entities(in.Entities)
	a.question(nil, in.Action, in.Resource, in.Context)
	answer, err := s.decide(ctx, a)
	if err != nil {
		return nil, err
	}
	return &avp.IsAuthorizedWithTokenOutput{
		Decision: effect(answer.Decisions[0]), DeterminingPolicies: determining(answer.Decisions[0]), Errors: evaluationErrors(answer.Decisions[0]),
		Principal: entityAnswer(answer.Principal),
	}, nil
}

func (s *Service) batchIsAuthorized(ctx context.Context, in *avp.BatchIsAuthorizedInput) (*avp.BatchIsAuthorizedOutput, error) {
	a := &asking{Ask: permission.Ask{Store: member.Text(in.PolicyStoreId), Batch: true}}
	a.entities(in.Entities)
	for _, r := range in.Requests {
		a.question(uidOf(r.Principal), r.Action, r.Resource, r.Context)
	}
	answer, err := s.decide(ctx, a)
	if err != nil {
		return nil, err
	}
	out := &avp.BatchIsAuthorizedOutput{Results: make([]avp.BatchIsAuthorizedOutputItem, len(answer.Decisions))}
	for i, d := range answer.Decisions {
		out.Results[i] = avp.BatchIsAuthorizedOutputItem{
			Request: &in.Requests[i], Decision: effect(d), DeterminingPolicies: determining(d), Errors: evaluationErrors(d),
		}
	}
	return out, nil
}

func (s *Service) batchIsAuthorizedWithToken(ctx context.Context, in *avp.BatchIsAuthorizedWithTokenInput) (*avp.BatchIsAuthorizedWithTokenOutput, error) {
	a := &asking{Ask: permission.Ask{
		Store: member.Text(in.PolicyStoreId), WithToken: true, IDToken: in.IdentityToken, AccessToken: in.AccessToken, Batch: true,
	}}
	a.entities(in.Entities)
	for _, r := range in.Requests {
		a.question(nil, r.Action, r.Resource, r.Context)
	}
	answer, err := s.decide(ctx, a)
	if err != nil {
		return nil, err
	}
	out := &avp.BatchIsAuthorizedWithTokenOutput{
		Principal: entityAnswer(answer.Principal), Results: make([]avp.BatchIsAuthorizedWithTokenOutputItem, len(answer.Decisions)),
	}
	for i, d := range answer.Decisions {
		out.Results[i] = avp.BatchIsAuthorizedWithTokenOutputItem{
			Request: &in.Requests[i], Decision: effect(d), DeterminingPolicies: determining(d), Errors: evaluationErrors(d),
		}
	}
	return out, nil
}

// asking is a request on its way into the room's words; err is the first thing that is wrong with it.
type asking struct {
	permission.Ask
	err error
}

func (a *asking) entities(in *avp.EntitiesDefinition) {
	switch {
	case in == nil || a.err != nil:
	case (in.EntityList == nil) == (in.CedarJson == nil):
		a.err = invalid("entities", "exactly one of entityList and cedarJson must be given")
	case in.CedarJson != nil:
		a.EntitiesJSON = in.CedarJson
	default:
		a.Entities, a.err = entitiesOf(in.EntityList)
	}
}

func (a *asking) question(principal *cedar.UID, action *avp.ActionIdentifier, resource *avp.EntityIdentifier, in *avp.ContextDefinition) {
	q := permission.Question{Principal: principal, Action: actionOf(action), Resource: uidOf(resource)}
	switch {
	case in == nil || a.err != nil:
	case (in.ContextMap == nil) == (in.CedarJson == nil):
		a.err = invalid("context", "exactly one of contextMap and cedarJson must be given")
	case in.CedarJson != nil:
		q.ContextJSON = in.CedarJson
	default:
		q.Context, a.err = fieldsOf(in.ContextMap, "context.contextMap")
	}
	a.Questions = append(a.Questions, q)
}

func (s *Service) decide(ctx context.Context, a *asking) (*permission.Answer, error) {
	if a.err != nil {
		return nil, a.err
	}
	answer, err := s.Permissions.Decide(ctx, a.Ask)
	if err != nil {
		return nil, err
	}
	s.tell(ctx, answer)
	return answer, nil
}

func effect(d cedar.Decision) *string {
	if d.Allowed {
		return new("ALLOW")
	}
	return new("DENY")
}

func determining(d cedar.Decision) []avp.DeterminingPolicyItem {
	out := make([]avp.DeterminingPolicyItem, len(d.Policies))
	for i := range d.Policies {
		out[i].PolicyId = &d.Policies[i]
	}
	return out
}

func evaluationErrors(d cedar.Decision) []avp.EvaluationErrorItem {
	out := make([]avp.EvaluationErrorItem, len(d.Errors))
	for i, e := range d.Errors {
		out[i].ErrorDescription = new("while evaluating policy `" + e.Policy + "`, encountered the following error: " + e.Text)
	}
	return out
}
