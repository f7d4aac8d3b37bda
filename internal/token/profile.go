package token

import (
	"strings"

	"cognate.dev/cognate/internal/directory"
)

// Profile is what the userInfo endpoint says about the user of an access token with these scopes: the attributes that
// the client may read and the scopes let through. Verification flags and identities are text, as Cognito gives them.
// https://docs.aws.amazon.com/cognito/latest/developerguide/userinfo-endpoint.html
func Profile(c *directory.Client, u *directory.User, scopes []string) map[string]any {
	claims := map[string]any{"sub": u.ID, "username": u.Username}
	visible := visibleAttributes(scopes)
	for name, value := range u.Attributes {
		switch {
		case !c.CanRead(name) || !visible(name):
		case name == "email_verified", name == "phone_number_verified":
			claims[name] = strings.ToLower(value)
		case name == "identities":
			claims[name] = value
		default:
			setAttribute(claims, name, value)
		}
	}
	return claims
}
