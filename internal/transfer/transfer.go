// Package transfer is how people come into a pool in numbers, and how they leave: what a person carries from one system
// to another, and how one is taken in. Its folders are the ways: csv and job are Cognito's import, archive is our own
// file, clone another Cognito. It leaves what is true about people to directory and checking passwords to password.
package transfer

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

// Person is somebody who comes, with what another system knew.
type Person struct {
	// Username is what they sign in with, or with an ID what the pool calls them: the same in pools without
	// UsernameAttributes.
	Username   string
	ID         string            // the sub, to be kept; empty: a new one
	Attributes map[string]string // without sub; empty values count as absent
	Status     directory.Status
	Disabled   bool
	MFA        directory.UserMFA
	Secret     directory.Imported
	Token      *Token // an authenticator app; nil: none
	Groups     []string
	CreatedAt  time.Time // zero: now
	ModifiedAt time.Time // zero: CreatedAt
}

// Token is an authenticator app.
type Token struct{ Secret, Name string }

// Tokens takes over authenticator apps; *factor.Factors does.
type Tokens interface {
	ImportToken(ctx context.Context, poolID, userID, secret, name string) error
}

// Door takes people in. Groups and Tokens may be nil where nobody brings any.
type Door struct {
	Users     *directory.Users
	Passwords *directory.Passwords
	Groups    *directory.Groups
	Tokens    Tokens
	Tx        directory.Transactor
}

// ErrExists says that somebody of this name, or this sub, is here already.
var ErrExists = errors.New("The user already exists.") //nolint:staticcheck // a sentence of Cognito's log

var subForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// Admit stores a person with everything they bring, in the transaction of ctx: all of it, or nothing. A person who is here
// already is ErrExists; one who cannot be taken in is a fault whose text says why. Any other error is internal.
func (d *Door) Admit(ctx context.Context, pool *directory.Pool, p Person) error {
	x, err := d.draft(pool, p)
	if err != nil {
		return err
	}
	err = d.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := d.Users.Insert(ctx, pool, x, false); err != nil {
			return err
		}
		if p.Secret.Hash != "" || len(p.Secret.Verifier) > 0 {
			if err := d.Passwords.Import(ctx, pool, x, p.Secret); err != nil {
				return err
			}
		}
		if p.Token != nil {
			if err := d.Tokens.ImportToken(ctx, pool.ID, x.ID, p.Token.Secret, p.Token.Name); err != nil {
				return err
			}
		}
		for _, g := range p.Groups {
			if err := d.join(ctx, pool.ID, g, x.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if fault.Is(err, fault.Exists, fault.Username) {
		return ErrExists
	}
	return err
}

var groupForm = regexp.MustCompile(`^[\p{L}\p{M}\p{S}\p{N}\p{P}]+$`)

// join puts somebody into a group, which is made if there is none of the name.
func (d *Door) join(ctx context.Context, poolID, group, userID string) error {
	if !groupForm.MatchString(group) || utf8.RuneCountInString(group) > 128 {
		return fault.Invalidf("A group name has 1 to 128 characters and no spaces.")
	}
	err := d.Groups.Add(ctx, poolID, group, userID)
	if !fault.Is(err, fault.Missing, "") {
		return err
	}
	if err := d.Groups.Ensure(ctx, poolID, group, ""); err != nil {
		return err
	}
	return d.Groups.Add(ctx, poolID, group, userID)
}

// AdmitGroup makes a group, unless there is one of the name: that one stays as it is.
func (d *Door) AdmitGroup(ctx context.Context, spec directory.GroupSpec) error {
	if !groupForm.MatchString(spec.Name) || utf8.RuneCountInString(spec.Name) > 128 {
		return fault.Invalidf("A group name has 1 to 128 characters and no spaces.")
	}
	if _, err := d.Groups.Create(ctx, spec); !fault.Is(err, fault.Exists, fault.Group) {
		return err
	}
	return nil
}

// draft makes the user that will be stored.
func (d *Door) draft(pool *directory.Pool, p Person) (*directory.User, error) {
	login := p.Username
	if p.ID != "" {
		if !subForm.MatchString(p.ID) {
			return nil, fault.Invalidf("The sub %s is not a UUID in lower case.", p.ID)
		}
		for _, kind := range pool.UsernameAttributes { // the username is the sub there: people sign in with this
			if value := p.Attributes[kind]; value != "" {
				login = value
				break
			}
		}
	}
	switch p.Status {
	case directory.Unconfirmed, directory.Confirmed, directory.ForceChangePassword, directory.ResetRequired, directory.ExternalProvider:
	default:
		return nil, fault.Invalidf("There is no user status %s.", p.Status)
	}
	if err := checkMFA(p); err != nil {
		return nil, err
	}
	x, err := d.Users.Draft(pool, directory.NewUser{Username: login, Attributes: p.Attributes, Status: p.Status, By: directory.BySystem})
	if err != nil {
		return nil, err
	}
	if p.ID != "" {
		x.ID = p.ID
		if len(pool.UsernameAttributes) > 0 {
			x.Username = p.ID
			if subForm.MatchString(p.Username) {
				x.Username = p.Username
			}
		}
	}
	x.Enabled, x.MFA = !p.Disabled, p.MFA
	if !p.CreatedAt.IsZero() {
		x.CreatedAt = p.CreatedAt.UTC().Truncate(time.Millisecond)
		x.ModifiedAt = x.CreatedAt
	}
	if !p.ModifiedAt.IsZero() {
		x.ModifiedAt = p.ModifiedAt.UTC().Truncate(time.Millisecond)
	}
	return x, nil
}

// checkMFA refuses factors that are none, and an app that is switched on but not brought.
func checkMFA(p Person) error {
	known := []string{"SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"}
	for _, m := range p.MFA.Methods {
		if !slices.Contains(known, m) {
			return fault.Invalidf("There is no MFA method %s.", m)
		}
	}
	if p.MFA.Preferred != "" && !slices.Contains(p.MFA.Methods, p.MFA.Preferred) {
		return fault.Invalidf("The preferred MFA method %s is not switched on.", p.MFA.Preferred)
	}
	if slices.Contains(p.MFA.Methods, "SOFTWARE_TOKEN_MFA") && p.Token == nil {
		return fault.Invalidf("SOFTWARE_TOKEN_MFA is switched on, but no authenticator app comes with the user.")
	}
	return nil
}
