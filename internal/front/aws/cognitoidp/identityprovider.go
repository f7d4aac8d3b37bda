package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/directory/outside"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/front/aws/cognitoidp/shape"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
)

func (s *Service) createIdentityProvider(ctx context.Context, in *idp.CreateIdentityProviderRequest) (*idp.CreateIdentityProviderResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	p, err := s.Federation.Providers.Create(ctx, federation.Spec{
		PoolID: pool.ID, Name: member.Text(in.ProviderName), Type: federation.Type(member.Text(in.ProviderType)), Change: federation.Change{
			Details: in.ProviderDetails, Mapping: in.AttributeMapping, Identifiers: in.IdpIdentifiers, ACR: in.AcrMapping,
			HasAttribute: mappable(pool),
		},
	})
	if err != nil {
		return nil, err
	}
	return &idp.CreateIdentityProviderResponse{IdentityProvider: s.providerAnswer(ctx, p)}, nil
}

func (s *Service) describeIdentityProvider(ctx context.Context, in *idp.DescribeIdentityProviderRequest) (*idp.DescribeIdentityProviderResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	p, err := s.Federation.Providers.Get(ctx, pool.ID, member.Text(in.ProviderName))
	if err != nil {
		return nil, err
	}
	return &idp.DescribeIdentityProviderResponse{IdentityProvider: s.providerAnswer(ctx, p)}, nil
}

func (s *Service) getIdentityProviderByIdentifier(ctx context.Context, in *idp.GetIdentityProviderByIdentifierRequest) (*idp.GetIdentityProviderByIdentifierResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	p, err := s.Federation.Providers.ByIdentifier(ctx, pool.ID, member.Text(in.IdpIdentifier))
	if err != nil {
		return nil, err
	}
	return &idp.GetIdentityProviderByIdentifierResponse{IdentityProvider: s.providerAnswer(ctx, p)}, nil
}

func (s *Service) updateIdentityProvider(ctx context.Context, in *idp.UpdateIdentityProviderRequest) (*idp.UpdateIdentityProviderResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	p, err := s.Federation.Providers.Update(ctx, pool.ID, member.Text(in.ProviderName), federation.Change{
		Details: in.ProviderDetails, Mapping: in.AttributeMapping, Identifiers: in.IdpIdentifiers, ACR: in.AcrMapping,
		HasAttribute: mappable(pool),
	})
	if err != nil {
		return nil, err
	}
	return &idp.UpdateIdentityProviderResponse{IdentityProvider: s.providerAnswer(ctx, p)}, nil
}

func (s *Service) deleteIdentityProvider(ctx context.Context, in *idp.DeleteIdentityProviderRequest) (*awsjson.Empty, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return nil, s.Federation.Links.Drop(ctx, pool.ID, outside.Of(s.Directory, pool), member.Text(in.ProviderName))
}

func (s *Service) listIdentityProviders(ctx context.Context, in *idp.ListIdentityProvidersRequest) (*idp.ListIdentityProvidersResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	limit := member.Count(in.MaxResults)
	if limit == 0 {
		limit = directory.MaxPage
	}
	list, next, err := s.Federation.Providers.List(ctx, pool.ID, limit, member.Text(in.NextToken))
	if err != nil {
		return nil, err
	}
	out := &idp.ListIdentityProvidersResponse{Providers: make([]idp.ProviderDescription, 0, len(list)), NextToken: member.Given(next)}
	for _, p := range list {
		out.Providers = append(out.Providers, idp.ProviderDescription{
			ProviderName: new(p.Name), ProviderType: new(string(p.Type)),
			CreationDate: awsjson.At(p.CreatedAt), LastModifiedDate: awsjson.At(p.ModifiedAt),
		})
	}
	return out, nil
}

func (s *Service) adminLinkProviderForUser(ctx context.Context, in *idp.AdminLinkProviderForUserRequest) (*idp.AdminLinkProviderForUserResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return nil, s.Federation.Links.Link(ctx, pool.ID, outside.Of(s.Directory, pool), shape.IdentityOf(in.DestinationUser), shape.IdentityOf(in.SourceUser))
}

func (s *Service) adminDisableProviderForUser(ctx context.Context, in *idp.AdminDisableProviderForUserRequest) (*idp.AdminDisableProviderForUserResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return nil, s.Federation.Links.Unlink(ctx, pool.ID, outside.Of(s.Directory, pool), shape.IdentityOf(in.User))
}

// mappable says which attributes of a pool claims may be mapped to.
func mappable(pool *directory.Pool) func(string) bool {
	return func(name string) bool {
		_, ok := pool.Attribute(name)
		return ok
	}
}

func (s *Service) providerAnswer(ctx context.Context, p *federation.Provider) *idp.IdentityProviderType {
	return &idp.IdentityProviderType{
		UserPoolId: new(p.PoolID), ProviderName: new(p.Name), ProviderType: new(string(p.Type)), ProviderDetails: s.Federation.Providers.Described(ctx, p),
		AttributeMapping: p.Mapping, IdpIdentifiers: p.Identifiers, AcrMapping: p.ACR,
		CreationDate: awsjson.At(p.CreatedAt), LastModifiedDate: awsjson.At(p.ModifiedAt),
	}
}
