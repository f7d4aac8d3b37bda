package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/front/aws/cognitoidp/shape"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/risk"
)

func (s *Service) setRiskConfiguration(ctx context.Context, in *idp.SetRiskConfigurationRequest) (*idp.SetRiskConfigurationResponse, error) {
	target, err := s.riskTarget(ctx, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	c, err := s.Risks.Set(ctx, target, risk.Parts{
		Compromised: shape.CompromisedOf(in.CompromisedCredentialsRiskConfiguration), Takeover: shape.TakeoverOf(in.AccountTakeoverRiskConfiguration),
		Exceptions: shape.ExceptionsOf(in.RiskExceptionConfiguration),
	})
	if err != nil {
		return nil, err
	}
	return &idp.SetRiskConfigurationResponse{RiskConfiguration: shape.RiskAnswer(c)}, nil
}

func (s *Service) describeRiskConfiguration(ctx context.Context, in *idp.DescribeRiskConfigurationRequest) (*idp.DescribeRiskConfigurationResponse, error) {
	target, err := s.riskTarget(ctx, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	c, err := s.Risks.Get(ctx, target)
	if err != nil {
		return nil, err
	}
	return &idp.DescribeRiskConfigurationResponse{RiskConfiguration: shape.RiskAnswer(c)}, nil
}

// riskTarget finds the pool, or the client of it, that a request is about.
func (s *Service) riskTarget(ctx context.Context, poolID, clientID *string) (risk.Target, error) {
	pool, err := s.pool(ctx, poolID)
	if err != nil {
		return risk.Target{}, err
	}
	t := risk.Target{Pool: pool}
	if member.Text(clientID) == "" {
		return t, nil
	}
	client, err := s.Directory.Clients.Get(ctx, pool.ID, member.Text(clientID))
	if err != nil {
		return risk.Target{}, err
	}
	t.ClientID = client.ID
	return t, nil
}
