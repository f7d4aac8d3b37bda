package directory

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"unicode/utf8"

	"cognate.dev/cognate/internal/directory/schema"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/random"
)

// NewUser asks for a user. Username is the name that was given: in a pool with UsernameAttributes an email address or
// phone number, which fills the attribute, while the username becomes the sub.
type NewUser struct {
	Username   string
	Attributes map[string]string // empty values count as absent
	Status     Status
	By         Writer  // ByClient is sign-up: required attributes and the client's write permissions are enforced
	Client     *Client // for ByClient
}

// Draft checks a new user and gives it its names, without storing it, so that its password can be hashed before a
// transaction begins. Faults are Cognito's, in its words.
func (u *Users) Draft(pool *Pool, n NewUser) (*User, error) {
	kind, err := checkUsername(pool, n.Username)
	if err != nil {
		return nil, err
	}
	attributes := maps.Clone(n.Attributes)
	if attributes == nil {
		attributes = map[string]string{}
	}
	maps.DeleteFunc(attributes, func(_, v string) bool { return v == "" })
	user := &User{
		PoolID: pool.ID, ID: random.UUID(), Username: n.Username, Status: n.Status, Enabled: true, CreatedAt: moment(u.now),
	}
	user.ModifiedAt = user.CreatedAt
	if kind != "" {
		user.Username = user.ID
		if attributes[kind] == "" {
			attributes[kind] = n.Username
		}
		if pool.Fold(attributes[kind]) != pool.Fold(n.Username) {
			return nil, fault.Invalidf("The %s attribute must be equal to the username.", kind)
		}
	}
	if user.Attributes, err = draftAttributes(pool, n, attributes, kind); err != nil {
		return nil, err
	}
	return user, nil
}

// draftAttributes checks the first values of a new user. The kind is the attribute that the username filled.
func draftAttributes(pool *Pool, n NewUser, given map[string]string, kind string) (map[string]string, error) {
	out := map[string]string{}
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if err := CheckMutable(name, n.By); err != nil {
			return nil, err
		}
		if name == "identities" {
			return nil, fault.Invalidf("user.%s: Attribute cannot be updated.", name)
		}
		if n.By == ByClient && name != kind && !n.Client.CanWrite(name) {
			if _, ok := pool.Attribute(name); ok {
				return nil, unwritableFault()
			}
		}
		value, err := schema.Conform(pool.Schema, name, given[name])
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		out[name] = value
	}
	if n.By == ByClient {
		wrong = append(wrong, missingRequired(pool, given)...)
	}
	if err := schema.Collect(wrong); err != nil {
		return nil, err
	}
	if n.By == ByClient && out["preferred_username"] != "" && slices.Contains(pool.AliasAttributes, "preferred_username") {
		return nil, fault.Invalidf("preferred_username cannot be set before the user is confirmed.")
	}
	if err := checkPreferred(pool, n.By, out["preferred_username"]); err != nil {
		return nil, err
	}
	for _, contact := range []string{"email", "phone_number"} {
		if out[contact] == "" && out[contact+"_verified"] == "true" {
			return nil, fault.Invalidf("%s is required to set %s_verified.", contact, contact)
		}
		if out[contact] != "" && out[contact+"_verified"] == "" && n.By == ByClient {
			out[contact+"_verified"] = "false"
		}
	}
	return out, nil
}

func missingRequired(pool *Pool, given map[string]string) (out []error) {
	for _, a := range pool.Schema {
		if a.Required && a.Name != "sub" && given[a.Name] == "" {
			out = append(out, schema.Required(a.Name))
		}
	}
	return out
}

// CheckMutable refuses attributes that a writer may not so much as name: nobody but the system gives a sub, and no client says
// what is verified.
func CheckMutable(name string, by Writer) error {
	if by != BySystem && name == "sub" || by == ByClient && (name == "email_verified" || name == "phone_number_verified") {
		return fault.Invalidf("Cannot modify the non-mutable attribute %s", name)
	}
	return nil
}

func unwritableFault() error {
	return fault.Deniedf("A client attempted to write unauthorized attribute")
}

var nameFormat = regexp.MustCompile(`^[\p{L}\p{M}\p{S}\p{N}\p{P}]+$`)

// checkUsername refuses names that the pool's kind does not take, and says which attribute the name fills.
func checkUsername(pool *Pool, name string) (kind string, err error) {
	if !nameFormat.MatchString(name) || utf8.RuneCountInString(name) > 128 {
		return "", fault.Invalidf("Username must have 1 to 128 characters and no spaces.")
	}
	email, phone := IsEmail(name), IsPhone(name)
	if len(pool.UsernameAttributes) == 0 {
		return "", checkNotContact(pool, name)
	}
	takesEmail := slices.Contains(pool.UsernameAttributes, "email")
	takesPhone := slices.Contains(pool.UsernameAttributes, "phone_number")
	switch {
	case takesEmail && email:
		return "email", nil
	case takesPhone && phone:
		return "phone_number", nil
	case takesEmail && takesPhone:
		return "", fault.Invalidf("Username should be either an email or a phone number.")
	case takesEmail:
		return "", fault.Invalidf("Username should be an email.")
	}
	return "", fault.Invalidf("Username should be a phone number.")
}

