package signin

import (
	"context"
	"fmt"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/token"
)

// turn is one line of the table that decides what comes next: the first that wants something asked is obeyed.
type turn func(a *Attempt) (k Kind, due bool)

// turns are the steps after the first factor, in order.
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow.html
func turns() []turn {
	return []turn{newPasswordTurn, trustedDeviceTurn, secondFactorTurn, stepUpTurn, deviceTurn}
}

func newPasswordTurn(a *Attempt) (Kind, bool) {
	return NewPassword, a.User.Status == directory.ForceChangePassword && !a.Has(NewPassword)
}

// proceed goes on after a passed challenge: the next one, or tokens.
func (m *Machine) proceed(ctx context.Context, a *Attempt) (*Answer, error) {
	user, err := m.Users.Get(ctx, a.PoolID, a.UserID) // a challenge may have changed it
	if err != nil {
		return nil, fmt.Errorf("read user after challenge: %w", err)
	}
	a.User = user
	if err := m.admit(ctx, a); err != nil {
		return nil, err
	}
	if err := m.takeStock(ctx, a); err != nil {
		return nil, err
	}
	if err := m.weigh(ctx, a); err != nil {
		return nil, err
	}
	for _, turn := range turns() {
		if k, due := turn(a); due {
			return m.ask(ctx, a, k)
		}
	}
	return m.finish(ctx, a)
}

// admit checks the account once the first factor is proven.
func (m *Machine) admit(ctx context.Context, a *Attempt) error {
	if err := state(a.User); err != nil {
		return err
	}
	return m.unexpired(ctx, a)
}

// unexpired refuses a temporary password whose time is over, although it was right.
func (m *Machine) unexpired(ctx context.Context, a *Attempt) error {
	if a.User.Status != directory.ForceChangePassword {
		return nil
	}
	_, until, err := m.Passwords.State(ctx, a.PoolID, a.UserID)
	if err != nil {
		return fmt.Errorf("read temporary password: %w", err)
	}
	if !until.IsZero() && !a.Now.Before(until) {
		return fault.Deniedf("Temporary password has expired and must be reset by an administrator.")
	}
	return nil
}

// finish gives out the tokens, or to our own pages the person.
func (m *Machine) finish(ctx context.Context, a *Attempt) (*Answer, error) {
	if err := m.weigh(ctx, a); err != nil { // done long ago, unless a way to here forgot it
		return nil, err
	}
	if a.Ruling.Factor && !secondProven(a) { // the pool or the user has lost the factor meanwhile
		return nil, fault.Deniedf("Unable to login because of security reasons.")
	}
	acr, err := a.reached()
	if err != nil {
		return nil, err
	}
	key, device := m.deviceOf(a)
	e := a.event()
	e.NewDevice = device != nil
	if err := run(ctx, m.Hooks.PostAuthentication, e); err != nil {
		return nil, err
	}
	if err := m.forget(ctx, a); err != nil {
		return nil, err
	}
	if err := m.Judge.Note(ctx, a.asCase(), Note{Passed: a.Trail, Done: true}); err != nil {
		return nil, err
	}
	audit.NoteProven(ctx, a.PoolID, a.UserID)
	if a.Flow == flowPages {
		return &Answer{Proven: &Proven{User: a.User, Trail: a.Trail, AMR: a.amr(), Second: secondProven(a) && !deviceReplaces(a), Device: a.DeviceKey, Upon: a.Credit > 0}}, nil
	}
	via := token.BySignIn
	switch {
	case a.Has(NewPassword):
		via = token.ByNewPassword
	case a.Has(DeviceVerifier):
		via = token.ByDevice
	}
	set, err := m.Tokens.Issue(ctx, token.Grant{
		Pool: a.Pool, Client: a.Client, User: a.User, Via: via, EventID: a.EventID, ClientMetadata: a.ClientMetadata,
		DeviceKey: key, From: a.From, AMR: a.amr(), ACR: acr,
	})
	if err != nil {
		return nil, err
	}
	return &Answer{Tokens: set, Device: device}, nil
}
