package signin

import (
	"context"
	"encoding/json"
	"fmt"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/fault"
)

// Apps registers authenticator apps; *factor.Factors does.
type Apps interface {
	VerifyFirst(ctx context.Context, pool *directory.Pool, userID, secret, code, name string) error
}

// setup is the state of MFA_SETUP: the secret that was handed out, or that its app has been verified.
type setup struct {
	Secret   string `json:"s,omitempty"`
	Verified bool   `json:"v,omitempty"`
}

// AppVerified tells whether a sign-in that waits at MFA_SETUP has verified an authenticator app.
func AppVerified(a *Attempt) bool {
	var s setup
	return json.Unmarshal(a.State, &s) == nil && s.Verified
}

// AssociateSoftwareToken makes a secret for a user who is to set up an authenticator app at sign-in. The secret travels
// sealed in the session that is returned; nothing is stored before a code has proven it.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AssociateSoftwareToken.html
func (m *Machine) AssociateSoftwareToken(ctx context.Context, session string) (secret, next string, err error) {
	a, err := m.resumeSetup(ctx, session)
	if err != nil {
		return "", "", err
	}
	if err := factor.CanRegister(a.Pool); err != nil {
		return "", "", err
	}
	secret = factor.NewSecret()
	next, err = m.reseal(a, setup{Secret: secret})
	return secret, next, err
}

// VerifySoftwareToken takes the first code of that secret and registers the app. The session that is returned answers
// MFA_SETUP.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_VerifySoftwareToken.html
func (m *Machine) VerifySoftwareToken(ctx context.Context, session, code, name string) (next string, err error) {
	a, err := m.resumeSetup(ctx, session)
	if err != nil {
		return "", err
	}
	var s setup
	if len(a.State) > 0 {
		if err := json.Unmarshal(a.State, &s); err != nil {
			return "", fmt.Errorf("read MFA setup: %w", err)
		}
	}
	if s.Secret == "" {
		return "", badSession()
	}
	if err := m.Apps.VerifyFirst(ctx, a.Pool, a.UserID, s.Secret, code, name); err != nil {
		return "", err
	}
	if err := m.spend(ctx, a); err != nil {
		return "", err
	}
	return m.reseal(a, setup{Verified: true})
}

// resumeSetup reads an attempt that waits at MFA_SETUP from its session alone, as these operations name no client.
func (m *Machine) resumeSetup(ctx context.Context, session string) (*Attempt, error) {
	plain, err := m.Sealer.OpenString(sessionPurpose, session, nil)
	if err != nil {
		return nil, badSession()
	}
	a := &Attempt{Now: m.now()}
	if json.Unmarshal(plain, &a.carried) != nil || a.Pending != MFASetup {
		return nil, badSession()
	}
	if err := m.fresh(ctx, a); err != nil {
		return nil, err
	}
	if a.Pool, err = m.Tokens.Pools.Get(ctx, a.PoolID); err != nil {
		return nil, err
	}
	if a.Client, err = m.Tokens.Clients.Find(ctx, a.ClientID); err != nil {
		return nil, err
	}
	a.User, err = m.Users.Get(ctx, a.PoolID, a.UserID)
	if fault.Is(err, fault.Missing, fault.User) {
		return nil, badSession()
	}
	if err != nil {
		return nil, fmt.Errorf("find user of sign-in: %w", err)
	}
	if err := m.current(ctx, a); err != nil {
		return nil, err
	}
	return a, state(a.User)
}

// reseal gives an attempt a new session at the same question, with the time that the old one had left.
func (m *Machine) reseal(a *Attempt, s setup) (string, error) {
	state, err := json.Marshal(s) // #nosec G117 -- it leaves sealed
	if err != nil {
		return "", fmt.Errorf("encode MFA setup: %w", err)
	}
	a.ID, a.State = newID(), state
	return m.seal(a)
}