// checkNotContact refuses a name of somebody's own choice that looks like what the pool's people are also found by.
func checkNotContact(pool *Pool, name string) error {
	switch {
	case IsEmail(name) && slices.Contains(pool.AliasAttributes, "email"):
		return fault.Invalidf("Username cannot be of email format, since user pool is configured for email alias.")
	case IsPhone(name) && slices.Contains(pool.AliasAttributes, "phone_number"):
		return fault.Invalidf("Username cannot be of phone number format, since user pool is configured for phone number alias.")
	}
	return nil
}

// checkPreferred refuses preferred usernames that checkNotContact refuses, where people are found by them.
func checkPreferred(pool *Pool, by Writer, name string) error {
	if by == BySystem || !slices.Contains(pool.AliasAttributes, "preferred_username") {
		return nil
	}
	return checkNotContact(pool, name)
}

// Insert stores a drafted user. A name that is taken, by whichever way it would find somebody, is a fault Exists;
// force takes verified aliases from their owners.
func (u *Users) Insert(ctx context.Context, pool *Pool, x *User, force bool) error {
	return u.store.InTx(ctx, func(ctx context.Context) error {
		_, err := u.insert(ctx, pool, x, force)
		return err
	})
}

// Admit is Insert without force, as a part of the transaction of ctx. Clean: it failed before anything was written, so that
// nothing has to be undone.
func (u *Users) Admit(ctx context.Context, pool *Pool, x *User) (clean bool, err error) {
	return u.insert(ctx, pool, x, false)
}

func (u *Users) insert(ctx context.Context, pool *Pool, x *User, force bool) (clean bool, err error) {
	if err := u.checkReserved(ctx, pool, x); err != nil {
		return true, err
	}
	if mistakable(pool, x) {
		if err := u.CheckFree(ctx, pool, x); err != nil {
			return true, err
		}
	}
	keys := keysOf(pool, x)
	if err := u.claim(ctx, pool, x, keys.Aliases, force); err != nil {
		return !force, asUsername(pool, err)
	}
	if err := u.store.InsertUser(ctx, x, keys); err != nil {
		return fault.Is(err, fault.Exists, fault.Username), asUsername(pool, err) // an alias is found to be taken later
	}
	u.changes.Changed(ctx, pool.ID, x.ID)
	return false, nil
}

// mistakable tells whether a name could find somebody else who has another username: by an alias, or by a sub. Else the store
// sees for itself that it is taken.
func mistakable(pool *Pool, x *User) bool {
	return len(pool.AliasAttributes) > 0 || x.Username != x.ID && len(x.Username) == len(x.ID)
}

// CheckFree says whether the name that a drafted user is to sign in with is taken, before anything costly is done. A
// username that equals somebody's sub or alias counts: it would be found first and stand in for them. One that begins with
// the name of an identity provider is kept for that provider's people.
func (u *Users) CheckFree(ctx context.Context, pool *Pool, x *User) error {
	if err := u.checkReserved(ctx, pool, x); err != nil {
		return err
	}
	names := []Alias{{Value: pool.Fold(x.Username)}}
	for _, kind := range pool.UsernameAttributes {
		if x.outsider() {
			break
		}
		if value := x.Attributes[kind]; value != "" {
			names = append(names, Alias{Kind: kind, Value: pool.Fold(value)})
		}
	}
	for _, name := range names {
		_, err := u.store.FindUser(ctx, pool.ID, name.Value, name.Value)
		switch {
		case fault.Is(err, fault.Missing, fault.User):
		case err != nil:
			return err
		case name.Kind != "":
			return asUsername(pool, AliasTaken(name.Kind))
		default:
			return usernameTaken()
		}
	}
	return nil
}

// asUsername names a clash of what serves as username after it: the same text, another exception.
func asUsername(pool *Pool, err error) error {
	if len(pool.UsernameAttributes) > 0 && fault.Is(err, fault.Exists, fault.Alias) {
		return fault.New(fault.Exists, fault.Username, fault.As(err).Text)
	}
	return err
}

// Create is Draft and Insert, for a user who has no password yet.
func (u *Users) Create(ctx context.Context, pool *Pool, n NewUser, force bool) (*User, error) {
	x, err := u.Draft(pool, n)
	if err != nil {
		return nil, err
	}
	return x, u.Insert(ctx, pool, x, force)
}
