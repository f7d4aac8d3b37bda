package auxdata

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/go-jose/go-jose/v4"

	"cognate.dev/cognate/internal/kit/clock"
)

// Why a token of another issuer is not believed, besides its signature.
var (
	ErrIssuer    = errors.New("the token has another issuer")
	ErrDiscovery = errors.New("the issuer's discovery document cannot be read")
	ErrKeys      = errors.New("the issuer's keys cannot be read")
)

// Issuer verifies the tokens of one OpenID provider as API Gateway does: they are signed with RSA. Safe for concurrent use.
type Issuer struct{ keys *remote }

// NewIssuer makes a verifier. The keys are fetched when they are first needed.
func NewIssuer(issuer string, client *http.Client, now clock.Clock) *Issuer {
	return &Issuer{provider(issuer, client, now)}
}

// rsaSignatures are those that API Gateway knows.
var rsaSignatures = []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512}

// Verify checks issuer and signature, and gives the payload. Keys are looked for only when the token names the issuer: others
// cannot make us fetch anything.
func (i *Issuer) Verify(ctx context.Context, token string) (payload []byte, err error) {
	t, err := parse(token, rsaSignatures)
	if err != nil {
		return nil, err
	}
	var c struct {
		Issuer string `json:"iss"`
	}
	if json.Unmarshal(t.UnsafePayloadWithoutVerification(), &c) != nil || c.Issuer != i.keys.issuer {
		return nil, ErrIssuer
	}
	switch _, err := i.keys.current(ctx, false); {
	case errors.Is(err, ErrDiscovery):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrKeys, err)
	}
	return i.keys.verify(ctx, token)
}
