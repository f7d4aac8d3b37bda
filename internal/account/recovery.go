package account

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/message"
)

// ForgotPassword sends a code that allows a new password. A client that hides users gets an invented delivery for
// nobody, and for everybody who cannot reset their password.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ForgotPassword.html
func (a *Accounts) ForgotPassword(ctx context.Context, in Caller) (*Delivery, error) {
	p, err := a.identifyOrMigrate(ctx, in)
	if err != nil {
		return nil, err
	}
	order := recoveryOrder(p.pool)
	if len(order) == 0 {
		return nil, fault.Deniedf("Contact administrator to reset password.")
	}
	if err := a.attempt(ctx, p.pool.ID, p.id, countReset); err != nil {
		return nil, err
	}
	if p.user == nil {
		return a.pretend(ctx, p, in.Username, order)
	}
	to, err := resettable(p.pool, p.user)
	if err != nil {
		if p.client.HidesExistence() {
			return a.pretend(ctx, p, in.Username, order)
		}
		return nil, err
	}
	kept, err := a.issueIn(ctx, letter{
		pool: p.pool, client: p.client, user: p.user, purpose: message.ForgotPassword, to: to, life: resetTTL,
		metadata: in.ClientMetadata,
	}, ResetCode)
	if err != nil {
		return nil, err
	}
	if err := a.note(ctx, p.act(DidForgetPassword), InProgress, nil); err != nil {
		return nil, err
	}
	return to.delivery(), a.deliver(ctx, p.client, kept)
}

// resettable says where the reset code of a user goes, or why none can be sent.
func resettable(pool *directory.Pool, x *directory.User) (contact, error) {
	if !x.Enabled {
		return contact{}, fault.Deniedf("User is disabled.")
	}
	switch x.Status {
	case directory.Unconfirmed:
		return contact{}, noRecovery()
	case directory.Confirmed, directory.ResetRequired:
	default:
		return contact{}, fault.Deniedf("User password cannot be reset in the current state.")
	}
	to, ok := recoveryContact(pool, x)
	if !ok {
		return contact{}, noRecovery()
	}
	return to, nil
}

// Reset carries the code and the new password of ConfirmForgotPassword.
type Reset struct {
	Caller
	Code     string
	Password string
}

// ConfirmForgotPassword sets a new password. Nothing is hashed before the code is known to be right, and the code is
// used up in the transaction that stores the password.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ConfirmForgotPassword.html
func (a *Accounts) ConfirmForgotPassword(ctx context.Context, in Reset) error {
	p, err := a.identify(ctx, in.Caller)
	if err != nil {
		return err
	}
	if err := a.dir.Passwords.Check(p.pool, in.Password); err != nil {
		return err
	}
	if err := a.attempt(ctx, p.pool.ID, p.id, countReset); err != nil {
		return err
	}
	hide := p.client.HidesExistence()
	if p.user == nil || hide && !p.user.Enabled {
		nobody := p
		nobody.user = nil
		return a.note(ctx, nobody.act(DidForgetPassword), Failed, a.refuseNobody(ctx, p))
	}
	if !p.user.Enabled {
		return fault.Deniedf("User is disabled.")
	}
	if p.user.Status == directory.Unconfirmed && !hide {
		return fault.New(fault.Unconfirmed, "", "User is not confirmed.")
	}
	r := redemption{user: p.user, digits: in.Code, hide: hide, what: ResetCode}
	act := p.act(DidForgetPassword)
	if err := a.peek(ctx, r); err != nil {
		return a.note(ctx, act, Failed, err)
	}
	if act.Stolen, err = a.judge.Password(ctx, act, in.Password); err != nil {
		return a.note(ctx, act, Failed, err)
	}
	pw, err := a.dir.Passwords.Prepare(ctx, p.pool, p.user, in.Password, false)
	if err != nil {
		return err
	}
	x := p.user
	err = a.redeem(ctx, r, func(ctx context.Context, c Code) (err error) {
		if err := a.dir.Passwords.Save(ctx, pw); err != nil {
			return err
		}
		x, err = a.dir.Users.Change(ctx, p.pool, p.user.ID, func(x *directory.User) error {
			// A code does not survive a change of the address or of the state it was sent in.
			if _, err := resettable(p.pool, x); err != nil || x.Attributes[c.Attribute] != c.Value {
				return fault.DeadCode()
			}
			x.Status = directory.Confirmed
			return nil
		})
		return err
	})
	if err := a.note(ctx, act, Passed, err); err != nil {
		return err
	}
	return a.confirmed(ctx, Event{
		Pool: p.pool, Client: p.client, User: x, Login: in.Username, Reset: true, ClientMetadata: in.ClientMetadata,
	})
}

// ChangePassword replaces the password of somebody who is signed in. A user without a password needs no previous one.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ChangePassword.html
func (a *Accounts) ChangePassword(ctx context.Context, self Self, previous, proposed string) error {
	if err := a.attempt(ctx, self.Pool.ID, self.User.ID, countChange); err != nil {
		return err
	}
	if self.User.Status == directory.ExternalProvider {
		return fault.Deniedf("User password cannot be changed in the current state.")
	}
	act := self.act(DidChangePassword)
	has, _, err := a.dir.Passwords.State(ctx, self.Pool.ID, self.User.ID)
	if err != nil {
		return err
	}
	if has {
		right, err := a.dir.Passwords.Verify(ctx, self.Pool, self.User, previous)
		if err != nil {
			return err
		}
		if !right {
			return a.note(ctx, act, Failed, fault.BadPassword())
		}
	}
	if act.Stolen, err = a.judge.Password(ctx, act, proposed); err != nil {
		return a.note(ctx, act, Failed, err)
	}
	pw, err := a.dir.Passwords.Prepare(ctx, self.Pool, self.User, proposed, false)
	if err != nil {
		return err
	}
	err = a.tx.InTx(ctx, func(ctx context.Context) error {
		if err := a.dir.Passwords.Save(ctx, pw); err != nil {
			return err
		}
		if err := a.dropReset(ctx, self.User.PoolID, self.User.ID); err != nil {
			return err
		}
		_, err := a.dir.Users.Touch(ctx, self.Pool, self.User.ID)
		return err
	})
	return a.note(ctx, act, Passed, err)
}
