// Package password is the challenge PASSWORD: the password itself, which also comes along with the flows that start
// with it. It compares; counting wrong ones is the machine's.
package password

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/signin"
)

// Passwords checks passwords; *directory.Passwords is one. Both methods take equally long.
type Passwords interface {
	Verify(ctx context.Context, pool *directory.Pool, user *directory.User, password string) (bool, error)
	Burn(ctx context.Context, password string) error
}

// Challenge is PASSWORD.
type Challenge struct{ passwords Passwords }

// New makes the challenge.
func New(p Passwords) *Challenge { return &Challenge{p} }

// Kind is PASSWORD.
func (c *Challenge) Kind() signin.Kind { return signin.Password }

// Begin asks for the password.
func (c *Challenge) Begin(context.Context, *signin.Attempt) (signin.Prompt, error) {
	return signin.Prompt{}, nil
}

// Check compares PASSWORD. For an unknown user the same work is done for nothing.
func (c *Challenge) Check(ctx context.Context, a *signin.Attempt) (signin.Verdict, error) {
	typed, err := a.Need("PASSWORD")
	if err != nil {
		return signin.Verdict{}, err
	}
	if a.User == nil {
		return signin.Wrong(fault.BadPassword()), c.passwords.Burn(ctx, typed)
	}
	ok, err := c.passwords.Verify(ctx, a.Pool, a.User, typed)
	if err != nil || ok {
		return signin.Verdict{Passed: ok}, err
	}
	return signin.Wrong(fault.BadPassword()), nil
}

var _ signin.Challenge = (*Challenge)(nil)
