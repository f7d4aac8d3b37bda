package token

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/random"
)

const refreshPurpose = "refresh-token"

// refresh is what a refresh token says, sealed. It is opaque to everybody but us: base64url of an authenticated
// encryption, and no JWE, because a JWE header would promise a key that nobody else could use anyway.
type refresh struct {
	SessionID string `json:"s"`
	ID        string `json:"j"`
	PoolID    string `json:"p"`
	ClientID  string `json:"c"`
	ExpiresAt int64  `json:"e"`           // unix milliseconds
	UserID    string `json:"u,omitempty"` // to tell, when the session is gone, that the user is; empty in older tokens
}

func (m *Minter) seal(s *Session) string {
	plain, err := json.Marshal(refresh{s.ID, s.RefreshID, s.PoolID, s.ClientID, s.ExpiresAt.UnixMilli(), s.UserID})
	if err != nil {
		panic(err) // strings and a number always encode
	}
	return m.Sealer.SealString(refreshPurpose, plain, nil)
}

// openRefresh reads a refresh token; ok is false for anything that we did not seal.
func openRefresh(s Sealer, token string) (r refresh, ok bool) {
	if len(token) > maxToken {
		return r, false
	}
	plain, err := s.OpenString(refreshPurpose, token, nil)
	if err != nil {
		return r, false
	}
	return r, json.Unmarshal(plain, &r) == nil
}

// The answers to a refresh token that does not work.
func badRefresh() error     { return fault.Deniedf("Invalid Refresh Token") }
func foreignRefresh() error { return fault.Deniedf("Refresh Token has different Client") }
func expiredRefresh() error { return fault.Deniedf("Refresh Token has expired") }
func revokedRefresh() error { return fault.Deniedf("Refresh Token has been revoked") }
func reusedRefresh() error {
	return fault.New(fault.Reused, "", "Refresh token reuse detected")
}
func userGone() error {
	return fault.Deniedf("The user has been deleted for the associated refresh token")
}
func disabled() error { return fault.Deniedf("User is disabled.") }

// Renewal is a refresh token handed in for new tokens.
type Renewal struct {
	Client         *directory.Client
	Token          string
	Via            Via
	DeviceKey      string
	From           Origin
	ClientMetadata map[string]string
	// Thumbprint is of the key that the client has proven to hold (RFC 9449); empty: none.
	Thumbprint string
	// Narrow, if given, is what the tokens may do of what the session may. RFC 6749 section 6.
	Narrow []string
	// Check, if given, is asked about the token's user before anything is issued or revoked (a secret hash names one).
	Check func(*directory.User) error
}

// Refresh issues new tokens for a refresh token: people and groups as they are now, session and auth_time as they
// were. With rotation the answer holds a new refresh token with the remaining life of the first, and the old one
// works on for the client's grace period, giving the same new one; used later, it ends the whole session.
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-refresh-token.html
func (m *Minter) Refresh(ctx context.Context, r Renewal) (*Set, error) {
	now := moment(m.Now)
	t, ok := openRefresh(m.Sealer, r.Token)
	switch {
	case !ok:
		return nil, badRefresh()
	case t.ClientID != r.Client.ID, t.PoolID != r.Client.PoolID:
		return nil, foreignRefresh()
	}
	if now.UnixMilli() >= t.ExpiresAt {
		return nil, expiredRefresh()
	}
	s, user, err := m.owner(ctx, t, now, r.Check)
	if err != nil {
		return nil, err
	}
	audit.NoteProven(ctx, t.PoolID, user.ID)
	if s.DeviceKey != "" && subtle.ConstantTimeCompare([]byte(s.DeviceKey), []byte(r.DeviceKey)) != 1 {
		return nil, badRefresh()
	}
	if accepts(s, t.ID, r.Client, now) == stale {
		return nil, m.refuseStale(ctx, s.ID, r.Client, now)
	}
	if !holds(s, r) {
		return nil, badRefresh()
	}
	scopes, err := narrowed(s, r.Narrow)
	if err != nil {
		return nil, err
	}
	pool, err := m.Pools.Get(ctx, r.Client.PoolID)
	if err != nil {
		return nil, err
	}
	set, err := m.mint(ctx, Grant{
		Pool: pool, Client: r.Client, User: user, Via: r.Via, DeviceKey: s.DeviceKey,
		Scopes: scopes, Resource: s.Resource, ClientMetadata: r.ClientMetadata,
	}, bound(s, r.Thumbprint), now)
	if err != nil {
		return nil, err
	}
	seen := func(s *Session) {
		if pool.Sessions.Enabled {
			s.seen(now, r.From)
		}
	}
	switch {
	case r.Client.RotatesRefreshTokens():
		// Last, so that a failure before it does not cost the client its token.
		set.Refresh, err = m.rotate(ctx, t, r.Client, now, seen)
	case pool.Sessions.Enabled:
		err = m.touch(ctx, s.ID, seen)
	}
	return set, err
}

// holds says whether whoever refreshes may: the tokens of a public client that are bound to a key need a proof of that
// key, those of a client with a secret a proof of any. RFC 9449 section 5.
func holds(s *Session, r Renewal) bool {
	switch {
	case s.OpenID == nil || s.OpenID.JKT == "":
		return true
	case len(r.Client.Secrets) > 0:
		return r.Thumbprint != ""
	}
	return subtle.ConstantTimeCompare([]byte(s.OpenID.JKT), []byte(r.Thumbprint)) == 1
}

