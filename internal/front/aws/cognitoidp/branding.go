package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/branding"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/aws/cognitoidp/shape"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
)

func (s *Service) createManagedLoginBranding(ctx context.Context, in *idp.CreateManagedLoginBrandingRequest) (*idp.CreateManagedLoginBrandingResponse, error) {
	pool, client, err := s.signed(ctx, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	style, err := s.Branding.Styles.Create(ctx, pool.ID, client.ID, branding.StyleSpec{
		Provided: in.UseCognitoProvidedValues, Settings: in.Settings, Assets: shape.AssetsOf(in.Assets),
	})
	if err != nil {
		return nil, err
	}
	return &idp.CreateManagedLoginBrandingResponse{ManagedLoginBranding: shape.StyleAnswer(style)}, nil
}

func (s *Service) describeManagedLoginBranding(ctx context.Context, in *idp.DescribeManagedLoginBrandingRequest) (*idp.DescribeManagedLoginBrandingResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	style, err := s.Branding.Styles.Get(ctx, pool.ID, member.Text(in.ManagedLoginBrandingId), member.Yes(in.ReturnMergedResources))
	if err != nil {
		return nil, err
	}
	return &idp.DescribeManagedLoginBrandingResponse{ManagedLoginBranding: shape.StyleAnswer(style)}, nil
}

func (s *Service) describeManagedLoginBrandingByClient(ctx context.Context, in *idp.DescribeManagedLoginBrandingByClientRequest) (*idp.DescribeManagedLoginBrandingByClientResponse, error) {
	pool, client, err := s.signed(ctx, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	style, err := s.Branding.Styles.Of(ctx, pool.ID, client.ID, member.Yes(in.ReturnMergedResources))
	if err != nil {
		return nil, err
	}
	return &idp.DescribeManagedLoginBrandingByClientResponse{ManagedLoginBranding: shape.StyleAnswer(style)}, nil
}

// updateManagedLoginBranding needs the ids that the model calls optional: there is no other way to find the style.
func (s *Service) updateManagedLoginBranding(ctx context.Context, in *idp.UpdateManagedLoginBrandingRequest) (*idp.UpdateManagedLoginBrandingResponse, error) {
	if in.UserPoolId == nil || in.ManagedLoginBrandingId == nil {
		return nil, fault.Invalidf("UserPoolId and ManagedLoginBrandingId are required.")
	}
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	style, err := s.Branding.Styles.Update(ctx, pool.ID, member.Text(in.ManagedLoginBrandingId), branding.StyleSpec{
		Provided: in.UseCognitoProvidedValues, Settings: in.Settings, Assets: shape.AssetsOf(in.Assets),
	})
	if err != nil {
		return nil, err
	}
	return &idp.UpdateManagedLoginBrandingResponse{ManagedLoginBranding: shape.StyleAnswer(style)}, nil
}

func (s *Service) deleteManagedLoginBranding(ctx context.Context, in *idp.DeleteManagedLoginBrandingRequest) (*awsjson.Empty, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return nil, s.Branding.Styles.Delete(ctx, pool.ID, member.Text(in.ManagedLoginBrandingId))
}
