package transfer

import (
	"context"
	"errors"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

// Transactor keeps what people bring together. *store.Store does.
type Transactor interface {
	// InWhole runs fn in a transaction, or as a part of the one of ctx: all of it is written, or nothing is. An error of a step
	// becomes one of fn, unless it came of reading alone.
	InWhole(ctx context.Context, fn func(context.Context) error) error
}

// Admit takes a person in. Somebody who is here already is ErrExists; somebody who cannot be taken in is a fault whose text
// says why. Any other error is internal, and the caller returns it.
type Admit func(ctx context.Context, pool *directory.Pool, p Person) error

// Admit stores a person with everything they bring, in the transaction of ctx: all of it, or nothing.
func (d *Door) Admit(ctx context.Context, pool *directory.Pool, p Person) error {
	x, c, err := d.draft(ctx, pool, p)
	if err != nil {
		return err
	}
	return d.Tx.InWhole(ctx, func(ctx context.Context) error {
		_, err := d.store(ctx, pool, p, x, c, nil)
		return err
	})
}

// errHalf says that somebody of whom a part was written cannot be taken in.
var errHalf = errors.New("a part of somebody has been stored who cannot be taken in")

// Together runs fn, which admits many, in the transaction of ctx. Keeping each apart from the others costs as much as storing
// them, and hardly ever does somebody fail of whom something was written. So nobody is kept apart until that happens: then all
// is undone, and fn runs a second time with everybody kept apart. What it noted the first time counts for nothing.
func (d *Door) Together(ctx context.Context, fn func(context.Context, Admit) error) error {
	err := d.Tx.InWhole(ctx, func(ctx context.Context) error {
		known := map[string]bool{}
		return fn(ctx, func(ctx context.Context, pool *directory.Pool, p Person) error {
			return d.admitBare(ctx, pool, p, known)
		})
	})
	if errors.Is(err, errHalf) {
		return fn(ctx, d.Admit)
	}
	return err
}

func (d *Door) admitBare(ctx context.Context, pool *directory.Pool, p Person, known map[string]bool) error {
	x, c, err := d.draft(ctx, pool, p)
	if err != nil {
		return err
	}
	clean, err := d.store(ctx, pool, p, x, c, known)
	if err != nil && !clean {
		return errHalf
	}
	return err
}

// draft makes what will be stored of a person, and looks at all of it before anything is.
func (d *Door) draft(ctx context.Context, pool *directory.Pool, p Person) (*directory.User, *directory.Credential, error) {
	x, err := d.draftUser(pool, p)
	if err != nil {
		return nil, nil, err
	}
	if len(p.Groups) > directory.MaxMemberships {
		return nil, nil, fault.Invalidf("A user can be in at most %d groups.", directory.MaxMemberships)
	}
	for _, g := range p.Groups {
		if err := checkGroup(g); err != nil {
			return nil, nil, err
		}
	}
	if p.Secret.Hash == "" && len(p.Secret.Verifier) == 0 {
		return x, nil, nil
	}
	c, err := d.Passwords.Import(ctx, pool, x, p.Secret)
	return x, c, err
}

// store writes a drafted person. Clean: it failed before anything was written.
func (d *Door) store(ctx context.Context, pool *directory.Pool, p Person, x *directory.User, c *directory.Credential, known map[string]bool) (clean bool, err error) {
	clean, err = d.Users.Admit(ctx, pool, x)
	if fault.Is(err, fault.Exists, fault.Username) {
		return clean, ErrExists
	}
	if err != nil {
		return clean, err
	}
	if c != nil {
		if err := d.Passwords.Keep(ctx, x, c); err != nil {
			return false, err
		}
	}
	if p.Token != nil {
		if err := d.Tokens.ImportToken(ctx, pool.ID, x.ID, p.Token.Secret, p.Token.Name); err != nil {
			return false, err
		}
	}
	if err := d.openGroups(ctx, pool, p, known); err != nil {
		return false, err
	}
	for _, g := range p.Groups {
		if err := d.Groups.Admit(ctx, pool.ID, g, x.ID); err != nil {
			return false, err
		}
	}
	return false, nil
}

// openGroups makes those groups of a person that are not there. Known are those that are; nil: nothing is known.
func (d *Door) openGroups(ctx context.Context, pool *directory.Pool, p Person, known map[string]bool) error {
	for _, g := range p.Groups {
		if known[g] {
			continue
		}
		_, err := d.Groups.Get(ctx, pool.ID, g)
		if fault.Is(err, fault.Missing, "") {
			err = d.Groups.Ensure(ctx, pool.ID, g, "")
		}
		if err != nil {
			return err
		}
		if known != nil {
			known[g] = true
		}
	}
	return nil
}
