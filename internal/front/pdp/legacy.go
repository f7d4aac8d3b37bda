package pdp

import (
	"maps"
	"slices"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	responsev1 "github.com/cerbos/cerbos/api/genpb/cerbos/response/v1"
)

// The two calls that CheckResources replaced; older clients still make them.
// https://docs.cerbos.dev/cerbos/latest/api/index.html

// checkResourceSet decides about the same actions on resources of one kind.
func (a *ask) checkResourceSet(req *requestv1.CheckResourceSetRequest) (*responsev1.CheckResourceSetResponse, error) {
	set := req.GetResource()
	ids := slices.Sorted(maps.Keys(set.GetInstances()))
	entries := make([]*requestv1.CheckResourcesRequest_ResourceEntry, len(ids))
	for i, id := range ids {
		entries[i] = &requestv1.CheckResourcesRequest_ResourceEntry{Actions: req.GetActions(), Resource: &enginev1.Resource{
			Kind: set.GetKind(), PolicyVersion: set.GetPolicyVersion(), Scope: set.GetScope(),
			Id: id, Attr: set.GetInstances()[id].GetAttr(),
		}}
	}
	_, outputs, err := check(a, req, entries)
	if err != nil {
		return nil, err
	}
	return setResponse(req, ids, outputs), nil
}

func setResponse(req *requestv1.CheckResourceSetRequest, ids []string, outputs []*enginev1.CheckOutput) *responsev1.CheckResourceSetResponse {
	res := &responsev1.CheckResourceSetResponse{
		RequestId:         req.GetRequestId(),
		ResourceInstances: make(map[string]*responsev1.CheckResourceSetResponse_ActionEffectMap, len(ids)),
	}
	if req.GetIncludeMeta() {
		res.Meta = &responsev1.CheckResourceSetResponse_Meta{
			ResourceInstances: make(map[string]*responsev1.CheckResourceSetResponse_Meta_ActionMeta, len(ids)),
		}
	}
	for i, out := range outputs {
		res.ResourceInstances[ids[i]] = &responsev1.CheckResourceSetResponse_ActionEffectMap{
			Actions: effects(out), ValidationErrors: out.GetValidationErrors(),
		}
		if !req.GetIncludeMeta() {
			continue
		}
		res.Meta.ResourceInstances[ids[i]] = &responsev1.CheckResourceSetResponse_Meta_ActionMeta{
			EffectiveDerivedRoles: derivedRoles(out),
			Actions: perAction(out, func(e *enginev1.CheckOutput_ActionEffect) *responsev1.CheckResourceSetResponse_Meta_EffectMeta {
				return &responsev1.CheckResourceSetResponse_Meta_EffectMeta{MatchedPolicy: e.GetPolicy(), MatchedScope: e.GetScope()}
			}),
		}
	}
	return res
}

// checkResourceBatch decides about actions on resources of any kinds, and says less about them.
func (a *ask) checkResourceBatch(req *requestv1.CheckResourceBatchRequest) (*responsev1.CheckResourceBatchResponse, error) {
	inputs, outputs, err := check(a, req, req.GetResources())
	if err != nil {
		return nil, err
	}
	res := &responsev1.CheckResourceBatchResponse{
		RequestId: req.GetRequestId(), Results: make([]*responsev1.CheckResourceBatchResponse_ActionEffectMap, len(outputs)),
	}
	for i, out := range outputs {
		res.Results[i] = &responsev1.CheckResourceBatchResponse_ActionEffectMap{
			ResourceId: inputs[i].GetResource().GetId(), Actions: effects(out), ValidationErrors: out.GetValidationErrors(),
		}
	}
	return res, nil
}
