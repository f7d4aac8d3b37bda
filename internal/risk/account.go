package risk

import (
	"context"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/kit/random"
)

// accounts judges what people do to their accounts.
type accounts struct{ *Protection }

// Password refuses a stolen password where somebody chooses one.
func (p accounts) Password(ctx context.Context, a account.Act, password string) (*bool, error) {
	m := modeOf(a.Pool)
	if m == off {
		return nil, nil
	}
	at := atChange
	if a.Deed == account.DidSignUp {
		at = atSignUp
	}
	clientID := ""
	if a.Client != nil {
		clientID = a.Client.ID
	}
	return p.chosen(ctx, m, a.Pool.ID, clientID, at, password)
}

// Note keeps what was done.
func (p accounts) Note(ctx context.Context, a account.Act) error {
	switch {
	case modeOf(a.Pool) == off:
		return nil
	case a.User == nil:
		return p.burn(ctx, a.Pool.ID, a.UserID)
	}
	e := p.event(ctx, a.Pool, a.Client, a.User, random.UUID(), "")
	e.Type, e.Response, e.Stolen = string(a.Deed), string(a.Outcome), a.Stolen
	return p.keep(ctx, a.Pool, e)
}

var _ account.Judge = accounts{}
