package key

import (
	"context"
	"crypto"
	"crypto/x509"

	"cognate.dev/cognate/internal/kit/selfsigned"
)

// certificateYears is how long a SAML certificate is valid, as AWS's are.
const certificateYears = 10

// Certificate returns the X.509 certificate (DER) of the key that signs a pool's SAML requests, and makes the key when
// there is none. It is the same at every call and on every node. The pool must exist.
func (r *Ring) Certificate(ctx context.Context, poolID string) ([]byte, error) {
	_, der, err := r.certified(ctx, poolID)
	return der, err
}

// Certified returns the key that signs a pool's SAML requests, with the certificate that Certificate gives.
func (r *Ring) Certified(ctx context.Context, poolID string) (crypto.Signer, *x509.Certificate, error) {
	signer, der, err := r.certified(ctx, poolID)
	if err != nil {
		return nil, nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	return signer.Key, certificate, err
}

func (r *Ring) certified(ctx context.Context, poolID string) (*Signing, []byte, error) {
	signer, err := r.Signer(ctx, poolID, ForSAML)
	if err != nil {
		return nil, nil, err
	}
	der, err := selfsigned.Certificate(signer.Key, poolID, signer.CreatedAt, certificateYears)
	return signer, der, err
}
