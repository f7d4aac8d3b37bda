// Package newpassword is the challenge NEW_PASSWORD_REQUIRED: a user with a temporary password chooses their own and
// fills in what the pool requires. Rules for passwords and attributes are the directory's.
package newpassword

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/signin"
)

const attributePrefix = "userAttributes."

// Passwords hashes and stores passwords; *directory.Passwords does.
type Passwords interface {
	Prepare(ctx context.Context, pool *directory.Pool, user *directory.User, password string, temporary bool) (*directory.NewPassword, error)
	Save(ctx context.Context, n *directory.NewPassword) error
}

// Users changes people; *directory.Users does.
type Users interface {
	UpdateAttributes(ctx context.Context, pool *directory.Pool, id string, u directory.Update) (*directory.User, directory.Effect, error)
	SetStatus(ctx context.Context, pool *directory.Pool, id string, s directory.Status) (*directory.User, error)
}

// Challenge is NEW_PASSWORD_REQUIRED.
type Challenge struct {
	tx        directory.Transactor
	passwords Passwords
	users     Users
}

// New makes the challenge.
func New(tx directory.Transactor, p Passwords, u Users) *Challenge { return &Challenge{tx, p, u} }

// Kind is NEW_PASSWORD_REQUIRED.
func (c *Challenge) Kind() signin.Kind { return signin.NewPassword }

// Begin tells which required attributes are missing and what the client may read of the others, both as JSON text.
func (c *Challenge) Begin(_ context.Context, a *signin.Attempt) (signin.Prompt, error) {
	readable := map[string]string{}
	for name, value := range a.User.Attributes {
		if a.Client.CanRead(name) {
			readable[name] = value
		}
	}
	required := []string{}
	for _, name := range missing(a) {
		required = append(required, attributePrefix+name)
	}
	attributes, err := json.Marshal(readable)
	if err != nil {
		return signin.Prompt{}, fmt.Errorf("encode attributes: %w", err)
	}
	names, err := json.Marshal(required)
	if err != nil {
		return signin.Prompt{}, fmt.Errorf("encode required attributes: %w", err)
	}
	return signin.Prompt{Params: map[string]string{
		"USER_ID_FOR_SRP":    a.Name,
		"requiredAttributes": string(names),
		"userAttributes":     string(attributes),
	}}, nil
}

// missing lists the required attributes that the user has no value for, in the order of the schema.
func missing(a *signin.Attempt) []string {
	var names []string
	for _, s := range a.Pool.Schema {
		if s.Required && s.Name != "sub" && a.User.Attributes[s.Name] == "" {
			names = append(names, s.Name)
		}
	}
	return names
}

// Check stores the password and the attributes, and confirms the user: all of it or nothing.
func (c *Challenge) Check(ctx context.Context, a *signin.Attempt) (signin.Verdict, error) {
	if a.User == nil { // deleted since the question was asked
		return signin.Wrong(fault.BadPassword()), nil
	}
	chosen, err := a.Need("NEW_PASSWORD")
	if err != nil {
		return signin.Verdict{}, err
	}
	values, err := given(a)
	if err != nil {
		return signin.Verdict{}, err
	}
	prepared, err := c.passwords.Prepare(ctx, a.Pool, a.User, chosen, false)
	if err != nil {
		return signin.Verdict{}, err
	}
	err = c.tx.InTx(ctx, func(ctx context.Context) error {
		if len(values) > 0 {
			// As the system: a required attribute that is immutable is set here for the first and only time.
			up := directory.Update{Values: values, By: directory.BySystem}
			if _, _, err := c.users.UpdateAttributes(ctx, a.Pool, a.UserID, up); err != nil {
				return err
			}
		}
		if _, err := c.users.SetStatus(ctx, a.Pool, a.UserID, directory.Confirmed); err != nil {
			return err
		}
		return c.passwords.Save(ctx, prepared)
	})
	return signin.Verdict{Passed: err == nil}, err
}

// given reads the attributes of an answer that are new, under the client's permission to write.
func given(a *signin.Attempt) (map[string]string, error) {
	values := map[string]string{}
	for key, value := range a.Input {
		name, ok := strings.CutPrefix(key, attributePrefix)
		before := ""
		if ok {
			before = a.User.Attributes[name]
		}
		if !ok || value == before { // many clients send back what they were shown
			continue
		}
		if err := writable(a, name, before); err != nil {
			return nil, err
		}
		values[name] = value
	}
	for _, name := range missing(a) {
		if values[name] == "" {
			return nil, fault.Invalidf("Invalid attributes given, %s is missing", name)
		}
	}
	return values, nil
}

func writable(a *signin.Attempt, name, before string) error {
	if err := directory.CheckMutable(name, directory.ByClient); err != nil {
		return err
	}
	if !a.Client.CanWrite(name) {
		return fault.Deniedf("A client attempted to write unauthorized attribute")
	}
	if before == "" {
		return nil
	}
	if name == "email" || name == "phone_number" {
		return fault.Deniedf("Cannot modify an already provided %s", name)
	}
	if s, ok := a.Pool.Attribute(name); ok && !s.Mutable {
		return fault.Invalidf("user.%s: Attribute cannot be updated.", name)
	}
	return nil
}

var _ signin.Challenge = (*Challenge)(nil)
