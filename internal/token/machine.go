package token

import (
	"context"
	"slices"
	"strings"
	"time"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/kit/random"
)

// MachineGrant is a decision to give a client an access token of its own (RFC 6749 section 4.4). The caller has
// authenticated the client and checked the scopes.
type MachineGrant struct {
	Pool           *directory.Pool
	Client         *directory.Client
	Scopes         []string
	ClientMetadata map[string]string // goes to the hook and nowhere else
	OpenID         *OpenID           // of a strict issuer; nil: the pool's own
}

// IssueMachine mints the access token of a client that acts for itself. There is no session: the token cannot be
// refreshed or revoked.
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
func (m *Minter) IssueMachine(ctx context.Context, g MachineGrant) (*Set, error) {
	now := moment(m.Now).Unix()
	c := &content{
		grant:  Grant{Pool: g.Pool, Client: g.Client, Via: ByClient, ClientMetadata: g.ClientMetadata},
		scopes: slices.Clone(g.Scopes),
	}
	life := int64(g.Client.AccessTTL() / time.Second)
	c.access = map[string]any{
		"sub": g.Client.ID, "client_id": g.Client.ID, "iss": m.Issuer(g.Pool), "token_use": "access",
		"scope": strings.Join(c.scopes, " "), "auth_time": now, "iat": now, "exp": now + life, "version": 2,
		"jti": random.UUID(),
	}
	if g.OpenID != nil {
		c.access["iss"] = g.OpenID.Issuer
		bind(c.access, g.OpenID.JKT)
	}
	if m.Hook != nil {
		changes, err := m.Hook.BeforeTokens(ctx, c.event())
		if err != nil {
			return nil, err
		}
		changes.Groups = nil // a client is in no group
		c.apply(changes)
	}
	audit.Ahead(ctx)
	access, err := m.sign(ctx, g.Pool, key.ForAccess, c.access)
	if err != nil {
		return nil, err
	}
	return &Set{Access: access, ExpiresIn: int(life), Scopes: c.scopes}, nil
}
