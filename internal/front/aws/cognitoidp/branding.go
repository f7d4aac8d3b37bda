package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/branding"
	"cognate.dev/cognate/internal/fault"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
)

func (s *Service) createManagedLoginBranding(ctx context.Context, in *idp.CreateManagedLoginBrandingRequest) (*idp.CreateManagedLoginBrandingResponse, error) {
	pool, client, err := s.signed(ctx, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	style, err := s.Branding.Styles.Create(ctx, pool.ID, client.ID, branding.StyleSpec{
		Provided: in.UseCognitoProvidedValues, Settings: in.Settings, Assets: assetsOf(in.Assets),
	})
	if err != nil {
		return nil, err
	}
	return &idp.CreateManagedLoginBrandingResponse{ManagedLoginBranding: styleAnswer(style)}, nil
}

func (s *Service) describeManagedLoginBranding(ctx context.Context, in *idp.DescribeManagedLoginBrandingRequest) (*idp.DescribeManagedLoginBrandingResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	style, err := s.Branding.Styles.Get(ctx, pool.ID, text(in.ManagedLoginBrandingId), yes(in.ReturnMergedResources))
	if err != nil {
		return nil, err
	}
	return &idp.DescribeManagedLoginBrandingResponse{ManagedLoginBranding: styleAnswer(style)}, nil
}

func (s *Service) describeManagedLoginBrandingByClient(ctx context.Context, in *idp.DescribeManagedLoginBrandingByClientRequest) (*idp.DescribeManagedLoginBrandingByClientResponse, error) {
	pool, client, err := s.signed(ctx, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	style, err := s.Branding.Styles.Of(ctx, pool.ID, client.ID, yes(in.ReturnMergedResources))
	if err != nil {
		return nil, err
	}
	return &idp.DescribeManagedLoginBrandingByClientResponse{ManagedLoginBranding: styleAnswer(style)}, nil
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
	style, err := s.Branding.Styles.Update(ctx, pool.ID, text(in.ManagedLoginBrandingId), branding.StyleSpec{
		Provided: in.UseCognitoProvidedValues, Settings: in.Settings, Assets: assetsOf(in.Assets),
	})
	if err != nil {
		return nil, err
	}
	return &idp.UpdateManagedLoginBrandingResponse{ManagedLoginBranding: styleAnswer(style)}, nil
}

func (s *Service) deleteManagedLoginBranding(ctx context.Context, in *idp.DeleteManagedLoginBrandingRequest) (*awsjson.Empty, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return nil, s.Branding.Styles.Delete(ctx, pool.ID, text(in.ManagedLoginBrandingId))
}

func assetsOf(list []idp.AssetType) []branding.Asset {
	assets := make([]branding.Asset, 0, len(list))
	for _, a := range list {
		assets = append(assets, branding.Asset{
			Category: text(a.Category), ColorMode: text(a.ColorMode), Extension: text(a.Extension), Bytes: a.Bytes, ResourceID: text(a.ResourceId),
		})
	}
	return assets
}

func styleAnswer(s *branding.Style) *idp.ManagedLoginBrandingType {
	out := &idp.ManagedLoginBrandingType{
		ManagedLoginBrandingId: new(s.ID), UserPoolId: new(s.PoolID), UseCognitoProvidedValues: new(s.Provided), Settings: s.Settings,
		CreationDate: awsjson.At(s.CreatedAt), LastModifiedDate: awsjson.At(s.ModifiedAt),
	}
	for _, a := range s.Assets {
		out.Assets = append(out.Assets, idp.AssetType{
			Category: new(a.Category), ColorMode: new(a.ColorMode), Extension: new(a.Extension), Bytes: a.Bytes, ResourceId: given(a.ResourceID),
		})
	}
	return out
}
