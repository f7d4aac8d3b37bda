package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/aws/cognitoidp/shape"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/signin"
)

// public finds the client that an unsigned operation names, and the pool it belongs to.
func (s *Service) public(ctx context.Context, clientID *string) (*directory.Pool, *directory.Client, error) {
	client, err := s.Directory.Clients.Find(ctx, member.Text(clientID))
	if err != nil {
		return nil, nil, err
	}
	pool, err := s.Directory.Pools.Get(ctx, client.PoolID)
	if err != nil {
		return nil, nil, err
	}
	return pool, client, nil
}

// signed finds the pool that a signed operation names, and its client.
func (s *Service) signed(ctx context.Context, poolID, clientID *string) (*directory.Pool, *directory.Client, error) {
	pool, err := s.pool(ctx, poolID)
	if err != nil {
		return nil, nil, err
	}
	client, err := s.Directory.Clients.Get(ctx, pool.ID, member.Text(clientID))
	if err != nil {
		return nil, nil, err
	}
	return pool, client, nil
}

func (s *Service) initiateAuth(ctx context.Context, in *idp.InitiateAuthRequest) (*idp.InitiateAuthResponse, error) {
	pool, client, err := s.public(ctx, in.ClientId)
	if err != nil {
		return nil, err
	}
	if ctx, err = visit(ctx, client, in.UserContextData); err != nil {
		return nil, err
	}
	answer, err := s.SignIn.Initiate(ctx, signin.Start{
		Pool: pool, Client: client, Flow: member.Text(in.AuthFlow), Params: in.AuthParameters, Session: member.Text(in.Session),
		From: from(ctx), ClientMetadata: in.ClientMetadata,
	})
	if err != nil {
		return nil, err
	}
	return new(shape.SignInAnswer(answer)), nil
}

func (s *Service) adminInitiateAuth(ctx context.Context, in *idp.AdminInitiateAuthRequest) (*idp.AdminInitiateAuthResponse, error) {
	pool, client, err := s.signed(ctx, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	if ctx, err = told(ctx, in.ContextData); err != nil {
		return nil, err
	}
	answer, err := s.SignIn.Initiate(ctx, signin.Start{
		Pool: pool, Client: client, Admin: true, Flow: member.Text(in.AuthFlow), Params: in.AuthParameters, Session: member.Text(in.Session),
		From: from(ctx), ClientMetadata: in.ClientMetadata,
	})
	if err != nil {
		return nil, err
	}
	return new(idp.AdminInitiateAuthResponse(shape.SignInAnswer(answer))), nil
}

func (s *Service) respondToAuthChallenge(ctx context.Context, in *idp.RespondToAuthChallengeRequest) (*idp.RespondToAuthChallengeResponse, error) {
	pool, client, err := s.public(ctx, in.ClientId)
	if err != nil {
		return nil, err
	}
	if ctx, err = visit(ctx, client, in.UserContextData); err != nil {
		return nil, err
	}
	answer, err := s.SignIn.Respond(ctx, signin.Reply{
		Pool: pool, Client: client, Challenge: member.Text(in.ChallengeName), Session: member.Text(in.Session), Answers: in.ChallengeResponses,
		From: from(ctx), ClientMetadata: in.ClientMetadata,
	})
	if err != nil {
		return nil, err
	}
	return new(idp.RespondToAuthChallengeResponse(shape.SignInAnswer(answer))), nil
}

func (s *Service) adminRespondToAuthChallenge(ctx context.Context, in *idp.AdminRespondToAuthChallengeRequest) (*idp.AdminRespondToAuthChallengeResponse, error) {
	pool, client, err := s.signed(ctx, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	if ctx, err = told(ctx, in.ContextData); err != nil {
		return nil, err
	}
	answer, err := s.SignIn.Respond(ctx, signin.Reply{
		Pool: pool, Client: client, Admin: true, Challenge: member.Text(in.ChallengeName), Session: member.Text(in.Session),
		Answers: in.ChallengeResponses, From: from(ctx), ClientMetadata: in.ClientMetadata,
	})
	if err != nil {
		return nil, err
	}
	return new(idp.AdminRespondToAuthChallengeResponse(shape.SignInAnswer(answer))), nil
}

func (s *Service) getTokensFromRefreshToken(ctx context.Context, in *idp.GetTokensFromRefreshTokenRequest) (*idp.GetTokensFromRefreshTokenResponse, error) {
	_, client, err := s.public(ctx, in.ClientId)
	if err != nil {
		return nil, err
	}
	if ctx, err = visit(ctx, client, nil); err != nil {
		return nil, err
	}
	set, err := s.SignIn.Refresh(ctx, signin.Renewal{
		Client: client, RefreshToken: member.Text(in.RefreshToken), ClientSecret: member.Text(in.ClientSecret), DeviceKey: member.Text(in.DeviceKey),
		From: from(ctx), ClientMetadata: in.ClientMetadata,
	})
	if err != nil {
		return nil, err
	}
	return &idp.GetTokensFromRefreshTokenResponse{AuthenticationResult: shape.TokensAnswer(set, nil)}, nil
}
