package directory

import (
	"context"
	"maps"
	"slices"

	"cognate.dev/cognate/internal/directory/schema"
	"cognate.dev/cognate/internal/directory/userpool"
	"cognate.dev/cognate/internal/fault"
)

// Update asks for new attribute values; an empty value deletes the attribute.
type Update struct {
	Values map[string]string
	By     Writer
	Client *Client // for ByClient
}

// Effect says which contacts an update changed. Changed ones hold their new value, unverified unless the update said
// otherwise; pending ones keep the old value until the new one is verified.
type Effect struct {
	Changed []string // email, phone_number
	Pending []string
}

// UpdateAttributes writes attributes under the rules of the schema, the writer and the pool's verification settings.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-email-phone-verification.html
func (u *Users) UpdateAttributes(ctx context.Context, pool *Pool, id string, up Update) (*User, Effect, error) {
	values, err := checkUpdate(pool, up)
	if err != nil {
		return nil, Effect{}, err
	}
	var effect Effect
	change := func(x *User) (err error) {
		effect, err = apply(pool, x, values, up.By)
		return err
	}
	// What an administrator verifies belongs to this user from now on.
	force := up.By == ByAdmin && (values["email_verified"] == "true" || values["phone_number_verified"] == "true")
	x, err := u.write(ctx, pool, id, force, change)
	return x, effect, err
}

// checkUpdate checks what does not depend on the user: the schema, the writer's permission, the form of values.
func checkUpdate(pool *Pool, up Update) (map[string]string, error) {
	values := map[string]string{}
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(up.Values)) {
		if err := CheckMutable(name, up.By); err != nil {
			return nil, err
		}
		a, ok := pool.Attribute(name)
		switch {
		case ok && up.By == ByClient && !up.Client.CanWrite(name):
			return nil, unwritableFault()
		case !ok:
			wrong = append(wrong, schema.Unknown(name))
			continue
		case up.By != BySystem && (!a.Mutable || name == "identities"):
			wrong = append(wrong, schema.Fixed(name))
			continue
		case up.Values[name] == "":
			if a.Required {
				return nil, schema.Required(name)
			}
			values[name] = ""
			continue
		}
		value, err := schema.Conform(pool.Schema, name, up.Values[name])
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		values[name] = value
	}
	if err := schema.CollectChanges(wrong); err != nil {
		return nil, err
	}
	return values, checkPreferred(pool, up.By, values["preferred_username"])
}

// apply changes a user in memory.
func apply(pool *Pool, x *User, values map[string]string, by Writer) (Effect, error) {
	var effect Effect
	if x.Attributes == nil {
		x.Attributes = map[string]string{}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value := values[name]
		if userpool.IsContact(name) && value != "" {
			applyContact(pool, x, values, by, name, &effect)
			continue
		}
		if value == "" {
			delete(x.Attributes, name)
			if userpool.IsContact(name) {
				delete(x.Attributes, name+"_verified")
				delete(x.Pending, name)
			}
			continue
		}
		x.Attributes[name] = value
	}
	return effect, checkApplied(pool, x, values)
}

// applyContact writes an email or phone number: another value is unverified, and where the pool keeps the original it
// waits, unless the writer vouches for it in the same update.
func applyContact(pool *Pool, x *User, values map[string]string, by Writer, name string, effect *Effect) {
	value := values[name]
	vouched := by != ByClient && values[name+"_verified"] == "true"
	if x.Attributes[name] == value {
		delete(x.Pending, name) // going back to the old value gives the new one up
		return
	}
	if by != BySystem && !vouched && pool.VerifiesBeforeUpdate(name) {
		if x.Pending == nil {
			x.Pending = map[string]string{}
		}
		x.Pending[name] = value
		effect.Pending = append(effect.Pending, name)
		return
	}
	x.Attributes[name] = value
	delete(x.Pending, name)
	if values[name+"_verified"] == "" {
		x.Attributes[name+"_verified"] = "false"
	}
	effect.Changed = append(effect.Changed, name)
}

func checkApplied(pool *Pool, x *User, values map[string]string) error {
	for _, name := range []string{"email", "phone_number"} {
		if values[name+"_verified"] == "true" && x.Attributes[name] == "" {
			return fault.Invalidf("%s is required to set %s_verified.", name, name)
		}
	}
	if len(pool.UsernameAttributes) > 0 && !x.outsider() && len(keysOf(pool, x).Aliases) == 0 {
		return fault.Invalidf("The user needs an attribute to sign in with: %v.", pool.UsernameAttributes)
	}
	return nil
}

// DeleteAttributes removes attributes. Names that the user has no value for are no error.
func (u *Users) DeleteAttributes(ctx context.Context, pool *Pool, id string, names []string, by Writer, client *Client) (*User, error) {
	values := make(map[string]string, len(names))
	for _, name := range names {
		if err := CheckMutable(name, by); err != nil {
			return nil, err
		}
		if by == ByClient && !client.CanWrite(name) {
			return nil, unwritableFault()
		}
		if err := schema.CheckRemoval(pool.Schema, name); err != nil {
			return nil, err
		}
		values[name] = ""
	}
	x, _, err := u.UpdateAttributes(ctx, pool, id, Update{Values: values, By: by, Client: client})
	return x, err
}

// Verify marks a contact as verified if it, or the value that waits to replace it, is still the given value, and tells
// whether it was. It is for use inside Change.
func (x *User) Verify(name, value string) bool {
	switch value {
	case "":
		return false
	case x.Pending[name]:
		x.Attributes[name] = value
		delete(x.Pending, name)
	case x.Attributes[name]:
	default:
		return false
	}
	x.Attributes[name+"_verified"] = "true"
	return true
}
