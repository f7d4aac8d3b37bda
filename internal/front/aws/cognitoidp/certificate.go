package cognitoidp

import (
	"context"
	"encoding/base64"

	idp "cognate.dev/cognate/internal/gen/cognitoidp"
)

// Certificates gives the certificate (DER) of the key that signs a pool's SAML requests. *key.Ring is one.
type Certificates interface {
	Certificate(ctx context.Context, poolID string) ([]byte, error)
}

func (s *Service) getSigningCertificate(ctx context.Context, in *idp.GetSigningCertificateRequest) (*idp.GetSigningCertificateResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	der, err := s.Certificates.Certificate(ctx, pool.ID)
	if err != nil {
		return nil, err
	}
	return &idp.GetSigningCertificateResponse{Certificate: new(base64.StdEncoding.EncodeToString(der))}, nil
}
