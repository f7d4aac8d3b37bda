package account

import (
	"context"
	"strings"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/message"
	"cognate.dev/cognate/internal/password"
)

// SignUp asks for an account. Password may be empty where the pool lets people sign in without one.
type SignUp struct {
	Caller
	Password       string
	Attributes     map[string]string
	ValidationData map[string]string // for the hook
}

// SignedUp is the answer to SignUp. Delivery is nil when no code was sent: an administrator must confirm.
type SignedUp struct {
	UserID    string // the sub
	Confirmed bool
	Delivery  *Delivery
	Session   string // for ConfirmSession; empty for clients without USER_AUTH
}

// SignUp makes an unconfirmed user and sends the confirmation code. A failed delivery is a fault, but the user is there
// and can ask for another code. That a username is taken is never hidden.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SignUp.html
func (a *Accounts) SignUp(ctx context.Context, in SignUp) (*SignedUp, error) {
	client, pool, err := a.client(ctx, in.Caller)
	if err != nil {
		return nil, err
	}
	if pool.AdminCreate.AdminOnly {
		return nil, fault.Deniedf("SignUp is not permitted for this user pool")
	}
	if err := a.checkPassword(pool, in.Password); err != nil {
		return nil, err
	}
	x, err := a.dir.Users.Draft(pool, directory.NewUser{
		Username: in.Username, Attributes: in.Attributes, Status: directory.Unconfirmed, By: directory.ByClient, Client: client,
	})
	if err != nil {
		return nil, err
	}
	to, reachable := signUpContact(pool, x)
	if in.Password == "" && !reachable {
		return nil, fault.Invalidf("A password, or an email or phone_number that is verified automatically, is required.")
	}
	e := Event{
		Pool: pool, Client: client, User: x, Login: in.Username, ValidationData: in.ValidationData, ClientMetadata: in.ClientMetadata,
	}
	act := Act{Deed: DidSignUp, Pool: pool, Client: client, User: x, UserID: x.ID}
	if in.Password != "" {
		if act.Stolen, err = a.judge.Password(ctx, act, in.Password); err != nil {
			return nil, err
		}
	}
	verdict, err := a.preSignUp(ctx, e)
	if err != nil {
		return nil, err
	}
	n := newcomer{pool: pool, user: x, password: in.Password}
	if reachable && !verdict.Confirm {
		n.confirmation = &letter{
			pool: pool, client: client, user: x, purpose: message.SignUp, to: to, life: confirmTTL, metadata: in.ClientMetadata,
		}
	}
	n.force = verdict.apply(x)
	kept, err := a.create(ctx, n)
	if err != nil {
		return nil, err
	}
	if err := a.note(ctx, act, Passed, nil); err != nil {
		return nil, err
	}
	out := &SignedUp{UserID: x.ID, Confirmed: verdict.Confirm, Session: a.session(client, x.ID, "")}
	switch {
	case verdict.Confirm:
		return out, a.confirmed(ctx, e)
	case !reachable:
		return out, nil
	}
	out.Delivery = to.delivery()
	return out, a.sendAll(ctx, kept)
}

func (a *Accounts) checkPassword(pool *directory.Pool, pw string) error {
	if pw == "" && pool.AllowsPasswordless() {
		return nil
	}
	return reworded(a.dir.Passwords.Check(pool, pw), "Password did not conform with policy: ")
}

// reworded says in other words that a password breaks the policy. Any other error stays as it is.
func reworded(err error, refusal string) error {
	if !fault.Is(err, fault.Invalid, fault.Password) {
		return err
	}
	reason, ok := strings.CutPrefix(fault.As(err).Text, password.Refusal)
	if !ok {
		return err
	}
	return fault.New(fault.Invalid, fault.Password, refusal+reason)
}

// newcomer is a drafted user with everything that is stored together.
type newcomer struct {
	pool      *directory.Pool
	user      *directory.User
	password  string // empty: none
	temporary bool
	force     bool
	// confirmation carries a code that is made for it; nil: none is wanted.
	confirmation *letter
	invitations  []letter
}

// create stores a new user, the password, the confirmation code and the messages in one transaction, and returns the
// messages.
func (a *Accounts) create(ctx context.Context, n newcomer) (kept []message.Kept, err error) {
	// An argon2 run for a name that is taken would be wasted; the transaction decides it again.
	if err := a.dir.Users.CheckFree(ctx, n.pool, n.user); err != nil {
		return nil, err
	}
	var pw *directory.NewPassword
	if n.password != "" {
		if pw, err = a.dir.Passwords.Prepare(ctx, n.pool, n.user, n.password, n.temporary); err != nil {
			return nil, err
		}
	}
	err = a.tx.InTx(ctx, func(ctx context.Context) (err error) {
		if err := a.dir.Users.Insert(ctx, n.pool, n.user, n.force); err != nil {
			return err
		}
		if pw != nil {
			if err := a.dir.Passwords.Save(ctx, pw); err != nil {
				return err
			}
		}
		if kept, err = a.keepAll(ctx, n.invitations); err != nil || n.confirmation == nil {
			return err
		}
		k, err := a.issueIn(ctx, *n.confirmation, SignUpCode)
		kept = append(kept, k)
		return err
	})
	return kept, err
}

