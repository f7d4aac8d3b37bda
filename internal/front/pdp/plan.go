package pdp

import (
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	responsev1 "github.com/cerbos/cerbos/api/genpb/cerbos/response/v1"
)

// planResources gives the filter under which the principal may do the actions.
func (a *ask) planResources(req *requestv1.PlanResourcesRequest) (*responsev1.PlanResourcesResponse, error) {
	a.event.RequestID = req.GetRequestId()
	aux, err := a.prepare(req.GetPrincipal(), req, func() error { return nil }, req.GetAuxData())
	if err != nil {
		return nil, err
	}
	a.event.CallID = callID(a.began)
	out, err := a.planned(req, aux)
	if err != nil {
		return nil, err
	}
	a.decided = a.server.parts.Now()
	return planResponse(req, out, a.event.CallID), nil
}

func (a *ask) planned(req *requestv1.PlanResourcesRequest, aux *enginev1.AuxData) (*enginev1.PlanResourcesOutput, error) {
	if e := a.server.parts.Enricher; e != nil { // what is known of a resource by its id, a plan cannot know
		e.StripResource(req.GetResource().GetKind(), req.GetResource().GetAttr())
	}
	actions := req.GetActions()
	single := req.GetAction() //nolint:staticcheck // older clients send one action
	if single != "" {
		actions = []string{single}
	}
	input := &enginev1.PlanResourcesInput{
		RequestId: req.GetRequestId(), Action: single, Actions: actions,
		Principal: req.GetPrincipal(), Resource: req.GetResource(), AuxData: aux, IncludeMeta: req.GetIncludeMeta(),
	}
	out, err := a.plan(input)
	a.recordPlan(input, out, err)
	return out, err
}

func (a *ask) plan(input *enginev1.PlanResourcesInput) (*enginev1.PlanResourcesOutput, error) {
	if a.event.Trace.Denied() {
		return &enginev1.PlanResourcesOutput{
			Filter:      &enginev1.PlanResourcesFilter{Kind: enginev1.PlanResourcesFilter_KIND_ALWAYS_DENIED},
			FilterDebug: missingUser,
		}, nil
	}
	out, err := a.server.parts.Decider.Plan(a.ctx, input)
	return out, engineError("Resources query plan request failed", err)
}

func planResponse(req *requestv1.PlanResourcesRequest, out *enginev1.PlanResourcesOutput, id string) *responsev1.PlanResourcesResponse {
	res := &responsev1.PlanResourcesResponse{
		RequestId: req.GetRequestId(), CerbosCallId: id,
		ResourceKind: req.GetResource().GetKind(), PolicyVersion: req.GetResource().GetPolicyVersion(),
		Filter: out.GetFilter(), ValidationErrors: out.GetValidationErrors(),
	}
	single := req.GetAction() //nolint:staticcheck // older clients send one action and get one back
	if single != "" {
		res.Action = single //nolint:staticcheck // as above
	} else {
		res.Actions = req.GetActions()
	}
	if req.GetIncludeMeta() {
		res.Meta = &responsev1.PlanResourcesResponse_Meta{FilterDebug: out.GetFilterDebug()}
		if single != "" {
			res.Meta.MatchedScope = out.GetMatchedScopes()[single] //nolint:staticcheck // as above
		} else {
			res.Meta.MatchedScopes = out.GetMatchedScopes()
		}
	}
	return res
}
