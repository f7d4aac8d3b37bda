package appclient

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"cognate.dev/cognate/internal/directory/userpool"
	"cognate.dev/cognate/internal/fault"
)

// maxURLs is how many callback or logout URLs a client can have.
const maxURLs = 100

// Settle fills the defaults of a client's settings and refuses what Cognito refuses. Doing is "creating" or "updating".
func (c *Client) Settle(pool *userpool.Pool, doing string) error {
	if c.RefreshValidity == 0 && (c.Units.Refresh == "" || c.Units.Refresh == "days") {
		c.RefreshValidity = 30
	}
	if c.SessionMinutes == 0 {
		c.SessionMinutes = 3
	}
	for _, check := range []func() error{
		c.checkURLs, c.checkOAuth, c.checkValidity,
		func() error { return checkFlows(c.ExplicitAuthFlows, pool.Tier) },
		func() error { return c.checkAttributes(pool, doing) },
	} {
		if err := check(); err != nil {
			return err
		}
	}
	if c.Allows(FlowClientToken) && len(c.Secrets) == 0 {
		return fault.Invalidf("ALLOW_CLIENT_TOKEN_AUTH needs an app client with a secret.")
	}
	if c.PropagateContext && len(c.Secrets) == 0 {
		return fault.Invalidf("EnablePropagateAdditionalUserContextData needs an app client with a secret.")
	}
	if c.SessionMinutes < 3 || c.SessionMinutes > 15 {
		return fault.Invalidf("AuthSessionValidity must be between 3 and 15 minutes.")
	}
	return c.checkRotation(pool.Tier)
}

// checkRotation obeys that a client which rotates its refresh tokens renews them by GetTokensFromRefreshToken alone.
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-refresh-token.html
func (c *Client) checkRotation(tier string) error {
	switch {
	case c.Rotation != nil && (c.Rotation.GraceSeconds < 0 || c.Rotation.GraceSeconds > 60):
		return fault.Invalidf("RetryGracePeriodSeconds must be between 0 and 60.")
	case !c.RotatesRefreshTokens():
		return nil
	case tier == userpool.TierLite:
		return userpool.FeatureMissing("Refresh Token Rotation", tier)
	case slices.Contains(c.ExplicitAuthFlows, "ALLOW_"+FlowRefresh):
		return fault.Invalidf("ALLOW_REFRESH_TOKEN_AUTH is not a permitted ExplicitAuthFlow when refresh token rotation is enabled.")
	}
	return nil
}

func (c *Client) checkURLs() error {
	if len(c.CallbackURLs) > maxURLs || len(c.LogoutURLs) > maxURLs {
		return fault.Invalidf("An app client can have at most %d callback URLs and %d logout URLs.", maxURLs, maxURLs)
	}
	for _, u := range slices.Concat(c.CallbackURLs, c.LogoutURLs) {
		if err := CheckRedirect(u); err != nil {
			return err
		}
	}
	if c.DefaultRedirectURI != "" && !slices.Contains(c.CallbackURLs, c.DefaultRedirectURI) {
		return fault.Invalidf("Default redirect URI must be in the list of callback URLs.")
	}
	return nil
}

// CheckRedirect accepts where browsers may be sent: absolute URLs without a fragment, of the scheme https, http on this machine,
// or an app's own scheme that runs no script.
func CheckRedirect(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Scheme == "" || strings.Contains(raw, "#"):
		return fault.Invalidf("%s is not a valid redirect URI: it must be absolute and have no fragment.", raw)
	case u.Scheme == "javascript" || u.Scheme == "data" || u.Scheme == "vbscript":
		return fault.Invalidf("%s is not a valid redirect URI.", raw)
	case u.Scheme == "https" && u.Host == "":
		return fault.Invalidf("%s is not a valid redirect URI: it names no host.", raw)
	case u.Scheme == "http" && !slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, u.Hostname()):
		return fault.Invalidf("cannot use the HTTP protocol for %s.", raw)
	}
	return nil
}

// StandardScopes exist in every pool.
var StandardScopes = []string{"openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"}

func (c *Client) checkOAuth() error {
	machine := slices.Contains(c.OAuthFlows, "client_credentials")
	for _, f := range c.OAuthFlows {
		if f != "code" && f != "implicit" && f != "client_credentials" {
			return badFlow("Invalid OAuth flow " + f + ".")
		}
	}
	switch {
	case machine && len(c.OAuthFlows) > 1:
		return badFlow("client_credentials flow can not be selected along with code flow or implicit flow.")
	case machine && len(c.Secrets) == 0:
		return badFlow("client_credentials flow can not be selected if client does not have a client secret.")
	case c.OAuthEnabled && (len(c.OAuthFlows) == 0 || len(c.OAuthScopes) == 0):
		return badFlow("AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.")
	}
	for _, s := range c.OAuthScopes {
		if machine && slices.Contains(StandardScopes, s) {
			return badFlow("client_credentials flow can only use the scopes of resource servers.")
		}
		if !machine && s == userpool.RegistrationScope {
			return badFlow(s + " can only be used with the client_credentials flow.")
		}
	}
	return nil
}

func badFlow(text string) error { return fault.New(fault.Invalid, fault.OAuthFlow, text) }

func (c *Client) checkValidity() error {
	for _, unit := range []string{c.Units.Access, c.Units.ID, c.Units.Refresh} {
		if !slices.Contains([]string{"", "seconds", "minutes", "hours", "days"}, unit) {
			return fault.Invalidf("Invalid token validity unit %s.", unit)
		}
	}
	const day = 24 * time.Hour
	for _, t := range []struct {
		n                    int
		life, least, longest time.Duration
	}{
		{c.AccessValidity, c.AccessTTL(), 5 * time.Minute, day},
		{c.IDValidity, c.IDTTL(), 5 * time.Minute, day},
		{c.RefreshValidity, c.RefreshTTL(), time.Hour, 3650 * day},
	} {
		if t.n < 0 || t.n > 315_360_000 || t.life < t.least || t.life > t.longest {
			return fault.Invalidf("Invalid range for token validity.")
		}
	}
	if c.RefreshTTL() < c.AccessTTL() || c.RefreshTTL() < c.IDTTL() {
		return fault.Invalidf("Refresh token expiration must be greater than access token and ID token expiration.")
	}
	return nil
}

// checkAttributes obeys that permissions name attributes of the schema, and that a client which may not write a
// required attribute could sign nobody up.
func (c *Client) checkAttributes(pool *userpool.Pool, doing string) error {
	for _, name := range c.ReadAttributes {
		if _, ok := pool.Attribute(name); !ok || strings.HasPrefix(name, "dev:") {
			return fault.Invalidf("Invalid read attributes specified while %s a client", doing)
		}
	}
	if len(c.WriteAttributes) == 0 {
		return nil
	}
	for _, name := range c.WriteAttributes {
		if _, ok := pool.Attribute(name); !ok || unwritable(name) {
			return fault.Invalidf("Invalid write attributes specified while %s a client", doing)
		}
	}
	for _, a := range pool.Schema {
		if a.Required && a.Name != "sub" && !slices.Contains(c.WriteAttributes, a.Name) {
			return fault.Invalidf("Invalid write attributes specified while %s a client", doing)
		}
	}
	return nil
}
