package directory

import (
	"context"

	"cognate.dev/cognate/internal/fault"
)

// checkKnown refuses scopes and identity providers that the pool does not have.
func (c *Clients) checkKnown(ctx context.Context, client *Client) error {
	for _, s := range client.OAuthScopes {
		if client.Workspace != "" { // its scopes are the workspace's
			break
		}
		there, err := c.resources.exists(ctx, client.PoolID, s, c.resources.Get)
		if err != nil {
			return err
		}
		if !there {
			return fault.Newf(fault.Missing, fault.Scope, "Invalid scope requested: %s", s)
		}
	}
	for _, name := range client.IdentityProviders {
		if name == "COGNITO" {
			continue
		}
		there, err := c.hasProvider(ctx, client.PoolID, name)
		if err != nil {
			return err
		}
		if !there {
			return fault.Invalidf("The provider %s does not exist for User Pool %s.", name, client.PoolID)
		}
	}
	return nil
}

func (c *Clients) hasProvider(ctx context.Context, poolID, name string) (bool, error) {
	if c.providers == nil {
		return false, nil
	}
	return c.providers.ProviderExists(ctx, poolID, name)
}
