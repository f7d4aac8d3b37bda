package federation

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"cognate.dev/cognate/internal/kit/secret"
)

// Stay is that somebody is signed in at a provider, because of a browser that is signed in here.
type Stay struct {
	PoolID    string
	BrowserID string // of the browser session
	UserID    string
	Provider  string
	Name      string // digest of what the provider calls the person
	Sealed    []byte // what the provider calls the sign-in
	ExpiresAt time.Time
}

// StayStore keeps stays.
type StayStore interface {
	// SaveStay keeps a stay in the place of the one that its browser had. An unknown user is a fault Missing/User.
	SaveStay(ctx context.Context, y *Stay) error
	// HasStay tells whether a browser has a stay that has not ended.
	HasStay(ctx context.Context, poolID, browserID string, now time.Time) (bool, error)
	// TakeStay removes the stay of a browser and gives it, if it has not ended; nil: there is none.
	TakeStay(ctx context.Context, poolID, browserID string, now time.Time) (*Stay, error)
	// StaysOf lists the stays that have not ended of whom a provider calls by a name, a digest.
	StaysOf(ctx context.Context, poolID, provider, name string, now time.Time, limit int) ([]*Stay, error)
}

// SignsOut is a connector of providers at which people can be signed out, and which sign people out here.
type SignsOut interface {
	// Leave gives the URL at the provider where a browser goes to be signed out, and writes into the trip what the answer must
	// match. Empty: the provider takes no sign-outs. Session is that of Told.
	Leave(ctx context.Context, p *Provider, t *Trip, session string) (location string, err error)
	// Left judges the answer. Refused is why the provider has not signed the person out; empty: it has.
	Left(ctx context.Context, p *Provider, t *Trip, answer url.Values) (refused string, err error)
	// Issuer is who a request to sign somebody out says that it comes from, which proves nothing; empty: it does not say.
	Issuer(request url.Values) string
	// Is tells whether a provider is called so by itself.
	Is(ctx context.Context, p *Provider, issuer string) bool
	// Dismiss judges such a request of a provider. It is not used up yet.
	Dismiss(ctx context.Context, p *Provider, base string, request url.Values) (*Dismissal, error)
}

// Dismissal is what a provider wants that has signed somebody out.
type Dismissal struct {
	Name     string                    // what it calls the person
	Means    func(session string) bool // whether it means this sign-in of the person
	Location string                    // where the browser takes our answer; empty: nowhere
	// UseUp is for once, in the transaction that does what the request is about; a *Refusal for a request that was used up.
	UseUp func(ctx context.Context) error
}

const (
	stayPurpose = "provider-stay"
	// maxStays is how many browsers of one person a provider signs out at once.
	maxStays = 1000
	// lookWithin is how long a provider may be looked for by the name that it has for itself.
	lookWithin = 8 * time.Second
)

// SealedStay is how stays are sealed, in rows of a pool and a browser session.
func SealedStay() secret.Kind {
	return secret.Kind{Purpose: stayPurpose, Bound: func(row []string) []byte { return stayBound(row[0], row[1]) }}
}

func stayBound(poolID, browserID string) []byte { return []byte(poolID + "\x00" + browserID) }

// nameOf is what a provider calls somebody, as it is looked up.
func nameOf(poolID, provider, name string) string {
	return digest(poolID + "\x00" + provider + "\x00" + name)
}

// wantsSignOut tells whether the people of a provider are to be signed out there, too.
func (p *Provider) wantsSignOut() bool { return p.Details["IDPSignout"] == "true" }

// Stayed remembers where somebody is signed in who has just come from a provider, if they are to be signed out there one day.
// The browser session lasts until then.
func (s *Trips) Stayed(ctx context.Context, back *Return, userID, browserID string, until time.Time) error {
	p := back.Provider
	if !p.wantsSignOut() || back.Told.Session == "" {
		return nil
	}
	err := s.stays.SaveStay(ctx, &Stay{
		PoolID: p.PoolID, BrowserID: browserID, UserID: userID, Provider: p.Name, Name: nameOf(p.PoolID, p.Name, back.Told.Subject),
		Sealed: s.keys.Seal(stayPurpose, []byte(back.Told.Session), stayBound(p.PoolID, browserID)), ExpiresAt: until,
	})
	if err != nil {
		return fmt.Errorf("remember stay at provider: %w", err)
	}
	return nil
}

// Stays tells whether a browser that is signed in here has somebody signed in at a provider, too.
func (s *Trips) Stays(ctx context.Context, poolID, browserID string) (bool, error) {
	return s.stays.HasStay(ctx, poolID, browserID, s.now())
}

