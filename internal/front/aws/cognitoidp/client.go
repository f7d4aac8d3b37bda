package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
)

func (s *Service) createUserPoolClient(ctx context.Context, in *idp.CreateUserPoolClientRequest) (*idp.CreateUserPoolClientResponse, error) {
	client, err := s.Directory.Clients.Create(ctx, directory.ClientSpec{
		PoolID: text(in.UserPoolId), ClientSettings: clientSettingsOf(in),
		GenerateSecret: yes(in.GenerateSecret), Secret: text(in.ClientSecret),
	})
	if err != nil {
		return nil, err
	}
	return &idp.CreateUserPoolClientResponse{UserPoolClient: clientAnswer(client)}, nil
}

func (s *Service) describeUserPoolClient(ctx context.Context, in *idp.DescribeUserPoolClientRequest) (*idp.DescribeUserPoolClientResponse, error) {
	_, client, err := s.signed(ctx, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	return &idp.DescribeUserPoolClientResponse{UserPoolClient: clientAnswer(client)}, nil
}

func (s *Service) updateUserPoolClient(ctx context.Context, in *idp.UpdateUserPoolClientRequest) (*idp.UpdateUserPoolClientResponse, error) {
	client, err := s.Directory.Clients.Update(ctx, text(in.UserPoolId), text(in.ClientId), clientSettingsOf(clientRequest(in)))
	if err != nil {
		return nil, err
	}
	return &idp.UpdateUserPoolClientResponse{UserPoolClient: clientAnswer(client)}, nil
}

func (s *Service) deleteUserPoolClient(ctx context.Context, in *idp.DeleteUserPoolClientRequest) (*awsjson.Empty, error) {
	return nil, s.Directory.Clients.Delete(ctx, text(in.UserPoolId), text(in.ClientId))
}

func (s *Service) listUserPoolClients(ctx context.Context, in *idp.ListUserPoolClientsRequest) (*idp.ListUserPoolClientsResponse, error) {
	page, err := s.Directory.Clients.List(ctx, text(in.UserPoolId), text(in.ClientType), count(in.MaxResults), text(in.NextToken))
	if err != nil {
		return nil, err
	}
	out := &idp.ListUserPoolClientsResponse{
		UserPoolClients: make([]idp.UserPoolClientDescription, 0, len(page.Items)), NextToken: given(page.Next),
	}
	for _, client := range page.Items {
		out.UserPoolClients = append(out.UserPoolClients, clientDescription(client))
	}
	return out, nil
}
