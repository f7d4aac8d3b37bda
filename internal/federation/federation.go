// Package federation is which outside identity providers a user pool trusts, how their claims become attributes, and
// which outside identities belong to users who are here already. It leaves users to directory, which it knows by the
// interfaces People and Groups, and the sign-in through a provider to its callers.
package federation

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/federation/metadata"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/cursor"
	"cognate.dev/cognate/internal/kit/secret"
)

// Type is Cognito's IdentityProviderTypeType.
type Type string

// The types of providers.
const (
	SAML     Type = "SAML"
	OIDC     Type = "OIDC"
	Google   Type = "Google"
	Facebook Type = "Facebook"
	Amazon   Type = "LoginWithAmazon"
	Apple    Type = "SignInWithApple"
)

// The types that providers of connections alone can have: a provider without ID tokens, and a login page of somebody's own.
const (
	OAuth2 Type = "OAuth2"
	Custom Type = "Custom"
)

// Provider is an outside identity provider of a pool. Secrets are sealed at rest.
type Provider struct {
	PoolID      string             `json:"pool_id"`
	Name        string             `json:"name"` // unique in the pool, never changes
	Type        Type               `json:"type"`
	Details     map[string]string  `json:"details"`           // as given, without the secrets and what is computed
	Secrets     map[string]string  `json:"-"`                 // client_secret, private_key, encryption_key (PKCS #8, base64)
	Mapping     map[string]string  `json:"mapping,omitempty"` // from an attribute of the pool to a claim
	Identifiers []string           `json:"identifiers,omitempty"`
	ACR         map[string]string  `json:"acr,omitempty"`
	Metadata    *metadata.Metadata `json:"metadata,omitempty"`   // SAML, when a document was given
	Encryption  string             `json:"encryption,omitempty"` // SAML: certificate that answers are encrypted for, base64 of DER
	CreatedAt   time.Time          `json:"created_at"`
	ModifiedAt  time.Time          `json:"modified_at"`
	Terms       *Terms             `json:"-"` // of a connection of a workspace; nil: the provider of a pool
}

// Link says that an outside identity is a user of the pool. The attribute is Cognito_Subject, or the pool's name of an
// attribute that the provider tells, until the identity has signed in for the first time.
type Link struct {
	PoolID    string
	Provider  string
	Attribute string
	Value     string
	UserID    string
	CreatedAt time.Time
}

// Transactor runs fn in one transaction; nested calls join it. An error rolls everything back.
type Transactor interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
}

// Store keeps providers. Unknown ones are faults Missing. A name or identifier that another provider of the pool has is
// a fault Exists with Provider.
type Store interface {
	Transactor
	// InsertProvider refuses more than max providers in a pool (a fault Limited).
	InsertProvider(ctx context.Context, p *Provider, max int) error
	Provider(ctx context.Context, poolID, name string) (*Provider, error)
	ProviderByIdentifier(ctx context.Context, poolID, identifier string) (*Provider, error)
	UpdateProvider(ctx context.Context, poolID, name string, change func(*Provider) error) (*Provider, error)
	DeleteProvider(ctx context.Context, poolID, name string) error
	ListProviders(ctx context.Context, poolID, after string, limit int) ([]*Provider, error) // by name
}

// LinkStore keeps links.
type LinkStore interface {
	Transactor
	// InsertLink refuses a user's link after max (a fault Limited). A taken identity is a fault Exists with Alias.
	InsertLink(ctx context.Context, l *Link, max int) error
	// FindLink returns nil when nobody has the identity.
	FindLink(ctx context.Context, poolID, provider, attribute, value string) (*Link, error)
	Links(ctx context.Context, poolID, userID string) ([]*Link, error)                          // oldest first
	LinksOf(ctx context.Context, poolID, provider string, limit int) ([]*Link, error)           // in any order
	DeleteLink(ctx context.Context, l *Link) error                                              // one that is gone is no error
	RenameLink(ctx context.Context, l *Link, attribute, value string) (renamed bool, err error) // false: it was gone
}

// People is what the room may do to the users of one pool.
type People interface {
	// Person finds a user by the exact username; fault.NoUser. Fixed are the attributes of the user that can never change.
	Person(ctx context.Context, username string) (id string, fixed []string, err error)
	// ChangeIdentities replaces the identities attribute by a function of its old text. An empty text removes it.
	ChangeIdentities(ctx context.Context, id string, change func(old string) string) error
	// ForbidPassword takes a user's password away and leaves only providers to sign in with.
	ForbidPassword(ctx context.Context, id string) error
}

// Groups makes the group of a provider's users.
type Groups interface {
	// Ensure makes a group, unless there is one of the name.
	Ensure(ctx context.Context, poolID, name, description string) error
}

// Parts is what the room is built from. All are needed.
type Parts struct {
	Providers Store
	Links     LinkStore
	Groups    Groups
	Keys      *secret.Keyring
	Now       clock.Clock
	// Metadata reads what a SAML provider says about itself at a URL; nil: nobody does before somebody signs in.
	Metadata func(ctx context.Context, url string) (*metadata.Metadata, error)
}

// Federation holds the room's services.
type Federation struct {
	Providers *Providers
	Links     *Links
}

// New builds the services.
func New(p Parts) *Federation {
	return &Federation{
		Providers: &Providers{store: p.Providers, groups: p.Groups, tokens: cursor.New(p.Keys, p.Now), now: p.Now, metadata: p.Metadata},
		Links:     &Links{store: p.Links, providers: p.Providers, now: p.Now},
	}
}

// moment is the current time in the resolution that is stored.
func moment(now clock.Clock) time.Time { return now().UTC().Truncate(time.Millisecond) }
