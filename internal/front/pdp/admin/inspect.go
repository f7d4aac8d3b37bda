package admin

import (
	"cmp"
	"context"
	"regexp"
	"slices"

	policyv1 "github.com/cerbos/cerbos/api/genpb/cerbos/policy/v1"
	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	responsev1 "github.com/cerbos/cerbos/api/genpb/cerbos/response/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"cognate.dev/cognate/internal/policy/stored"
)

// InspectPolicies says which actions, derived roles, attributes, variables and constants policies speak of.
func (s *Server) InspectPolicies(ctx context.Context, req *requestv1.InspectPoliciesRequest) (*responsev1.InspectPoliciesResponse, error) {
	if err := s.admit(ctx, req); err != nil {
		return nil, err
	}
	found, err := s.find(ctx, req)
	if err != nil {
		return nil, err
	}
	all, err := s.parts.Policies.All(ctx)
	if err != nil {
		return nil, s.failed(ctx, err, "could not inspect policies")
	}
	owners := map[string]string{} // derived role to the policy that defines it
	for _, p := range all {
		for _, d := range p.GetDerivedRoles().GetDefinitions() {
			owners[d.GetName()] = stored.ID(p)
		}
	}
	res := &responsev1.InspectPoliciesResponse{Results: map[string]*responsev1.InspectPoliciesResponse_Result{}}
	for _, p := range found {
		id := stored.ID(p)
		res.Results[id] = &responsev1.InspectPoliciesResponse_Result{
			PolicyId: id, Actions: actions(p), DerivedRoles: derivedRoles(p, owners), Attributes: attributes(p), Variables: variables(p), Constants: constants(p),
		}
	}
	return res, nil
}

