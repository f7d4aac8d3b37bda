package signin_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/signin"
)

// required makes a pool that wants a name, and an employee number that can be set once.
var required = pool(func(p *directory.PoolSpec) {
	p.Schema = []directory.AttributeSpec{
		{Name: "name", Required: true},
		{Name: "number", Type: "String", Mutable: new(bool)},
	}
})

func TestNewPasswordTellsWhatIsMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, required, client(func(c *directory.ClientSpec) { c.ReadAttributes = []string{"email", "name"} }))
	a := asked(w)
	var names []string
	var shown map[string]string
	w.check(json.Unmarshal([]byte(a.Params["requiredAttributes"]), &names))
	w.check(json.Unmarshal([]byte(a.Params["userAttributes"]), &shown))
	if diff := cmp.Diff([]string{"userAttributes.name"}, names); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"email": "alice@example.com"}, shown); diff != "" {
		t.Errorf("not what the client may read: %s", diff)
	}
	if a.Params["USER_ID_FOR_SRP"] != "alice" {
		t.Errorf("USER_ID_FOR_SRP is %q", a.Params["USER_ID_FOR_SRP"])
	}
	plain := asked(newWorld(t))
	if plain.Params["requiredAttributes"] != "[]" {
		t.Errorf("requiredAttributes is %q, want an empty list", plain.Params["requiredAttributes"])
	}
}

func TestNewPasswordConfirmsTheUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, required)
	first := asked(w)
	a, err := w.reply(signin.NewPassword, first.Session, map[string]string{
		"USERNAME": "alice", "NEW_PASSWORD": "Battery-Staple2",
		"userAttributes.name": "Alice", "userAttributes.custom:number": "42",
		"userAttributes.email": "alice@example.com", "userAttributes.email_verified": "true", // as it was shown
	})
	signedIn(t, a, err)
	alice, err := w.dir.Users.Find(t.Context(), w.pool, "alice")
	w.check(err)
	want := map[string]string{"email": "alice@example.com", "email_verified": "true", "name": "Alice", "custom:number": "42"}
	if diff := cmp.Diff(want, alice.Attributes); diff != "" || alice.Status != directory.Confirmed {
		t.Errorf("the user is %s with %s", alice.Status, diff)
	}
	a, err = w.withPassword("alice", right)
	badPassword.check(t, a, err)
	for _, flow := range []string{"USER_PASSWORD_AUTH", "USER_SRP_AUTH"} {
		a, err = w.flowsOf()[flow]("alice", "Battery-Staple2")
		signedIn(t, a, err)
	}
	w.clock.Advance(8 * 24 * time.Hour) // it is no longer temporary
	a, err = w.withPassword("alice", "Battery-Staple2")
	signedIn(t, a, err)
}

func TestARefusedNewPasswordChangesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answers map[string]string
		kind    fault.Kind
		text    string
	}{
		"no password":       {map[string]string{"userAttributes.name": "A"}, fault.Invalid, "Missing required parameter NEW_PASSWORD"},
		"too weak":          {map[string]string{"NEW_PASSWORD": "lowercase1!", "userAttributes.name": "A"}, fault.Invalid, "Password does not conform to policy: Password must have uppercase characters"},
		"a missing name":    {map[string]string{"NEW_PASSWORD": "Battery-Staple2"}, fault.Invalid, "Invalid attributes given, name is missing"},
		"another email":     {map[string]string{"NEW_PASSWORD": "Battery-Staple2", "userAttributes.name": "A", "userAttributes.email": "bob@example.com"}, fault.Denied, "Cannot modify an already provided email"},
		"a verified flag":   {map[string]string{"NEW_PASSWORD": "Battery-Staple2", "userAttributes.name": "A", "userAttributes.phone_number_verified": "true"}, fault.Invalid, "Cannot modify the non-mutable attribute phone_number_verified"},
		"another sub":       {map[string]string{"NEW_PASSWORD": "Battery-Staple2", "userAttributes.name": "A", "userAttributes.sub": "x"}, fault.Invalid, "Cannot modify the non-mutable attribute sub"},
		"not writable":      {map[string]string{"NEW_PASSWORD": "Battery-Staple2", "userAttributes.name": "A", "userAttributes.gender": "x"}, fault.Denied, "A client attempted to write unauthorized attribute"},
		"an unknown one":    {map[string]string{"NEW_PASSWORD": "Battery-Staple2", "userAttributes.name": "A", "userAttributes.custom:none": "x"}, fault.Invalid, "user.custom:none: Attribute does not exist in the schema.\n"},
		"a malformed phone": {map[string]string{"NEW_PASSWORD": "Battery-Staple2", "userAttributes.name": "A", "userAttributes.phone_number": "call me"}, fault.Invalid, "Invalid phone number format."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, required, client(func(c *directory.ClientSpec) {
				c.WriteAttributes = []string{"name", "email", "phone_number", "custom:number"}
				if name == "an unknown one" {
					c.WriteAttributes = nil
				}
			}))
			first := asked(w)
			c.answers["USERNAME"] = "alice"
			_, err := w.reply(signin.NewPassword, first.Session, c.answers)
			refused(t, err, c.kind, c.text)
			alice, err := w.dir.Users.Find(t.Context(), w.pool, "alice")
			w.check(err)
			if alice.Status != directory.ForceChangePassword || alice.Attributes["name"] != "" {
				t.Errorf("the user is %s with %v", alice.Status, alice.Attributes)
			}
			a, err := w.reply(signin.NewPassword, first.Session, map[string]string{ // the session is still good
				"USERNAME": "alice", "NEW_PASSWORD": "Battery-Staple2", "userAttributes.name": "Alice",
			})
			signedIn(t, a, err)
		})
	}
}
