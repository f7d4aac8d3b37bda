package authorize

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

// The error codes of RFC 7591 section 3.2.2.
const (
	InvalidRedirectURI    = "invalid_redirect_uri"
	InvalidClientMetadata = "invalid_client_metadata"
)

// Metadata is what an application says of itself when it registers, and what became of it. RFC 7591 section 2. Members
// that say nothing here are ignored, as the section allows.
type Metadata struct {
	RedirectURIs     []string `json:"redirect_uris,omitempty"`
	AuthMethod       string   `json:"token_endpoint_auth_method,omitempty"` // none, client_secret_basic, client_secret_post
	GrantTypes       []string `json:"grant_types,omitempty"`
	ResponseTypes    []string `json:"response_types,omitempty"`
	Name             string   `json:"client_name,omitempty"`
	Scope            string   `json:"scope,omitempty"`
	directory.OpenID          // on strict sites; ignored elsewhere
}

// ClientMaker makes app clients; *directory.Clients does.
type ClientMaker interface {
	Create(ctx context.Context, spec directory.ClientSpec) (*directory.Client, error)
	Full(ctx context.Context, poolID string) (bool, error)
}

// Registrar lets applications register clients of their own, within what the pool's owner allows.
type Registrar struct {
	clients ClientMaker
	scopes  *Scopes
}

// NewRegistrar makes the service.
func NewRegistrar(clients ClientMaker, scopes *Scopes) *Registrar { return &Registrar{clients, scopes} }

// Register makes a client. Authenticated says that the caller has shown an access token with the registration scope; the
// caller has also made sure that the pool registers clients, openly if need be. Strict says that the site is strict, and what
// counts there is kept. What is not asked for has the defaults of
// RFC 7591. The answer says what the client got. A no is a *Refusal.
func (g *Registrar) Register(ctx context.Context, pool *directory.Pool, m Metadata, authenticated, strict bool) (*directory.Client, Metadata, error) {
	m.settle()
	if !strict {
		m.OpenID = directory.OpenID{}
	}
	if err := CheckOpenID(m.OpenID, true); err != nil {
		return nil, m, Refuse(InvalidClientMetadata, fault.As(err).Text)
	}
	allowed := pool.Registration.OpenGrants
	if authenticated {
		allowed = pool.Registration.AuthenticatedGrants
	}
	if err := m.check(allowed); err != nil {
		return nil, m, err
	}
	scopes, err := g.grant(ctx, pool, m.Scope)
	if err != nil {
		return nil, m, err
	}
	m.Scope = strings.Join(scopes, " ")
	full, err := g.clients.Full(ctx, pool.ID)
	if err != nil {
		return nil, m, err
	}
	if full {
		return nil, m, Refuse(InvalidClientMetadata, "the user pool has as many clients as it may have")
	}
	client, err := g.clients.Create(ctx, directory.ClientSpec{
		PoolID: pool.ID, Registered: true, GenerateSecret: m.AuthMethod != "none", ClientSettings: m.settings(scopes), OpenID: m.OpenID,
	})
	switch {
	case fault.Is(err, fault.Invalid, fault.OAuthFlow), fault.Is(err, fault.Missing, fault.Scope):
		return nil, m, Refuse(InvalidClientMetadata, fault.As(err).Text)
	case fault.Is(err, fault.Invalid, ""): // all that is left to be wrong
		return nil, m, Refuse(InvalidRedirectURI, fault.As(err).Text)
	case err != nil:
		return nil, m, fmt.Errorf("register client: %w", err)
	}
	return client, m, nil
}

// settle fills in the defaults of RFC 7591 section 2.
func (m *Metadata) settle() {
	if m.AuthMethod == "" {
		m.AuthMethod = "client_secret_basic"
	}
	if len(m.GrantTypes) == 0 {
		m.GrantTypes = []string{"authorization_code"}
	}
	if len(m.ResponseTypes) == 0 {
		m.ResponseTypes = []string{}
		for _, x := range []struct{ grant, response string }{{"authorization_code", "code"}, {"implicit", "token"}} {
			if slices.Contains(m.GrantTypes, x.grant) {
				m.ResponseTypes = append(m.ResponseTypes, x.response)
			}
		}
	}
	if m.Name == "" {
		m.Name = "registered client"
	}
}

const (
	maxName     = 128
	maxURI      = 2048
	maxRedirect = 20
)

// check refuses what does not fit together and what the pool's owner does not allow.
func (m *Metadata) check(allowed []string) error {
	refuse := func(text string) error { return Refuse(InvalidClientMetadata, text) }
	for _, g := range m.GrantTypes {
		if !slices.Contains(allowed, g) {
			return refuse("the grant type is not allowed for this registration")
		}
	}
	code, implicit := slices.Contains(m.GrantTypes, "authorization_code"), slices.Contains(m.GrantTypes, "implicit")
	for _, r := range m.ResponseTypes {
		if r == "code" && !code || r == "token" && !implicit || r != "code" && r != "token" {
			return refuse("response_types do not fit grant_types")
		}
	}
	switch {
	case !slices.Contains([]string{"none", "client_secret_basic", "client_secret_post"}, m.AuthMethod):
		return refuse("token_endpoint_auth_method is not supported")
	case len(m.Name) > maxName || strings.ContainsFunc(m.Name, func(r rune) bool { return r < ' ' }):
		return refuse("client_name is too long or has control characters")
	case m.GrantTypes[0] == "refresh_token" && len(m.GrantTypes) == 1:
		return refuse("refresh_token needs another grant type")
	case (code || implicit) && len(m.RedirectURIs) == 0:
		return Refuse(InvalidRedirectURI, "redirect_uris is missing")
	case len(m.RedirectURIs) > maxRedirect:
		return Refuse(InvalidRedirectURI, "there are too many redirect_uris")
	}
	for _, uri := range m.RedirectURIs {
		if len(uri) > maxURI || strings.Contains(uri, "@") {
			return Refuse(InvalidRedirectURI, "a redirect URI is too long or has user information")
		}
	}
	return nil
}

// grant decides the scopes of a client: of those that the owner allows, what it asked for, or all. Scopes about users are
// nothing for a client that acts for itself; the directory sees to that.
func (g *Registrar) grant(ctx context.Context, pool *directory.Pool, asked string) ([]string, error) {
	names := words(asked)
	if len(names) == 0 {
		names = pool.Registration.Scopes
	}
	for _, name := range names {
		if !slices.Contains(pool.Registration.Scopes, name) {
			return nil, Refuse(InvalidClientMetadata, "a scope is not allowed for registered clients")
		}
	}
	live, err := g.scopes.live(ctx, pool.ID, names)
	if err == nil && len(live) == 0 {
		return nil, Refuse(InvalidClientMetadata, "there is no scope that registered clients may have")
	}
	return live, err
}

// settings are those of a registered client: it signs people in on our pages and by no other way.
func (m *Metadata) settings(scopes []string) directory.ClientSettings {
	s := directory.ClientSettings{
		Name: m.Name, TokenRevocation: true, HideUserExistence: "ENABLED", IdentityProviders: []string{Local},
		ExplicitAuthFlows: []string{"ALLOW_" + directory.FlowRefresh}, OAuthEnabled: true, OAuthScopes: scopes,
		CallbackURLs: m.RedirectURIs,
	}
	for _, x := range []struct{ grant, flow string }{
		{"authorization_code", "code"}, {"implicit", "implicit"}, {"client_credentials", "client_credentials"},
	} {
		if slices.Contains(m.GrantTypes, x.grant) {
			s.OAuthFlows = append(s.OAuthFlows, x.flow)
		}
	}
	return s
}
