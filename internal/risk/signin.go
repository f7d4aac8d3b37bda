package risk

import (
	"context"
	"fmt"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/signin"
)

// signIns judges sign-ins.
type signIns struct{ *Protection }

// Admit turns visitors from blocked networks away, whoever they say they are and before anything is compared.
func (p signIns) Admit(ctx context.Context, c signin.Case) error {
	m := modeFor(c)
	if m == off {
		return nil
	}
	conf, err := p.Risks.of(ctx, c.Pool.ID, c.Client.ID)
	if err != nil {
		return fmt.Errorf("read risk configuration: %w", err)
	}
	v := visitorOf(ctx)
	if x := conf.Exceptions; x == nil || !contain(x.Blocked, v.Address) {
		return nil
	}
	p.Watch.Weighed(ctx, "none", m.says("BLOCK"))
	if m != enforced {
		return nil
	}
	if c.User == nil {
		if err := p.burn(ctx, c.Pool.ID, c.UserID); err != nil {
			return err
		}
		return refusal()
	}
	e := p.eventOf(ctx, c)
	e.Response, e.Decision = string(account.Failed), Blocked
	if err := p.keep(ctx, c.Pool, e); err != nil {
		return err
	}
	return refusal()
}

// says names what is done: nothing, while one only watches.
func (m mode) says(action string) string {
	if m == enforced {
		return action
	}
	return string(m)
}

// eventOf begins the event of a sign-in, or what is new of it: it has the id of the sign-in.
func (p *Protection) eventOf(ctx context.Context, c signin.Case) *Event {
	e := p.event(ctx, c.Pool, c.Client, c.User, c.EventID, c.Device)
	e.Type, e.Level, e.Stolen, e.Provider = SignIn, c.Ruling.Level, c.Ruling.Stolen, c.Provider
	if e.Level != "" {
		e.Decision = AtRisk
	}
	return e
}

// Password refuses a stolen password where one is chosen at sign-in.
func (p signIns) Password(ctx context.Context, c signin.Case, password string) error {
	m := modeFor(c)
	if m == off {
		return nil
	}
	_, err := p.chosen(ctx, m, c.Pool.ID, c.Client.ID, atChange, password)
	return err
}

// chosen judges a password that somebody wants to have.
func (p *Protection) chosen(ctx context.Context, m mode, poolID, clientID, at, password string) (*bool, error) {
	conf, err := p.Risks.of(ctx, poolID, clientID)
	if err != nil {
		return nil, fmt.Errorf("read risk configuration: %w", err)
	}
	found := p.stolen(ctx, conf, at, password)
	if found == nil || !*found {
		return found, nil
	}
	refuse := conf.refusesStolen(m)
	p.Watch.Stolen(ctx, at, refuse)
	if refuse {
		return found, fault.New(fault.Invalid, fault.Password, "Provided password cannot be used for security reasons.")
	}
	return found, nil
}

// Weigh says how dangerous a sign-in looks, and does what the pool's owner wants done then.
func (p signIns) Weigh(ctx context.Context, c signin.Case, evidence signin.Evidence) (signin.Ruling, error) {
	m := modeFor(c)
	if m == off {
		return signin.Ruling{}, nil
	}
	conf, err := p.Risks.of(ctx, c.Pool.ID, c.Client.ID)
	if err != nil {
		return signin.Ruling{}, fmt.Errorf("read risk configuration: %w", err)
	}
	r := signin.Ruling{Stolen: p.stolen(ctx, conf, atSignIn, evidence.Password)}
	if r.Stolen != nil && *r.Stolen {
		refuse := conf.refusesStolen(m)
		p.Watch.Stolen(ctx, atSignIn, refuse)
		if refuse {
			c.Ruling = r
			return r, p.block(ctx, c, nil)
		}
	}
	if x := conf.Exceptions; x != nil && contain(x.Skipped, visitorOf(ctx).Address) {
		p.Watch.Weighed(ctx, "none", "SKIPPED")
		return r, nil
	}
	if r.Level, err = p.levelOf(ctx, c); err != nil {
		return r, err
	}
	c.Ruling = r
	action := conf.Takeover.action(r.Level)
	p.Watch.Weighed(ctx, orNone(r.Level), m.says(action.Event))
	if m != enforced || r.Level == "" {
		return r, nil
	}
	return p.act(ctx, c, conf, action, evidence)
}

