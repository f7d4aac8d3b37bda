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
	Audience  any      `json:"aud"` // text or a list; nil: none
	AuthTime  int64    `json:"auth_time"`
	IssuedAt  int64    `json:"iat"`
	ExpiresAt int64    `json:"exp"`
	Confirm   struct {
		Thumbprint string `json:"jkt"` // RFC 9449 section 6.1
	} `json:"cnf"`
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
	// Session is what the token came from; nil for a client that acts for itself.
	Session *Session
}

// Verifier checks access tokens that this server issued. Safe for concurrent use.
type Verifier struct {
	Parts
	proven proven
}

// NewVerifier makes a verifier.
func NewVerifier(p Parts) *Verifier { return &Verifier{Parts: p} }

// The answers to an access token that does not work.
func badAccess() error     { return fault.Deniedf("Invalid Access Token") }
func forgedAccess() error  { return fault.Deniedf("Could not verify signature for Access Token") }
func expiredAccess() error { return fault.Deniedf("Access Token has expired") }
func revokedAccess() error { return fault.Deniedf("Access Token has been revoked") }
func missingScope() error  { return fault.Deniedf("Access Token does not have required scopes") }

// Access checks an access token that its bearer sends. One that is bound to a key is none: it needs a proof with it.
func (v *Verifier) Access(ctx context.Context, token string, scopes ...string) (*Access, error) {
	return v.Bound(ctx, token, "", scopes...)
}

// Bound checks an access token of whoever has proven to hold the key of a thumbprint; empty: nobody has. It checks form,
// signature by a published access key of its pool, issuer, expiry without leeway, use, the scopes asked for, and that
// session and user are alive. It asks the store once.
//
// Faults are Denied with Cognito's texts; a deleted user is fault.NoUser, a deleted client fault.NoClient.
func (v *Verifier) Bound(ctx context.Context, token, thumbprint string, scopes ...string) (*Access, error) {
	claims, pool, err := v.genuine(ctx, token)
	if err != nil {
		return nil, err
	}
	if claims.Confirm.Thumbprint != thumbprint {
		return nil, badAccess()
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
	s, user, err := v.alive(ctx, claims, pool)
	if err != nil {
		return nil, err
	}
	return &Access{Claims: *claims, Pool: pool, Client: client, User: user, Session: s}, nil
}

// Alive reads a session of a user, and the user, where both are alive; else both are nil.
func (v *Verifier) Alive(ctx context.Context, poolID, userID, sessionID string) (*Session, *directory.User, error) {
	s, user, err := v.Sessions.SessionAndUser(ctx, sessionID)
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("read session: %w", err)
	case s == nil || s.PoolID != poolID || s.UserID != userID || dead(s, user) || usable(user) != nil:
		return nil, nil, nil //nolint:nilerr // who may not be signed in is nobody here
	}
	return s, user, nil
}

// Machine checks the access token of a client that acts for itself, as Access does that of a user. There is no session to
// look for; a client that is gone is fault.NoClient.
func (v *Verifier) Machine(ctx context.Context, token string, scopes ...string) (*Access, error) {
	access, err := v.machine(ctx, token)
	switch {
	case err != nil:
		return nil, err
	case access.Claims.Confirm.Thumbprint != "": // it needs a proof, and nobody asks for one here
		return nil, badAccess()
	}
	for _, scope := range scopes {
		if !slices.Contains(strings.Fields(access.Claims.Scope), scope) {
			return nil, missingScope()
		}
	}
	return access, nil
}

// machine is Machine for whoever holds the key that the token may be bound to.
func (v *Verifier) machine(ctx context.Context, token string) (*Access, error) {
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
	if claims.Use != "access" {
		return nil, nil, badAccess()
	}
	pool, err := v.PoolOf(ctx, claims.Issuer)
	switch {
	case err != nil:
		return nil, nil, err
	case pool == nil:
		return nil, nil, badAccess()
	}
	public, err := v.Keys.PublicKey(ctx, pool.ID, p.kid, key.ForAccess)
	switch {
	case errors.Is(err, key.ErrUnknown):
		return nil, nil, badAccess()
	case err != nil:
		return nil, nil, fmt.Errorf("find key of token: %w", err)
	}
	if !v.proven.verify(p, public) {
		return nil, nil, forgedAccess()
	}
	return &claims, pool, nil
}

// PoolOf finds the pool that an issuer stands for, the pool's own or a strict one; nil: none.
func (p Parts) PoolOf(ctx context.Context, issuer string) (*directory.Pool, error) {
	if id := issuer[strings.LastIndexByte(issuer, '/')+1:]; strings.Contains(id, "_") { // as no host name does
		pool, err := p.Pools.Get(ctx, id)
		switch {
		case fault.Is(err, fault.Missing, ""), fault.Is(err, fault.Invalid, ""):
		case err != nil:
			return nil, fmt.Errorf("find pool of token: %w", err)
		case p.Issuer(pool) == issuer:
			return pool, nil
		}
	}
	if p.Strict == nil {
		return nil, nil
	}
	return p.Strict(ctx, issuer)
}

// alive checks the session of a token and its user.
func (v *Verifier) alive(ctx context.Context, c *Claims, pool *directory.Pool) (*Session, *directory.User, error) {
	s, user, err := v.Sessions.SessionAndUser(ctx, c.SessionID())
	if err != nil {
		return nil, nil, fmt.Errorf("read session of token: %w", err)
	}
	if s == nil {
		if _, err := v.People.User(ctx, pool.ID, c.Subject); err != nil {
			return nil, nil, err // a deleted user is fault.NoUser
		}
		return nil, nil, revokedAccess()
	}
	if s.PoolID != pool.ID || s.UserID != c.Subject || s.ClientID != c.ClientID {
		return nil, nil, badAccess()
	}
	switch {
	case !user.Enabled: // whose sessions have ended as well
		return nil, nil, disabled()
	case dead(s, user):
		return nil, nil, revokedAccess()
	}
	if err := usable(user); err != nil {
		return nil, nil, err
	}
	return s, user, nil
}
