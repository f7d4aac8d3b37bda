package risk

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/message"
	"cognate.dev/cognate/internal/signin"
)

// mode is how far threat protection goes (AdvancedSecurityMode).
type mode string

const (
	off      mode = "OFF"
	audit    mode = "AUDIT"
	enforced mode = "ENFORCED"
)

func modeOf(p *directory.Pool) mode {
	if p.AddOns == nil || p.AddOns.AdvancedSecurityMode == "" {
		return off
	}
	return mode(p.AddOns.AdvancedSecurityMode)
}

// modeFor is the mode of one sign-in: custom authentication has its own, below that of the pool.
func modeFor(c signin.Case) mode {
	m := modeOf(c.Pool)
	if m == off || !c.Custom {
		return m
	}
	if m := mode(c.Pool.AddOns.CustomAuthMode); m == audit || m == enforced {
		return m
	}
	return off
}

// List is a list of stolen passwords; *leaked.List is one.
type List interface {
	Has(password string) (bool, error)
}

// Finder says where addresses are; *place.Map does.
type Finder interface {
	Find(a netip.Addr) (Place, error)
}

// Watch is told what happens. Each may be nil.
type Watch struct {
	// Weighed hears of each sign-in that was judged: the level (none, Low, Medium, High) and what was done (the
	// configured action, or AUDIT).
	Weighed func(ctx context.Context, level, action string)
	// Stolen hears of each password that was found on the list, by the kind of event, and whether it was refused.
	Stolen func(ctx context.Context, event string, refused bool)
	// Happened is given each event as it is kept.
	Happened func(ctx context.Context, pool *directory.Pool, e *Event)
	// Failed hears of what did not work and was gone without: a list that could not be read, a mail that was not sent.
	Failed func(ctx context.Context, err error)
}

// Means is what Protection is built from. Passwords and Places may be nil.
type Means struct {
	Risks     *Risks
	Events    Events
	History   *History
	Passwords List
	Places    Finder
	Sender    message.Sender // must not make its caller wait
	// Home is the address that a pool's pages are known by.
	Home  func(ctx context.Context, p *directory.Pool) (string, error)
	Now   clock.Clock
	Watch Watch
}

// Protection judges.
type Protection struct{ Means }

// NewProtection builds it.
func NewProtection(p Means) *Protection {
	w := &p.Watch
	if w.Weighed == nil {
		w.Weighed = func(context.Context, string, string) {}
	}
	if w.Stolen == nil {
		w.Stolen = func(context.Context, string, bool) {}
	}
	if w.Happened == nil {
		w.Happened = func(context.Context, *directory.Pool, *Event) {}
	}
	if w.Failed == nil {
		w.Failed = func(context.Context, error) {}
	}
	return &Protection{p}
}

// SignIns is the judge of sign-ins.
func (p *Protection) SignIns() signin.Judge { return signIns{p} }

// Accounts is the judge of what people do to their accounts.
func (p *Protection) Accounts() account.Judge { return accounts{p} }

// The kinds of events at which passwords are compared (EventFilterType).
const (
	atSignIn = "SIGN_IN"
	atSignUp = "SIGN_UP"
	atChange = "PASSWORD_CHANGE"
)

// stolen compares a password with the list. It is nil where nobody wants to know. A list that cannot be read stops
// nobody: the person cannot help it, and whoever runs the server is told.
func (p *Protection) stolen(ctx context.Context, c *Configuration, at, password string) *bool {
	x := c.Compromised
	if p.Passwords == nil || password == "" || x != nil && len(x.Events) > 0 && !slices.Contains(x.Events, at) {
		return nil
	}
	found, err := p.Passwords.Has(password)
	if err != nil {
		p.Watch.Failed(ctx, fmt.Errorf("compare password with the list of leaked ones: %w", err))
		return nil
	}
	return &found
}

// refusesStolen tells whether a stolen password is refused.
func (c *Configuration) refusesStolen(m mode) bool {
	return m == enforced && c.Compromised != nil && c.Compromised.Action == "BLOCK"
}

// find says where a visitor is.
func (p *Protection) find(ctx context.Context, a netip.Addr) Place {
	if p.Places == nil || !a.IsValid() {
		return Place{}
	}
	found, err := p.Places.Find(a)
	if err != nil {
		p.Watch.Failed(ctx, err)
	}
	return found
}

// Where says where an address is, as far as anybody knows.
func (p *Protection) Where(ctx context.Context, address string) Place {
	return p.find(ctx, Seen(address, "").Address)
}

// event begins an event of now.
func (p *Protection) event(ctx context.Context, pool *directory.Pool, client *directory.Client, user *directory.User, id, deviceKey string) *Event {
	v := visitorOf(ctx)
	e := &Event{PoolID: pool.ID, UserID: user.ID, ID: id, CreatedAt: moment(p.Now), Facts: Facts{
		Decision: NoRisk, Username: user.Username, Device: v.deviceName(), Print: v.print(deviceKey), Timezone: v.Timezone,
		Place: p.find(ctx, v.Address), RequestID: v.RequestID,
	}}
	if client != nil {
		e.ClientID = client.ID
	}
	if v.Address.IsValid() {
		e.Address = v.Address.String()
	}
	return e
}

// keep stores an event and tells of it. The user may just have been deleted; then there is nobody to tell about.
func (p *Protection) keep(ctx context.Context, pool *directory.Pool, e *Event) error {
	err := p.Events.SaveEvent(ctx, e)
	switch {
	case fault.Is(err, fault.Missing, ""):
		return nil
	case err != nil:
		return fmt.Errorf("keep event of user: %w", err)
	}
	p.Watch.Happened(ctx, pool, e)
	return nil
}

// burn costs what keep does, for nobody.
func (p *Protection) burn(ctx context.Context, poolID, userID string) error {
	_, err := p.Events.CountAttempt(ctx, poolID, userID, "event", moment(p.Now), time.Hour)
	return err
}

func refusal() error { return fault.Deniedf("Unable to login because of security reasons.") }
