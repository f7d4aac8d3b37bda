package directory

import (
	"context"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"cognate.dev/cognate/internal/directory/schema"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/random"
)

// Outsider asks for a user who comes through an outside identity provider: without a password, and found by the username
// alone. Such users have no aliases, so that what a provider says of an address never leads to, or away from, anybody else.
type Outsider struct {
	Username   string // PROVIDER_SUBJECT, whatever the pool's own people sign in with
	Attributes map[string]string
	Identities string
}

// DraftOutsider checks an outsider without storing anything. Insert stores the draft.
func (u *Users) DraftOutsider(pool *Pool, o Outsider) (*User, error) {
	if !nameFormat.MatchString(o.Username) || utf8.RuneCountInString(o.Username) > 128 {
		return nil, BadOutsider()
	}
	if missing := missingRequired(pool, o.Attributes); len(missing) > 0 {
		var names []string
		for _, a := range pool.Schema {
			if a.Required && a.Name != "sub" && o.Attributes[a.Name] == "" {
				names = append(names, a.Name)
			}
		}
		return nil, fault.Invalidf("attributes required: [%s]", strings.Join(names, ", "))
	}
	x := &User{
		PoolID: pool.ID, ID: random.UUID(), Username: pool.Fold(o.Username), Status: ExternalProvider, Enabled: true,
		CreatedAt: moment(u.now), Attributes: map[string]string{},
	}
	x.ModifiedAt = x.CreatedAt
	for _, name := range slices.Sorted(maps.Keys(o.Attributes)) {
		value, err := schema.Conform(pool.Schema, name, o.Attributes[name])
		if err != nil {
			return nil, err
		}
		x.Attributes[name] = value
	}
	for _, contact := range []string{"email", "phone_number"} {
		switch {
		case x.Attributes[contact] == "":
			delete(x.Attributes, contact+"_verified")
		case x.Attributes[contact+"_verified"] == "":
			x.Attributes[contact+"_verified"] = "false"
		}
	}
	x.Attributes["identities"] = o.Identities
	return x, nil
}

// BadOutsider is a person of a provider who cannot be, or is not, the user of that name.
func BadOutsider() error {
	return fault.Invalidf("Invalid ProviderName/Username combination. Please check again")
}

// outsider says whether a user came through an outside provider, and not merely lost the password.
func (x *User) outsider() bool {
	return x.Status == ExternalProvider && strings.Contains(x.Attributes["identities"], `"primary":true`)
}

// checkReserved keeps the names that people of providers will have from everybody else.
func (u *Users) checkReserved(ctx context.Context, pool *Pool, x *User) error {
	if u.providers == nil || x.outsider() || !strings.Contains(x.Username, "_") {
		return nil
	}
	reserved, err := u.providers.ReservesName(ctx, pool.ID, x.Username, pool.IgnoresCase())
	if err == nil && reserved {
		return usernameTaken()
	}
	return err
}