// Leave gives the URL at the provider where a browser goes whose session here has just ended, to be signed out there, too; empty:
// nowhere. From there it comes back and goes home, which is a URL or a path of the site. A provider that cannot be asked is a
// *Refusal.
func (s *Trips) Leave(ctx context.Context, poolID, base, browserID, home string) (location string, err error) {
	y, err := s.stays.TakeStay(ctx, poolID, browserID, s.now())
	if y == nil || err != nil {
		return "", err
	}
	p, connector, err := s.find(ctx, poolID, y.Provider)
	if err != nil {
		return "", err
	}
	c, ok := connector.(SignsOut)
	if !ok || !p.wantsSignOut() {
		return "", nil
	}
	session, err := s.keys.Open(stayPurpose, y.Sealed, stayBound(poolID, browserID))
	if err != nil {
		return "", fmt.Errorf("open stay at provider: %w", err)
	}
	t := &Trip{State: newSecret(), Provider: p.Name, Base: base, Home: home}
	if location, err = c.Leave(ctx, p, t, string(session)); err != nil || location == "" {
		return "", err
	}
	return location, s.keep(ctx, poolID, t, TripLife)
}

// Farewell is the end of a trip to sign out.
type Farewell struct {
	Provider string
	Home     string // where the browser goes
	Refused  string // why the provider has not signed the person out, in its words; empty: it has
}

// Left judges what a browser has brought back from a provider where it was signed out. The error is ErrLost where the answer belongs
// to no such trip, or a *Refusal.
func (s *Trips) Left(ctx context.Context, poolID, base, state string, answer url.Values) (*Farewell, error) {
	t, err := s.take(ctx, poolID, base, state)
	if err != nil {
		return nil, err
	}
	if t.Home == "" {
		return nil, ErrLost
	}
	p, connector, err := s.find(ctx, poolID, t.Provider)
	if err != nil {
		return nil, err
	}
	c, ok := connector.(SignsOut)
	if !ok {
		return nil, ErrLost
	}
	refused, err := c.Left(ctx, p, t, answer)
	if err != nil {
		return nil, err
	}
	return &Farewell{Provider: p.Name, Home: t.Home, Refused: refused}, nil
}

// Dismissed is that a provider has signed somebody out.
type Dismissed struct {
	Provider string
	Location string // where the browser takes our answer; empty: nowhere
}

// Dismiss judges a provider's request to sign somebody out, and has end sign out each browser that it means. It counts once: it is used
// up with all of them, or not at all. End may be called again for a browser, when the transaction is.
func (s *Trips) Dismiss(ctx context.Context, poolID, base string, request url.Values, end func(context.Context, *Stay) error) (*Dismissed, error) {
	c, ok := s.connectors[SAML].(SignsOut)
	if !ok {
		return nil, ErrLost
	}
	p, err := s.sender(ctx, c, poolID, c.Issuer(request))
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, Refuse(errors.New("no provider of the pool with IDPSignout is called so"), "Invalid SAML logout request received")
	}
	wish, err := c.Dismiss(ctx, p, base, request)
	if err != nil {
		return nil, err
	}
	err = s.tx.InTx(ctx, func(ctx context.Context) error {
		if err := wish.UseUp(ctx); err != nil {
			return err
		}
		return s.dismiss(ctx, p, wish, end)
	})
	if err != nil {
		return nil, err
	}
	return &Dismissed{Provider: p.Name, Location: wish.Location}, nil
}

// dismiss ends whom a provider means.
func (s *Trips) dismiss(ctx context.Context, p *Provider, wish *Dismissal, end func(context.Context, *Stay) error) error {
	stays, err := s.stays.StaysOf(ctx, p.PoolID, p.Name, nameOf(p.PoolID, p.Name, wish.Name), s.now(), maxStays)
	if err != nil {
		return fmt.Errorf("list stays at provider: %w", err)
	}
	for _, y := range stays {
		session, err := s.keys.Open(stayPurpose, y.Sealed, stayBound(y.PoolID, y.BrowserID))
		if err != nil {
			return fmt.Errorf("open stay at provider: %w", err)
		}
		if !wish.Means(string(session)) {
			continue
		}
		if err := end(ctx, y); err != nil {
			return err
		}
	}
	return nil
}

// sender finds the provider that calls itself so, among those whose people are signed out on both sides; nil: none does.
func (s *Trips) sender(ctx context.Context, c SignsOut, poolID, issuer string) (*Provider, error) {
	if issuer == "" || s.lister == nil {
		return nil, nil
	}
	look, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	const step = 100
	for after := ""; look.Err() == nil; {
		list, err := s.lister.ListProviders(ctx, poolID, after, step)
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			if after = p.Name; p.Type == SAML && p.wantsSignOut() && c.Is(look, p, issuer) {
				return p, nil
			}
		}
		if len(list) < step {
			break
		}
	}
	return nil, nil
}
