package signin

import (
	"context"
	"fmt"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/token"
)

// Initiate begins a sign-in, or refreshes tokens when the flow says so.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html
func (m *Machine) Initiate(ctx context.Context, s Start) (*Answer, error) {
	if isRefresh(s.Flow) {
		return m.initiateRefresh(ctx, s)
	}
	f, err := flowOf(s)
	if err != nil {
		return nil, err
	}
	login := s.Params["USERNAME"]
	if login == "" {
		return nil, missing("USERNAME")
	}
	if err := s.Client.CheckSecretHash(login, s.Params["SECRET_HASH"]); err != nil {
		return nil, err
	}
	if err := f.allowed(s); err != nil {
		return nil, err
	}
	if f.name == flowCustom {
		if err := m.customConfigured(s.Pool); err != nil {
			return nil, err
		}
	}
	if f.needs != "" && s.Params[f.needs] == "" {
		return nil, missing(f.needs)
	}
	a, err := m.begin(ctx, s, login)
	if err != nil {
		return nil, err
	}
	if err := m.receive(ctx, a); err != nil {
		return nil, err
	}
	if err := m.takeDevice(ctx, a, f.inline); err != nil {
		return nil, err
	}
	switch f.name {
	case flowCustom:
		return m.startCustom(ctx, a)
	case flowChoice:
		return m.startChoice(ctx, s, a)
	}
	if !f.inline {
		return m.ask(ctx, a, f.first)
	}
	return m.judge(ctx, a, f.first)
}

// receive decides whether an attempt may be made at all.
func (m *Machine) receive(ctx context.Context, a *Attempt) error {
	if err := m.Judge.Admit(ctx, a.asCase()); err != nil {
		return err
	}
	return run(ctx, m.Hooks.PreAuthentication, a.event())
}

// begin makes the attempt of a user, of one that a hook migrates, or of nobody where that must not show.
func (m *Machine) begin(ctx context.Context, s Start, login string) (*Attempt, error) {
	a := m.newAttempt(s, login)
	user, err := m.Users.Find(ctx, s.Pool, login)
	if fault.Is(err, fault.Missing, fault.User) {
		user, err = m.migrate(ctx, a)
	}
	if user != nil {
		audit.NotePerson(ctx, s.Pool.ID, user.ID, "")
	} else {
		audit.NotePerson(ctx, s.Pool.ID, "", login)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("find user to sign in: %w", err)
	case user != nil:
		a.User, a.UserID, a.Name = user, user.ID, user.Username
	case !a.hides():
		return nil, fault.NoUser()
	default:
		m.simulate(a)
	}
	return a, nil
}

// newAttempt is the blank form of an attempt.
func (m *Machine) newAttempt(s Start, login string) *Attempt {
	return &Attempt{
		Pool: s.Pool, Client: s.Client, From: s.From, Input: s.Params, ClientMetadata: s.ClientMetadata, Now: m.now(),
		carried: carried{
			PoolID: s.Pool.ID, ClientID: s.Client.ID, Login: login, Flow: s.Flow, EventID: random.UUID(),
		},
	}
}

// migrate asks the hook for a user whom the directory does not know. Only a flow that carries the password can. Guesses
// at passwords of another system are counted like guesses at ours, under the name that was typed.
func (m *Machine) migrate(ctx context.Context, a *Attempt) (*directory.User, error) {
	password := a.Input["PASSWORD"]
	if m.Hooks.Migrate == nil || a.Pool.Lambda.ARNs["UserMigration"] == "" || password == "" {
		return nil, nil
	}
	m.simulate(a)
	if err := m.guard(ctx, a); err != nil {
		return nil, err
	}
	user, err := m.Hooks.Migrate(ctx, a.event(), password)
	if user == nil && !a.hides() { // a client that hides who exists has its guess counted when it is judged
		if _, failed := m.count(ctx, a); failed != nil {
			return nil, failed
		}
	}
	return user, err
}

func (m *Machine) initiateRefresh(ctx context.Context, s Start) (*Answer, error) {
	if s.Client.RotatesRefreshTokens() { // it has to use GetTokensFromRefreshToken
		return nil, fault.New(fault.Unsupported, "", "This API does not support refresh token rotation")
	}
	refreshToken := s.Params["REFRESH_TOKEN"]
	if refreshToken == "" {
		return nil, missing("REFRESH_TOKEN")
	}
	if !s.Client.Allows(directory.FlowRefresh) {
		return nil, notEnabled(s)
	}
	hash := s.Params["SECRET_HASH"]
	if hash == "" { // say so before saying anything about the token
		if err := s.Client.CheckSecretHash("", ""); err != nil {
			return nil, err
		}
	}
	set, err := m.Tokens.Refresh(ctx, token.Renewal{
		Client: s.Client, Token: refreshToken, Via: token.ByRefresh,
		DeviceKey: s.Params["DEVICE_KEY"], From: s.From, ClientMetadata: s.ClientMetadata,
		Check: func(u *directory.User) error {
			// The request names no user: the hash is over the username or, as many clients do it, the sub.
			if s.Client.CheckSecretHash(u.ID, hash) == nil {
				return nil
			}
			return s.Client.CheckSecretHash(u.Username, hash)
		},
	})
	if err != nil {
		return nil, err
	}
	return &Answer{Tokens: set}, nil
}

// Renewal is a call of GetTokensFromRefreshToken.
type Renewal struct {
	Client         *directory.Client
	RefreshToken   string
	ClientSecret   string
	DeviceKey      string
	From           token.Origin
	ClientMetadata map[string]string
}

// Refresh gives new tokens, and a new refresh token where the client rotates them.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetTokensFromRefreshToken.html
func (m *Machine) Refresh(ctx context.Context, r Renewal) (*token.Set, error) {
	if len(r.Client.Secrets) > 0 { // one that a public client sends along counts for nothing
		if err := r.Client.CheckSecret(r.ClientSecret); err != nil {
			return nil, err
		}
	}
	return m.Tokens.Refresh(ctx, token.Renewal{
		Client: r.Client, Token: r.RefreshToken, Via: token.BySignIn,
		DeviceKey: r.DeviceKey, From: r.From, ClientMetadata: r.ClientMetadata,
	})
}
