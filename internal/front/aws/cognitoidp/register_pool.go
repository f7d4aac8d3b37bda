package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/branding"
	"cognate.dev/cognate/internal/domain"
	"cognate.dev/cognate/internal/federation"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
	"cognate.dev/cognate/internal/limit"
	"cognate.dev/cognate/internal/risk"
	"cognate.dev/cognate/internal/transfer/job"
	"cognate.dev/cognate/internal/upkeep"
)

// PoolParts are the rooms about parts of a pool other than its people.
type PoolParts struct {
	Certificates Certificates
	Risks        *risk.Risks
	History      *risk.History
	Where        func(ctx context.Context, address string) risk.Place // the zero value is unknown
	Upkeep       *upkeep.Upkeep
	Rates        *limit.Rates
	Gate         *limit.Gate // nil limits nothing
	Public       string      // URL under which clients reach this server, no slash at its end
	Branding     *branding.Branding
	Domains      *domain.Domains
	Federation   *federation.Federation
	Imports      *job.Jobs
}

// registerPoolParts puts the operations into the table that are about parts of a pool other than its people.
func registerPoolParts(table *awsjson.Table, s *Service) {
	awsjson.Handle(table, idp.CreateIdentityProvider, s.createIdentityProvider)
	awsjson.Handle(table, idp.DescribeIdentityProvider, s.describeIdentityProvider)
	awsjson.Handle(table, idp.GetIdentityProviderByIdentifier, s.getIdentityProviderByIdentifier)
	awsjson.Handle(table, idp.UpdateIdentityProvider, s.updateIdentityProvider)
	awsjson.Handle(table, idp.DeleteIdentityProvider, s.deleteIdentityProvider)
	awsjson.Handle(table, idp.ListIdentityProviders, s.listIdentityProviders)
	awsjson.Handle(table, idp.AdminLinkProviderForUser, s.adminLinkProviderForUser)
	awsjson.Handle(table, idp.AdminDisableProviderForUser, s.adminDisableProviderForUser)

	awsjson.Handle(table, idp.CreateUserPoolDomain, s.createUserPoolDomain)
	awsjson.Handle(table, idp.DescribeUserPoolDomain, s.describeUserPoolDomain)
	awsjson.Handle(table, idp.UpdateUserPoolDomain, s.updateUserPoolDomain)
	awsjson.Handle(table, idp.DeleteUserPoolDomain, s.deleteUserPoolDomain)

	awsjson.Handle(table, idp.CreateManagedLoginBranding, s.createManagedLoginBranding)
	awsjson.Handle(table, idp.DescribeManagedLoginBranding, s.describeManagedLoginBranding)
	awsjson.Handle(table, idp.DescribeManagedLoginBrandingByClient, s.describeManagedLoginBrandingByClient)
	awsjson.Handle(table, idp.UpdateManagedLoginBranding, s.updateManagedLoginBranding)
	awsjson.Handle(table, idp.DeleteManagedLoginBranding, s.deleteManagedLoginBranding)
	awsjson.Handle(table, idp.SetUICustomization, s.setUICustomization)
	awsjson.Handle(table, idp.GetUICustomization, s.getUICustomization)
	awsjson.Handle(table, idp.CreateTerms, s.createTerms)
	awsjson.Handle(table, idp.DescribeTerms, s.describeTerms)
	awsjson.Handle(table, idp.DescribeTermsByClient, s.describeTermsByClient)
	awsjson.Handle(table, idp.UpdateTerms, s.updateTerms)
	awsjson.Handle(table, idp.DeleteTerms, s.deleteTerms)
	awsjson.Handle(table, idp.ListTerms, s.listTerms)

	awsjson.Handle(table, idp.GetCSVHeader, s.getCSVHeader)
	awsjson.Handle(table, idp.CreateUserImportJob, s.createUserImportJob)
	awsjson.Handle(table, idp.DescribeUserImportJob, s.describeUserImportJob)
	awsjson.Handle(table, idp.ListUserImportJobs, s.listUserImportJobs)
	awsjson.Handle(table, idp.StartUserImportJob, s.startUserImportJob)
	awsjson.Handle(table, idp.StopUserImportJob, s.stopUserImportJob)

	awsjson.Handle(table, idp.GetSigningCertificate, s.getSigningCertificate)
	awsjson.Handle(table, idp.SetRiskConfiguration, s.setRiskConfiguration)
	awsjson.Handle(table, idp.DescribeRiskConfiguration, s.describeRiskConfiguration)
	awsjson.Handle(table, idp.AdminListUserAuthEvents, s.adminListUserAuthEvents)
	awsjson.Handle(table, idp.AdminUpdateAuthEventFeedback, s.adminUpdateAuthEventFeedback)
	awsjson.Handle(table, idp.UpdateAuthEventFeedback, s.updateAuthEventFeedback)
	awsjson.Handle(table, idp.SetLogDeliveryConfiguration, s.setLogDeliveryConfiguration)
	awsjson.Handle(table, idp.GetLogDeliveryConfiguration, s.getLogDeliveryConfiguration)
	awsjson.Handle(table, idp.CreateUserPoolReplica, s.createUserPoolReplica)
	awsjson.Handle(table, idp.UpdateUserPoolReplica, s.updateUserPoolReplica)
	awsjson.Handle(table, idp.DeleteUserPoolReplica, s.deleteUserPoolReplica)
	awsjson.Handle(table, idp.ListUserPoolReplicas, s.listUserPoolReplicas)
	awsjson.Handle(table, idp.GetProvisionedLimit, s.getProvisionedLimit)
	awsjson.Handle(table, idp.UpdateProvisionedLimit, s.updateProvisionedLimit)
}
