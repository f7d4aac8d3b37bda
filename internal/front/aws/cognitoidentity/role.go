package cognitoidentity

import (
	"context"

	"cognate.dev/cognate/internal/front/aws/member"
	ci "cognate.dev/cognate/internal/gen/cognitoidentity"
	"cognate.dev/cognate/internal/identitypool"
	"cognate.dev/cognate/internal/kit/awsjson"
)

func (s *Service) getIdentityPoolRoles(ctx context.Context, in *ci.GetIdentityPoolRolesInput) (*ci.GetIdentityPoolRolesResponse, error) {
	pool, err := s.Pools.Get(ctx, member.Text(in.IdentityPoolId))
	if err != nil {
		return nil, err
	}
	out := &ci.GetIdentityPoolRolesResponse{IdentityPoolId: &pool.ID}
	if len(pool.Roles) > 0 {
		out.Roles = pool.Roles
	}
	for key, m := range pool.Mappings {
		if out.RoleMappings == nil {
			out.RoleMappings = map[string]ci.RoleMapping{}
		}
		out.RoleMappings[key] = mappingAnswer(m)
	}
	return out, nil
}

func (s *Service) setIdentityPoolRoles(ctx context.Context, in *ci.SetIdentityPoolRolesInput) (*awsjson.Empty, error) {
	mappings := map[string]identitypool.Mapping{}
	for key, m := range in.RoleMappings {
		mappings[key] = mappingOf(m)
	}
	return nil, s.Pools.SetRoles(ctx, member.Text(in.IdentityPoolId), in.Roles, mappings)
}

func mappingOf(m ci.RoleMapping) identitypool.Mapping {
	out := identitypool.Mapping{Type: member.Text(m.Type), Ambiguous: member.Text(m.AmbiguousRoleResolution)}
	if m.RulesConfiguration != nil {
		for _, r := range m.RulesConfiguration.Rules {
			out.Rules = append(out.Rules, identitypool.Rule{Claim: member.Text(r.Claim), Match: member.Text(r.MatchType), Value: member.Text(r.Value), Role: member.Text(r.RoleARN)})
		}
	}
	return out
}

func mappingAnswer(m identitypool.Mapping) ci.RoleMapping {
	out := ci.RoleMapping{Type: &m.Type, AmbiguousRoleResolution: &m.Ambiguous}
	if len(m.Rules) > 0 {
		out.RulesConfiguration = &ci.RulesConfigurationType{}
		for _, r := range m.Rules {
			out.RulesConfiguration.Rules = append(out.RulesConfiguration.Rules,
				ci.MappingRule{Claim: &r.Claim, MatchType: &r.Match, Value: &r.Value, RoleARN: &r.Role})
		}
	}
	return out
}

func (s *Service) getPrincipalTagAttributeMap(ctx context.Context, in *ci.GetPrincipalTagAttributeMapInput) (*ci.GetPrincipalTagAttributeMapResponse, error) {
	pool, err := s.Pools.Get(ctx, member.Text(in.IdentityPoolId))
	if err != nil {
		return nil, err
	}
	m := pool.TagMaps[member.Text(in.IdentityProviderName)]
	return &ci.GetPrincipalTagAttributeMapResponse{
		IdentityPoolId: &pool.ID, IdentityProviderName: in.IdentityProviderName, UseDefaults: &m.Defaults, PrincipalTags: m.Claims(),
	}, nil
}

func (s *Service) setPrincipalTagAttributeMap(ctx context.Context, in *ci.SetPrincipalTagAttributeMapInput) (*ci.SetPrincipalTagAttributeMapResponse, error) {
	m := identitypool.TagMap{Defaults: in.UseDefaults != nil && *in.UseDefaults, Tags: in.PrincipalTags}
	if err := s.Pools.SetTagMap(ctx, member.Text(in.IdentityPoolId), member.Text(in.IdentityProviderName), m); err != nil {
		return nil, err
	}
	return &ci.SetPrincipalTagAttributeMapResponse{
		IdentityPoolId: in.IdentityPoolId, IdentityProviderName: in.IdentityProviderName, UseDefaults: &m.Defaults, PrincipalTags: m.Claims(),
	}, nil
}