func actions(p *policyv1.Policy) (names []string) {
	for _, r := range p.GetResourcePolicy().GetRules() {
		names = append(names, r.GetActions()...)
	}
	for _, r := range p.GetPrincipalPolicy().GetRules() {
		for _, a := range r.GetActions() {
			names = append(names, a.GetAction())
		}
	}
	for _, r := range p.GetRolePolicy().GetRules() {
		names = append(names, r.GetAllowActions()...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func derivedRoles(p *policyv1.Policy, owners map[string]string) (list []*responsev1.InspectPoliciesResponse_DerivedRole) {
	for _, d := range p.GetDerivedRoles().GetDefinitions() {
		list = append(list, &responsev1.InspectPoliciesResponse_DerivedRole{
			Name: d.GetName(), Kind: responsev1.InspectPoliciesResponse_DerivedRole_KIND_EXPORTED, Source: stored.ID(p),
		})
	}
	used := map[string]bool{}
	for _, r := range p.GetResourcePolicy().GetRules() {
		for _, name := range r.GetDerivedRoles() {
			if used[name] {
				continue
			}
			used[name] = true
			one := &responsev1.InspectPoliciesResponse_DerivedRole{
				Name: name, Kind: responsev1.InspectPoliciesResponse_DerivedRole_KIND_IMPORTED, Source: owners[name],
			}
			if one.Source == "" {
				one.Kind = responsev1.InspectPoliciesResponse_DerivedRole_KIND_UNDEFINED
			}
			list = append(list, one)
		}
	}
	slices.SortFunc(list, func(a, b *responsev1.InspectPoliciesResponse_DerivedRole) int {
		return cmp.Compare(a.GetName(), b.GetName())
	})
	return list
}

var (
	attributeForm = regexp.MustCompile(`\b(P|R|request\s*\.\s*principal|request\s*\.\s*resource)\s*\.\s*attr\s*\.\s*([A-Za-z_]\w*)`)
	variableForm  = regexp.MustCompile(`\b(?:V|variables)\s*\.\s*([A-Za-z_]\w*)`)
	constantForm  = regexp.MustCompile(`\b(?:C|constants)\s*\.\s*([A-Za-z_]\w*)`)
)

// text is the whole policy: expressions are looked for everywhere, since they nest freely.
func text(p *policyv1.Policy) []byte {
	raw, _ := protojson.Marshal(p) // it was read from the same form
	return raw
}

func attributes(p *policyv1.Policy) (list []*responsev1.InspectPoliciesResponse_Attribute) {
	seen := map[string]bool{}
	for _, m := range attributeForm.FindAllSubmatch(text(p), -1) {
		kind := responsev1.InspectPoliciesResponse_Attribute_KIND_RESOURCE_ATTRIBUTE
		if root := string(m[1]); root == "P" || root[len(root)-1] == 'l' {
			kind = responsev1.InspectPoliciesResponse_Attribute_KIND_PRINCIPAL_ATTRIBUTE
		}
		if key := kind.String() + string(m[2]); !seen[key] {
			seen[key] = true
			list = append(list, &responsev1.InspectPoliciesResponse_Attribute{Name: string(m[2]), Kind: kind})
		}
	}
	slices.SortFunc(list, func(a, b *responsev1.InspectPoliciesResponse_Attribute) int {
		return cmp.Or(cmp.Compare(a.GetName(), b.GetName()), cmp.Compare(a.GetKind(), b.GetKind()))
	})
	return list
}

func mentioned(p *policyv1.Policy, form *regexp.Regexp) map[string]bool {
	names := map[string]bool{}
	for _, m := range form.FindAllSubmatch(text(p), -1) {
		names[string(m[1])] = true
	}
	return names
}

// variables are those that a policy defines; exported ones are for others to use.
func variables(p *policyv1.Policy) (list []*responsev1.InspectPoliciesResponse_Variable) {
	used := mentioned(p, variableForm)
	add := func(all map[string]string, kind responsev1.InspectPoliciesResponse_Variable_Kind) {
		for name, value := range all {
			list = append(list, &responsev1.InspectPoliciesResponse_Variable{Name: name, Value: value, Kind: kind, Source: stored.ID(p), Used: used[name]})
		}
	}
	add(p.GetExportVariables().GetDefinitions(), responsev1.InspectPoliciesResponse_Variable_KIND_EXPORTED)
	for _, part := range parts(p) {
		add(part.GetVariables().GetLocal(), responsev1.InspectPoliciesResponse_Variable_KIND_LOCAL)
	}
	slices.SortFunc(list, func(a, b *responsev1.InspectPoliciesResponse_Variable) int {
		return cmp.Compare(a.GetName(), b.GetName())
	})
	return list
}

func constants(p *policyv1.Policy) (list []*responsev1.InspectPoliciesResponse_Constant) {
	used := mentioned(p, constantForm)
	for name, value := range p.GetExportConstants().GetDefinitions() {
		list = append(list, &responsev1.InspectPoliciesResponse_Constant{
			Name: name, Value: value, Kind: responsev1.InspectPoliciesResponse_Constant_KIND_EXPORTED, Source: stored.ID(p), Used: used[name],
		})
	}
	for _, part := range parts(p) {
		for name, value := range part.GetConstants().GetLocal() {
			list = append(list, &responsev1.InspectPoliciesResponse_Constant{
				Name: name, Value: value, Kind: responsev1.InspectPoliciesResponse_Constant_KIND_LOCAL, Source: stored.ID(p), Used: used[name],
			})
		}
	}
	slices.SortFunc(list, func(a, b *responsev1.InspectPoliciesResponse_Constant) int {
		return cmp.Compare(a.GetName(), b.GetName())
	})
	return list
}

// body is a kind of policy that may have variables and constants.
type body interface {
	GetVariables() *policyv1.Variables
	GetConstants() *policyv1.Constants
}

func parts(p *policyv1.Policy) []body {
	return []body{p.GetResourcePolicy(), p.GetPrincipalPolicy(), p.GetDerivedRoles(), p.GetRolePolicy()}
}

// coordinates are what lists are filtered by.
func coordinates(p *policyv1.Policy) (name, scope, version string) {
	switch {
	case p.GetResourcePolicy() != nil:
		r := p.GetResourcePolicy()
		return r.GetResource(), r.GetScope(), r.GetVersion()
	case p.GetPrincipalPolicy() != nil:
		r := p.GetPrincipalPolicy()
		return r.GetPrincipal(), r.GetScope(), r.GetVersion()
	case p.GetRolePolicy() != nil:
		r := p.GetRolePolicy()
		return r.GetRole(), r.GetScope(), r.GetVersion()
	case p.GetDerivedRoles() != nil:
		return p.GetDerivedRoles().GetName(), "", ""
	case p.GetExportVariables() != nil:
		return p.GetExportVariables().GetName(), "", ""
	}
	return p.GetExportConstants().GetName(), "", ""
}
