package cognitoidentity

import (
	"context"

	"cognate.dev/cognate/internal/front/aws"
	"cognate.dev/cognate/internal/front/aws/member"
	ci "cognate.dev/cognate/internal/gen/cognitoidentity"
	"cognate.dev/cognate/internal/identitypool"
	"cognate.dev/cognate/internal/kit/awsjson"
)

func (s *Service) createIdentityPool(ctx context.Context, in *ci.CreateIdentityPoolInput) (*ci.IdentityPool, error) {
	pool, err := s.Pools.Create(ctx, aws.CallFrom(ctx).Region, settingsOf(&ci.IdentityPool{
		IdentityPoolName: in.IdentityPoolName, AllowUnauthenticatedIdentities: in.AllowUnauthenticatedIdentities,
		AllowClassicFlow: in.AllowClassicFlow, SupportedLoginProviders: in.SupportedLoginProviders,
		DeveloperProviderName: in.DeveloperProviderName, OpenIdConnectProviderARNs: in.OpenIdConnectProviderARNs,
		CognitoIdentityProviders: in.CognitoIdentityProviders, SamlProviderARNs: in.SamlProviderARNs, IdentityPoolTags: in.IdentityPoolTags,
	}))
	if err != nil {
		return nil, err
	}
	return poolAnswer(pool), nil
}

func (s *Service) describeIdentityPool(ctx context.Context, in *ci.DescribeIdentityPoolInput) (*ci.IdentityPool, error) {
	pool, err := s.Pools.Get(ctx, member.Text(in.IdentityPoolId))
	if err != nil {
		return nil, err
	}
	return poolAnswer(pool), nil
}

func (s *Service) updateIdentityPool(ctx context.Context, in *ci.IdentityPool) (*ci.IdentityPool, error) {
	pool, err := s.Pools.Update(ctx, member.Text(in.IdentityPoolId), settingsOf(in))
	if err != nil {
		return nil, err
	}
	return poolAnswer(pool), nil
}

func (s *Service) deleteIdentityPool(ctx context.Context, in *ci.DeleteIdentityPoolInput) (*awsjson.Empty, error) {
	return nil, s.Pools.Delete(ctx, member.Text(in.IdentityPoolId))
}

func (s *Service) listIdentityPools(ctx context.Context, in *ci.ListIdentityPoolsInput) (*ci.ListIdentityPoolsResponse, error) {
	pools, next, err := s.Pools.List(ctx, member.Count(in.MaxResults), member.Text(in.NextToken))
	if err != nil {
		return nil, err
	}
	out := &ci.ListIdentityPoolsResponse{IdentityPools: make([]ci.IdentityPoolShortDescription, 0, len(pools)), NextToken: member.Given(next)}
	for _, pool := range pools {
		out.IdentityPools = append(out.IdentityPools, ci.IdentityPoolShortDescription{IdentityPoolId: &pool.ID, IdentityPoolName: &pool.Name})
	}
	return out, nil
}

func settingsOf(in *ci.IdentityPool) identitypool.Settings {
	set := identitypool.Settings{
		Name: member.Text(in.IdentityPoolName), Guests: in.AllowUnauthenticatedIdentities != nil && *in.AllowUnauthenticatedIdentities,
		Classic: in.AllowClassicFlow, Social: in.SupportedLoginProviders, Developer: member.Text(in.DeveloperProviderName),
		OIDC: in.OpenIdConnectProviderARNs, SAML: in.SamlProviderARNs, Tags: in.IdentityPoolTags,
	}
	for _, u := range in.CognitoIdentityProviders {
		set.UserPools = append(set.UserPools, identitypool.UserPool{Provider: member.Text(u.ProviderName), Client: member.Text(u.ClientId), Check: u.ServerSideTokenCheck})
	}
	return set
}

// poolAnswer shows a pool: empty lists and maps are omitted, but for the tags.
func poolAnswer(p *identitypool.Pool) *ci.IdentityPool {
	out := &ci.IdentityPool{
		IdentityPoolId: &p.ID, IdentityPoolName: &p.Name, AllowUnauthenticatedIdentities: &p.Guests, AllowClassicFlow: p.Classic,
		DeveloperProviderName: member.Given(p.Developer), IdentityPoolTags: p.Tags,
	}
	if len(p.Social) > 0 {
		out.SupportedLoginProviders = p.Social
	}
	if len(p.OIDC) > 0 {
		out.OpenIdConnectProviderARNs = p.OIDC
	}
	if len(p.SAML) > 0 {
		out.SamlProviderARNs = p.SAML
	}
	if out.IdentityPoolTags == nil {
		out.IdentityPoolTags = map[string]string{}
	}
	for _, u := range p.UserPools {
		out.CognitoIdentityProviders = append(out.CognitoIdentityProviders,
			ci.CognitoIdentityProvider{ProviderName: &u.Provider, ClientId: &u.Client, ServerSideTokenCheck: new(u.Check != nil && *u.Check)})
	}
	return out
}
