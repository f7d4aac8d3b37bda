package federation

import "time"

// Terms are how a connection of a workspace wants to be told who somebody is: as the provider says it, each source apart,
// and not as Cognito makes texts of it.
type Terms struct {
	Title string // what people call the provider
	// UserInfo is asked for and, where it cannot be had, fails the sign-in (AskUserInfo) or does not (TryUserInfo). Empty: it is
	// not asked for.
	UserInfo string
	Hint     bool   // login_hint goes to the provider
	PKCE     bool   // whether or not the provider says that it knows it
	Auth     string // how we prove who we are: client_secret_basic, client_secret_post, none; empty: as the provider says
	// Own has answers come back to an address that no other connection has: the provider gives no code away at another's.
	Own bool
	// NoNonce takes ID tokens without a nonce, of a provider that writes none. One with another nonce is refused all the same.
	NoNonce bool
	// Profile is where a provider of the type OAuth2 tells who somebody is.
	Profile *Profile
	// Since is when the connection was made, and First the issuer that it had until it was given another for the first time; empty: it has
	// had no other. Who came while issuers were not kept came from that one. Former are issuers with whose subjects its own goes on.
	Since  time.Time
	First  string
	Former []string
}

// Profile is how a provider that gives no ID tokens tells who somebody is: its userinfo endpoint is asked with the access token.
type Profile struct {
	Subject string // the member that never changes and is nobody else's; a dot goes into an object: data.id
	// Emails is an endpoint of addresses, as GitHub has it: the primary one is the profile's email, and email_verified is what stands
	// beside it; empty: the profile's own, of which nothing is said.
	Emails string
	// Groups is an endpoint of teams, as GitHub has it, which become group_ids and groups: ORGANIZATION.TEAM; empty: there are none.
	Groups string
}

// What Terms say about user information.
const (
	AskUserInfo = "ask"
	TryUserInfo = "try"
)

// Connect makes the provider of a connection, which stands in no pool's list. Settings that no provider of its type can have are a
// fault Invalid.
func Connect(p *Provider) (*Provider, error) {
	if p.Terms == nil {
		p.Terms = &Terms{}
	}
	if p.Mapping == nil {
		p.Mapping = map[string]string{}
	}
	if subject := rules(p.Type).subject; subject != "" {
		p.Mapping["username"] = subject
	}
	return p, p.checkDetails()
}

// Label is what people call the provider.
func (p *Provider) Label() string {
	if p.Terms != nil && p.Terms.Title != "" {
		return p.Terms.Title
	}
	return p.Name
}

// Said is what a provider said, by source, as it said it. Empty for providers of pools.
type Said struct {
	IDToken     map[string]any `json:"id_token,omitempty"`
	AccessToken map[string]any `json:"access_token,omitempty"` // only where it is a JWT that the provider has signed
	UserInfo    map[string]any `json:"userinfo,omitempty"`
	SAML        map[string]any `json:"saml,omitempty"`
	// Notes tell what was not to be had, and why.
	Notes map[string]string `json:"notes,omitempty"`
}
