package authorize

import (
	"fmt"

	"cognate.dev/cognate/internal/directory"
)

// OpenIDConfig switches on what Cognito does not have.
type OpenIDConfig struct {
	Strict  []string       `yaml:"strict" doc:"domains of user pools that are strict OpenID Connect providers with issuers of their own: a prefix, or a whole name"`
	Clients []OpenIDClient `yaml:"clients" doc:"what app clients have registered with strict providers; an entry replaces what the client has registered itself"`
}

// OpenIDClient is what one client has registered; the names are those of the OAuth parameters registry.
type OpenIDClient struct {
	ID             string   `yaml:"id" doc:"of the app client"`
	PostLogoutURIs []string `yaml:"post_logout_redirect_uris" doc:"where browsers may go after signing out, beside the LogoutURLs"`
	BackchannelURI string   `yaml:"backchannel_logout_uri" doc:"told when somebody signs out (OpenID Connect Back-Channel Logout)"`
	DPoP           bool     `yaml:"dpop_bound_access_tokens" doc:"give this client only tokens that are bound to a key (RFC 9449)"`
	Pushed         bool     `yaml:"require_pushed_authorization_requests" doc:"refuse authorization requests that were not pushed (RFC 9126)"`
}

func (c OpenIDClient) openID() directory.OpenID {
	return directory.OpenID{PostLogoutURIs: c.PostLogoutURIs, BackchannelURI: c.BackchannelURI, DPoP: c.DPoP, Pushed: c.Pushed}
}

// Check refuses settings that cannot work.
func (c OpenIDConfig) Check() error {
	for _, one := range c.Clients {
		if !directory.IsClientID(one.ID) {
			return fmt.Errorf("openid.clients: %q is no id of an app client", one.ID)
		}
		if err := CheckOpenID(one.openID(), false); err != nil {
			return fmt.Errorf("openid.clients: %s: %w", one.ID, err)
		}
	}
	return nil
}

// Of is what a client has registered.
func (c OpenIDConfig) Of(client *directory.Client) directory.OpenID {
	for _, one := range c.Clients {
		if one.ID == client.ID {
			return one.openID()
		}
	}
	return client.OpenID
}
