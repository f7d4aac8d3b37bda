package permission

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/policy/cedar"
)

// Pools knows the user pools of this server.
type Pools interface {
	// Issuer is the issuer of a pool's tokens; a fault Missing: there is no such pool.
	Issuer(ctx context.Context, poolID string) (string, error)
	// Verify checks the signature of a token of one of our pools, and with live that nothing ended it before its time. PoolID is
	// that of the pool that has signed it, empty: none of ours. A fault of kind Unavailable says that it could not tell; any other
	// error, that the token is not good.
	Verify(ctx context.Context, token string, live bool) (payload []byte, poolID string, err error)
}

// OpenID verifies the tokens of other issuers, by the keys that they publish.
type OpenID interface {
	// Verify checks the signature of a token. Its claims, the issuer among them, are the caller's to check. A fault of kind
	// Unavailable says that it could not tell.
	Verify(ctx context.Context, issuer, token string) (payload []byte, err error)
}

// The members of requests that hold tokens.
const (
	idTokenPath     = "identityToken"
	accessTokenPath = "accessToken"
)

// bearer is whom tokens stand for.
type bearer struct {
	principal cedar.Entity
	groupType string
	token     cedar.Fields // the claims of an access token; nil: there is none
}

// bearer reads the tokens of a request. Every error means that there is no decision.
func (p *Permissions) bearer(ctx context.Context, c *compiled, ask Ask) (*bearer, error) {
	switch {
	case ask.IDToken == nil && ask.AccessToken == nil:
		return nil, invalid(idTokenPath, "identityToken, accessToken or both must be given")
	case c.source == nil:
		return nil, invalid("policyStoreId", "the policy store has no identity source")
	}
	var id, access *claims
	var err error
	if ask.IDToken != nil {
		if id, err = p.read(ctx, c.source, idTokenPath, *ask.IDToken); err != nil {
			return nil, err
		}
	}
	if ask.AccessToken != nil {
		if access, err = p.read(ctx, c.source, accessTokenPath, *ask.AccessToken); err != nil {
			return nil, err
		}
	}
	if id != nil && access != nil && id.subject != access.subject {
		return nil, invalid(accessTokenPath, "the two tokens stand for different principals")
	}
	out := &bearer{groupType: c.source.groupType()}
	main := id
	if main == nil {
		main = access
	}
	out.principal = cedar.Entity{UID: cedar.NewUID(c.source.PrincipalType, main.prefix+main.subject)}
	parents := make([]cedar.UID, len(main.groups))
	for i, g := range main.groups {
		parents[i] = cedar.NewUID(out.groupType, main.prefix+g)
	}
	out.principal.Parents = cedar.NewParents(parents...)
	if id != nil {
		out.principal.Attributes = cedar.NewRecord(id.attributes)
	}
	if access != nil {
		out.token = access.attributes
		if scope, ok := out.token["scope"].(cedar.String); ok {
			out.token["scope"] = words(string(scope))
		}
	}
	return out, nil
}

func words(text string) cedar.Value {
	var list []cedar.Value
	for _, w := range strings.Fields(text) {
		list = append(list, cedar.String(w))
	}
	return cedar.SetOf(list...)
}

// among adds the principal to the entities of a request, which may not say anything about principals and groups themselves.
func (b *bearer) among(entities cedar.Entities) (cedar.Entities, error) {
	for uid := range entities {
		if uid.Type == b.principal.UID.Type || b.groupType != "" && string(uid.Type) == b.groupType {
			return nil, invalid("entities", "entities of the types of the identity source are what the token says, and not to be given")
		}
	}
	out := maps.Clone(entities)
	if out == nil {
		out = cedar.Entities{}
	}
	out[b.principal.UID] = b.principal
	return out, nil
}

// declared is the entities with those attributes of the principal that the schema knows.
func (b *bearer) declared(entities cedar.Entities, s *cedar.Schema) cedar.Entities {
	out := maps.Clone(entities)
	e := b.principal
	e.Attributes = cedar.NewRecord(s.Declared(e.UID.Type, e.Attributes.Map()))
	out[e.UID] = e
	return out
}

// tokenMember is the member of the context where the claims of an access token are.
const tokenMember = cedar.Key("token")

// context adds the claims of the access token, which a caller may not make up.
func (b *bearer) context(fields cedar.Fields, strict bool, s *cedar.Schema, action cedar.UID) (cedar.Fields, error) {
	if _, taken := fields[tokenMember]; taken {
		return nil, invalid("context", "context.token is what the access token says, and not to be given")
	}
	if b.token == nil {
		return fields, nil
	}
	out := maps.Clone(fields)
	if out == nil {
		out = cedar.Fields{}
	}
	token := b.token
	if strict {
		token = s.DeclaredContext(action, tokenMember, token)
	}
	out[tokenMember] = cedar.NewRecord(token)
	return out, nil
}

// claims are what a token says, once it is found to be good.
type claims struct {
	prefix, subject string
	groups          []string
	attributes      cedar.Fields
}

// groupsClaim is the claim with the groups of a user of a pool.
const groupsClaim = "cognito:groups"