func orNone(level string) string {
	if level == "" {
		return "none"
	}
	return level
}

// action is what is wanted at a level; nothing where nothing is said.
func (t *Takeover) action(level string) Action {
	var a *Action
	if t != nil {
		a = map[string]*Action{Low: t.Low, Medium: t.Medium, High: t.High}[level]
	}
	if a == nil {
		return Action{Event: "NO_ACTION"}
	}
	return *a
}

// act does what is wanted.
func (p signIns) act(ctx context.Context, c signin.Case, conf *Configuration, a Action, e signin.Evidence) (signin.Ruling, error) {
	r := c.Ruling
	tell := func(which mail) error {
		if !a.Notify {
			return nil
		}
		return p.notify(ctx, c, conf, which)
	}
	block := a.Event == "BLOCK" || a.Event == "MFA_REQUIRED" && !e.Proven && !e.CanProve
	switch {
	case block:
		return r, p.block(ctx, c, func() error { return tell(mailBlock) })
	case a.Event == "MFA_REQUIRED", a.Event == "MFA_IF_CONFIGURED" && (e.Proven || e.CanProve):
		r.Factor = !e.Proven
		return r, tell(mailMFA)
	}
	return r, tell(mailNoAction)
}

// block refuses a sign-in whose first factor was right, keeps that, and then tells the user.
func (p signIns) block(ctx context.Context, c signin.Case, tell func() error) error {
	e := p.eventOf(ctx, c)
	e.Response, e.Decision = string(account.Failed), Blocked
	e.Challenges = []Answered{{"Password", "Success"}}
	if err := p.keep(ctx, c.Pool, e); err != nil {
		return err
	}
	if tell != nil {
		if err := tell(); err != nil {
			return err
		}
	}
	return refusal()
}

// levelOf compares a sign-in with the user's former ones.
func (p signIns) levelOf(ctx context.Context, c signin.Case) (string, error) {
	now := moment(p.Now)
	known, err := p.Events.EventsOf(ctx, c.Pool.ID, c.User.ID, Good, now.Add(-Memory), remembered)
	if err != nil {
		return "", fmt.Errorf("read history: %w", err)
	}
	failed, err := p.Events.EventsOf(ctx, c.Pool.ID, c.User.ID, Wrong, now.Add(-recently), manyFailures)
	if err != nil {
		return "", fmt.Errorf("read history: %w", err)
	}
	return compare(now, p.eventOf(ctx, c), known, len(failed)).level(), nil
}

// Note keeps how a sign-in goes. For nobody it costs as much.
func (p signIns) Note(ctx context.Context, c signin.Case, n signin.Note) error {
	if modeFor(c) == off {
		return nil
	}
	if c.User == nil {
		return p.burn(ctx, c.Pool.ID, c.UserID)
	}
	e := p.eventOf(ctx, c)
	for _, k := range n.Passed {
		e.Challenges = append(e.Challenges, answered(k, "Success")...)
	}
	switch {
	case n.Done:
		e.Response = string(account.Passed)
	case n.Failed != "":
		e.Response = string(account.Failed)
		e.Challenges = append(e.Challenges, answered(n.Failed, "Failure")...)
	default:
		e.Response = string(account.InProgress)
	}
	return p.keep(ctx, c.Pool, e)
}

// answered is a challenge in the words of the history, which knows two kinds. What proves nothing is left out.
func answered(k signin.Kind, response string) []Answered {
	switch k {
	case signin.Password, signin.PasswordVerifier:
		return []Answered{{"Password", response}}
	case signin.NewPassword, signin.SelectMFAType, signin.SelectChallenge, signin.PasswordSRP, signin.DeviceSRP:
		return nil
	}
	return []Answered{{"Mfa", response}}
}

var _ signin.Judge = signIns{}
