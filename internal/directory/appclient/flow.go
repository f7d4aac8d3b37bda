package appclient

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"cognate.dev/cognate/internal/directory/userpool"
	"cognate.dev/cognate/internal/fault"
)

// The sign-in flows as Client.Allows knows them.
const (
	FlowSRP           = "USER_SRP_AUTH"
	FlowPassword      = "USER_PASSWORD_AUTH"
	FlowAdminPassword = "ADMIN_USER_PASSWORD_AUTH"
	FlowCustom        = "CUSTOM_AUTH"
	FlowChoice        = "USER_AUTH"
	FlowRefresh       = "REFRESH_TOKEN_AUTH"
	FlowClientToken   = "CLIENT_TOKEN_AUTH" // of the client itself, by GetClientToken; excludes the flows of people
)

// legacyFlows are the values of ExplicitAuthFlows from before ALLOW_*, with the flow that each adds to SRP, custom and
// refresh, which are always on in that style.
var legacyFlows = map[string]string{
	"ADMIN_NO_SRP_AUTH": FlowAdminPassword, "USER_PASSWORD_AUTH": FlowPassword, "CUSTOM_AUTH_FLOW_ONLY": FlowCustom,
}

// Allows says whether the client may use a flow; the older names ADMIN_NO_SRP_AUTH and REFRESH_TOKEN count as well.
func (c *Client) Allows(flow string) bool {
	switch flow {
	case "ADMIN_NO_SRP_AUTH":
		flow = FlowAdminPassword
	case "REFRESH_TOKEN":
		flow = FlowRefresh
	}
	if len(c.ExplicitAuthFlows) == 0 {
		return flow == FlowRefresh || flow == FlowSRP || flow == FlowCustom
	}
	if !legacy(c.ExplicitAuthFlows) {
		return slices.Contains(c.ExplicitAuthFlows, "ALLOW_"+flow)
	}
	switch flow {
	case FlowRefresh, FlowCustom:
		return true
	case FlowSRP:
		return !slices.Contains(c.ExplicitAuthFlows, "CUSTOM_AUTH_FLOW_ONLY")
	}
	return slices.ContainsFunc(c.ExplicitAuthFlows, func(v string) bool { return legacyFlows[v] == flow })
}

func legacy(flows []string) bool {
	return slices.ContainsFunc(flows, func(v string) bool { return legacyFlows[v] != "" })
}

// checkFlows refuses unknown values and a mix of the two styles.
func checkFlows(flows []string, tier string) error {
	for _, v := range flows {
		switch {
		case legacyFlows[v] != "":
		case v == "ALLOW_"+FlowChoice && tier == userpool.TierLite:
			return userpool.FeatureMissing("ALLOW_USER_AUTH", tier)
		case !strings.HasPrefix(v, "ALLOW_"), !slices.Contains([]string{
			FlowSRP, FlowPassword, FlowAdminPassword, FlowCustom, FlowChoice, FlowRefresh, FlowClientToken,
		}, strings.TrimPrefix(v, "ALLOW_")):
			return fault.Invalidf("Invalid ExplicitAuthFlows: %s.", v)
		case legacy(flows):
			return fault.Invalidf("Values of ExplicitAuthFlows with the ALLOW_ prefix cannot be mixed with values without it.")
		case v == "ALLOW_"+FlowClientToken && len(flows) > 1:
			return fault.Invalidf("ALLOW_CLIENT_TOKEN_AUTH must be the only value of ExplicitAuthFlows.")
		}
	}
	return nil
}

// AccessTTL is how long access tokens live.
func (c *Client) AccessTTL() time.Duration {
	return validity(c.AccessValidity, c.Units.Access, "hours", time.Hour)
}

// IDTTL is how long ID tokens live.
func (c *Client) IDTTL() time.Duration { return validity(c.IDValidity, c.Units.ID, "hours", time.Hour) }

// RefreshTTL is how long refresh tokens live.
func (c *Client) RefreshTTL() time.Duration {
	return validity(c.RefreshValidity, c.Units.Refresh, "days", 30*24*time.Hour)
}

