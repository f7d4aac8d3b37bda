package app

import (
	"context"
	"errors"

	"cognate.dev/cognate/internal/front/aws"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/sigv4"
	"cognate.dev/cognate/internal/sts"
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
