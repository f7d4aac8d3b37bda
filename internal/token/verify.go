package token

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/key"
)

// Claims are the claims of an access token that the server reads. Times are unix seconds.
type Claims struct {
	Subject   string   `json:"sub"`
	Issuer    string   `json:"iss"`
	Use       string   `json:"token_use"`
	ClientID  string   `json:"client_id"`
	Username  string   `json:"username"`
	Scope     string   `json:"scope"`
	Groups    []string `json:"cognito:groups"`
	ID        string   `json:"jti"`
	OriginJTI string   `json:"origin_jti"`
	EventID   string   `json:"event_id"`
	DeviceKey string   `json:"device_key"`
	AuthTime  int64    `json:"auth_time"`
	IssuedAt  int64    `json:"iat"`
	ExpiresAt int64    `json:"exp"`
}

// SessionID leads from a token to its session.
func (c *Claims) SessionID() string {
	if c.OriginJTI != "" {
		return c.OriginJTI
	}
	return c.EventID
}

// Access is a good access token and whom it stands for. There is no user in one of a client that acts for itself.
type Access struct {
	Claims Claims
	Pool   *directory.Pool
	Client *directory.Client
	User   *directory.User
}

// Verifier checks access tokens that this server issued. Safe for concurrent use.
type Verifier struct{ Parts }

// NewVerifier makes a verifier.
func NewVerifier(p Parts) *Verifier { return &Verifier{p} }

// The answers to an access token that does not work.
func badAccess() error     { return fault.Deniedf("Invalid Access Token") }
func expiredAccess() error { return fault.Deniedf("Access Token has expired") }
func revokedAccess() error { return fault.Deniedf("Access Token has been revoked") }
func missingScope() error  { return fault.Deniedf("Access Token does not have required scopes") }

// Access checks an access token: form, signature by a published access key of its pool, issuer, expiry without
// leeway, use, the scopes asked for, and that session and user are alive. It asks the store once.
//
// Faults are Denied with Cognito's texts; a deleted user is fault.NoUser, a deleted client fault.NoClient.
func (v *Verifier) Access(ctx context.Context, token string, scopes ...string) (*Access, error) {
	claims, pool, err := v.genuine(ctx, token)
	if err != nil {
		return nil, err
	}
	if v.Now().Unix() >= claims.ExpiresAt {
		return nil, expiredAccess()
	}
	for _, scope := range scopes {
		if !slices.Contains(strings.Fields(claims.Scope), scope) {
			return nil, missingScope()
		}
	}
	client, err := v.Clients.Find(ctx, claims.ClientID)
	if err != nil {
		return nil, err
	}
	if client.PoolID != pool.ID {
		return nil, badAccess()
	}
	user, err := v.alive(ctx, claims, pool)
	if err != nil {
		return nil, err
	}
	return &Access{Claims: *claims, Pool: pool, Client: client, User: user}, nil
}

// Machine checks the access token of a client that acts for itself, as Access does that of a user. There is no session to
// look for; a client that is gone is fault.NoClient.
func (v *Verifier) Machine(ctx context.Context, token string, scopes ...string) (*Access, error) {
	claims, pool, err := v.genuine(ctx, token)
	if err != nil {
		return nil, err
	}
	if v.Now().Unix() >= claims.ExpiresAt {
		return nil, expiredAccess()
	}
	if claims.Subject != claims.ClientID || claims.Username != "" {
		return nil, badAccess()
	}
	for _, scope := range scopes {
		if !slices.Contains(strings.Fields(claims.Scope), scope) {
			return nil, missingScope()
		}
	}
	client, err := v.Clients.Find(ctx, claims.ClientID)
	if err != nil {
		return nil, err
	}
	if client.PoolID != pool.ID {
		return nil, badAccess()
	}
	return &Access{Claims: *claims, Pool: pool, Client: client}, nil
}

// genuine checks what the token alone can show. The issuer is read before the signature is checked, only to find the
// keys to check it with.
func (v *Verifier) genuine(ctx context.Context, token string) (*Claims, *directory.Pool, error) {
	p, ok := parse(token)
	if !ok {
		return nil, nil, badAccess()
	}
	var claims Claims
	if json.Unmarshal(p.payload, &claims) != nil {
		return nil, nil, badAccess()
	}
	poolID := claims.Issuer[strings.LastIndexByte(claims.Issuer, '/')+1:]
	if poolID == "" || claims.Use != "access" {
		return nil, nil, badAccess()
	}
	pool, err := v.Pools.Get(ctx, poolID)
	switch {
	case fault.Is(err, fault.Missing, ""), fault.Is(err, fault.Invalid, ""):
		return nil, nil, badAccess()
	case err != nil:
		return nil, nil, fmt.Errorf("find pool of token: %w", err)
	}
	if v.Issuer(pool) != claims.Issuer {
		return nil, nil, badAccess()
	}
	public, err := v.Keys.PublicKey(ctx, pool.ID, p.kid, key.ForAccess)
	switch {
	case errors.Is(err, key.ErrUnknown):
		return nil, nil, badAccess()
	case err != nil:
		return nil, nil, fmt.Errorf("find key of token: %w", err)
	}
	if !p.verify(public) {
		return nil, nil, badAccess()
	}
	return &claims, pool, nil
}

// alive checks the session of a token and its user.
func (v *Verifier) alive(ctx context.Context, c *Claims, pool *directory.Pool) (*directory.User, error) {
	s, user, err := v.Sessions.SessionAndUser(ctx, c.SessionID())
	if err != nil {
		return nil, fmt.Errorf("read session of token: %w", err)
	}
	if s == nil {
		if _, err := v.People.User(ctx, pool.ID, c.Subject); err != nil {
			return nil, err // a deleted user is fault.NoUser
		}
		return nil, revokedAccess()
	}
	if s.PoolID != pool.ID || s.UserID != c.Subject || s.ClientID != c.ClientID {
		return nil, badAccess()
	}
	if dead(s, user) {
		return nil, revokedAccess()
	}
	return user, usable(user)
}