// bound is a session whose next access token is bound to a key.
func bound(s *Session, thumbprint string) *Session {
	if s.OpenID == nil || s.OpenID.JKT == thumbprint {
		return s
	}
	session, o := *s, *s.OpenID
	o.JKT = thumbprint
	session.OpenID = &o
	return &session
}

// narrowed are the scopes of refreshed tokens.
func narrowed(s *Session, asked []string) ([]string, error) {
	for _, scope := range asked {
		if !slices.Contains(s.Scopes, scope) {
			return nil, fault.New(fault.Denied, fault.Scope, "The scope is not one of the session.")
		}
	}
	if len(asked) > 0 {
		return asked, nil
	}
	return scopesOf(s), nil
}

// owner finds the live session of a refresh token and its user.
func (p Parts) owner(ctx context.Context, t refresh, now time.Time, check func(*directory.User) error) (*Session, *directory.User, error) {
	s, err := p.Sessions.Session(ctx, t.SessionID)
	if err != nil {
		return nil, nil, fmt.Errorf("read session: %w", err)
	}
	if s == nil || s.PoolID != t.PoolID || s.ClientID != t.ClientID {
		return nil, nil, p.orphaned(ctx, t)
	}
	user, err := p.People.User(ctx, s.PoolID, s.UserID)
	switch {
	case fault.Is(err, fault.Missing, fault.User):
		return nil, nil, userGone()
	case err != nil:
		return nil, nil, fmt.Errorf("read user of session: %w", err)
	}
	if check != nil {
		if err := check(user); err != nil {
			return nil, nil, err
		}
	}
	switch {
	case !user.Enabled: // whose sessions have ended as well
		return nil, nil, disabled()
	case dead(s, user):
		return nil, nil, revokedRefresh()
	case !now.Before(s.ExpiresAt):
		return nil, nil, expiredRefresh()
	}
	return s, user, usable(user)
}

// orphaned says why the session of a refresh token is gone: with its user, or alone.
func (p Parts) orphaned(ctx context.Context, t refresh) error {
	if t.UserID == "" {
		return revokedRefresh()
	}
	_, err := p.People.User(ctx, t.PoolID, t.UserID)
	switch {
	case fault.Is(err, fault.Missing, fault.User):
		return userGone()
	case err != nil:
		return fmt.Errorf("read user of token: %w", err)
	}
	return revokedRefresh()
}

// usable says why the tokens of an account do not work for now, if they do not.
func usable(u *directory.User) error {
	switch {
	case !u.Enabled:
		return disabled()
	case u.Status == directory.ResetRequired:
		return fault.New(fault.ResetRequired, "", "Password reset required for the user")
	}
	return nil
}

// dead tells whether a session was revoked, by itself or by signing out everywhere.
func dead(s *Session, u *directory.User) bool {
	return !s.RevokedAt.IsZero() || s.CreatedAt.Before(u.SignedOutAt)
}

// scopesOf is nil for a session of the API, as a Grant wants it, however the store gives an empty list back.
func scopesOf(s *Session) []string {
	if len(s.Scopes) == 0 {
		return nil
	}
	return s.Scopes
}

type standing int

const (
	current standing = iota // the refresh token that counts
	graced                  // the one before it, within the grace period
	stale                   // any other: somebody holds a copy
)

// accepts says where a refresh token stands in its session.
func accepts(s *Session, id string, c *directory.Client, now time.Time) standing {
	switch {
	case id == s.RefreshID:
		return current
	case id != s.PreviousID || !c.RotatesRefreshTokens():
		return stale
	case c.Rotation.GraceSeconds == 0: // whatever the clocks of two requests say
		return stale
	case now.Before(s.RotatedAt.Add(time.Duration(c.Rotation.GraceSeconds) * time.Second)):
		return graced
	}
	return stale
}

// rotate puts a new refresh token in the place of t. Of two calls with one token the second sees the first's work.
func (m *Minter) rotate(ctx context.Context, t refresh, c *directory.Client, now time.Time, seen func(*Session)) (string, error) {
	var after Session
	refused := error(nil)
	err := m.Sessions.UpdateSession(ctx, t.SessionID, func(s *Session) error {
		refused = nil // the store may run this again
		switch {
		case !s.RevokedAt.IsZero():
			refused = revokedRefresh()
		case accepts(s, t.ID, c, now) == stale:
			s.RevokedAt, refused = now, reusedRefresh()
		case accepts(s, t.ID, c, now) == current:
			s.PreviousID, s.RefreshID, s.RotatedAt = s.RefreshID, random.UUID(), now
			seen(s)
		}
		after = *s
		return nil
	})
	if fault.Is(err, fault.Missing, "") { // deleted meanwhile
		return "", revokedRefresh()
	}
	if err != nil {
		return "", fmt.Errorf("rotate refresh token: %w", err)
	}
	if refused != nil {
		return "", refused
	}
	return m.seal(&after), nil
}

// refuseStale ends the session of a refresh token that had its turn: its holder or a thief has a copy. Without
// rotation there is no such thing as reuse; the token is from a time when there was.
func (m *Minter) refuseStale(ctx context.Context, sessionID string, c *directory.Client, now time.Time) error {
	if !c.RotatesRefreshTokens() {
		return revokedRefresh()
	}
	if err := revoke(ctx, m.Sessions, sessionID, now); err != nil {
		return err
	}
	return reusedRefresh()
}
