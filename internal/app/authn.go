package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/aws"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/sigv4"
	"cognate.dev/cognate/internal/sts"
	"cognate.dev/cognate/internal/telemetry"
)

// signatures checks who calls with the access keys of the house.
func signatures(keys *sts.Keys, now clock.Clock) aws.Authenticator {
	return aws.Verify(&sigv4.Verifier{Now: now, Keys: secrets(keys)})
}

// secrets finds what access keys of the house sign with.
func secrets(keys *sts.Keys) func(ctx context.Context, accessKeyID, token string) (sigv4.Key, error) {
	return func(ctx context.Context, accessKeyID, _ string) (sigv4.Key, error) {
		secret, err := keys.Secret(ctx, accessKeyID)
		if errors.Is(err, sts.ErrUnknownKey) {
			return sigv4.Key{}, sigv4.ErrUnknownKey
		}
		return sigv4.Key{Secret: string(secret), Principal: accessKeyID}, err
	}
}

// operator refuses whoever must not see what decisions see: in development mode other machines and the pages of other
// sites, else who does not sign with an access key of the house, for the service cognate.
func (h *house) operator() func(*http.Request) error {
	if h.access == nil {
		return func(r *http.Request) error {
			if !fromThisMachine(r) || !askedAsThisMachine(r) {
				return fault.Deniedf("Only programs and pages of this machine may ask a development server.")
			}
			return nil
		}
	}
	v := &sigv4.Verifier{Now: now, Services: []string{"cognate"}, Keys: secrets(h.access)}
	return func(r *http.Request) error {
		who, err := v.Verify(r, nil)
		if err != nil {
			return fault.Deniedf("Sign the request with an access key of this server, for the service cognate.").Because(err)
		}
		if id, ok := who.Principal.(string); ok {
			telemetry.Add(r.Context(), slog.String("access_key_id", id))
		}
		return nil
	}
}
