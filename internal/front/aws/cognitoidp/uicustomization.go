package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/branding"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
)

func (s *Service) setUICustomization(ctx context.Context, in *idp.SetUICustomizationRequest) (*idp.SetUICustomizationResponse, error) {
	pool, client, err := s.customized(ctx, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	look, err := s.Branding.Classic.Set(ctx, pool, client, in.CSS, in.ImageFile)
	if err != nil {
		return nil, err
	}
	return &idp.SetUICustomizationResponse{UICustomization: s.lookAnswer(look)}, nil
}

func (s *Service) getUICustomization(ctx context.Context, in *idp.GetUICustomizationRequest) (*idp.GetUICustomizationResponse, error) {
	pool, client, err := s.customized(ctx, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	look, err := s.Branding.Classic.Get(ctx, pool, client)
	if err != nil {
		return nil, err
	}
	return &idp.GetUICustomizationResponse{UICustomization: s.lookAnswer(look)}, nil
}

// customized finds the pool and client of a request; no client means all.
func (s *Service) customized(ctx context.Context, poolID, clientID *string) (pool, client string, err error) {
	if id := member.Text(clientID); id == "" || id == branding.All {
		p, err := s.pool(ctx, poolID)
		if err != nil {
			return "", "", err
		}
		return p.ID, branding.All, nil
	}
	p, c, err := s.signed(ctx, poolID, clientID)
	if err != nil {
		return "", "", err
	}
	return p.ID, c.ID, nil
}

// lookAnswer writes a look; the empty shape is none.
func (s *Service) lookAnswer(c *branding.Classic) *idp.UICustomizationType {
	if c == nil {
		return &idp.UICustomizationType{}
	}
	out := &idp.UICustomizationType{
		UserPoolId: new(c.PoolID), ClientId: new(c.ClientID), CSS: member.Given(c.CSS), CSSVersion: new(c.Version()),
		CreationDate: awsjson.At(c.CreatedAt), LastModifiedDate: awsjson.At(c.ModifiedAt),
	}
	if path := c.ImagePath(); path != "" {
		out.ImageUrl = new(s.Public + path)
	}
	return out
}
