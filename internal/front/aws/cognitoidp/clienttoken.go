package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
)

func (s *Service) getClientToken(ctx context.Context, in *idp.GetClientTokenRequest) (*idp.GetClientTokenResponse, error) {
	pool, client, err := s.public(ctx, in.ClientId)
	if err != nil {
		return nil, err
	}
	set, err := s.Machine.Token(ctx, authorize.Claim{
		Pool: pool, Client: client, Secret: member.Text(in.Secret), Scopes: in.Scopes, ClientMetadata: in.ClientMetadata,
	})
	if err != nil {
		return nil, err
	}
	return &idp.GetClientTokenResponse{ClientAuthenticationResult: &idp.ClientAuthenticationResultType{
		AccessToken: new(set.Access), ExpiresIn: member.Number(set.ExpiresIn), TokenType: new("Bearer"),
	}}, nil
}
