package authorize

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/random"
)

// Browser keeps the browser sessions of all pools.
type Browser struct{ parts Parts }

// Life is how long a browser session lasts, in pools that do not track sessions. Use does not extend it.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-managed-login.html
const Life = time.Hour

// Proof says that somebody has just proven who they are.
type Proof struct {
	Pool      *directory.Pool
	User      *directory.User
	Provider  string    // empty: Local
	AMR       []string  // RFC 8176
	Level     int       // as Session has it
	AuthTime  time.Time // zero: now
	UserAgent string
	Address   string
	Replaces  string        // the secret that the browser held before; its session ends
	Life      time.Duration // 0: as long as sessions of the pool last
	Upon      bool          // a part of AMR is what that session had shown
}

// Begin remembers that a user is signed in. The secret is for the browser's cookie alone, and always a new one: a
// secret that somebody planted in the browser never becomes a session. A proof upon a session needs that session to be alive
// still, else it is ErrSignIn, and ends with it: what was shown long ago does not live on because something was added.
func (b *Browser) Begin(ctx context.Context, p Proof) (s *Session, secret string, err error) {
	now := moment(b.parts.Now)
	secret = base64.RawURLEncoding.EncodeToString(random.Bytes(32))
	s = &Session{
		ID: random.UUID(), Hash: digest(secret), PoolID: p.Pool.ID, UserID: p.User.ID, Provider: p.Provider, AMR: p.AMR, Level: p.Level,
		AuthTime: p.AuthTime.UTC().Truncate(time.Millisecond), UserAgent: shorten(p.UserAgent), Address: shorten(p.Address),
		CreatedAt: p.User.Since(now), ExpiresAt: now.Add(lifeOf(p.Pool)),
	}
	if s.Provider == "" {
		s.Provider = Local
	}
	if p.Life > 0 {
		s.ExpiresAt = now.Add(p.Life)
	}
	if p.AuthTime.IsZero() {
		s.AuthTime = now
	}
	if p.Upon {
		before, user, err := b.Find(ctx, p.Pool, p.Replaces)
		switch {
		case err != nil:
			return nil, "", err
		case before == nil || user.ID != p.User.ID:
			return nil, "", ErrSignIn
		}
		s.ExpiresAt = before.ExpiresAt
	}
	if err := b.replace(ctx, p, s); err != nil {
		return nil, "", err
	}
	if err := b.parts.Store.InsertBrowserSession(ctx, s); err != nil {
		return nil, "", fmt.Errorf("store browser session: %w", err)
	}
	return s, secret, nil
}

// replace ends the session that the browser had. When the same user has proven anew who they are it goes on under its id,
// because for their clients nobody signed out.
func (b *Browser) replace(ctx context.Context, p Proof, s *Session) error {
	old, err := b.read(ctx, p.Pool, p.Replaces)
	switch {
	case old == nil || err != nil:
		return err
	case old.UserID != s.UserID:
		_, err := b.Revoke(ctx, old.PoolID, old.UserID, old.ID)
		return err
	}
	s.ID = old.ID
	if _, err := b.parts.Store.DeleteBrowserSession(ctx, old.PoolID, old.UserID, old.ID); err != nil {
		return fmt.Errorf("replace browser session: %w", err)
	}
	return nil
}

// Find reads the session of a browser and whose it is. Both are nil when nobody is signed in: no session, one that has
// ended, one of another pool, a user who is gone, disabled or has signed out everywhere.
func (b *Browser) Find(ctx context.Context, pool *directory.Pool, secret string) (*Session, *directory.User, error) {
	s, err := b.read(ctx, pool, secret)
	if s == nil || err != nil {
		return nil, nil, err
	}
	if !moment(b.parts.Now).Before(s.ExpiresAt) {
		return nil, nil, nil
	}
	user, err := b.parts.People.User(ctx, s.PoolID, s.UserID)
	switch {
	case fault.Is(err, fault.Missing, fault.User):
		return nil, nil, nil
	case err != nil:
		return nil, nil, fmt.Errorf("read user of browser session: %w", err)
	case !welcome(user, s.Provider) || s.CreatedAt.Before(user.SignedOutAt):
		return nil, nil, nil
	}
	return s, user, nil
}

