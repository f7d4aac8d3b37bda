package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/aws/cognitoidp/shape"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
)

func (s *Service) createUserPoolClient(ctx context.Context, in *idp.CreateUserPoolClientRequest) (*idp.CreateUserPoolClientResponse, error) {
	client, err := s.Directory.Clients.Create(ctx, directory.ClientSpec{
		PoolID: member.Text(in.UserPoolId), ClientSettings: shape.ClientSettingsOf(in),
		GenerateSecret: member.Yes(in.GenerateSecret), Secret: member.Text(in.ClientSecret),
	})
	if err != nil {
		return nil, err
	}
	return &idp.CreateUserPoolClientResponse{UserPoolClient: shape.ClientAnswer(client)}, nil
}

func (s *Service) describeUserPoolClient(ctx context.Context, in *idp.DescribeUserPoolClientRequest) (*idp.DescribeUserPoolClientResponse, error) {
	_, client, err := s.signed(ctx, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	return &idp.DescribeUserPoolClientResponse{UserPoolClient: shape.ClientAnswer(client)}, nil
}

func (s *Service) updateUserPoolClient(ctx context.Context, in *idp.UpdateUserPoolClientRequest) (*idp.UpdateUserPoolClientResponse, error) {
	client, err := s.Directory.Clients.Update(ctx, member.Text(in.UserPoolId), member.Text(in.ClientId), shape.ClientSettingsOf(shape.ClientRequest(in)))
	if err != nil {
		return nil, err
	}
	return &idp.UpdateUserPoolClientResponse{UserPoolClient: shape.ClientAnswer(client)}, nil
}

func (s *Service) deleteUserPoolClient(ctx context.Context, in *idp.DeleteUserPoolClientRequest) (*awsjson.Empty, error) {
	return nil, s.Directory.Clients.Delete(ctx, member.Text(in.UserPoolId), member.Text(in.ClientId))
}

func (s *Service) listUserPoolClients(ctx context.Context, in *idp.ListUserPoolClientsRequest) (*idp.ListUserPoolClientsResponse, error) {
	page, err := s.Directory.Clients.List(ctx, member.Text(in.UserPoolId), member.Text(in.ClientType), member.Count(in.MaxResults), member.Text(in.NextToken))
	if err != nil {
		return nil, err
	}
	out := &idp.ListUserPoolClientsResponse{
		UserPoolClients: make([]idp.UserPoolClientDescription, 0, len(page.Items)), NextToken: member.Given(page.Next),
	}
	for _, client := range page.Items {
		out.UserPoolClients = append(out.UserPoolClients, shape.ClientDescription(client))
	}
	return out, nil
}
