package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/aws/cognitoidp/shape"
	"cognate.dev/cognate/internal/front/aws/member"
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
		PoolID: pool.ID, Identifier: member.Text(in.Identifier), Name: member.Text(in.Name), Scopes: shape.ScopesOf(in.Scopes),
	})
	if err != nil {
		return nil, err
	}
	return &idp.CreateResourceServerResponse{ResourceServer: new(shape.ResourceServerAnswer(server))}, nil
}

func (s *Service) describeResourceServer(ctx context.Context, in *idp.DescribeResourceServerRequest) (*idp.DescribeResourceServerResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	server, err := s.Directory.Resources.Get(ctx, pool.ID, member.Text(in.Identifier))
	if err != nil {
		return nil, err
	}
	return &idp.DescribeResourceServerResponse{ResourceServer: new(shape.ResourceServerAnswer(server))}, nil
}

func (s *Service) updateResourceServer(ctx context.Context, in *idp.UpdateResourceServerRequest) (*idp.UpdateResourceServerResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	server, err := s.Directory.Resources.Update(ctx, pool.ID, member.Text(in.Identifier), member.Text(in.Name), shape.ScopesOf(in.Scopes))
	if err != nil {
		return nil, err
	}
	return &idp.UpdateResourceServerResponse{ResourceServer: new(shape.ResourceServerAnswer(server))}, nil
}

func (s *Service) deleteResourceServer(ctx context.Context, in *idp.DeleteResourceServerRequest) (*awsjson.Empty, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return nil, s.Directory.Resources.Delete(ctx, pool.ID, member.Text(in.Identifier))
}

func (s *Service) listResourceServers(ctx context.Context, in *idp.ListResourceServersRequest) (*idp.ListResourceServersResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	limit := member.Count(in.MaxResults)
	if limit == 0 {
		limit = resourceServersPage
	}
	page, err := s.Directory.Resources.List(ctx, pool.ID, limit, member.Text(in.NextToken))
	if err != nil {
		return nil, err
	}
	out := &idp.ListResourceServersResponse{
		ResourceServers: make([]idp.ResourceServerType, 0, len(page.Items)), NextToken: member.Given(page.Next),
	}
	for _, server := range page.Items {
		out.ResourceServers = append(out.ResourceServers, shape.ResourceServerAnswer(server))
	}
	return out, nil
}