// welcome says whether a user may be signed in whom a provider has vouched for. What keeps people from signing in with a
// password keeps nobody from signing in without one.
func welcome(u *directory.User, provider string) bool {
	if provider != "" && provider != Local {
		return u.Enabled
	}
	switch u.Status {
	case directory.Confirmed, directory.ExternalProvider:
		return u.Enabled
	}
	return false
}

// End signs a browser out, and gives the session that it had; nil: none.
func (b *Browser) End(ctx context.Context, pool *directory.Pool, secret string) (*Session, error) {
	s, err := b.read(ctx, pool, secret)
	if s == nil || err != nil {
		return nil, err
	}
	_, err = b.Revoke(ctx, s.PoolID, s.UserID, s.ID)
	return s, err
}

// List gives the sessions of a user that are alive, newest first. Nobody there is fault.NoUser.
func (b *Browser) List(ctx context.Context, poolID, userID string, limit int) ([]*Session, error) {
	user, err := b.parts.People.User(ctx, poolID, userID)
	if err != nil {
		return nil, err
	}
	list, err := b.parts.Store.ListBrowserSessions(ctx, poolID, userID, moment(b.parts.Now), limit)
	if err != nil {
		return nil, fmt.Errorf("list browser sessions: %w", err)
	}
	return slices.DeleteFunc(list, func(s *Session) bool { return !welcome(user, s.Provider) || s.CreatedAt.Before(user.SignedOutAt) }), nil
}

// Revoke ends one session of a user and reports whether there was one. Clients of strict sites to which it led hear of it.
func (b *Browser) Revoke(ctx context.Context, poolID, userID, id string) (bool, error) {
	if b.parts.Strict != nil {
		return b.leave(ctx, poolID, userID, id)
	}
	was, err := b.parts.Store.DeleteBrowserSession(ctx, poolID, userID, id)
	if err != nil {
		return false, fmt.Errorf("end browser session: %w", err)
	}
	return was, nil
}

// RevokeAll ends all sessions of a user, and takes back the codes that were given out; in the transaction of ctx, if there is
// one. What is gone cannot come back, whatever the clocks of two nodes say.
func (b *Browser) RevokeAll(ctx context.Context, poolID, userID string) error {
	if b.parts.Strict != nil {
		list, err := b.parts.Store.ListBrowserSessions(ctx, poolID, userID, moment(b.parts.Now), maxBrowsersOfUser)
		if err != nil {
			return fmt.Errorf("list browser sessions: %w", err)
		}
		for _, s := range list {
			if _, err := b.leave(ctx, poolID, userID, s.ID); err != nil {
				return err
			}
		}
	}
	if err := b.parts.Store.DeleteBrowserSessions(ctx, poolID, userID); err != nil {
		return fmt.Errorf("end browser sessions: %w", err)
	}
	if err := b.parts.Store.DeleteAuthCodes(ctx, poolID, userID); err != nil {
		return fmt.Errorf("take back authorization codes: %w", err)
	}
	return nil
}

// maxBrowsersOfUser bounds how many browsers of one user have their clients told; the rest just ends.
const maxBrowsersOfUser = 1000

// secretLength is the length of what Begin gives out; anything else is not looked for.
const secretLength = 43

func (b *Browser) read(ctx context.Context, pool *directory.Pool, secret string) (*Session, error) {
	if len(secret) != secretLength {
		return nil, nil
	}
	s, err := b.parts.Store.BrowserSession(ctx, digest(secret))
	if err != nil {
		return nil, fmt.Errorf("read browser session: %w", err)
	}
	if s == nil || s.PoolID != pool.ID {
		return nil, nil
	}
	return s, nil
}

// digest is how secrets and codes are stored. They have more than 120 random bits, so a plain digest cannot be guessed
// backwards; and looking one up by its digest tells no timing about the secret.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// shorten makes a text from outside small, and one that every database takes.
func shorten(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s[:min(len(s), 256)], ""), "\x00", "")
}
