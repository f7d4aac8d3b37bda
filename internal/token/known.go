package token

import (
	"context"
	"maps"
	"slices"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/kit/random"
)

// Contexts gives what workspaces know of people, for their tokens.
type Contexts interface {
	// Known is what goes out of the context of a session, for a client and scopes. A fault Denied: the person may have no tokens any
	// more.
	Known(ctx context.Context, o *OpenID, userID string, client *directory.Client, scopes []string) (*Known, error)
}

// Known is what a workspace says of a person.
type Known struct {
	ID            map[string]any // claims of the ID token
	Access        map[string]any // claims of the access token
	UserInfo      map[string]any // what userInfo says
	Introspection map[string]any // what introspection says beside the token's own
	AMR           []string
	ACR           string
	Context       map[string]any // the whole context, for hooks
}

// know reads what a workspace knows of the person of a session; nothing where the session is of no workspace.
func (c *content) know(ctx context.Context, from Contexts) (err error) {
	o := c.session.OpenID
	if o == nil || o.Workspace == "" || o.Context == "" || from == nil {
		return nil
	}
	c.known, err = from.Known(ctx, o, c.grant.User.ID, c.grant.Client, c.grant.Scopes)
	return err
}

// buildKnown turns the ID token into that of a workspace: what its claims say and no attribute of the user.
func (c *content) buildKnown() {
	for name := range c.grant.User.Attributes {
		delete(c.id, name)
	}
	for _, name := range []string{"amr", "acr", "cognito:username", "cognito:groups", "cognito:roles", "cognito:preferred_role"} {
		delete(c.id, name)
	}
	c.id["sub"] = c.grant.User.ID
	setText(c.id, "sid", c.session.BrowserID)
	if _, ok := c.id["jti"]; !ok {
		c.id["jti"] = random.UUID()
	}
	if c.known == nil {
		return
	}
	c.say(c.id, c.known.ID)
	setList(c.id, "amr", c.known.AMR)
	setText(c.id, "acr", c.known.ACR)
}

// say adds claims that do not say who somebody is.
func (c *content) say(claims, more map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(more)) {
		if !fixed(name) {
			claims[name] = more[name]
		}
	}
}

// Profiled is what the userInfo endpoint of a workspace says.
func Profiled(u *directory.User, known *Known) map[string]any {
	claims := map[string]any{}
	if known != nil {
		maps.Copy(claims, known.UserInfo)
	}
	claims["sub"] = u.ID
	return claims
}
