package account

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/message"
)

// AdminConfirmSignUp confirms an account without a code; it verifies no address. The metadata is the request's
// ClientMetadata, here and below.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminConfirmSignUp.html
func (a *Accounts) AdminConfirmSignUp(ctx context.Context, pool *directory.Pool, username string, metadata map[string]string) error {
	x, err := a.change(ctx, pool, username, func(x *directory.User) error {
		if x.Status != directory.Unconfirmed {
			return fault.Deniedf("User cannot be confirmed. Current status is %s", x.Status)
		}
		x.Status = directory.Confirmed
		return nil
	})
	if err != nil {
		return err
	}
	return a.confirmed(ctx, Event{Pool: pool, User: x, Login: username, ClientMetadata: metadata})
}

// AdminResetUserPassword makes a password useless and sends the code that allows a new one.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminResetUserPassword.html
func (a *Accounts) AdminResetUserPassword(ctx context.Context, pool *directory.Pool, username string, metadata map[string]string) error {
	x, err := a.dir.Users.Find(ctx, pool, username)
	if err != nil {
		return err
	}
	var to contact
	var kept message.Kept
	err = a.tx.InTx(ctx, func(ctx context.Context) (err error) {
		x, err = a.dir.Users.Change(ctx, pool, x.ID, func(x *directory.User) (err error) {
			if to, err = resettable(pool, x); err != nil {
				return err
			}
			x.Status = directory.ResetRequired
			return nil
		})
		if err != nil {
			return err
		}
		if err := a.endBrowsers(ctx, pool.ID, x.ID); err != nil {
			return err
		}
		// The old password stays: it opens nothing in this state, but who knows it is told that a reset is due.
		kept, err = a.issueIn(ctx, letter{
			pool: pool, user: x, purpose: message.ForgotPassword, to: to, life: resetTTL, metadata: metadata,
		}, ResetCode)
		return err
	})
	if err != nil {
		return err
	}
	return a.post.Send(ctx, kept)
}

// AdminSetUserPassword sets a password: a permanent one confirms the user, whatever the state was; a temporary one must
// be replaced at the next sign-in.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminSetUserPassword.html
func (a *Accounts) AdminSetUserPassword(ctx context.Context, pool *directory.Pool, username, pw string, permanent bool) error {
	x, err := a.dir.Users.Find(ctx, pool, username)
	if err != nil {
		return err
	}
	prepared, err := a.dir.Passwords.Prepare(ctx, pool, x, pw, !permanent)
	if err != nil {
		return err
	}
	status := directory.ForceChangePassword
	if permanent {
		status = directory.Confirmed
	}
	return a.tx.InTx(ctx, func(ctx context.Context) error {
		if err := a.dir.Passwords.Save(ctx, prepared); err != nil {
			return err
		}
		if err := a.dropReset(ctx, x.PoolID, x.ID); err != nil {
			return err
		}
		_, err := a.dir.Users.SetStatus(ctx, pool, x.ID, status)
		return err
	})
}

// AdminUpdateUserAttributes writes any mutable attribute (an empty value deletes). Where the pool keeps the old address
// until the new one is verified, it does so here too, unless the same call sets email_verified or its like.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminUpdateUserAttributes.html
func (a *Accounts) AdminUpdateUserAttributes(ctx context.Context, pool *directory.Pool, username string, values, metadata map[string]string) error {
	x, err := a.dir.Users.Find(ctx, pool, username)
	if err != nil {
		return err
	}
	_, err = a.update(ctx, pool, x.ID, directory.Update{Values: values, By: directory.ByAdmin}, metadata)
	return err
}

// Enable lets a disabled user sign in again. Ended sessions stay ended.
func (a *Accounts) Enable(ctx context.Context, pool *directory.Pool, username string) error {
	_, err := a.change(ctx, pool, username, func(x *directory.User) error { x.Enabled = true; return nil })
	return err
}

// Disable keeps a user from signing in and ends every session.
func (a *Accounts) Disable(ctx context.Context, pool *directory.Pool, username string) error {
	x, err := a.dir.Users.Find(ctx, pool, username)
	if err != nil {
		return err
	}
	return a.tx.InTx(ctx, func(ctx context.Context) error {
		if _, err := a.dir.Users.SetEnabled(ctx, pool, x.ID, false); err != nil {
			return err
		}
		return a.endSessions(ctx, pool.ID, x.ID, a.moment())
	})
}

func (a *Accounts) change(ctx context.Context, pool *directory.Pool, username string, change func(*directory.User) error) (*directory.User, error) {
	x, err := a.dir.Users.Find(ctx, pool, username)
	if err != nil {
		return nil, err
	}
	return a.dir.Users.Change(ctx, pool, x.ID, change)
}
