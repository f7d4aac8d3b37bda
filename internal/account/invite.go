package account

import (
	"context"
	"slices"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/message"
)

// What AdminCreateUser does about the invitation.
const (
	Resend   = "RESEND"
	Suppress = "SUPPRESS"
)

// Invite asks for a user, or with Resend for another invitation of one.
type Invite struct {
	Username          string
	Attributes        map[string]string
	TemporaryPassword string // empty: a generated one
	ForceAlias        bool
	Action            string           // "", RESEND, SUPPRESS
	Media             []message.Medium // nil: SMS
	ValidationData    map[string]string
	ClientMetadata    map[string]string
}

// AdminCreateUser makes a user with a temporary password and sends the invitation. Required attributes are not asked
// for. In a pool that lets codes come first, a user with a verified address and no password needs no invitation.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUser.html
func (a *Accounts) AdminCreateUser(ctx context.Context, pool *directory.Pool, in Invite) (*directory.User, error) {
	if in.Action == Resend {
		return a.inviteAgain(ctx, pool, in)
	}
	x, err := a.dir.Users.Draft(pool, directory.NewUser{
		Username: in.Username, Attributes: in.Attributes, Status: directory.ForceChangePassword, By: directory.ByAdmin,
	})
	if err != nil {
		return nil, err
	}
	n := newcomer{pool: pool, user: x, password: in.TemporaryPassword, temporary: true, force: in.ForceAlias}
	switch {
	case n.password != "":
		if err := a.dir.Passwords.Check(pool, n.password); err != nil {
			return nil, reworded(err, inviteRefusal)
		}
	case signsInByCode(pool, x):
		x.Status, in.Action = directory.Confirmed, Suppress
	default:
		n.password = a.dir.Passwords.Generate(pool)
	}
	to, err := invitees(x, in)
	if err != nil {
		return nil, err
	}
	if _, err := a.preSignUp(ctx, Event{
		Pool: pool, User: x, Login: in.Username, ValidationData: in.ValidationData, ClientMetadata: in.ClientMetadata,
	}); err != nil {
		return nil, err
	}
	n.invitations = invitations(pool, x, in, n.password, to)
	kept, err := a.create(ctx, n)
	if err != nil {
		return nil, adminText(err)
	}
	return x, a.sendAll(ctx, kept)
}

const inviteRefusal = "Password did not conform with password policy: "

// adminText says "already exists" as AdminCreateUser says it.
func adminText(err error) error {
	if f := fault.As(err); f.Kind == fault.Exists && f.Text == "User already exists" {
		return fault.New(fault.Exists, fault.Username, "User account already exists").Because(err)
	}
	return err
}

// signsInByCode says whether a user can sign in without ever having a password.
func signsInByCode(pool *directory.Pool, x *directory.User) bool {
	return slices.Contains(pool.FirstAuthFactors, "EMAIL_OTP") && x.Attributes["email_verified"] == "true" ||
		slices.Contains(pool.FirstAuthFactors, "SMS_OTP") && x.Attributes["phone_number_verified"] == "true"
}

// invitees lists where an invitation goes. A medium that was asked for and has no address is a fault; the default one
// is skipped.
func invitees(x *directory.User, in Invite) ([]contact, error) {
	if in.Action == Suppress {
		return nil, nil
	}
	media := in.Media
	if media == nil {
		media = []message.Medium{message.SMS}
	}
	var out []contact
	for _, m := range media {
		name := "email"
		if m == message.SMS {
			name = "phone_number"
		}
		if value := x.Attributes[name]; value != "" {
			out = append(out, contact{name, value})
		}
	}
	if len(out) == 0 && in.Media != nil {
		return nil, fault.Invalidf("The user has no attribute for the desired delivery mediums.")
	}
	return out, nil
}

// invitations are the messages that carry a temporary password.
func invitations(pool *directory.Pool, x *directory.User, in Invite, pw string, to []contact) (out []letter) {
	life := time.Duration(pool.TemporaryDays()) * 24 * time.Hour
	for _, c := range to {
		out = append(out, letter{
			pool: pool, user: x, purpose: message.Invitation, to: c, code: pw, life: life, login: in.Username, metadata: in.ClientMetadata,
		})
	}
	return out
}

// inviteAgain gives a new temporary password, with a new life, to somebody who has not used the first.
func (a *Accounts) inviteAgain(ctx context.Context, pool *directory.Pool, in Invite) (*directory.User, error) {
	x, err := a.dir.Users.Find(ctx, pool, in.Username)
	if err != nil {
		return nil, err
	}
	pw := in.TemporaryPassword
	if pw == "" {
		pw = a.dir.Passwords.Generate(pool)
	}
	to, err := invitees(x, in)
	if err != nil {
		return nil, err
	}
	prepared, err := a.dir.Passwords.Prepare(ctx, pool, x, pw, true)
	if err != nil {
		return nil, reworded(err, inviteRefusal)
	}
	var kept []message.Kept
	err = a.tx.InTx(ctx, func(ctx context.Context) (err error) {
		x, err = a.dir.Users.Change(ctx, pool, x.ID, func(x *directory.User) error {
			if x.Status != directory.ForceChangePassword {
				return fault.Newf(fault.Unsupported, fault.UserState,
					"Resend not possible. %s status is not FORCE_CHANGE_PASSWORD", x.Username)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if err := a.dir.Passwords.Save(ctx, prepared); err != nil {
			return err
		}
		kept, err = a.keepAll(ctx, invitations(pool, x, in, pw, to))
		return err
	})
	if err != nil {
		return nil, err
	}
	return x, a.sendAll(ctx, kept)
}
