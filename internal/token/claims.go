package token

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/kit/random"
)

// content is the claims of one pair of tokens while they are put together.
type content struct {
	grant   Grant
	session *Session
	issuer  string
	now     time.Time
	groups  []*directory.Group
	scopes  []string
	known   *Known // of a workspace; nil: the session is of none
	access  map[string]any
	id      map[string]any // nil: no ID token
}

func (c *content) oauth() bool { return c.grant.Scopes != nil }

// build fills in the claims.
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
func (c *content) build() {
	c.scopes = []string{AdminScope}
	if c.oauth() {
		c.scopes = slices.Clone(c.grant.Scopes)
	}
	c.buildAccess()
	if !c.oauth() || slices.Contains(c.scopes, "openid") {
		c.buildID()
		if c.session.OpenID != nil {
			c.buildOpenID()
		}
	}
}

func (c *content) buildAccess() {
	c.access = c.common("access", c.grant.Client.AccessTTL())
	c.access["client_id"] = c.grant.Client.ID
	c.access["username"] = c.grant.User.Username
	c.access["scope"] = strings.Join(c.scopes, " ")
	if c.grant.DeviceKey != "" {
		c.access["device_key"] = c.grant.DeviceKey
	}
	if c.oauth() {
		c.access["version"] = 2
		if c.grant.Resource != "" {
			c.access["aud"] = c.grant.Resource
		}
	}
	if o := c.session.OpenID; o != nil {
		bind(c.access, o.JKT)
	}
	if c.known != nil {
		delete(c.access, "acr")
		delete(c.access, "amr")
		c.say(c.access, c.known.Access)
		setList(c.access, "amr", c.known.AMR)
		setText(c.access, "acr", c.known.ACR)
	}
}

func (c *content) buildID() {
	c.id = c.common("id", c.grant.Client.IDTTL())
	c.id["aud"] = c.grant.Client.ID
	c.id["cognito:username"] = c.grant.User.Username
	if c.grant.Nonce != "" {
		c.id["nonce"] = c.grant.Nonce
	}
	roles, preferred := directory.Roles(c.groups)
	setList(c.id, "cognito:roles", roles)
	setText(c.id, "cognito:preferred_role", preferred)
	visible := visibleAttributes(c.grant.Scopes)
	for name, value := range c.grant.User.Attributes {
		if c.grant.Client.CanRead(name) && visible(name) {
			setAttribute(c.id, name, value)
		}
	}
}

// common are the claims that both tokens have. Times are whole seconds.
func (c *content) common(use string, life time.Duration) map[string]any {
	claims := map[string]any{
		"sub":       c.grant.User.ID,
		"iss":       c.issuer,
		"token_use": use,
		"auth_time": c.session.AuthTime.Unix(),
		"iat":       c.now.Unix(),
		"exp":       c.now.Unix() + int64(life/time.Second),
		"event_id":  c.session.EventID,
	}
	if c.grant.Client.TokenRevocation {
		claims["origin_jti"] = c.session.ID
		claims["jti"] = random.UUID()
	}
	if c.session.ACR != "" {
		claims["acr"] = c.session.ACR
		setList(claims, "amr", c.session.AMR)
	}
	names := make([]string, len(c.groups))
	for i, g := range c.groups {
		names[i] = g.Name
	}
	setList(claims, "cognito:groups", names)
	return claims
}

// setAttribute writes one attribute in the type that the claim has: text, but for the few of OpenID Connect Core
// section 5.1 that are booleans, a number or an object. A value that has no such form is left out.
func setAttribute(claims map[string]any, name, value string) {
	switch name {
	case "sub":
	case "email_verified", "phone_number_verified":
		claims[name] = strings.EqualFold(value, "true")
	case "updated_at":
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			claims[name] = n
		}
	case "address":
		claims[name] = map[string]any{"formatted": value}
	case "identities":
		if list := identities(value); list != nil {
			claims[name] = list
		}
	default:
		claims[name] = value
	}
}

// identities reads the attribute of that name; its flags and times are text in a claim. Nil when it is no list.
func identities(value string) []map[string]any {
	var list []map[string]any
	d := json.NewDecoder(strings.NewReader(value))
	d.UseNumber()
	if d.Decode(&list) != nil {
		return nil
	}
	for _, one := range list {
		for _, member := range []string{"primary", "dateCreated"} {
			switch v := one[member].(type) {
			case bool:
				one[member] = strconv.FormatBool(v)
			case json.Number:
				one[member] = v.String()
			}
		}
	}
	return list
}

// profileClaims belong to the scope profile (OpenID Connect Core section 5.4).
var profileClaims = []string{"name", "family_name", "given_name", "middle_name", "nickname", "preferred_username",
	"profile", "picture", "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at", "address"}

// visibleAttributes says which attributes the scopes of a grant let through: all without scopes or with openid alone,
// else those of the scopes; custom attributes come with profile.
func visibleAttributes(scopes []string) func(name string) bool {
	profile, email, phone := slices.Contains(scopes, "profile"), slices.Contains(scopes, "email"), slices.Contains(scopes, "phone")
	return func(name string) bool {
		switch {
		case !profile && !email && !phone:
			return true
		case name == "email" || name == "email_verified":
			return email
		case name == "phone_number" || name == "phone_number_verified":
			return phone
		case name == "identities":
			return true
		}
		return profile && (slices.Contains(profileClaims, name) || strings.Contains(name, ":"))
	}
}

func setList(claims map[string]any, name string, list []string) {
	if len(list) > 0 {
		claims[name] = list
	}
}

// bind writes which key a token is bound to. RFC 9449 section 6.1.
func bind(claims map[string]any, thumbprint string) {
	if thumbprint != "" {
		claims["cnf"] = map[string]any{"jkt": thumbprint}
	}
}

func setText(claims map[string]any, name, text string) {
	if text != "" {
		claims[name] = text
	}
}
