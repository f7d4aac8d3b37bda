package token

import (
	"slices"
	"strings"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/kit/random"
)

// OpenID is what sets the tokens of a strict OpenID Connect issuer apart from those of a pool's own issuer, which are
// exactly Cognito's. A session keeps it, so that refreshed tokens are of the same kind.
type OpenID struct {
	Issuer string   `json:"iss"`           // of its tokens
	AMR    []string `json:"amr,omitempty"` // how the user proved who they are (RFC 8176)
	JKT    string   `json:"jkt,omitempty"` // thumbprint of the key that its tokens are bound to (RFC 9449 section 6); empty: bearer
	// IDClaims and UserClaims are claims that were asked for by name, beside those of scopes (OpenID Connect Core section
	// 5.5).
	IDClaims   []string `json:"id_claims,omitempty"`
	UserClaims []string `json:"user_claims,omitempty"`
	// Workspace is the one that the issuer is, and Context the id of what it knows of the person; empty: it is none, and claims are
	// the user's attributes. Withheld are claims, by TYPE NAME, that the person keeps to themselves.
	Workspace string   `json:"workspace,omitempty"`
	Context   string   `json:"context,omitempty"`
	Withheld  []string `json:"withheld,omitempty"`
}

// The authentication context classes of strict issuers.
const (
	OneFactor  = "urn:cognate:acr:1"
	TwoFactors = "urn:cognate:acr:2"
)

// ACR is the authentication context class that methods amount to.
func ACR(amr []string) string {
	if slices.Contains(amr, "mfa") || (slices.Contains(amr, "swk") || slices.Contains(amr, "hwk")) && len(amr) > 1 {
		return TwoFactors
	}
	return OneFactor
}

// AddressScope and OfflineScope are scopes of OpenID Connect that Cognito does not know (sections 5.4 and 11 of Core).
const (
	AddressScope = "address"
	OfflineScope = "offline_access"
)

// buildOpenID turns an ID token into that of a strict issuer: the attributes that scopes or the claims parameter name and
// no others, and how the user was authenticated.
func (c *content) buildOpenID() {
	o := c.session.OpenID
	delete(c.id, "cognito:username")
	if !slices.Contains(c.scopes, "profile") {
		for _, name := range []string{"cognito:groups", "cognito:roles", "cognito:preferred_role"} {
			delete(c.id, name)
		}
	} else {
		c.id["cognito:username"] = c.grant.User.Username
	}
	if o.Workspace != "" {
		c.buildKnown()
		return
	}
	if len(o.AMR) > 0 {
		c.id["amr"] = o.AMR
		if c.session.ACR == "" { // else it is the level that was asked for
			c.id["acr"] = ACR(o.AMR)
		}
	}
	setText(c.id, "sid", c.session.BrowserID)
	if _, ok := c.id["jti"]; !ok {
		c.id["jti"] = random.UUID()
	}
	visible := strictlyVisible(c.grant.Scopes, o.IDClaims)
	for name, value := range c.grant.User.Attributes {
		delete(c.id, name)
		if visible(name) && c.grant.Client.CanRead(name) {
			setAttribute(c.id, name, value)
		}
	}
	c.id["sub"] = c.grant.User.ID
}

// strictlyVisible says which attributes scopes let through by OpenID Connect Core section 5.4, where openid alone lets
// none through but sub, and which were asked for by name.
func strictlyVisible(scopes, named []string) func(name string) bool {
	has := func(scope string) bool { return slices.Contains(scopes, scope) }
	return func(name string) bool {
		switch {
		case slices.Contains(named, name):
			return true
		case name == "email" || name == "email_verified":
			return has("email")
		case name == "phone_number" || name == "phone_number_verified":
			return has("phone")
		case name == "address":
			return has(AddressScope) || has("profile")
		}
		return has("profile") && (slices.Contains(profileClaims, name) || strings.Contains(name, ":"))
	}
}

// StrictProfile is what the userInfo endpoint of a strict issuer says: claims in the types of OpenID Connect Core section
// 5.1, and no others than scopes or the claims parameter name.
func StrictProfile(c *directory.Client, u *directory.User, scopes, named []string) map[string]any {
	claims := map[string]any{}
	visible := strictlyVisible(scopes, named)
	for name, value := range u.Attributes {
		if visible(name) && c.CanRead(name) {
			setAttribute(claims, name, value)
		}
	}
	if slices.Contains(scopes, "profile") {
		claims["cognito:username"] = u.Username
	}
	claims["sub"] = u.ID
	return claims
}
