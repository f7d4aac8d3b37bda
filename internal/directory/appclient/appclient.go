// Package appclient is what an app client is set to: what it may ask for and how long its tokens live, the defaults and the
// combinations that Cognito refuses, and its secrets. It keeps nothing and asks nobody; directory does.
package appclient

import (
	"slices"
	"strconv"
	"time"
)

// Client is an app client of a pool. Readers share one value: treat it as read-only.
type Client struct {
	ID     string `json:"id"` // 26 of [0-9a-z] when generated
	PoolID string `json:"pool_id"`
	ClientSettings
	SSO        *int           `json:"sso_minutes,omitempty"` // nil: 60
	Registered bool           `json:"registered,omitempty"`  // by an application itself, at the registration endpoint
	OpenID     OpenID         `json:"openid,omitzero"`
	Workspace  string         `json:"workspace,omitempty"` // the one that it belongs to, and whose scopes it has; empty: the pool itself
	Secrets    []ClientSecret `json:"-"`                   // none: a public client; at most two. Stored sealed
	CreatedAt  time.Time      `json:"created_at"`
	ModifiedAt time.Time      `json:"modified_at"`
}

// Type is the client's type on the wire: how it came to be.
func (c *Client) Type() string {
	if c.Registered {
		return ClientRegistered
	}
	return ClientRegular
}

// The types of clients.
const (
	ClientRegular    = "REGULAR"
	ClientRegistered = "DCR" // by dynamic client registration
)

// OpenID is what a client has registered for strict OpenID Connect providers, beyond the settings of Cognito. The names on
// the wire are those of the OAuth parameters registry.
type OpenID struct {
	PostLogoutURIs []string `json:"post_logout_redirect_uris,omitempty" yaml:"post_logout_redirect_uris" doc:"where browsers may go after signing out, beside the LogoutURLs"`
	// BackchannelURI is told when somebody signs out.
	BackchannelURI string `json:"backchannel_logout_uri,omitempty" yaml:"backchannel_logout_uri" doc:"told when somebody signs out (OpenID Connect Back-Channel Logout)"`
	DPoP           bool   `json:"dpop_bound_access_tokens,omitempty" yaml:"dpop_bound_access_tokens" doc:"give this client only tokens that are bound to a key (RFC 9449)"`
	Pushed         bool   `json:"require_pushed_authorization_requests,omitempty" yaml:"require_pushed_authorization_requests" doc:"refuse authorization requests that were not pushed (RFC 9126)"`
}

// ClientSecret is one live secret of a client.
type ClientSecret struct {
	ID        string    `json:"id"` // CLIENTID--EPOCH
	Value     string    `json:"value"`
	Generated bool      `json:"generated"`
	CreatedAt time.Time `json:"created_at"`
}

// ClientSettings is what UpdateUserPoolClient replaces as a whole. Zero validity means the default.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPoolClient.html
type ClientSettings struct {
	Name               string        `json:"name"`
	RefreshValidity    int           `json:"refresh_validity,omitempty"` // in Units.Refresh; 0: 30 days
	AccessValidity     int           `json:"access_validity,omitempty"`  // in Units.Access; 0: one hour
	IDValidity         int           `json:"id_validity,omitempty"`      // in Units.ID; 0: one hour
	Units              ValidityUnits `json:"units"`
	ReadAttributes     []string      `json:"read_attributes,omitempty"`     // nil: all
	WriteAttributes    []string      `json:"write_attributes,omitempty"`    // nil: all that a client may write
	ExplicitAuthFlows  []string      `json:"explicit_auth_flows,omitempty"` // nil: refresh, SRP and custom
	IdentityProviders  []string      `json:"identity_providers,omitempty"`
	CallbackURLs       []string      `json:"callback_urls,omitempty"`
	LogoutURLs         []string      `json:"logout_urls,omitempty"`
	DefaultRedirectURI string        `json:"default_redirect_uri,omitempty"`
	OAuthFlows         []string      `json:"oauth_flows,omitempty"` // code, implicit, client_credentials
	OAuthScopes        []string      `json:"oauth_scopes,omitempty"`
	OAuthEnabled       bool          `json:"oauth_enabled,omitempty"`   // AllowedOAuthFlowsUserPoolClient
	HideUserExistence  string        `json:"hide_user_existence"`       // "", LEGACY, ENABLED (PreventUserExistenceErrors)
	TokenRevocation    bool          `json:"token_revocation"`          // EnableTokenRevocation
	PropagateContext   bool          `json:"propagate_context"`         // EnablePropagateAdditionalUserContextData
	SessionMinutes     int           `json:"session_minutes,omitempty"` // AuthSessionValidity; 0: 3
	Rotation           *Rotation     `json:"rotation,omitempty"`        // RefreshTokenRotation
	Analytics          *Analytics    `json:"analytics,omitempty"`
}

// ValidityUnits holds seconds, minutes, hours or days per token; empty means hours, and days for refresh.
type ValidityUnits struct {
	Access  string `json:"access,omitempty"`
	ID      string `json:"id,omitempty"`
	Refresh string `json:"refresh,omitempty"`
}

// Rotation is the refresh-token rotation setting.
type Rotation struct {
	Feature      string `json:"feature"` // ENABLED, DISABLED
	GraceSeconds int    `json:"grace_seconds,omitempty"`
}

// Analytics is kept and returned; no analytics service stands behind it.
type Analytics struct {
	ApplicationID  string `json:"application_id,omitempty"`
	ApplicationARN string `json:"application_arn,omitempty"`
	RoleARN        string `json:"role_arn,omitempty"`
	ExternalID     string `json:"external_id,omitempty"`
	UserDataShared bool   `json:"user_data_shared,omitempty"`
}

func (c *Client) AddSecret(value string, generated bool, at time.Time) ClientSecret {
	s := ClientSecret{
		ID: c.ID + "--" + strconv.FormatInt(at.UnixMilli(), 10), Value: value, Generated: generated, CreatedAt: at,
	}
	for slices.ContainsFunc(c.Secrets, func(old ClientSecret) bool { return old.ID == s.ID }) {
		s.ID += "0" // two in one millisecond
	}
	c.Secrets = append(c.Secrets, s)
	return s
}
