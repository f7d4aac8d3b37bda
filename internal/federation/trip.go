package federation

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/random"
)

// Connector speaks the protocol of a type of provider. What the person's client may hear is an error of type *Refusal;
// any other means internal.
type Connector interface {
	// Begin gives the URL at the provider where the browser goes, and writes into the trip what the answer must match.
	Begin(ctx context.Context, p *Provider, t *Trip) (location string, err error)
	// Finish judges what the browser has brought back.
	Finish(ctx context.Context, p *Provider, t *Trip, answer url.Values) (*Told, error)
}

// The codes of refusals, as clients of Cognito know them.
const (
	InvalidRequest = "invalid_request"
	AccessDenied   = "access_denied"
)

// Refusal is why somebody cannot sign in through a provider, in words for the client that sent them.
// https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoint-idp-responses.html
type Refusal struct {
	Code  string `json:"c"`
	Text  string `json:"t"`
	Cause error  `json:"-"` // for the log only
}

// Error is for logs.
func (r *Refusal) Error() string {
	if r.Cause != nil {
		return r.Code + ": " + r.Text + ": " + r.Cause.Error()
	}
	return r.Code + ": " + r.Text
}

// Unwrap gives the private cause.
func (r *Refusal) Unwrap() error { return r.Cause }

// Refuse makes a refusal of a sign-in.
func Refuse(cause error, format string, args ...any) *Refusal {
	return &Refusal{Code: InvalidRequest, Text: fmt.Sprintf(format, args...), Cause: cause}
}

// Trip is a person's way to a provider and back. It is sealed and kept here; the browser carries its name, and what proves
// that it is the same browser.
type Trip struct {
	State string `json:"-"` // its name: what the provider hands back as state or RelayState

	Provider string `json:"p"`
	Base     string `json:"b"` // URL of the site where it began, without a slash at its end
	Request  string `json:"r"` // the client's request, in a form that is its room's own
	Browser  string `json:"w"` // digest of the browser's secret
	Hint     string `json:"-"` // login_hint
	Prompt   string `json:"-"`
	MaxAge   string `json:"-"` // max_age, where a connection passes it on
	ACR      string `json:"-"` // acr_values, likewise
	Levels   []int  `json:"-"` // how strong the sign-in should be, 1 to 4, the strongest wish first

	Issuer    string `json:"i,omitempty"` // of the provider as it was when the trip began
	Own       string `json:"u,omitempty"` // what the address ends with where the answer has to come, where the provider has one of its own
	Nonce     string `json:"n,omitempty"`
	Verifier  string `json:"v,omitempty"` // PKCE
	RequestID string `json:"q,omitempty"` // SAML
	// Home is where somebody goes who was sent to the provider to be signed out; empty: they are there to sign in.
	Home string `json:"h,omitempty"`
	// Told or Refused is how an answer was judged that came by a form of the provider; the browser has yet to follow.
	Told    *Told    `json:"t,omitempty"`
	Refused *Refusal `json:"x,omitempty"`
}

// TripStore keeps trips.
type TripStore interface {
	// InsertTrip keeps a sealed trip under a digest until a time. An unknown pool is a fault Missing.
	InsertTrip(ctx context.Context, hash, poolID, sealed string, until time.Time) error
	// TakeTrip removes a trip of a pool that has not ended, and gives it; empty: there is none. Of several who take it at
	// once one gets it.
	TakeTrip(ctx context.Context, hash, poolID string, now time.Time) (sealed string, err error)
}

// Sealer encrypts what is kept; *secret.Keyring does.
type Sealer interface {
	SealString(purpose string, plain, aad []byte) string
	OpenString(purpose, sealed string, aad []byte) ([]byte, error)
	Seal(purpose string, plain, aad []byte) []byte
	Open(purpose string, sealed, aad []byte) ([]byte, error)
}

