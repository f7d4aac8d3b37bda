package token

import (
	"context"
	"maps"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/directory"
)

// Hook is asked before tokens are signed; it stands for the pre-token-generation trigger. An error refuses the tokens.
type Hook interface {
	BeforeTokens(ctx context.Context, e Event) (Changes, error)
}

// Event is what a hook sees. It must not change what the event points to.
type Event struct {
	Via            Via
	Pool           *directory.Pool
	Client         *directory.Client
	User           *directory.User // nil for the token of a client that acts for itself
	Groups         []string
	Roles          []string
	PreferredRole  string
	Scopes         []string
	ClientMetadata map[string]string
	// Workspace is the one whose issuer makes the tokens, and Context what it knows of the person; empty: none does.
	Workspace string
	Context   map[string]any
}

// Changes is what a hook wants changed. What may not be changed is left as it is, silently, as Cognito does.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
type Changes struct {
	ID         ClaimChanges
	Access     ClaimChanges
	AddScopes  []string
	DropScopes []string
	Groups     *GroupChanges // nil: groups stay
}

// ClaimChanges adds or overrides claims (values as encoding/json takes them) and drops others; dropping wins.
type ClaimChanges struct {
	Set  map[string]any
	Drop []string
}

// GroupChanges replaces the group claims of both tokens; an empty member removes its claim.
type GroupChanges struct {
	Groups        []string
	Roles         []string
	PreferredRole string
}

// And gives the changes of both; where both set a claim, that of next counts.
func (c Changes) And(next Changes) Changes {
	c.ID, c.Access = c.ID.and(next.ID), c.Access.and(next.Access)
	c.AddScopes, c.DropScopes = slices.Concat(c.AddScopes, next.AddScopes), slices.Concat(c.DropScopes, next.DropScopes)
	if next.Groups != nil {
		c.Groups = next.Groups
	}
	return c
}

func (c ClaimChanges) and(next ClaimChanges) ClaimChanges {
	if len(next.Set) > 0 {
		set := maps.Clone(c.Set)
		if set == nil {
			set = map[string]any{}
		}
		maps.Copy(set, next.Set)
		c.Set = set
	}
	c.Drop = slices.Concat(c.Drop, next.Drop)
	return c
}

func (c *content) event() Event {
	e := Event{
		Via: c.grant.Via, Pool: c.grant.Pool, Client: c.grant.Client, User: c.grant.User,
		Scopes: slices.Clone(c.scopes), ClientMetadata: c.grant.ClientMetadata,
	}
	for _, g := range c.groups {
		e.Groups = append(e.Groups, g.Name)
	}
	if c.session != nil && c.session.OpenID != nil {
		e.Workspace = c.session.OpenID.Workspace
	}
	if c.known != nil {
		e.Context = c.known.Context
	}
	e.Roles, e.PreferredRole = directory.Roles(c.groups)
	return e
}

// apply makes a hook's changes.
func (c *content) apply(ch Changes) {
	if ch.Groups != nil {
		c.replaceGroups(ch.Groups)
	}
	c.applyScopes(ch)
	c.change(c.access, ch.Access)
	if c.id != nil {
		c.change(c.id, ch.ID)
	}
}

func (c *content) replaceGroups(g *GroupChanges) {
	for _, claims := range []map[string]any{c.access, c.id} {
		if claims == nil {
			continue
		}
		delete(claims, "cognito:groups")
		setList(claims, "cognito:groups", g.Groups)
	}
	if c.id != nil {
		delete(c.id, "cognito:roles")
		delete(c.id, "cognito:preferred_role")
		setList(c.id, "cognito:roles", g.Roles)
		setText(c.id, "cognito:preferred_role", g.PreferredRole)
	}
}

func (c *content) applyScopes(ch Changes) {
	for _, s := range ch.AddScopes {
		reserved := strings.HasPrefix(s, "aws.cognito.") && s != AdminScope
		if s != "" && !reserved && !strings.ContainsAny(s, " \t\r\n") && !slices.Contains(c.scopes, s) {
			c.scopes = append(c.scopes, s)
		}
	}
	c.scopes = slices.DeleteFunc(c.scopes, func(s string) bool { return slices.Contains(ch.DropScopes, s) })
	c.access["scope"] = strings.Join(c.scopes, " ")
}

func (c *content) change(claims map[string]any, ch ClaimChanges) {
	for name, value := range ch.Set {
		if c.maySet(claims, name, value) {
			claims[name] = value
		}
	}
	for _, name := range ch.Drop {
		if fixed(name) && name != "cognito:groups" {
			continue
		}
		delete(claims, name)
		if name == "cognito:groups" {
			delete(claims, "cognito:roles")
			delete(claims, "cognito:preferred_role")
		}
	}
}

func (c *content) maySet(claims map[string]any, name string, value any) bool {
	switch name {
	case "aud": // of an access token only, and only this client
		return claims["token_use"] == "access" && value == c.grant.Client.ID
	case "email_verified", "phone_number_verified", "updated_at", "address":
		switch value.(type) {
		case map[string]any, []any:
			return false
		}
	}
	return !fixed(name) && !strings.HasPrefix(name, "dev:") && (c.grant.Client.Workspace == "" || !speaks(name))
}

// speaks are claims that say for whom somebody acts, or what they may: nobody but a workspace itself writes them in its tokens. In tokens
// of pools Cognito lets a function write them.
func speaks(name string) bool {
	return slices.Contains([]string{"act", "may_act", "authorization_details", "active", "token_type"}, name)
}

// fixed are the claims that say who, for whom and how long: no hook may touch them.
func fixed(name string) bool {
	switch name {
	case "sub", "iss", "aud", "client_id", "username", "identities", "event_id", "device_key", "version", "acr", "amr",
		"at_hash", "auth_time", "azp", "cnf", "sid", "exp", "iat", "jti", "nbf", "nonce", "origin_jti", "token_use", "scope":
		return true
	}
	return strings.HasPrefix(name, "cognito:")
}
