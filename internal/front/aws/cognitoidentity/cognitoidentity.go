// Package cognitoidentity answers the operations of Amazon Cognito identity pools: it turns a request of the wire into the
// domain's words, asks identitypool, and turns the answer back. It leaves protocol, signatures and exception names to
// front/aws and every decision to the room.
package cognitoidentity

import (
	ci "cognate.dev/cognate/internal/gen/cognitoidentity"
	"cognate.dev/cognate/internal/identitypool"
	"cognate.dev/cognate/internal/kit/awsjson"
)

// Service holds what the operations ask. Every field must be set before Register.
type Service struct {
	Account string // the AWS account id in ARNs, 12 digits
	*identitypool.Room
}

// Register puts every operation into the table.
func Register(table *awsjson.Table, s *Service) {
	awsjson.Handle(table, ci.CreateIdentityPool, s.createIdentityPool)
	awsjson.Handle(table, ci.DescribeIdentityPool, s.describeIdentityPool)
	awsjson.Handle(table, ci.UpdateIdentityPool, s.updateIdentityPool)
	awsjson.Handle(table, ci.DeleteIdentityPool, s.deleteIdentityPool)
	awsjson.Handle(table, ci.ListIdentityPools, s.listIdentityPools)
	awsjson.Handle(table, ci.GetIdentityPoolRoles, s.getIdentityPoolRoles)
	awsjson.Handle(table, ci.SetIdentityPoolRoles, s.setIdentityPoolRoles)
	awsjson.Handle(table, ci.GetPrincipalTagAttributeMap, s.getPrincipalTagAttributeMap)
	awsjson.Handle(table, ci.SetPrincipalTagAttributeMap, s.setPrincipalTagAttributeMap)
	awsjson.Handle(table, ci.TagResource, s.tagResource)
	awsjson.Handle(table, ci.UntagResource, s.untagResource)
	awsjson.Handle(table, ci.ListTagsForResource, s.listTagsForResource)

	awsjson.Handle(table, ci.GetId, s.getId)
	awsjson.Handle(table, ci.GetOpenIdToken, s.getOpenIdToken)
	awsjson.Handle(table, ci.GetCredentialsForIdentity, s.getCredentialsForIdentity)
	awsjson.Handle(table, ci.UnlinkIdentity, s.unlinkIdentity)
	awsjson.Handle(table, ci.DescribeIdentity, s.describeIdentity)
	awsjson.Handle(table, ci.ListIdentities, s.listIdentities)
	awsjson.Handle(table, ci.DeleteIdentities, s.deleteIdentities)

	awsjson.Handle(table, ci.GetOpenIdTokenForDeveloperIdentity, s.getOpenIdTokenForDeveloperIdentity)
	awsjson.Handle(table, ci.LookupDeveloperIdentity, s.lookupDeveloperIdentity)
	awsjson.Handle(table, ci.MergeDeveloperIdentities, s.mergeDeveloperIdentities)
	awsjson.Handle(table, ci.UnlinkDeveloperIdentity, s.unlinkDeveloperIdentity)
}
