package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
)

func (s *Service) addUserPoolClientSecret(ctx context.Context, in *idp.AddUserPoolClientSecretRequest) (*idp.AddUserPoolClientSecretResponse, error) {
	made, err := s.Directory.Clients.AddSecret(ctx, text(in.UserPoolId), text(in.ClientId), text(in.ClientSecret))
	if err != nil {
		return nil, err
	}
	out := secretAnswer(made)
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
	if text(in.NextToken) != "" {
		return nil, fault.Invalidf("Invalid pagination token")
	}
	out := &idp.ListUserPoolClientSecretsResponse{ClientSecrets: make([]idp.ClientSecretDescriptorType, 0, len(client.Secrets))}
	for _, secret := range client.Secrets {
		out.ClientSecrets = append(out.ClientSecrets, secretAnswer(secret))
	}
	return out, nil
}

func (s *Service) deleteUserPoolClientSecret(ctx context.Context, in *idp.DeleteUserPoolClientSecretRequest) (*idp.DeleteUserPoolClientSecretResponse, error) {
	return nil, s.Directory.Clients.DeleteSecret(ctx, text(in.UserPoolId), text(in.ClientId), text(in.ClientSecretId))
}

// secretAnswer describes a secret without its value.
func secretAnswer(secret directory.ClientSecret) idp.ClientSecretDescriptorType {
	return idp.ClientSecretDescriptorType{
		ClientSecretId: new(secret.ID), ClientSecretCreateDate: awsjson.At(secret.CreatedAt),
	}
}
