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
	"cognate.dev/cognate/internal/kit/random"
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
	Tx        Transactor
}

// ErrExists says that somebody of this name, or this sub, is here already.
var ErrExists = errors.New("The user already exists.") //nolint:staticcheck // a sentence of Cognito's log

var subForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

var groupForm = regexp.MustCompile(`^[\p{L}\p{M}\p{S}\p{N}\p{P}]+$`)

func checkGroup(name string) error {
	if !groupForm.MatchString(name) || utf8.RuneCountInString(name) > 128 {
		return fault.Invalidf("A group name has 1 to 128 characters and no spaces.")
	}
	return nil
}

// AdmitGroup makes a group, unless there is one of the name: that one stays as it is.
func (d *Door) AdmitGroup(ctx context.Context, spec directory.GroupSpec) error {
	if err := checkGroup(spec.Name); err != nil {
		return err
	}
	if _, err := d.Groups.Create(ctx, spec); !fault.Is(err, fault.Exists, fault.Group) {
		return err
	}
	return nil
}

// draftUser makes the user that will be stored.
func (d *Door) draftUser(pool *directory.Pool, p Person) (*directory.User, error) {
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
	if p.ID == "" {
		// In order, so that those who come one after the other stand side by side in every index: docs/adr/0045.
		id := random.OrderedUUID(x.CreatedAt)
		if x.Username == x.ID {
			x.Username = id
		}
		x.ID = id
	} else {
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
