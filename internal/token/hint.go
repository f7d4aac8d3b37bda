package token

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/key"
)

// Hint is an ID token that a client hands back to say whom it means. It may have expired: OpenID Connect Core section
// 3.1.2.1, RP-Initiated Logout section 2.
type Hint struct {
	Subject   string `json:"sub"`
	Issuer    string `json:"iss"`
	Use       string `json:"token_use"`
	Audience  string `json:"aud"`
	SessionID string `json:"sid"`
}

// ErrNoHint is what is not an ID token of the pool.
var ErrNoHint = errors.New("token: no ID token of this pool")

// Hint reads an ID token that the pool signed for an issuer. Neither its end nor that of its session counts.
func (v *Verifier) Hint(ctx context.Context, pool *directory.Pool, issuer, token string) (*Hint, error) {
	p, ok := parse(token)
	if !ok {
		return nil, ErrNoHint
	}
	public, err := v.Keys.PublicKey(ctx, pool.ID, p.kid, key.ForID)
	switch {
	case errors.Is(err, key.ErrUnknown):
		return nil, ErrNoHint
	case err != nil:
		return nil, fmt.Errorf("find key of hint: %w", err)
	case !p.verify(public):
		return nil, ErrNoHint
	}
	var h Hint
	if json.Unmarshal(p.payload, &h) != nil || h.Use != "id" || h.Issuer != issuer {
		return nil, ErrNoHint
	}
	return &h, nil
}
