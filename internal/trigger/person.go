package trigger

import (
	"maps"
	"slices"

	"cognate.dev/cognate/internal/directory"
)

// attributes are a user's as a function sees them: all as strings, with the sub, the state and the aliases.
func attributes(pool *directory.Pool, x *directory.User) map[string]string {
	if x == nil {
		return map[string]string{}
	}
	out := maps.Clone(x.Attributes)
	if out == nil {
		out = map[string]string{}
	}
	out["sub"] = x.ID
	out["cognito:user_status"] = string(x.Status)
	for _, name := range []string{"email", "phone_number"} {
		named := slices.Contains(pool.UsernameAttributes, name)
		alias := slices.Contains(pool.AliasAttributes, name) && x.Attributes[name+"_verified"] == "true"
		if value := x.Attributes[name]; value != "" && (named || alias) {
			out["cognito:"+name+"_alias"] = value
		}
	}
	return out
}

// drafted are the attributes of somebody who is not stored yet: what was given, without what we added.
func drafted(x *directory.User) map[string]string {
	out := map[string]string{}
	for name, value := range x.Attributes {
		if value == "false" && (name == "email_verified" || name == "phone_number_verified") {
			continue
		}
		out[name] = value
	}
	return out
}

// nameOf is the user name of an event: the username, or what was typed by somebody unknown.
func nameOf(x *directory.User, login string) string {
	if x == nil {
		return login
	}
	return x.Username
}

// hidden is the member userNotFound, which only clients that hide who exists give.
func hidden(client *directory.Client, x *directory.User) *bool {
	if client == nil || !client.HidesExistence() {
		return nil
	}
	missing := x == nil
	return &missing
}
