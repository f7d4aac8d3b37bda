package pdp

import (
	"context"
	"slices"

	effectv1 "github.com/cerbos/cerbos/api/genpb/cerbos/effect/v1"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	responsev1 "github.com/cerbos/cerbos/api/genpb/cerbos/response/v1"
	"google.golang.org/protobuf/proto"
)

// checkRequest is what the three check calls have in common.
type checkRequest interface {
	proto.Message
	GetRequestId() string
	GetPrincipal() *enginev1.Principal
	GetAuxData() *requestv1.AuxData
}

// entry is a resource and what is asked about it.
type entry interface {
	GetActions() []string
	GetResource() *enginev1.Resource
}

// check does what every check call does: it prepares the question and decides about each entry.
func check[E entry](a *ask, req checkRequest, entries []E) ([]*enginev1.CheckInput, []*enginev1.CheckOutput, error) {
	a.event.RequestID, a.event.Resources = req.GetRequestId(), len(entries)
	aux, err := a.prepare(req.GetPrincipal(), req, func() error {
		if err := a.server.resourceLimit(len(entries)); err != nil {
			return err
		}
		for _, e := range entries {
			if err := a.server.actionLimit(len(e.GetActions())); err != nil {
				return err
			}
		}
		return nil
	}, req.GetAuxData())
	if err != nil {
		return nil, nil, err
	}
	inputs := make([]*enginev1.CheckInput, len(entries))
	for i, e := range entries {
		inputs[i] = &enginev1.CheckInput{
			RequestId: req.GetRequestId(), Actions: e.GetActions(), Principal: req.GetPrincipal(), Resource: e.GetResource(), AuxData: aux,
		}
	}
	a.event.CallID = callID(a.began) // the deprecated calls have no place for it; the log has
	outputs, err := a.decide(inputs)
	return inputs, outputs, err
}

// Check answers a question of this process itself: enriched, decided and remembered as any other, but with no event of its own.
func (s *Server) Check(ctx context.Context, req *requestv1.CheckResourcesRequest) (*responsev1.CheckResourcesResponse, error) {
	a := &ask{server: s, ctx: ctx, began: s.parts.Now()}
	a.event.Method = "CheckResources"
	return a.checkResources(req)
}

// checkResources decides about actions on resources of any kinds.
func (a *ask) checkResources(req *requestv1.CheckResourcesRequest) (*responsev1.CheckResourcesResponse, error) {
	inputs, outputs, err := check(a, req, req.GetResources())
	if err != nil {
		return nil, err
	}
	return &responsev1.CheckResourcesResponse{
		RequestId: req.GetRequestId(), CerbosCallId: a.event.CallID,
		Results: results(inputs, outputs, req.GetIncludeMeta()),
	}, nil
}

func results(inputs []*enginev1.CheckInput, outputs []*enginev1.CheckOutput, withMeta bool) []*responsev1.CheckResourcesResponse_ResultEntry {
	list := make([]*responsev1.CheckResourcesResponse_ResultEntry, len(outputs))
	for i, out := range outputs {
		r := inputs[i].GetResource()
		list[i] = &responsev1.CheckResourcesResponse_ResultEntry{
			Resource: &responsev1.CheckResourcesResponse_ResultEntry_Resource{
				Id: r.GetId(), Kind: r.GetKind(), PolicyVersion: r.GetPolicyVersion(), Scope: r.GetScope(),
			},
			ValidationErrors: out.GetValidationErrors(),
			Actions:          effects(out),
			Outputs:          out.GetOutputs(),
		}
		if withMeta {
			list[i].Meta = meta(out)
		}
	}
	return list
}

func effects(out *enginev1.CheckOutput) map[string]effectv1.Effect {
	return perAction(out, (*enginev1.CheckOutput_ActionEffect).GetEffect)
}

func meta(out *enginev1.CheckOutput) *responsev1.CheckResourcesResponse_ResultEntry_Meta {
	return &responsev1.CheckResourcesResponse_ResultEntry_Meta{
		EffectiveDerivedRoles: derivedRoles(out),
		Actions: perAction(out, func(e *enginev1.CheckOutput_ActionEffect) *responsev1.CheckResourcesResponse_ResultEntry_Meta_EffectMeta {
			return &responsev1.CheckResourcesResponse_ResultEntry_Meta_EffectMeta{MatchedPolicy: e.GetPolicy(), MatchedScope: e.GetScope()}
		}),
	}
}

// perAction says something of every action.
func perAction[T any](out *enginev1.CheckOutput, say func(*enginev1.CheckOutput_ActionEffect) T) map[string]T {
	said := make(map[string]T, len(out.GetActions()))
	for action, effect := range out.GetActions() {
		said[action] = say(effect)
	}
	return said
}

func derivedRoles(out *enginev1.CheckOutput) []string {
	return slices.Sorted(slices.Values(out.GetEffectiveDerivedRoles()))
}
