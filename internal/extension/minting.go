package extension

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/token"
)

// Minting asks the scripts of workspaces before tokens are signed.
type Minting struct{ Scripts *Scripts }

// BeforeTokens gives what the script of the client's workspace adds to tokens. It can change no claim that says who, for whom and
// how long: those are left as they are. A script that fails refuses the tokens, or changes nothing where its point says continue.
func (m Minting) BeforeTokens(ctx context.Context, e token.Event) (token.Changes, error) {
	if e.Client.Workspace == "" {
		return token.Changes{}, nil
	}
	kind := TokenMinting
	if e.User == nil {
		kind = ClientTokens
	}
	p, x, err := m.Scripts.at(ctx, e.Client.Workspace, kind, "")
	if p == nil || err != nil {
		return token.Changes{}, err
	}
	input := map[string]any{
		"client": map[string]any{"client_id": e.Client.ID, "client_name": e.Client.Name},
		"scopes": orEmpty(e.Scopes), "grant": string(e.Via),
	}
	if e.User != nil {
		known := e.Context
		if known == nil {
			known = map[string]any{}
		}
		input["authn_ctx"], input["authn_context"], input["groups"], input["sub"] = known, known, orEmpty(e.Groups), e.User.ID
	}
	o, err := m.Scripts.execute(ctx, p, x, input, "")
	if err != nil {
		return token.Changes{}, err
	}
	claims, err := readClaims(o)
	switch {
	case err == nil:
		return claims, nil
	case p.Failure == Continue:
		return token.Changes{}, nil
	}
	return token.Changes{}, fault.New(fault.Denied, fault.LambdaError, "A script of the workspace refused the tokens.").Because(fmt.Errorf("script %s: %w", x.ID, err))
}

func readClaims(o *Outcome) (token.Changes, error) {
	var out struct {
		Access map[string]any `json:"access_token"`
		ID     map[string]any `json:"id_token"`
	}
	if o.Caught != "" {
		return token.Changes{}, errors.New(o.Caught)
	}
	if err := json.Unmarshal(o.Output, &out); err != nil {
		return token.Changes{}, errors.New("TypeError: the script must give an object with access_token and id_token, which are objects")
	}
	return token.Changes{Access: token.ClaimChanges{Set: out.Access}, ID: token.ClaimChanges{Set: out.ID}}, nil
}

var _ token.Hook = Minting{}
