package shape

import (
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
)

// ClientRequest is what CreateUserPoolClient and UpdateUserPoolClient have in common, under the names of the former.
func ClientRequest(in *idp.UpdateUserPoolClientRequest) *idp.CreateUserPoolClientRequest {
	return &idp.CreateUserPoolClientRequest{
		UserPoolId: in.UserPoolId, ClientName: in.ClientName,
		RefreshTokenValidity: in.RefreshTokenValidity, AccessTokenValidity: in.AccessTokenValidity,
		IdTokenValidity: in.IdTokenValidity, TokenValidityUnits: in.TokenValidityUnits,
		ReadAttributes: in.ReadAttributes, WriteAttributes: in.WriteAttributes, ExplicitAuthFlows: in.ExplicitAuthFlows,
		SupportedIdentityProviders: in.SupportedIdentityProviders, CallbackURLs: in.CallbackURLs, LogoutURLs: in.LogoutURLs,
		DefaultRedirectURI: in.DefaultRedirectURI, AllowedOAuthFlows: in.AllowedOAuthFlows,
		AllowedOAuthScopes: in.AllowedOAuthScopes, AllowedOAuthFlowsUserPoolClient: in.AllowedOAuthFlowsUserPoolClient,
		AnalyticsConfiguration: in.AnalyticsConfiguration, PreventUserExistenceErrors: in.PreventUserExistenceErrors,
		EnableTokenRevocation:                    in.EnableTokenRevocation,
		EnablePropagateAdditionalUserContextData: in.EnablePropagateAdditionalUserContextData,
		AuthSessionValidity:                      in.AuthSessionValidity, RefreshTokenRotation: in.RefreshTokenRotation,
	}
}

// ClientSettingsOf reads the settings of an app client. What is absent stays zero, except token revocation, which is on.
func ClientSettingsOf(in *idp.CreateUserPoolClientRequest) directory.ClientSettings {
	s := directory.ClientSettings{
		Name:            member.Text(in.ClientName),
		RefreshValidity: member.Count(in.RefreshTokenValidity), AccessValidity: member.Count(in.AccessTokenValidity), IDValidity: member.Count(in.IdTokenValidity),
		ReadAttributes: member.Some(in.ReadAttributes), WriteAttributes: member.Some(in.WriteAttributes),
		ExplicitAuthFlows: member.Some(in.ExplicitAuthFlows), IdentityProviders: member.Some(in.SupportedIdentityProviders),
		CallbackURLs: member.Some(in.CallbackURLs), LogoutURLs: member.Some(in.LogoutURLs), DefaultRedirectURI: member.Text(in.DefaultRedirectURI),
		OAuthFlows: member.Some(in.AllowedOAuthFlows), OAuthScopes: member.Some(in.AllowedOAuthScopes),
		OAuthEnabled:      member.Yes(in.AllowedOAuthFlowsUserPoolClient),
		HideUserExistence: member.Text(in.PreventUserExistenceErrors),
		TokenRevocation:   member.Or(in.EnableTokenRevocation, true),
		PropagateContext:  member.Yes(in.EnablePropagateAdditionalUserContextData),
		SessionMinutes:    member.Count(in.AuthSessionValidity),
	}
	if u := in.TokenValidityUnits; u != nil {
		s.Units = directory.ValidityUnits{Access: member.Text(u.AccessToken), ID: member.Text(u.IdToken), Refresh: member.Text(u.RefreshToken)}
	}
	if r := in.RefreshTokenRotation; r != nil {
		s.Rotation = &directory.Rotation{Feature: member.Text(r.Feature), GraceSeconds: member.Count(r.RetryGracePeriodSeconds)}
	}
	if a := in.AnalyticsConfiguration; a != nil {
		s.Analytics = &directory.Analytics{
			ApplicationID: member.Text(a.ApplicationId), ApplicationARN: member.Text(a.ApplicationArn), RoleARN: member.Text(a.RoleArn),
			ExternalID: member.Text(a.ExternalId), UserDataShared: member.Yes(a.UserDataShared),
		}
	}
	return s
}

// ClientAnswer writes an app client as Create and Describe show it, the newest secret included.
func ClientAnswer(c *directory.Client) *idp.UserPoolClientType {
	out := &idp.UserPoolClientType{
		UserPoolId: new(c.PoolID), ClientId: new(c.ID), ClientName: new(c.Name),
		CreationDate: awsjson.At(c.CreatedAt), LastModifiedDate: awsjson.At(c.ModifiedAt),
		ReadAttributes: member.Some(c.ReadAttributes), WriteAttributes: member.Some(c.WriteAttributes),
		ExplicitAuthFlows: member.Some(c.ExplicitAuthFlows), SupportedIdentityProviders: member.Some(c.IdentityProviders),
		CallbackURLs: member.Some(c.CallbackURLs), LogoutURLs: member.Some(c.LogoutURLs), DefaultRedirectURI: member.Given(c.DefaultRedirectURI),
		AllowedOAuthFlows: member.Some(c.OAuthFlows), AllowedOAuthScopes: member.Some(c.OAuthScopes),
		AllowedOAuthFlowsUserPoolClient:          new(c.OAuthEnabled),
		PreventUserExistenceErrors:               member.Given(c.HideUserExistence),
		EnableTokenRevocation:                    new(c.TokenRevocation),
		EnablePropagateAdditionalUserContextData: new(c.PropagateContext),
		AuthSessionValidity:                      member.Number(c.SessionMinutes),
		ClientType:                               new(c.Type()),
	}
	if c.RefreshValidity != 0 {
		out.RefreshTokenValidity = member.Number(c.RefreshValidity)
	}
	if c.AccessValidity != 0 {
		out.AccessTokenValidity = member.Number(c.AccessValidity)
	}
	if c.IDValidity != 0 {
		out.IdTokenValidity = member.Number(c.IDValidity)
	}
	if u := c.Units; u != (directory.ValidityUnits{}) {
		out.TokenValidityUnits = &idp.TokenValidityUnitsType{
			AccessToken: member.Given(u.Access), IdToken: member.Given(u.ID), RefreshToken: member.Given(u.Refresh),
		}
	}
	if n := len(c.Secrets); n > 0 {
		out.ClientSecret = new(c.Secrets[n-1].Value)
	}
	if r := c.Rotation; r != nil {
		out.RefreshTokenRotation = &idp.RefreshTokenRotationType{Feature: new(r.Feature)}
		if r.Feature == idp.FeatureTypeEnabled {
			out.RefreshTokenRotation.RetryGracePeriodSeconds = member.Number(r.GraceSeconds)
		}
	}
	if a := c.Analytics; a != nil {
		out.AnalyticsConfiguration = &idp.AnalyticsConfigurationType{
			ApplicationId: member.Given(a.ApplicationID), ApplicationArn: member.Given(a.ApplicationARN), RoleArn: member.Given(a.RoleARN),
			ExternalId: member.Given(a.ExternalID), UserDataShared: new(a.UserDataShared),
		}
	}
	return out
}

// ClientDescription writes an app client as ListUserPoolClients shows it.
func ClientDescription(c *directory.Client) idp.UserPoolClientDescription {
	return idp.UserPoolClientDescription{ClientId: new(c.ID), UserPoolId: new(c.PoolID), ClientName: new(c.Name)}
}

// SecretAnswer describes a secret without its value.
func SecretAnswer(secret directory.ClientSecret) idp.ClientSecretDescriptorType {
	return idp.ClientSecretDescriptorType{
		ClientSecretId: new(secret.ID), ClientSecretCreateDate: awsjson.At(secret.CreatedAt),
	}
}
