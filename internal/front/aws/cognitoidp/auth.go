package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/signin"
	"cognate.dev/cognate/internal/token"
)

// public finds the client that an unsigned operation names, and the pool it belongs to.
func (s *Service) public(ctx context.Context, clientID *string) (*directory.Pool, *directory.Client, error) {
	client, err := s.Directory.Clients.Find(ctx, text(clientID))
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
	client, err := s.Directory.Clients.Get(ctx, pool.ID, text(clientID))
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
		Pool: pool, Client: client, Flow: text(in.AuthFlow), Params: in.AuthParameters, Session: text(in.Session),
		From: from(ctx), ClientMetadata: in.ClientMetadata,
	})
	if err != nil {
		return nil, err
	}
	return new(signInAnswer(answer)), nil
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
		Pool: pool, Client: client, Admin: true, Flow: text(in.AuthFlow), Params: in.AuthParameters, Session: text(in.Session),
		From: from(ctx), ClientMetadata: in.ClientMetadata,
	})
	if err != nil {
		return nil, err
	}
	return new(idp.AdminInitiateAuthResponse(signInAnswer(answer))), nil
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
		Pool: pool, Client: client, Challenge: text(in.ChallengeName), Session: text(in.Session), Answers: in.ChallengeResponses,
		From: from(ctx), ClientMetadata: in.ClientMetadata,
	})
	if err != nil {
		return nil, err
	}
	return new(idp.RespondToAuthChallengeResponse(signInAnswer(answer))), nil
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
		Pool: pool, Client: client, Admin: true, Challenge: text(in.ChallengeName), Session: text(in.Session),
		Answers: in.ChallengeResponses, From: from(ctx), ClientMetadata: in.ClientMetadata,
	})
	if err != nil {
		return nil, err
	}
	return new(idp.AdminRespondToAuthChallengeResponse(signInAnswer(answer))), nil
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
		Client: client, RefreshToken: text(in.RefreshToken), ClientSecret: text(in.ClientSecret), DeviceKey: text(in.DeviceKey),
		From: from(ctx), ClientMetadata: in.ClientMetadata,
	})
	if err != nil {
		return nil, err
	}
	return &idp.GetTokensFromRefreshTokenResponse{AuthenticationResult: tokensAnswer(set, nil)}, nil
}

// signInAnswer writes the next challenge or the tokens. ChallengeParameters are there in either case.
func signInAnswer(a *signin.Answer) idp.InitiateAuthResponse {
	out := idp.InitiateAuthResponse{
		ChallengeName: given(string(a.Challenge)), Session: given(a.Session), ChallengeParameters: a.Params,
		AvailableChallenges: some(a.Available), AuthenticationResult: tokensAnswer(a.Tokens, a.Device),
	}
	if out.ChallengeParameters == nil {
		out.ChallengeParameters = map[string]string{}
	}
	return out
}

func tokensAnswer(set *token.Set, device *signin.NewDevice) *idp.AuthenticationResultType {
	if set == nil {
		return nil
	}
	out := &idp.AuthenticationResultType{
		AccessToken: given(set.Access), IdToken: given(set.ID), RefreshToken: given(set.Refresh),
		ExpiresIn: number(set.ExpiresIn), TokenType: new("Bearer"),
	}
	if device != nil {
		out.NewDeviceMetadata = &idp.NewDeviceMetadataType{DeviceKey: new(device.Key), DeviceGroupKey: new(device.Group)}
	}
	return out
}
