package auxdata

import (
	"errors"

	"github.com/go-jose/go-jose/v4"
)

// maxToken bounds what is parsed.
const maxToken = 64 << 10

// algorithms are the signatures that are known; none is not among them (RFC 7518 section 3.1, RFC 8037).
var algorithms = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512,
	jose.ES256, jose.ES384, jose.ES512, jose.EdDSA, jose.HS256, jose.HS384, jose.HS512,
}

// parse takes a token of the compact form apart.
func parse(token string, allowed []jose.SignatureAlgorithm) (*jose.JSONWebSignature, error) {
	if len(token) > maxToken {
		return nil, errors.New("the token is too long")
	}
	t, err := jose.ParseSignedCompact(token, allowed)
	if err != nil {
		return nil, err
	}
	if len(t.Signatures) != 1 {
		return nil, errors.New("the token has no signature")
	}
	return t, nil
}
