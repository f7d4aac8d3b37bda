// Package branding is how the sign-in pages of a pool and its clients look: styles with settings and images, the style
// sheet and logo of the classic pages, and the terms that people are shown. It leaves drawing the pages to the fronts
// and clients to directory.
package branding

import (
	"context"
	"encoding/json"
	"time"

	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/cursor"
	"cognate.dev/cognate/internal/kit/secret"
)

// Style is how the managed login pages of one client look.
type Style struct {
	ID         string // a UUID
	PoolID     string
	ClientID   string          // one style per client; never changes
	Provided   bool            // UseCognitoProvidedValues: nothing of its own
	Settings   json.RawMessage // an object; nil: none
	Assets     []Asset         // in the order of category, mode and resource
	CreatedAt  time.Time
	ModifiedAt time.Time
}

// ProviderIcon is the category of the icons on the buttons of outside providers.
const ProviderIcon = "IDP_BUTTON_ICON"

// Asset is one image of a style; category and mode are its place, of a ProviderIcon also the ResourceID. That names the provider;
// empty: all that have none of their own.
type Asset struct {
	Category   string `json:"category"`
	ColorMode  string `json:"color_mode"` // LIGHT, DARK, DYNAMIC
	Extension  string `json:"extension"`
	Bytes      []byte `json:"bytes,omitempty"`
	ResourceID string `json:"resource_id,omitempty"`
}

// Classic is the style sheet and logo of the classic pages, of one client or of all that have none of their own.
type Classic struct {
	PoolID     string
	ClientID   string // or All
	CSS        string
	Image      []byte
	CreatedAt  time.Time
	ModifiedAt time.Time
}

// All is the client id of a Classic for every client.
const All = "ALL"

// Terms is a document that people are shown when they sign up with a client.
type Terms struct {
	ID         string
	PoolID     string
	ClientID   string
	Name       string            // terms-of-use, privacy-policy; one of each per client
	Links      map[string]string // from cognito:LANGUAGE to a URL; cognito:default is always there
	CreatedAt  time.Time
	ModifiedAt time.Time
}

// StyleStore keeps styles. Unknown ids are faults Missing. Transactions nest; an error rolls back.
type StyleStore interface {
	// InsertStyle refuses a second style of a client (a fault Exists with Branding) and more than max in a pool (Limited).
	InsertStyle(ctx context.Context, s *Style, max int) error
	Style(ctx context.Context, poolID, id string) (*Style, error)
	StyleOf(ctx context.Context, poolID, clientID string) (*Style, error)
	UpdateStyle(ctx context.Context, poolID, id string, change func(*Style) error) (*Style, error)
	DeleteStyle(ctx context.Context, poolID, id string) error
	// StyleAsset finds an image of a pool's styles by its resource id; nil: there is none.
	StyleAsset(ctx context.Context, poolID, resourceID string) (*Asset, error)
}

// ClassicStore keeps what SetUICustomization set.
type ClassicStore interface {
	Classic(ctx context.Context, poolID, clientID string) (*Classic, error) // nil when there is none
	// UpdateClassic changes one by a function of its old value; the zero one, with its keys, when there was none.
	UpdateClassic(ctx context.Context, poolID, clientID string, change func(*Classic) error) (*Classic, error)
}

// TermsStore keeps terms. Unknown ids are faults Missing; a second document of a name for a client is a fault Exists with
// Terms.
type TermsStore interface {
	InsertTerms(ctx context.Context, t *Terms, max int) error // more than max in a pool are a fault Limited
	Terms(ctx context.Context, poolID, id string) (*Terms, error)
	TermsOf(ctx context.Context, poolID, clientID, name string) (*Terms, error)
	UpdateTerms(ctx context.Context, poolID, id string, change func(*Terms) error) (*Terms, error)
	DeleteTerms(ctx context.Context, poolID, id string) error
	ListTerms(ctx context.Context, poolID, after string, limit int) ([]*Terms, error) // by id
}

// Parts is what the room is built from. All are needed.
type Parts struct {
	Styles  StyleStore
	Classic ClassicStore
	Terms   TermsStore
	// HasDomain says whether a pool has a domain, without which it has no classic pages.
	HasDomain func(ctx context.Context, poolID string) (bool, error)
	Keys      *secret.Keyring
	Now       clock.Clock
}

// Branding holds the room's services.
type Branding struct {
	Styles  *Styles
	Classic *Classics
	Terms   *Documents
	Looks   *Looks
}

// New builds the services.
func New(p Parts) *Branding {
	classics := &Classics{store: p.Classic, hasDomain: p.HasDomain, now: p.Now}
	return &Branding{
		Styles:  &Styles{store: p.Styles, now: p.Now},
		Classic: classics,
		Looks:   newLooks(p, classics, p.Now),
		Terms:   &Documents{store: p.Terms, tokens: cursor.New(p.Keys, p.Now), now: p.Now},
	}
}

func moment(now clock.Clock) time.Time { return now().UTC().Truncate(time.Millisecond) }
