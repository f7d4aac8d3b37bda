package shape

import (
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
)

func IdentityOf(u *idp.ProviderUserIdentifierType) federation.Identity {
	return federation.Identity{
		Provider: member.Text(u.ProviderName), Attribute: member.Text(u.ProviderAttributeName), Value: member.Text(u.ProviderAttributeValue),
	}
}
