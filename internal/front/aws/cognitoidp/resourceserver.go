package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
)

// resourceServersPage is the page that AWS gives when no size is asked for, and the largest one.
const resourceServersPage = 50

func (s *Service) createResourceServer(ctx context.Context, in *idp.CreateResourceServerRequest) (*idp.CreateResourceServerResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	server, err := s.Directory.Resources.Create(ctx, directory.ResourceServer{
		PoolID: pool.ID, Identifier: text(in.Identifier), Name: text(in.Name), Scopes: scopesOf(in.Scopes),
	})
	if err != nil {
		return nil, err
	}
	return &idp.CreateResourceServerResponse{ResourceServer: new(resourceServerAnswer(server))}, nil
}

func (s *Service) describeResourceServer(ctx context.Context, in *idp.DescribeResourceServerRequest) (*idp.DescribeResourceServerResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	server, err := s.Directory.Resources.Get(ctx, pool.ID, text(in.Identifier))
	if err != nil {
		return nil, err
	}
	return &idp.DescribeResourceServerResponse{ResourceServer: new(resourceServerAnswer(server))}, nil
}

func (s *Service) updateResourceServer(ctx context.Context, in *idp.UpdateResourceServerRequest) (*idp.UpdateResourceServerResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	server, err := s.Directory.Resources.Update(ctx, pool.ID, text(in.Identifier), text(in.Name), scopesOf(in.Scopes))
	if err != nil {
		return nil, err
	}
	return &idp.UpdateResourceServerResponse{ResourceServer: new(resourceServerAnswer(server))}, nil
}

func (s *Service) deleteResourceServer(ctx context.Context, in *idp.DeleteResourceServerRequest) (*awsjson.Empty, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return nil, s.Directory.Resources.Delete(ctx, pool.ID, text(in.Identifier))
}

func (s *Service) listResourceServers(ctx context.Context, in *idp.ListResourceServersRequest) (*idp.ListResourceServersResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	limit := count(in.MaxResults)
	if limit == 0 {
		limit = resourceServersPage
	}
	page, err := s.Directory.Resources.List(ctx, pool.ID, limit, text(in.NextToken))
	if err != nil {
		return nil, err
	}
	out := &idp.ListResourceServersResponse{
		ResourceServers: make([]idp.ResourceServerType, 0, len(page.Items)), NextToken: given(page.Next),
	}
	for _, server := range page.Items {
		out.ResourceServers = append(out.ResourceServers, resourceServerAnswer(server))
	}
	return out, nil
}

func scopesOf(list []idp.ResourceServerScopeType) []directory.Scope {
	scopes := make([]directory.Scope, 0, len(list))
	for _, s := range list {
		scopes = append(scopes, directory.Scope{Name: text(s.ScopeName), Description: text(s.ScopeDescription)})
	}
	return scopes
}

func resourceServerAnswer(r *directory.ResourceServer) idp.ResourceServerType {
	out := idp.ResourceServerType{
		UserPoolId: new(r.PoolID), Identifier: new(r.Identifier), Name: new(r.Name),
		Scopes: make([]idp.ResourceServerScopeType, 0, len(r.Scopes)),
	}
	for _, s := range r.Scopes {
		out.Scopes = append(out.Scopes, idp.ResourceServerScopeType{ScopeName: new(s.Name), ScopeDescription: new(s.Description)})
	}
	return out
}
