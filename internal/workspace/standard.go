package workspace

import (
	"slices"

	"cognate.dev/cognate/internal/workspace/mapping"
)

// standard are the claims of OpenID Connect Core section 5.1, with the scopes of section 5.4 that let them through.
var standard = []struct {
	name, title string
	kind        mapping.Type
	scope       string
}{
	{"name", "Name", mapping.Text, "profile"}, {"given_name", "Given name", mapping.Text, "profile"},
	{"family_name", "Family name", mapping.Text, "profile"}, {"middle_name", "Middle name", mapping.Text, "profile"},
	{"nickname", "Nickname", mapping.Text, "profile"}, {"preferred_username", "Preferred username", mapping.Text, "profile"},
	{"profile", "Profile page", mapping.Text, "profile"}, {"picture", "Picture", mapping.Text, "profile"},
	{"website", "Website", mapping.Text, "profile"}, {"gender", "Gender", mapping.Text, "profile"},
	{"birthdate", "Birthdate", mapping.Text, "profile"}, {"zoneinfo", "Time zone", mapping.Text, "profile"},
	{"locale", "Locale", mapping.Text, "profile"}, {"updated_at", "Updated at", mapping.Number, "profile"},
	{"email", "Email", mapping.Text, "email"}, {"email_verified", "Email verified", mapping.Bool, "email"},
	{"phone_number", "Phone number", mapping.Text, "phone"}, {"phone_number_verified", "Phone number verified", mapping.Bool, "phone"},
	{"address", "Address", mapping.Object, "address"},
}

// standardScopes are there in every workspace.
func standardScopes() []string {
	return []string{"openid", "profile", "email", "phone", "address", "offline_access"}
}

// StandardAttributes are those of a new workspace's authentication context.
func StandardAttributes() []mapping.Attribute {
	out := make([]mapping.Attribute, 0, len(standard))
	for _, s := range standard {
		out = append(out, mapping.Attribute{Name: s.name, Description: s.title, Type: s.kind})
	}
	return out
}

// StandardSourced are the attributes of a provider that speaks OpenID Connect, in its ID token.
func StandardSourced(source mapping.Source) []mapping.Attribute {
	out := StandardAttributes()
	for i := range out {
		out[i].Source = source
	}
	return out
}

// StandardMappings write each standard attribute under its own name. Cognito and others give booleans and numbers as texts.
func StandardMappings() []mapping.Mapping {
	out := make([]mapping.Mapping, 0, len(standard))
	for _, s := range standard {
		out = append(out, mapping.Mapping{Source: s.name, Target: s.name, Type: s.kind, Mode: mapping.Dynamic, Weak: s.kind != mapping.Text && s.kind != mapping.Object})
	}
	return out
}

// StandardClaims are those of a new workspace: what the context has of OpenID Connect, in ID tokens, behind its scope.
func StandardClaims(schema []mapping.Attribute) []Claim {
	out := []Claim{}
	for _, s := range standard {
		if slices.ContainsFunc(schema, func(a mapping.Attribute) bool { return a.Name == s.name }) {
			out = append(out, Claim{
				Name: s.name, Description: s.title, Type: InIDToken, SourceType: FromContext, SourcePath: s.name, Scopes: []string{s.scope},
			})
		}
	}
	return out
}

// profileService has the scopes of OpenID Connect.
func profileService() Service {
	s := Service{Name: "Profile", Type: "oidc"}
	for _, x := range []struct{ name, title string }{
		{"openid", "Know who you are"}, {"profile", "Your profile"}, {"email", "Your email address"}, {"phone", "Your phone number"},
		{"address", "Your address"}, {"offline_access", "Access while you are away"},
	} {
		s.Scopes = append(s.Scopes, Scope{Name: x.name, DisplayName: x.title, ImplicitGrant: x.name == "openid"})
	}
	return s
}

// AdminScopes are what clients of the system workspace can be allowed: view_X reads, manage_X reads and changes.
func AdminScopes() []string {
	var out []string
	for _, noun := range []string{"servers", "idps", "clients", "claims", "services", "configuration", "scripts", "custom_apps", "login_traces"} {
		out = append(out, "view_"+noun, "manage_"+noun)
	}
	return append(out, "manage_secrets", "manage_post_authn", "manage_scope_grants", "manage_logins")
}

func systemService() Service {
	s := Service{Name: "Administration", Type: "system"}
	for _, name := range AdminScopes() {
		s.Scopes = append(s.Scopes, Scope{Name: name})
	}
	return s
}
