package auxdata

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/token"
)

// Pools verifies the ID and access tokens of our own user pools. Safe for concurrent use.
type Pools struct {
	Keys     *key.Ring
	Pools    token.Pools
	Clients  token.Clients
	Sessions Sessions
	Issuer   func(*directory.Pool) string // the iss claim; its last path segment is the pool id
	// Strict finds the pool of a strict issuer; nil when nobody has the issuer, or when there are none at all.
	Strict func(ctx context.Context, issuer string) (*directory.Pool, error)
}

// Sessions finds sessions, and whom they belong to, as they are now. Of an unknown id both are nil.
type Sessions interface {
	SessionAndUser(ctx context.Context, id string) (*token.Session, *directory.User, error)
}

// owned are the claims that are looked at here.
type owned struct {
	Subject   string `json:"sub"`
	Issuer    string `json:"iss"`
	Use       string `json:"token_use"`
	ClientID  string `json:"client_id"`
	Audience  any    `json:"aud"`
	OriginJTI string `json:"origin_jti"`
	EventID   string `json:"event_id"`
}

var errForged = errors.New("the token names one of our pools, which did not sign it")

// Verify is Issuers'.
func (p *Pools) Verify(ctx context.Context, raw string, live bool) (payload []byte, ours bool, err error) {
	payload, pool, err := p.VerifyOf(ctx, raw, live)
	return payload, pool != nil, err
}

// VerifyOf is Verify for whoever wants to know the pool; nil: it is none of ours. The issuer is read before the signature is
// checked, only to find the keys to check it with.
func (p *Pools) VerifyOf(ctx context.Context, raw string, live bool) (payload []byte, pool *directory.Pool, err error) {
	t, err := parse(raw, algorithms)
	if err != nil {
		return nil, nil, err
	}
	var c owned
	if odd := json.Unmarshal(t.UnsafePayloadWithoutVerification(), &c); odd != nil {
		c.Issuer = "" // claims that we would never write
	}
	pool, err = p.pool(ctx, c.Issuer)
	if pool == nil || err != nil {
		return nil, nil, err
	}
	public, err := p.keyOf(ctx, pool, t, c)
	if err != nil {
		return nil, pool, err
	}
	if payload, err = t.Verify(public); err != nil {
		return nil, pool, errForged
	}
	if live {
		err = p.alive(ctx, pool, c)
	}
	return payload, pool, err
}

// ErrNoIDToken is the error of what is no ID token.
var ErrNoIDToken = errors.New("it is no ID token")

// IDToken is VerifyOf for ID tokens: anything else is ErrNoIDToken. Times are not looked at.
func (p *Pools) IDToken(ctx context.Context, raw string, live bool) (claims []byte, pool *directory.Pool, err error) {
	claims, pool, err = p.VerifyOf(ctx, raw, live)
	switch {
	case err != nil && pool == nil && !fault.Is(err, fault.Unavailable, ""):
		return nil, nil, fmt.Errorf("%w: %w", ErrNoIDToken, err)
	case err != nil || pool == nil:
		return nil, pool, err
	}
	var c owned
	if err := json.Unmarshal(claims, &c); err != nil || c.Use != string(key.ForID) {
		return nil, pool, ErrNoIDToken
	}
	return claims, pool, nil
}

// Alive checks that nothing has ended a token of ours before its time, whose payload was verified: ErrDead says that something
// has. A fault of kind Unavailable says that it could not tell.
func (p *Pools) Alive(ctx context.Context, payload []byte) error {
	var c owned
	if err := json.Unmarshal(payload, &c); err != nil {
		return errForged
	}
	pool, err := p.pool(ctx, c.Issuer)
	switch {
	case err != nil:
		return err
	case pool == nil: // deleted, and its tokens with it
		return ErrDead
	}
	return p.alive(ctx, pool, c)
}

// PoolID is the pool that an issuer stands for; empty: none of ours.
func (p *Pools) PoolID(ctx context.Context, issuer string) (string, error) {
	pool, err := p.pool(ctx, issuer)
	if pool == nil {
		return "", err
	}
	return pool.ID, err
}

// pool finds the pool that an issuer stands for; nil: none of ours.
func (p *Pools) pool(ctx context.Context, issuer string) (*directory.Pool, error) {
	parts := token.Parts{Pools: p.Pools, Issuer: p.Issuer, Strict: p.Strict}
	pool, err := parts.PoolOf(ctx, issuer)
	if err != nil {
		return nil, unavailable("find the pool of a token", err)
	}
	return pool, nil
}

func (p *Pools) keyOf(ctx context.Context, pool *directory.Pool, t *jose.JSONWebSignature, c owned) (any, error) {
	header, use := t.Signatures[0].Header, key.Use(c.Use)
	if header.Algorithm != string(jose.RS256) || (use != key.ForAccess && use != key.ForID) {
		return nil, errForged
	}
	public, err := p.Keys.PublicKey(ctx, pool.ID, header.KeyID, use)
	switch {
	case errors.Is(err, key.ErrUnknown):
		return nil, errForged
	case err != nil:
		return nil, unavailable("find the key of a token", err)
	}
	return public, nil
}

// alive checks that nothing ended the token before its time.
func (p *Pools) alive(ctx context.Context, pool *directory.Pool, c owned) error {
	clientID := c.ClientID
	if c.Use == string(key.ForID) {
		clientID, _ = c.Audience.(string)
	}
	client, err := p.Clients.Find(ctx, clientID)
	switch {
	case fault.Is(err, fault.Missing, ""), err == nil && client.PoolID != pool.ID:
		return ErrDead
	case err != nil:
		return unavailable("find the client of a token", err)
	}
	id := c.OriginJTI
	if id == "" {
		id = c.EventID
	}
	if id == "" && c.Subject == clientID {
		return nil // a client's own token has no session and cannot be revoked; the client is there
	}
	s, user, err := p.Sessions.SessionAndUser(ctx, id)
	if err != nil {
		return unavailable("find the session of a token", err)
	}
	if s == nil || user == nil || !s.RevokedAt.IsZero() || s.PoolID != pool.ID || s.UserID != c.Subject || s.ClientID != clientID {
		return ErrDead
	}
	if !user.Enabled || user.Status == directory.ResetRequired || s.CreatedAt.Before(user.SignedOutAt) {
		return ErrDead
	}
	return nil
}

func unavailable(what string, err error) error {
	return fault.New(fault.Unavailable, "", "The token could not be checked; no decision is made without it.").Because(fmt.Errorf("%s: %w", what, err))
}

var _ Issuers = (*Pools)(nil)
