package journey

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/workspace/mapping"
)

const (
	loginPurpose = "suspended-login"
	secretLength = 43
)

func newSecret() string { return base64.RawURLEncoding.EncodeToString(random.Bytes(32)) }

// Digest is how secrets of browsers are kept.
func Digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// place is the digest under which a login is kept: of its id and its state, so that an old state finds nothing.
func place(id, state string) string { return Digest(id + "\x00" + state) }

func wellFormed(id, state string) bool { return len(id) == secretLength && len(state) == secretLength }

// Name gives a login an id and a state, before a step writes them into an address.
func (l *Login) Name() {
	if l.ID == "" {
		l.ID = newSecret()
	}
	l.State = newSecret()
}

// Suspend keeps a login that has been named.
func (s *Logins) Suspend(ctx context.Context, l *Login) error {
	sealed, err := s.seal(l)
	if err != nil {
		return err
	}
	return s.Store.InsertLogin(ctx, place(l.ID, l.State), l.WorkspaceID, sealed, s.Now().Add(LoginLife))
}

// Look reads a suspended login for whoever has its id and state: the application that the browser was sent to. ErrLost: there is
// none.
func (s *Logins) Look(ctx context.Context, workspaceID, id, state string) (*Login, error) {
	if !wellFormed(id, state) {
		return nil, ErrLost
	}
	sealed, err := s.Store.Login(ctx, place(id, state), workspaceID, s.Now())
	if err != nil {
		return nil, err
	}
	return s.open(workspaceID, id, state, sealed)
}

// Settle says that the step which a login waits for is done: change writes what came of it, and may set Refused. It works once;
// the answer has the state with which the browser goes on (Login.Back), and the one before is worth nothing any more. ErrLost:
// there is no such login, or it does not wait for the step.
func (s *Logins) Settle(ctx context.Context, workspaceID, id, state, step string, change func(*Login) error) (*Login, error) {
	l, err := s.Look(ctx, workspaceID, id, state)
	if err != nil {
		return nil, err
	}
	if step == "" || l.Waiting != step {
		return nil, ErrLost
	}
	if err := change(l); err != nil {
		return nil, err
	}
	l.Waiting = ""
	l.State = newSecret()
	sealed, err := s.seal(l)
	if err != nil {
		return nil, err
	}
	was, err := s.Store.ReplaceLogin(ctx, place(id, state), workspaceID, place(id, l.State), sealed, s.Now())
	if err == nil && !was {
		return nil, ErrLost
	}
	return l, err
}

// Take ends the suspension of a login, for the browser with whose secret it began. Another browser uses it up all the same: its
// address has become known to somebody who should not have it.
func (s *Logins) Take(ctx context.Context, workspaceID, id, state, browser string) (*Login, error) {
	if !wellFormed(id, state) {
		return nil, ErrLost
	}
	sealed, err := s.Store.TakeLogin(ctx, place(id, state), workspaceID, s.Now())
	if err != nil {
		return nil, err
	}
	l, err := s.open(workspaceID, id, state, sealed)
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare([]byte(l.Browser), []byte(Digest(browser))) != 1 || l.Waiting != "" {
		return nil, ErrLost
	}
	return l, nil
}

func (s *Logins) seal(l *Login) (string, error) {
	plain, err := json.Marshal(l)
	if err != nil {
		return "", fmt.Errorf("encode login: %w", err)
	}
	return s.Keys.SealString(loginPurpose, plain, []byte(l.WorkspaceID+"\x00"+l.ID)), nil
}

func (s *Logins) open(workspaceID, id, state, sealed string) (*Login, error) {
	if sealed == "" {
		return nil, ErrLost
	}
	plain, err := s.Keys.OpenString(loginPurpose, sealed, []byte(workspaceID+"\x00"+id))
	l := &Login{}
	if err = errors.Join(err, mapping.Read(plain, l)); err != nil {
		return nil, fmt.Errorf("open login: %w", err)
	}
	l.State = state
	return l, nil
}
