package shape

import (
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
)

// LinkedOf reads RevokeAssociatedSessions.
func LinkedOf(value *string) (bool, error) {
	switch member.Text(value) {
	case "", "NONE":
		return false, nil
	case "LINKED":
		return true, nil
	}
	return false, fault.Invalidf("RevokeAssociatedSessions must be NONE or LINKED.")
}

func TrackingAnswer(pool *directory.Pool) idp.SetUserPoolSessionConfigurationResponse {
	word := "DISABLED"
	if pool.Sessions.Enabled {
		word = "ENABLED"
	}
	return idp.SetUserPoolSessionConfigurationResponse{
		UserPoolId: new(pool.ID), UserSessionTracking: new(word),
		TokenSession: &idp.UserPoolTokenSessionConfigType{MaxPerUser: member.Number(pool.Sessions.Most())},
	}
}

func SSOAnswer(client *directory.Client) idp.SetUserPoolClientSessionConfigurationResponse {
	return idp.SetUserPoolClientSessionConfigurationResponse{
		UserPoolId: new(client.PoolID), ClientId: new(client.ID),
		SSOSession: &idp.ClientSSOSessionConfigType{MaxValidityMinutes: member.Number(client.SSOMinutes())},
	}
}
