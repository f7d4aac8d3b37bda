package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/front/aws/cognitoidp/shape"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
)

func (s *Service) getProvisionedLimit(ctx context.Context, in *idp.GetProvisionedLimitRequest) (*idp.GetProvisionedLimitResponse, error) {
	category, err := shape.CategoryOf(in.LimitDefinition)
	if err != nil {
		return nil, err
	}
	l, err := s.Rates.Get(ctx, category)
	if err != nil {
		return nil, err
	}
	return &idp.GetProvisionedLimitResponse{Limit: shape.LimitAnswer(l)}, nil
}

func (s *Service) updateProvisionedLimit(ctx context.Context, in *idp.UpdateProvisionedLimitRequest) (*idp.UpdateProvisionedLimitResponse, error) {
	category, err := shape.CategoryOf(in.LimitDefinition)
	if err != nil {
		return nil, err
	}
	l, err := s.Rates.Set(ctx, category, member.Count(in.RequestedLimitValue))
	if err != nil {
		return nil, err
	}
	return &idp.UpdateProvisionedLimitResponse{Limit: shape.LimitAnswer(l)}, nil
}
