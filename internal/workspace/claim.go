package workspace

import (
	"slices"
	"strings"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/workspace/mapping"
)

func (w *Workspace) checkClaims() error {
	if len(w.Claims) > maxClaims {
		return fault.Invalidf("A workspace can have at most %d claims.", maxClaims)
	}
	known, seen := w.Scopes(), map[string]bool{}
	for _, c := range w.Claims {
		if err := c.check(w, known); err != nil {
			return err
		}
		if key := c.Type + " " + c.Name; seen[key] {
			return fault.Newf(fault.Exists, "", "There is a claim %s of the type %s already.", c.Name, c.Type)
		} else { //nolint:revive // the key is of this claim alone
			seen[key] = true
		}
	}
	return nil
}

func (c Claim) check(w *Workspace, scopes []string) error {
	path, err := mapping.Parse(c.SourcePath)
	switch {
	case c.Name == "" || len(c.Name) > 256 || strings.ContainsFunc(c.Name, func(r rune) bool { return r < ' ' }):
		return fault.Invalidf("claims: a claim has a name of 1 to 256 characters.")
	case Reserved(c.Name):
		return fault.Invalidf("claims: %s says who somebody is, for whom and for how long: it is not for a workspace to write.", c.Name)
	case c.Type != InIDToken && c.Type != InAccessToken:
		return fault.Invalidf("claims: %s: the type must be id_token or access_token.", c.Name)
	case err != nil || c.SourcePath == ".":
		return fault.Invalidf("claims: %s: source_path is no path of one attribute.", c.Name)
	case c.SourceType != FromContext && c.SourceType != FromClient:
		return fault.Invalidf("claims: %s: source_type must be authnCtx or client.", c.Name)
	case c.SourceType == FromContext && !slices.ContainsFunc(w.Context.Attributes, func(a mapping.Attribute) bool { return a.Name == path.Root() }):
		return fault.Invalidf("claims: %s: the authentication context has no attribute %s.", c.Name, path.Root())
	case c.SourceType == FromClient && !slices.Contains([]string{"client_id", "client_name"}, c.SourcePath):
		return fault.Invalidf("claims: %s: of clients there is client_id and client_name.", c.Name)
	case c.Verified:
		return fault.Invalidf("claims: %s: verified claims are not supported.", c.Name)
	}
	for _, scope := range c.Scopes {
		if !slices.Contains(scopes, scope) && !slices.Contains(standardScopes(), scope) {
			return fault.Invalidf("claims: %s: there is no scope %s.", c.Name, scope)
		}
	}
	return nil
}

// Reserved are the claims that no workspace writes.
func Reserved(name string) bool {
	switch name {
	case "sub", "iss", "aud", "client_id", "username", "identities", "event_id", "device_key", "version", "acr", "amr",
		"at_hash", "auth_time", "azp", "cnf", "sid", "exp", "iat", "jti", "nbf", "nonce", "origin_jti", "token_use", "scope", "active", "token_type",
		"act", "may_act", "authorization_details":
		return true
	}
	return strings.HasPrefix(name, "cognito:") || strings.HasPrefix(name, "dev:")
}