// Confirmation carries the code of ConfirmSignUp. ForceAlias takes the address that it verifies from its owner.
type Confirmation struct {
	Caller
	Code       string
	ForceAlias bool
}

// ConfirmSignUp confirms an account and verifies the address that the code was sent to.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ConfirmSignUp.html
func (a *Accounts) ConfirmSignUp(ctx context.Context, in Confirmation) error {
	p, err := a.identify(ctx, in.Caller)
	if err != nil {
		return err
	}
	if err := a.attempt(ctx, p.pool.ID, p.id, countConfirm); err != nil {
		return err
	}
	if p.user == nil {
		return a.refuseNobody(ctx, p)
	}
	if err := confirmable(p.user); err != nil {
		return err
	}
	change := a.dir.Users.Change
	if in.ForceAlias {
		change = a.dir.Users.ChangeForcing
	}
	r := redemption{user: p.user, digits: in.Code, hide: p.client.HidesExistence(), what: SignUpCode}
	x := p.user
	err = a.redeem(ctx, r, func(ctx context.Context, c Code) (err error) {
		x, err = change(ctx, p.pool, p.user.ID, func(x *directory.User) error {
			if err := confirmable(x); err != nil {
				return err
			}
			if !x.Verify(c.Attribute, c.Value) {
				return fault.DeadCode() // the address has changed since
			}
			x.Status = directory.Confirmed
			return nil
		})
		return err
	})
	if err != nil {
		return err
	}
	return a.confirmed(ctx, Event{Pool: p.pool, Client: p.client, User: x, Login: in.Username, ClientMetadata: in.ClientMetadata})
}

// confirmable says why an account cannot be confirmed, if it cannot.
func confirmable(x *directory.User) error {
	if x.Status != directory.Unconfirmed {
		return fault.Deniedf("User cannot be confirmed. Current status is %s", x.Status)
	}
	if !x.Enabled {
		return fault.Deniedf("User is disabled.")
	}
	return nil
}

// refuseNobody answers a code for a hidden nobody as a wrong code of somebody is answered, at the cost of its count.
func (a *Accounts) refuseNobody(ctx context.Context, p party) error {
	if err := a.attempt(ctx, p.pool.ID, p.id, countNothing); err != nil {
		return err
	}
	return fault.BadCode()
}

// ResendConfirmationCode sends a new code to an account that waits for confirmation; the old one is dead.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ResendConfirmationCode.html
func (a *Accounts) ResendConfirmationCode(ctx context.Context, in Caller) (*Delivery, error) {
	p, err := a.identify(ctx, in)
	if err != nil {
		return nil, err
	}
	if err := a.attempt(ctx, p.pool.ID, p.id, countResend); err != nil {
		return nil, err
	}
	hide := p.client.HidesExistence()
	if p.user == nil || hide && !p.user.Enabled {
		return a.pretend(ctx, p, in.Username, p.pool.AutoVerified)
	}
	if p.user.Status != directory.Unconfirmed {
		return nil, fault.Invalidf("User is already confirmed.")
	}
	if !p.user.Enabled {
		return nil, fault.Deniedf("User is disabled.")
	}
	to, reachable := signUpContact(p.pool, p.user)
	switch {
	case !reachable && hide:
		return a.pretend(ctx, p, in.Username, p.pool.AutoVerified)
	case !reachable:
		return nil, fault.Invalidf("Cannot resend codes. Auto verification not turned on.")
	}
	kept, err := a.issueIn(ctx, letter{
		pool: p.pool, client: p.client, user: p.user, purpose: message.ResendCode, to: to, life: confirmTTL, metadata: in.ClientMetadata,
	}, SignUpCode)
	if err != nil {
		return nil, err
	}
	if err := a.note(ctx, p.act(DidAskForAnotherCode), Passed, nil); err != nil {
		return nil, err
	}
	return to.delivery(), a.deliver(ctx, p.client, kept)
}

// pretend answers as if a code had been sent, at the cost of storing one.
func (a *Accounts) pretend(ctx context.Context, p party, login string, order []string) (*Delivery, error) {
	if err := a.attempt(ctx, p.pool.ID, p.id, countNothing); err != nil {
		return nil, err
	}
	p.user = nil // whoever it is does nothing here
	if err := a.note(ctx, p.act(DidForgetPassword), InProgress, nil); err != nil {
		return nil, err
	}
	return a.simulate(p.pool, login, order), nil
}