const (
	// TripLife is how long somebody may be at the provider.
	// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-oidc-flow.html
	TripLife    = 5 * time.Minute
	followLife  = time.Minute // for a browser to follow a redirect on the same site
	tripPurpose = "provider-trip"
	stateLength = 43
)

// ErrLost is an answer that belongs to no trip of this browser. Whom to tell is not known then.
var ErrLost = fault.New(fault.Denied, fault.Provider, "The sign-in took too long or did not start here.")

// Trips sends people to providers and takes them back.
type Trips struct {
	providers  Finder
	lister     Lister
	store      TripStore
	stays      StayStore
	tx         Transactor
	keys       Sealer
	now        clock.Clock
	connectors map[Type]Connector
}

// Finder finds providers for trips. One that is not there is a fault Missing with Provider; a *Refusal is told to the client.
type Finder interface {
	Provider(ctx context.Context, poolID, name string) (*Provider, error)
}

// Lister lists the providers of pools.
type Lister interface {
	ListProviders(ctx context.Context, poolID, after string, limit int) ([]*Provider, error)
}

// TripParts is what Trips is built from. All but Lister are needed. A type without a connector lets nobody in.
type TripParts struct {
	Providers  Finder
	Lister     Lister // nil: no provider signs anybody out here
	Trips      TripStore
	Stays      StayStore
	Tx         Transactor
	Keys       Sealer
	Now        clock.Clock
	Connectors map[Type]Connector
}

// NewTrips builds the service.
func NewTrips(p TripParts) *Trips {
	return &Trips{providers: p.Providers, lister: p.Lister, store: p.Trips, stays: p.Stays, tx: p.Tx, keys: p.Keys, now: p.Now, connectors: p.Connectors}
}

// Departure asks for a trip to a provider of a pool.
type Departure struct {
	PoolID   string
	Provider string
	Base     string // of the site
	Request  string // comes back with the person
	Browser  string // a secret that the browser keeps
	Hint     string
	Prompt   string
	MaxAge   string
	ACR      string
	Levels   []int
}

// Begin gives the URL at the provider where the browser goes.
func (s *Trips) Begin(ctx context.Context, d Departure) (location string, err error) {
	p, connector, err := s.find(ctx, d.PoolID, d.Provider)
	if err != nil {
		return "", err
	}
	t := &Trip{
		State: newSecret(), Provider: d.Provider, Base: d.Base, Request: d.Request, Browser: digest(d.Browser), Hint: d.Hint, Prompt: d.Prompt,
		MaxAge: d.MaxAge, ACR: d.ACR, Levels: d.Levels, Issuer: p.Issuer(),
	}
	if location, err = connector.Begin(ctx, p, t); err != nil {
		return "", err
	}
	return location, s.keep(ctx, d.PoolID, t, TripLife)
}

// Return is somebody who has come back.
type Return struct {
	Provider *Provider
	Request  string
	Told     *Told
}

// Finish judges what a browser with a secret has brought back from a provider, to an address that is the provider's own or all
// providers' (own is empty). A trip can be finished once. The error is ErrLost where the answer belongs to no trip of this browser, or to
// another address; a *Refusal comes along with whose request it is about.
func (s *Trips) Finish(ctx context.Context, poolID, base, own, browser, state string, answer url.Values) (*Return, error) {
	t, err := s.takeIn(ctx, poolID, base, own, state)
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare([]byte(t.Browser), []byte(digest(browser))) != 1 {
		return nil, ErrLost
	}
	back := &Return{Request: t.Request, Told: t.Told}
	var connector Connector
	if back.Provider, connector, err = s.find(ctx, poolID, t.Provider); err != nil {
		return back, err
	}
	switch {
	case t.Refused != nil:
		return back, t.Refused
	case back.Told == nil && t.Issuer != "" && t.Issuer != back.Provider.Issuer(): // its code is not for the one that is there now
		return back, Refuse(nil, "The identity provider %s was changed meanwhile.", back.Provider.Label())
	case back.Told == nil:
		back.Told, err = connector.Finish(ctx, back.Provider, t, answer)
	}
	return back, err
}

