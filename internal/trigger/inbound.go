package trigger

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/signin/arrival"
	"cognate.dev/cognate/internal/trigger/event"
)

// Arrivals fills the hooks of arrival.
func (t *Triggers) Arrivals() arrival.Hooks {
	return arrival.Hooks{
		Inbound: func(ctx context.Context, e arrival.Inbound) (map[string]string, error) {
			return t.Inbound(ctx, Arrival{
				Pool: e.Pool, Client: e.Client, Provider: e.Provider.Name, Type: e.Provider.Type, Username: e.Username,
				Said: event.InboundAttributes{TokenResponse: e.Told.Token, IDToken: e.Told.IDToken, UserInfo: e.Told.UserInfo, SAMLResponse: e.Told.SAML},
			})
		},
		PreSignUp: t.preSignUp, PostConfirmation: t.postConfirmation,
		PreAuthentication: t.preAuthentication, PostAuthentication: t.postAuthentication,
	}
}

// Arrival is a person about whom an outside provider has spoken, before a profile is written or changed.
type Arrival struct {
	Pool     *directory.Pool
	Client   *directory.Client
	Provider string          // its name in the pool
	Type     federation.Type // OIDC, SAML, Google…
	Username string          // PROVIDER_SUBJECT
	Said     event.InboundAttributes
}

// Inbound runs InboundFederation and gives the attributes that stand in the place of those that the provider sent: all of
// them, so that what the function leaves out is dropped. Nil: nothing changes, as when the pool has no such function.
// A function that fails refuses the sign-in.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-inbound-federation.html
func (t *Triggers) Inbound(ctx context.Context, a Arrival) (map[string]string, error) {
	f := a.Pool.Lambda.Versioned["InboundFederation"]
	if f.ARN == "" {
		return nil, nil
	}
	c := call{source: event.InboundFromProvider, arn: f.ARN, pool: a.Pool, client: a.Client, userName: a.Username}
	says, err := fire(ctx, t, c, event.InboundRequest{
		ProviderName: a.Provider, ProviderType: string(a.Type), Attributes: a.Said,
	}, event.InboundResponse{UserAttributesToMap: map[string]string{}})
	if err != nil || len(says.UserAttributesToMap) == 0 {
		return nil, err
	}
	return says.UserAttributesToMap, nil
}
