package account

import (
	"context"
	"crypto/hmac"
	"fmt"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/random"
)

// How long codes live. https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html#resource-quotas
const (
	confirmTTL = 24 * time.Hour
	resetTTL   = time.Hour
	codeDigits = 6
	// maxFailures ends a code that is being guessed at over several hours.
	maxFailures = 30
	purposeMAC  = "account-code"
)

// attributeCode is the purpose of a code that verifies an attribute.
func attributeCode(attribute string) Purpose { return Purpose("attribute:" + attribute) }

// issue makes a code for a value of a user and stores it, in the transaction of ctx if there is one. The code that the
// user had for the same purpose is dead from then on.
func (a *Accounts) issue(ctx context.Context, x *directory.User, p Purpose, to contact, life time.Duration) (string, error) {
	digits := random.Digits(codeDigits)
	now := a.moment()
	c := Code{
		PoolID: x.PoolID, UserID: x.ID, Purpose: p, Attribute: to.attribute, Value: to.value,
		CreatedAt: now, ExpiresAt: now.Add(life),
	}
	c.MAC = a.mac(c, digits)
	if err := a.codes.SaveCode(ctx, c); err != nil {
		return "", fmt.Errorf("save %s code: %w", p, err)
	}
	return digits, nil
}

func (a *Accounts) mac(c Code, digits string) []byte {
	return a.keys.MAC(purposeMAC, []byte(c.PoolID), []byte(c.UserID), []byte(c.Purpose), []byte(c.Attribute), []byte(c.Value), []byte(digits))
}

// weigh says what is wrong with a given code, if anything. Hide gives wrong codes one answer, whether there is a code
// or not and however old it is, so that it cannot tell a user from nobody.
func (a *Accounts) weigh(c *Code, digits string, hide bool) error {
	switch {
	case c == nil && hide:
		return fault.BadCode()
	case c == nil:
		return fault.DeadCode()
	case c.Failures >= maxFailures && hide: // nobody has no code that could end
		return fault.BadCode()
	case c.Failures >= maxFailures:
		return fault.New(fault.TooManyTries, "", "Too many failed attempts. Please request a code again.")
	}
	right := hmac.Equal(c.MAC, a.mac(*c, digits))
	dead := !a.now().Before(c.ExpiresAt)
	switch {
	case dead && (right || !hide):
		return fault.DeadCode()
	case !right:
		return fault.BadCode()
	}
	return nil
}

// redemption is one attempt to use a code.
type redemption struct {
	user   *directory.User
	digits string
	hide   bool
	what   Purpose
}

// redeem uses a code up and runs do in the same transaction. If do fails, nothing has happened and the code is alive;
// if the code is wrong, the failure is counted. Of two attempts with one code, one succeeds.
func (a *Accounts) redeem(ctx context.Context, r redemption, do func(context.Context, Code) error) error {
	var verdict error
	err := a.tx.InTx(ctx, func(ctx context.Context) error {
		return a.codes.UpdateCode(ctx, r.user.PoolID, r.user.ID, r.what, func(c *Code) (bool, error) {
			verdict = a.weigh(c, r.digits, r.hide)
			switch {
			case verdict == nil:
				return false, do(ctx, *c)
			case c == nil:
				return false, nil
			}
			c.Failures++
			return true, nil
		})
	})
	if err != nil {
		return err
	}
	return verdict
}

// peek judges a code without using it, for what costs too much to do before knowing. A wrong code is counted.
func (a *Accounts) peek(ctx context.Context, r redemption) error {
	c, err := a.codes.Code(ctx, r.user.PoolID, r.user.ID, r.what)
	if err != nil {
		return fmt.Errorf("read %s code: %w", r.what, err)
	}
	if a.weigh(c, r.digits, r.hide) == nil {
		return nil
	}
	return a.redeem(ctx, r, func(context.Context, Code) error { return errRaced })
}

// dropReset ends a reset code that is out, because the password was set in another way. It joins the transaction of ctx.
func (a *Accounts) dropReset(ctx context.Context, poolID, userID string) error {
	return a.codes.UpdateCode(ctx, poolID, userID, ResetCode, func(*Code) (bool, error) { return false, nil })
}

// errRaced is a code that became right between two looks: a new one was sent meanwhile. The caller tries again.
var errRaced = fault.BadCode()
