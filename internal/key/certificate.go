package key

import (
	"context"

	"cognate.dev/cognate/internal/kit/selfsigned"
)

// certificateYears is how long a SAML certificate is valid, as AWS's are.
const certificateYears = 10

// Certificate returns the X.509 certificate (DER) of the key that signs a pool's SAML requests, and makes the key when
// there is none. It is the same at every call and on every node. The pool must exist.
func (r *Ring) Certificate(ctx context.Context, poolID string) ([]byte, error) {
	signer, err := r.Signer(ctx, poolID, ForSAML)
	if err != nil {
		return nil, err
	}
	return selfsigned.Certificate(signer.Key, poolID, signer.CreatedAt, certificateYears)
}