func validity(n int, unit, usual string, unset time.Duration) time.Duration {
	if n == 0 {
		return unset
	}
	if unit == "" {
		unit = usual
	}
	return time.Duration(n) * map[string]time.Duration{
		"seconds": time.Second, "minutes": time.Minute, "hours": time.Hour, "days": 24 * time.Hour,
	}[unit]
}

// SessionTTL is how long a challenge may take to be answered.
func (c *Client) SessionTTL() time.Duration {
	if c.SessionMinutes == 0 {
		return 3 * time.Minute
	}
	return time.Duration(c.SessionMinutes) * time.Minute
}

// HidesExistence says whether answers must not tell unknown users from known ones (PreventUserExistenceErrors).
func (c *Client) HidesExistence() bool { return c.HideUserExistence == "ENABLED" }

// RotatesRefreshTokens says whether each refresh replaces the refresh token.
func (c *Client) RotatesRefreshTokens() bool {
	return c.Rotation != nil && c.Rotation.Feature == "ENABLED"
}

// CheckSecretHash checks a SECRET_HASH for the username of the same request against every live secret.
// https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash
func (c *Client) CheckSecretHash(username, hash string) error {
	if len(c.Secrets) == 0 {
		if hash != "" {
			return fault.Newf(fault.Denied, fault.ClientSecret, "Client %s is configured without secret but secret hash was received", c.ID)
		}
		return nil
	}
	if hash == "" {
		return fault.Newf(fault.Denied, fault.ClientSecret, "Client %s is configured with secret but SECRET_HASH was not received", c.ID)
	}
	match := 0
	for _, s := range c.Secrets {
		match |= subtle.ConstantTimeCompare([]byte(c.hash(s, username)), []byte(hash))
	}
	if match == 0 {
		return fault.Newf(fault.Denied, fault.ClientSecret, "Unable to verify secret hash for client %s", c.ID)
	}
	return nil
}

// SecretHash is the SECRET_HASH of a username: what our own pages, which speak for every client, call with. It is empty
// for a client without a secret.
func (c *Client) SecretHash(username string) string {
	if len(c.Secrets) == 0 {
		return ""
	}
	return c.hash(c.Secrets[0], username)
}

func (c *Client) hash(s ClientSecret, username string) string {
	mac := hmac.New(sha256.New, []byte(s.Value))
	mac.Write([]byte(username + c.ID))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// CheckSecret checks a secret that was sent in clear. A client without a secret takes none.
func (c *Client) CheckSecret(secret string) error {
	if secret == "" {
		if len(c.Secrets) == 0 {
			return nil
		}
		return fault.Newf(fault.Denied, fault.ClientSecret, "Client %s is configured for secret but secret was not received", c.ID)
	}
	match := 0
	for _, s := range c.Secrets {
		match |= subtle.ConstantTimeCompare([]byte(s.Value), []byte(secret))
	}
	if match == 0 {
		return fault.Newf(fault.Denied, fault.ClientSecret, "Unable to verify secret hash for client %s", c.ID)
	}
	return nil
}

// CanRead says whether the client may see an attribute. The sub and the identities are always visible, developer
// attributes never.
func (c *Client) CanRead(attr string) bool {
	if attr == "sub" || attr == "identities" {
		return true
	}
	if strings.HasPrefix(attr, "dev:") {
		return false
	}
	return len(c.ReadAttributes) == 0 || slices.Contains(c.ReadAttributes, attr)
}

// CanWrite says whether the client may set an attribute.
func (c *Client) CanWrite(attr string) bool {
	if unwritable(attr) {
		return false
	}
	return len(c.WriteAttributes) == 0 || slices.Contains(c.WriteAttributes, attr)
}

// unwritable says whether no client may ever set an attribute.
func unwritable(attr string) bool {
	return attr == "sub" || attr == "identities" || strings.HasSuffix(attr, "_verified") && !strings.Contains(attr, ":") ||
		strings.HasPrefix(attr, "dev:")
}