// read checks a token of a source and gives its claims.
func (p *Permissions) read(ctx context.Context, s *Source, path, token string) (*claims, error) {
	payload, err := p.verify(ctx, s, path, token)
	switch {
	case fault.Is(err, fault.Unavailable, ""):
		return nil, err
	case err != nil:
		return nil, invalid(path, "the token is not valid: "+err.Error())
	}
	var said map[string]any
	d := json.NewDecoder(bytes.NewReader(payload))
	d.UseNumber()
	if err := d.Decode(&said); err != nil {
		return nil, invalid(path, "the token is not valid: its payload is no JSON object")
	}
	if err := p.current(said); err != nil {
		return nil, invalid(path, "the token is not valid: "+err.Error())
	}
	out := &claims{}
	if s.Pool != nil {
		err = out.ofPool(s.Pool, path, said)
	} else {
		err = out.ofOpenID(s.OpenID, path, said)
	}
	if err == nil {
		out.attributes, err = attributesOf(said, s.Pool != nil)
	}
	if err != nil {
		return nil, invalid(path, "the token is not valid: "+err.Error())
	}
	return out, nil
}

var errForeign = errors.New("it is not of the identity source of the policy store")

// verify checks who has signed a token.
func (p *Permissions) verify(ctx context.Context, s *Source, path, token string) ([]byte, error) {
	if s.OpenID != nil {
		if s.OpenID.Access != (path == accessTokenPath) {
			return nil, errors.New("the identity source takes the other kind of token")
		}
		return p.OpenID.Verify(ctx, s.OpenID.Issuer, token)
	}
	payload, poolID, err := p.Pools.Verify(ctx, token, p.Config.RequireLiveTokens)
	if err == nil && poolID != s.Pool.PoolID {
		err = errForeign
	}
	return payload, err
}

// current checks the times of a token.
func (p *Permissions) current(said map[string]any) error {
	now := p.Now().Unix()
	until, err := seconds(said["exp"])
	switch {
	case err != nil:
		return errors.New("it does not say until when it is valid")
	case now >= until:
		return errors.New("it has expired")
	}
	if said["nbf"] != nil {
		if from, err := seconds(said["nbf"]); err != nil || now < from {
			return errors.New("it is not valid yet")
		}
	}
	return nil
}

// seconds reads a NumericDate (RFC 7519 section 2), to the second.
func seconds(v any) (int64, error) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, errors.New("no number")
	}
	if whole, err := n.Int64(); err == nil {
		return whole, nil
	}
	f, err := n.Float64()
	return int64(f), err
}

// ofPool checks what a token of a user pool says, and takes its principal and groups.
func (c *claims) ofPool(s *PoolSource, path string, said map[string]any) error {
	use, client := "id", "aud"
	if path == accessTokenPath {
		use, client = "access", "client_id"
	}
	if said["token_use"] != use {
		return errors.New("token_use is not " + use)
	}
	if id, _ := said[client].(string); len(s.ClientIDs) > 0 && !slices.Contains(s.ClientIDs, id) {
		return errors.New("its client is none of the identity source's")
	}
	c.prefix, c.subject = s.PoolID+"|", textOf(said["sub"])
	if c.subject == "" {
		return errors.New("it has no sub")
	}
	if said[groupsClaim] != nil {
		groups, ok := texts(said[groupsClaim])
		if !ok {
			return errors.New("cognito:groups is no list of names")
		}
		c.groups = groups
		delete(said, groupsClaim)
	}
	return nil
}

// ofOpenID does the same for a token of another issuer.
func (c *claims) ofOpenID(s *OpenIDSource, path string, said map[string]any) error {
	if said["iss"] != s.Issuer {
		return errForeign
	}
	if len(s.Audiences) > 0 {
		list, _ := texts(said["aud"])
		if one := textOf(said["aud"]); one != "" {
			list = []string{one}
		}
		if path == accessTokenPath && len(list) == 0 {
			for _, name := range []string{"cid", "client_id"} {
				if one := textOf(said[name]); one != "" {
					list = append(list, one)
					break
				}
			}
		}
		if !slices.ContainsFunc(list, func(a string) bool { return slices.Contains(s.Audiences, a) }) {
			return errors.New("its audience is none of the identity source's")
		}
	}
	c.subject = textOf(said[s.IDClaim])
	if c.subject == "" {
		return fmt.Errorf("it has no text %s", s.IDClaim)
	}
	if s.Prefix != "" {
		c.prefix = s.Prefix + "|"
	}
	if s.GroupClaim == "" || said[s.GroupClaim] == nil {
		return nil
	}
	groups, ok := texts(said[s.GroupClaim])
	if !ok {
		if groups = strings.Fields(textOf(said[s.GroupClaim])); len(groups) == 0 {
			return fmt.Errorf("%s is neither a text nor a list of texts", s.GroupClaim)
		}
	}
	c.groups = groups
	delete(said, s.GroupClaim)
	return nil
}

func textOf(v any) string {
	s, _ := v.(string)
	return s
}

// texts reads a list of texts.
func texts(v any) (list []string, ok bool) {
	items, ok := v.([]any)
	for _, item := range items {
		s, is := item.(string)
		if !is {
			return nil, false
		}
		list = append(list, s)
	}
	return list, ok
}
