package token

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/kit/random"
)

// Minter issues tokens. Safe for concurrent use.
type Minter struct{ Parts }

// NewMinter makes a minter.
func NewMinter(p Parts) *Minter { return &Minter{p} }

// Issue begins a session and mints its first tokens.
func (m *Minter) Issue(ctx context.Context, g Grant) (*Set, error) {
	now := moment(m.Now)
	s := &Session{
		ID: g.SessionID, PoolID: g.Pool.ID, UserID: g.User.ID, ClientID: g.Client.ID,
		EventID: g.EventID, AuthTime: g.AuthTime, ExpiresAt: now.Add(g.Client.RefreshTTL()),
		Scopes: slices.Clone(g.Scopes), Resource: g.Resource, DeviceKey: g.DeviceKey, RefreshID: random.UUID(), CreatedAt: g.User.Since(now),
		ActiveAt: now, From: g.From.short(), BrowserID: g.BrowserID, AMR: g.AMR, ACR: g.ACR, OpenID: g.OpenID,
	}
	if g.NoRefresh {
		s.ExpiresAt = now.Add(max(g.Client.AccessTTL(), g.Client.IDTTL()))
	}
	if s.EventID == "" {
		s.EventID = random.UUID()
	}
	if s.AuthTime.IsZero() {
		s.AuthTime = now
	}
	switch { // Tokens of a client without revocation carry no origin_jti; their event_id then leads to the session.
	case s.ID == "" && g.Client.TokenRevocation:
		s.ID = random.UUID()
	case s.ID == "":
		s.ID = s.EventID
	case !g.Client.TokenRevocation:
		s.EventID = s.ID
	}
	set, err := m.mint(ctx, g, s, now)
	if err != nil {
		return nil, err
	}
	if err := m.makeRoom(ctx, g, now); err != nil {
		return nil, err
	}
	if err := m.begin(ctx, g, s); err != nil {
		return nil, err
	}
	if !g.NoRefresh {
		set.Refresh = m.seal(s)
	}
	return set, nil
}

// begin stores a session, and spends what it is given for. The session comes first: with it the user's row is held, which a
// global sign-out takes before it takes codes away.
func (m *Minter) begin(ctx context.Context, g Grant, s *Session) error {
	insert := func(ctx context.Context) error {
		if err := m.Sessions.InsertSession(ctx, s); err != nil {
			return fmt.Errorf("store session: %w", err)
		}
		return nil
	}
	if g.Spend == nil {
		return insert(ctx)
	}
	return m.Sessions.InTx(ctx, func(ctx context.Context) error {
		if err := insert(ctx); err != nil {
			return err
		}
		return g.Spend(ctx)
	})
}

// mint makes the access and ID token of a session.
func (m *Minter) mint(ctx context.Context, g Grant, s *Session, now time.Time) (*Set, error) {
	groups, err := m.People.GroupsOf(ctx, g.Pool.ID, g.User.ID)
	if err != nil {
		return nil, fmt.Errorf("read groups for tokens: %w", err)
	}
	c := &content{grant: g, session: s, issuer: m.Issuer(g.Pool), now: now, groups: groups}
	if s.OpenID != nil {
		c.issuer = s.OpenID.Issuer
	}
	if err := c.know(ctx, m.Contexts); err != nil {
		return nil, err
	}
	c.build()
	if m.Hook != nil {
		changes, err := m.Hook.BeforeTokens(ctx, c.event())
		if err != nil {
			return nil, err
		}
		c.apply(changes)
	}
	set := &Set{ExpiresIn: int(g.Client.AccessTTL() / time.Second), SessionID: s.ID, Scopes: c.scopes}
	if set.Access, err = m.sign(ctx, g.Pool, key.ForAccess, c.access); err != nil {
		return nil, err
	}
	if c.id == nil {
		return set, nil
	}
	if c.oauth() {
		c.id["at_hash"] = accessHash(set.Access)
	}
	set.ID, err = m.sign(ctx, g.Pool, key.ForID, c.id)
	return set, err
}

func (m *Minter) sign(ctx context.Context, p *directory.Pool, use key.Use, claims map[string]any) (string, error) {
	signer, err := m.Keys.Signer(ctx, p.ID, use)
	if err != nil {
		return "", fmt.Errorf("find signing key: %w", err)
	}
	if m.Gate != nil {
		leave, err := m.Gate.Enter(ctx)
		if err != nil {
			return "", fmt.Errorf("wait to sign: %w", err)
		}
		defer leave()
	}
	return sign(signer, claims)
}
