package pdp

import (
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	responsev1 "github.com/cerbos/cerbos/api/genpb/cerbos/response/v1"
)

// plan answers POST /api/plan/resources: the filter under which the principal may do the actions.
func (c *call) plan() error {
	req := &requestv1.PlanResourcesRequest{}
	if err := c.decode(req); err != nil {
		return err
	}
	c.event.RequestID = req.GetRequestId()
	if err := withoutTokens(req.GetAuxData()); err != nil {
		return err
	}
	if err := c.enrich(req.GetPrincipal()); err != nil {
		return err
	}
	enriched := c.server.parts.Now()
	if err := validate(req); err != nil {
		return err
	}
	out, err := c.planned(req)
	if err != nil {
		return err
	}
	c.timing(enriched, c.server.parts.Now())
	c.event.CallID = callID(c.began)
	return c.answer(planResponse(req, out, c.event.CallID))
}

func (c *call) planned(req *requestv1.PlanResourcesRequest) (*enginev1.PlanResourcesOutput, error) {
	if c.event.Trace.Denied() {
		return &enginev1.PlanResourcesOutput{
			Filter:      &enginev1.PlanResourcesFilter{Kind: enginev1.PlanResourcesFilter_KIND_ALWAYS_DENIED},
			FilterDebug: missingUser,
		}, nil
	}
	actions := req.GetActions()
	single := req.GetAction() //nolint:staticcheck // older clients send one action
	if single != "" {
		actions = []string{single}
	}
	out, err := c.server.parts.Decider.Plan(c.r.Context(), &enginev1.PlanResourcesInput{
		RequestId: req.GetRequestId(), Action: single, Actions: actions, //nolint:staticcheck // as above
		Principal: req.GetPrincipal(), Resource: req.GetResource(), IncludeMeta: req.GetIncludeMeta(),
	})
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
