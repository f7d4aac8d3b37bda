package signin

import (
	"context"
	"fmt"
	"slices"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

// Respond takes the answer to a challenge.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html
func (m *Machine) Respond(ctx context.Context, r Reply) (*Answer, error) {
	username := r.Answers["USERNAME"]
	if username == "" {
		return nil, missing("USERNAME")
	}
	if err := r.Client.CheckSecretHash(username, r.Answers["SECRET_HASH"]); err != nil {
		return nil, err
	}
	if m.challenges[Kind(r.Challenge)] == nil {
		return nil, fault.Invalidf("Challenge %s is not served by Cognate yet; see docs/standards.md", r.Challenge)
	}
	a, err := m.resume(ctx, r)
	if err != nil {
		return nil, err
	}
	if !a.names(username) || (a.Flow == flowPages) != r.Pages {
		return nil, badSession()
	}
	user, err := m.Users.Get(ctx, a.PoolID, a.UserID)
	switch {
	case err == nil:
		a.User = user
		audit.NotePerson(ctx, a.PoolID, user.ID, "")
	case !fault.Is(err, fault.Missing, fault.User):
		return nil, fmt.Errorf("find user of sign-in: %w", err)
	case !a.hides(): // deleted meanwhile
		return nil, fault.NoUser()
	}
	if err := m.Judge.Admit(ctx, a.asCase()); err != nil {
		return nil, err
	}
	if err := m.current(ctx, a); err != nil {
		return nil, err
	}
	if err := m.takeDevice(ctx, a, true); err != nil {
		return nil, err
	}
	if err := m.takeStock(ctx, a); err != nil {
		return nil, err
	}
	if a.Pending == SelectChallenge {
		if a.Offers, err = m.offers(ctx, a); err != nil {
			return nil, err
		}
	}
	if traitsOf(a.Pending).once {
		if err := m.spend(ctx, a); err != nil {
			return nil, err
		}
	}
	return m.judge(ctx, a, a.Pending)
}

// current refuses an attempt that was begun before the password was set anew or the user was signed out everywhere: who
// had the old password must not finish with it.
func (m *Machine) current(ctx context.Context, a *Attempt) error {
	set, err := m.passwordSet(ctx, a)
	if err != nil || a.User == nil { // nobody is refused later, as somebody with a wrong password
		return err
	}
	if set != a.Password || a.Asked < a.User.SignedOutAt.UnixMilli() {
		return badSession()
	}
	return nil
}

// passwordSet is when the password of the attempt's user was set, in unix milliseconds. It has as many digits where
// there is none: the length of a session must not tell.
func (m *Machine) passwordSet(ctx context.Context, a *Attempt) (int64, error) {
	const never = 1_000_000_000_000
	set, err := m.Passwords.ChangedAt(ctx, a.PoolID, a.UserID)
	switch {
	case err != nil:
		return 0, fmt.Errorf("read age of password: %w", err)
	case set.IsZero():
		return never, nil
	}
	return set.UnixMilli(), nil
}

// judge has an answer checked and acts on the verdict. What happens for an unknown user is the same, up to the hash
// and the write that counts the failure: the time it takes must not tell.
func (m *Machine) judge(ctx context.Context, a *Attempt, k Kind) (*Answer, error) {
	c := m.challenges[k]
	if c == nil {
		return nil, fault.Newf(fault.Misconfigured, "", "This sign-in requires the challenge %s, which this server does not serve yet.", k)
	}
	t := traitsOf(k)
	if t.guesses {
		if err := m.guard(ctx, a); err != nil {
			return nil, err
		}
	}
	// A client that hides who exists learns the state of an account only with its password.
	if a.User != nil && (!a.hides() || len(a.Trail) > 0) {
		if err := state(a.User); err != nil {
			return nil, err
		}
	}
	if k == NewPassword {
		if err := m.Judge.Password(ctx, a.asCase(), a.Input["NEW_PASSWORD"]); err != nil {
			return nil, err
		}
	}
	verdict, err := c.Check(ctx, a)
	if err != nil {
		return nil, err
	}
	if verdict.Passed && t.selects {
		return m.follow(ctx, a, verdict.Chosen)
	}
	if a.Flow == flowCustom {
		return m.customStep(ctx, a, k, t, verdict)
	}
	if !verdict.Passed || a.User == nil {
		return nil, m.refuse(ctx, a, k, verdict)
	}
	if t.guesses {
		// Once more: of many guesses sent at once only the first few may count.
		if err := m.guard(ctx, a); err != nil {
			return nil, err
		}
	}
	if a.ID != "" && !t.once {
		if err := m.spend(ctx, a); err != nil {
			return nil, err
		}
	}
	a.Trail, a.Chosen = append(slices.Clip(a.Trail), k), verdict.Chosen
	a.Both, a.Roaming = a.Both || verdict.Both, a.Roaming || verdict.Roaming
	return m.proceed(ctx, a)
}

// refuse counts a wrong answer and says no.
func (m *Machine) refuse(ctx context.Context, a *Attempt, k Kind, v Verdict) error {
	if traitsOf(k).guesses {
		// A guess that comes to its end while the user is locked learns nothing, not even that it was wrong: else many
		// guesses sent at once would all be answered.
		late, err := m.count(ctx, a)
		if err != nil {
			return err
		}
		if late {
			return locked()
		}
	}
	if err := m.failed(ctx, a, k); err != nil {
		return err
	}
	if v.Wrong == nil { // an unknown user never passes, whatever a challenge thinks
		return fault.BadPassword()
	}
	return v.Wrong
}

// state refuses a user whose account does not let them sign in.
func state(u *directory.User) error {
	switch {
	case !u.Enabled:
		return fault.Deniedf("User is disabled.")
	case u.Status == directory.Unconfirmed:
		return fault.New(fault.Unconfirmed, "", "User is not confirmed.")
	case u.Status == directory.ResetRequired:
		return fault.New(fault.ResetRequired, "", "Password reset required for the user")
	}
	return nil
}