// Receive judges an answer that came by a form of the provider, which brings no cookie along, and gives the state under
// which the browser finishes the trip. The error is ErrLost where the answer belongs to no trip.
func (s *Trips) Receive(ctx context.Context, poolID, base, state string, answer url.Values) (next string, err error) {
	t, err := s.takeIn(ctx, poolID, base, "", state)
	if err != nil {
		return "", err
	}
	p, connector, err := s.find(ctx, poolID, t.Provider)
	if err == nil {
		t.Told, err = connector.Finish(ctx, p, t, answer)
	}
	if err != nil && !errors.As(err, &t.Refused) {
		return "", err
	}
	t.State = newSecret()
	return t.State, s.keep(ctx, poolID, t, followLife)
}

// Unasked is a connector of providers that may send somebody whom nobody has sent to them.
type Unasked interface {
	FinishUnasked(ctx context.Context, p *Provider, base string, answer url.Values) (*Told, error)
}

// Unasked judges an answer to no request. No browser can be held to it: whoever follows a link of the provider is signed in as
// the provider says, which the owner of the pool has allowed for it.
func (s *Trips) Unasked(ctx context.Context, poolID, base, provider string, answer url.Values) (*Return, error) {
	p, connector, err := s.find(ctx, poolID, provider)
	if err != nil {
		return nil, err
	}
	c, ok := connector.(Unasked)
	if !ok {
		return nil, ErrLost
	}
	told, err := c.FinishUnasked(ctx, p, base, answer)
	return &Return{Provider: p, Told: told}, err
}

func (s *Trips) find(ctx context.Context, poolID, name string) (*Provider, Connector, error) {
	p, err := s.providers.Provider(ctx, poolID, name)
	switch {
	case fault.Is(err, fault.Missing, fault.Provider):
		return nil, nil, Refuse(err, "The identity provider %s does not exist.", name)
	case err != nil:
		return nil, nil, err
	case s.connectors[p.Type] == nil:
		return nil, nil, Refuse(nil, "Sign-in through the identity provider %s is not possible.", name)
	}
	return p, s.connectors[p.Type], nil
}

func (s *Trips) keep(ctx context.Context, poolID string, t *Trip, life time.Duration) error {
	plain, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encode trip: %w", err)
	}
	hash := digest(t.State)
	return s.store.InsertTrip(ctx, hash, poolID, s.keys.SealString(tripPurpose, plain, []byte(poolID+"\x00"+hash)), s.now().Add(life))
}

// takeIn ends the trip of somebody who is signing in. Only the address to which the answer was to come takes it: one that a provider has
// sent to another's is of a mix-up (RFC 9700 section 4.4.2.2).
func (s *Trips) takeIn(ctx context.Context, poolID, base, own, state string) (*Trip, error) {
	t, err := s.take(ctx, poolID, base, state)
	if err == nil && (t.Home != "" || t.Own != own) {
		return nil, ErrLost
	}
	return t, err
}

// take ends a trip. Only the site where it began takes it back.
func (s *Trips) take(ctx context.Context, poolID, base, state string) (*Trip, error) {
	if len(state) != stateLength {
		return nil, ErrLost
	}
	hash := digest(state)
	sealed, err := s.store.TakeTrip(ctx, hash, poolID, s.now())
	if err != nil {
		return nil, err
	}
	if sealed == "" {
		return nil, ErrLost
	}
	plain, err := s.keys.OpenString(tripPurpose, sealed, []byte(poolID+"\x00"+hash))
	t := &Trip{State: state}
	if err = errors.Join(err, json.Unmarshal(plain, t)); err != nil {
		return nil, fmt.Errorf("open trip: %w", err)
	}
	if t.Base != base {
		return nil, ErrLost
	}
	return t, nil
}

func newSecret() string { return base64.RawURLEncoding.EncodeToString(random.Bytes(32)) }

func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
