package shape

import (
	"cognate.dev/cognate/internal/branding"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
)

func AssetsOf(list []idp.AssetType) []branding.Asset {
	assets := make([]branding.Asset, 0, len(list))
	for _, a := range list {
		assets = append(assets, branding.Asset{
			Category: member.Text(a.Category), ColorMode: member.Text(a.ColorMode), Extension: member.Text(a.Extension), Bytes: a.Bytes, ResourceID: member.Text(a.ResourceId),
		})
	}
	return assets
}

func StyleAnswer(s *branding.Style) *idp.ManagedLoginBrandingType {
	out := &idp.ManagedLoginBrandingType{
		ManagedLoginBrandingId: new(s.ID), UserPoolId: new(s.PoolID), UseCognitoProvidedValues: new(s.Provided), Settings: s.Settings,
		CreationDate: awsjson.At(s.CreatedAt), LastModifiedDate: awsjson.At(s.ModifiedAt),
	}
	for _, a := range s.Assets {
		out.Assets = append(out.Assets, idp.AssetType{
			Category: new(a.Category), ColorMode: new(a.ColorMode), Extension: new(a.Extension), Bytes: a.Bytes, ResourceId: member.Given(a.ResourceID),
		})
	}
	return out
}

// TermsAnswer writes a document. Source and enforcement have one value each.
func TermsAnswer(t *branding.Terms) *idp.TermsType {
	return &idp.TermsType{
		TermsId: new(t.ID), UserPoolId: new(t.PoolID), ClientId: new(t.ClientID), TermsName: new(t.Name),
		TermsSource: new(idp.TermsSourceTypeLink), Enforcement: new(idp.TermsEnforcementTypeNone), Links: t.Links,
		CreationDate: awsjson.At(t.CreatedAt), LastModifiedDate: awsjson.At(t.ModifiedAt),
	}
}
