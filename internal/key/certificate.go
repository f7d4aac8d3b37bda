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
	_, certificate, err := r.Certified(ctx, poolID)
	if err != nil {
		return nil, err
	}
	return certificate.Raw, nil
}

// Certified returns the key that signs a pool's SAML requests, with the certificate that Certificate gives. Readers share it.
func (r *Ring) Certified(ctx context.Context, poolID string) (crypto.Signer, *x509.Certificate, error) {
	signer, err := r.Signer(ctx, poolID, ForSAML)
	if err != nil {
		return nil, nil, err
	}
	r.mu.Lock()
	certificate := r.issued[signer.KID]
	r.mu.Unlock()
	if certificate != nil {
		return signer.Key, certificate, nil
	}
	der, err := selfsigned.Certificate(signer.Key, poolID, signer.CreatedAt, certificateYears)
	if err != nil {
		return nil, nil, err
	}
	if certificate, err = x509.ParseCertificate(der); err != nil {
		return nil, nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.issued) >= maxParsed { // signing one again costs a millisecond
		clear(r.issued)
	}
	r.issued[signer.KID] = certificate
	return signer.Key, certificate, nil
}
