package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/aws/cognitoidp/shape"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
)

func (s *Service) addUserPoolClientSecret(ctx context.Context, in *idp.AddUserPoolClientSecretRequest) (*idp.AddUserPoolClientSecretResponse, error) {
	made, err := s.Directory.Clients.AddSecret(ctx, member.Text(in.UserPoolId), member.Text(in.ClientId), member.Text(in.ClientSecret))
	if err != nil {
		return nil, err
	}
	out := shape.SecretAnswer(made)
	if made.Generated {
		out.ClientSecretValue = new(made.Value) // the only time that it is shown here; the caller knows its own
	}
	return &idp.AddUserPoolClientSecretResponse{ClientSecretDescriptor: &out}, nil
}

// listUserPoolClientSecrets answers all at once: there are two at most, so no NextToken was ever given out.
func (s *Service) listUserPoolClientSecrets(ctx context.Context, in *idp.ListUserPoolClientSecretsRequest) (*idp.ListUserPoolClientSecretsResponse, error) {
	_, client, err := s.signed(ctx, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	if member.Text(in.NextToken) != "" {
		return nil, fault.Invalidf("Invalid pagination token")
	}
	out := &idp.ListUserPoolClientSecretsResponse{ClientSecrets: make([]idp.ClientSecretDescriptorType, 0, len(client.Secrets))}
	for _, secret := range client.Secrets {
		out.ClientSecrets = append(out.ClientSecrets, shape.SecretAnswer(secret))
	}
	return out, nil
}

func (s *Service) deleteUserPoolClientSecret(ctx context.Context, in *idp.DeleteUserPoolClientSecretRequest) (*idp.DeleteUserPoolClientSecretResponse, error) {
	return nil, s.Directory.Clients.DeleteSecret(ctx, member.Text(in.UserPoolId), member.Text(in.ClientId), member.Text(in.ClientSecretId))
}
