package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/fault"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/limit"
)

// limitClass is the only class of limits that there is.
const limitClass = "API_CATEGORY"

func (s *Service) getProvisionedLimit(ctx context.Context, in *idp.GetProvisionedLimitRequest) (*idp.GetProvisionedLimitResponse, error) {
	category, err := categoryOf(in.LimitDefinition)
	if err != nil {
		return nil, err
	}
	l, err := s.Rates.Get(ctx, category)
	if err != nil {
		return nil, err
	}
	return &idp.GetProvisionedLimitResponse{Limit: limitAnswer(l)}, nil
}

func (s *Service) updateProvisionedLimit(ctx context.Context, in *idp.UpdateProvisionedLimitRequest) (*idp.UpdateProvisionedLimitResponse, error) {
	category, err := categoryOf(in.LimitDefinition)
	if err != nil {
		return nil, err
	}
	l, err := s.Rates.Set(ctx, category, count(in.RequestedLimitValue))
	if err != nil {
		return nil, err
	}
	return &idp.UpdateProvisionedLimitResponse{Limit: limitAnswer(l)}, nil
}

func categoryOf(d *idp.LimitDefinitionType) (string, error) {
	if text(d.LimitClass) != limitClass {
		return "", fault.Invalidf("LimitClass must be %s.", limitClass)
	}
	if len(d.Attributes) != 1 || d.Attributes["Category"] == "" {
		return "", fault.Invalidf("Attributes must have the member Category and no other.")
	}
	return d.Attributes["Category"], nil
}

func limitAnswer(l limit.Limit) *idp.LimitType {
	return &idp.LimitType{
		LimitDefinition:       &idp.LimitDefinitionType{LimitClass: new(limitClass), Attributes: map[string]string{"Category": l.Category}},
		ProvisionedLimitValue: number(l.Provisioned), FreeLimitValue: number(l.Free),
	}
}
