package cognitoidp

import (
	"cognate.dev/cognate/internal/directory"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
)

// clientRequest is what CreateUserPoolClient and UpdateUserPoolClient have in common, under the names of the former.
func clientRequest(in *idp.UpdateUserPoolClientRequest) *idp.CreateUserPoolClientRequest {
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

// clientSettingsOf reads the settings of an app client. What is absent stays zero, except token revocation, which is on.
func clientSettingsOf(in *idp.CreateUserPoolClientRequest) directory.ClientSettings {
	s := directory.ClientSettings{
		Name:            text(in.ClientName),
		RefreshValidity: count(in.RefreshTokenValidity), AccessValidity: count(in.AccessTokenValidity), IDValidity: count(in.IdTokenValidity),
		ReadAttributes: some(in.ReadAttributes), WriteAttributes: some(in.WriteAttributes),
		ExplicitAuthFlows: some(in.ExplicitAuthFlows), IdentityProviders: some(in.SupportedIdentityProviders),
		CallbackURLs: some(in.CallbackURLs), LogoutURLs: some(in.LogoutURLs), DefaultRedirectURI: text(in.DefaultRedirectURI),
		OAuthFlows: some(in.AllowedOAuthFlows), OAuthScopes: some(in.AllowedOAuthScopes),
		OAuthEnabled:      yes(in.AllowedOAuthFlowsUserPoolClient),
		HideUserExistence: text(in.PreventUserExistenceErrors),
		TokenRevocation:   orElse(in.EnableTokenRevocation, true),
		PropagateContext:  yes(in.EnablePropagateAdditionalUserContextData),
		SessionMinutes:    count(in.AuthSessionValidity),
	}
	if u := in.TokenValidityUnits; u != nil {
		s.Units = directory.ValidityUnits{Access: text(u.AccessToken), ID: text(u.IdToken), Refresh: text(u.RefreshToken)}
	}
	if r := in.RefreshTokenRotation; r != nil {
		s.Rotation = &directory.Rotation{Feature: text(r.Feature), GraceSeconds: count(r.RetryGracePeriodSeconds)}
	}
	if a := in.AnalyticsConfiguration; a != nil {
		s.Analytics = &directory.Analytics{
			ApplicationID: text(a.ApplicationId), ApplicationARN: text(a.ApplicationArn), RoleARN: text(a.RoleArn),
			ExternalID: text(a.ExternalId), UserDataShared: yes(a.UserDataShared),
		}
	}
	return s
}

// clientAnswer writes an app client as Create and Describe show it, the newest secret included.
func clientAnswer(c *directory.Client) *idp.UserPoolClientType {
	out := &idp.UserPoolClientType{
		UserPoolId: new(c.PoolID), ClientId: new(c.ID), ClientName: new(c.Name),
		CreationDate: awsjson.At(c.CreatedAt), LastModifiedDate: awsjson.At(c.ModifiedAt),
		ReadAttributes: some(c.ReadAttributes), WriteAttributes: some(c.WriteAttributes),
		ExplicitAuthFlows: some(c.ExplicitAuthFlows), SupportedIdentityProviders: some(c.IdentityProviders),
		CallbackURLs: some(c.CallbackURLs), LogoutURLs: some(c.LogoutURLs), DefaultRedirectURI: given(c.DefaultRedirectURI),
		AllowedOAuthFlows: some(c.OAuthFlows), AllowedOAuthScopes: some(c.OAuthScopes),
		AllowedOAuthFlowsUserPoolClient:          new(c.OAuthEnabled),
		PreventUserExistenceErrors:               given(c.HideUserExistence),
		EnableTokenRevocation:                    new(c.TokenRevocation),
		EnablePropagateAdditionalUserContextData: new(c.PropagateContext),
		AuthSessionValidity:                      number(c.SessionMinutes),
		ClientType:                               new(c.Type()),
	}
	if c.RefreshValidity != 0 {
		out.RefreshTokenValidity = number(c.RefreshValidity)
	}
	if c.AccessValidity != 0 {
		out.AccessTokenValidity = number(c.AccessValidity)
	}
	if c.IDValidity != 0 {
		out.IdTokenValidity = number(c.IDValidity)
	}
	if u := c.Units; u != (directory.ValidityUnits{}) {
		out.TokenValidityUnits = &idp.TokenValidityUnitsType{
			AccessToken: given(u.Access), IdToken: given(u.ID), RefreshToken: given(u.Refresh),
		}
	}
	if n := len(c.Secrets); n > 0 {
		out.ClientSecret = new(c.Secrets[n-1].Value)
	}
	if r := c.Rotation; r != nil {
		out.RefreshTokenRotation = &idp.RefreshTokenRotationType{Feature: new(r.Feature)}
		if r.Feature == idp.FeatureTypeEnabled {
			out.RefreshTokenRotation.RetryGracePeriodSeconds = number(r.GraceSeconds)
		}
	}
	if a := c.Analytics; a != nil {
		out.AnalyticsConfiguration = &idp.AnalyticsConfigurationType{
			ApplicationId: given(a.ApplicationID), ApplicationArn: given(a.ApplicationARN), RoleArn: given(a.RoleARN),
			ExternalId: given(a.ExternalID), UserDataShared: new(a.UserDataShared),
		}
	}
	return out
}

// clientDescription writes an app client as ListUserPoolClients shows it.
func clientDescription(c *directory.Client) idp.UserPoolClientDescription {
	return idp.UserPoolClientDescription{ClientId: new(c.ID), UserPoolId: new(c.PoolID), ClientName: new(c.Name)}
}
