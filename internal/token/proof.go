package token

import (
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"cognate.dev/cognate/internal/kit/clock"
)

// Proofs checks DPoP proofs: that whoever sends a request holds a key (RFC 9449). Safe for concurrent use.
type Proofs struct {
	// Marks remembers ids that were used; every node asks the same store.
	Marks Marks
	Now   clock.Clock
}

// Marks remembers ids until they end.
type Marks interface {
	// Consume marks an id as used until a time and reports whether this was the first time.
	Consume(ctx context.Context, id string, expires time.Time) (first bool, err error)
}

// ProofAlgorithms are the signatures that proofs may have: asymmetric ones.
func ProofAlgorithms() []string {
	names := make([]string, len(proofAlgorithms))
	for i, a := range proofAlgorithms {
		names[i] = string(a)
	}
	return names
}

var proofAlgorithms = []jose.SignatureAlgorithm{jose.ES256, jose.ES384, jose.ES512, jose.PS256, jose.RS256, jose.EdDSA}

const (
	// proofLife is for how long after it was made a proof is good, and proofAhead by how much its maker's clock may be
	// ahead.
	proofLife  = time.Minute
	proofAhead = 10 * time.Second
	maxProof   = 8 << 10
	maxProofID = 256
)

// ProofError says what is wrong with a proof, for the client's developer.
type ProofError struct{ Text string }

// Error implements error.
func (e *ProofError) Error() string { return "DPoP proof: " + e.Text }

// Proof is a request that carries a proof.
type Proof struct {
	JWT    string // of the DPoP header
	Method string
	URL    string // of the request, without query and fragment
	Access string // the access token that goes with it; empty: none
}

type proofClaims struct {
	ID       string      `json:"jti"`
	Method   string      `json:"htm"`
	URL      string      `json:"htu"`
	IssuedAt json.Number `json:"iat"`
	Hash     string      `json:"ath"`
}

// Check verifies a proof and uses it up: the same again is refused. It gives the thumbprint of the key (RFC 7638). What is
// wrong with a proof is a *ProofError. RFC 9449 section 4.3.
func (p *Proofs) Check(ctx context.Context, x Proof) (thumbprint string, err error) {
	bad := func(text string) (string, error) { return "", &ProofError{text} }
	if len(x.JWT) > maxProof {
		return bad("it is too long")
	}
	parsed, err := jose.ParseSignedCompact(x.JWT, proofAlgorithms)
	if err != nil {
		return bad("it is no JWT with a signature that is supported")
	}
	header := parsed.Signatures[0].Protected
	key := header.JSONWebKey
	switch kind, _ := header.ExtraHeaders[jose.HeaderType].(string); {
	case kind != "dpop+jwt":
		return bad("its typ is not dpop+jwt")
	case key == nil || !key.Valid() || !key.IsPublic():
		return bad("its jwk is no public key")
	}
	payload, err := parsed.Verify(key)
	if err != nil {
		return bad("its signature is not by its jwk")
	}
	var claims proofClaims
	if json.Unmarshal(payload, &claims) != nil {
		return bad("its claims are no JSON object of the right types")
	}
	made, err := claims.IssuedAt.Float64()
	if err != nil {
		return bad("it has no iat")
	}
	age := p.Now().Sub(time.UnixMilli(int64(made * 1000)))
	switch {
	case claims.ID == "" || len(claims.ID) > maxProofID:
		return bad("it has no jti of a usual length")
	case claims.Method != x.Method:
		return bad("its htm is not the method of the request")
	case !sameURL(claims.URL, x.URL):
		return bad("its htu is not the URL of the request, " + x.URL)
	case age > proofLife || age < -proofAhead:
		return bad("its iat is not now")
	case x.Access != "" && claims.Hash != fullHash(x.Access):
		return bad("its ath is not the hash of the access token")
	}
	sum, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return bad("its jwk has no thumbprint")
	}
	thumbprint = encoding.EncodeToString(sum)
	first, err := p.Marks.Consume(ctx, "dpop:"+thumbprint+":"+claims.ID, p.Now().Add(proofLife+proofAhead))
	switch {
	case err != nil:
		return "", fmt.Errorf("remember proof: %w", err)
	case !first:
		return bad("it was used before")
	}
	return thumbprint, nil
}

// sameURL compares the URL of a proof with that of the request after the usual normalisation, without query and fragment:
// RFC 9449 section 4.3, RFC 3986 section 6.2.
func sameURL(claimed, actual string) bool {
	a, err := url.Parse(claimed)
	if err != nil {
		return false
	}
	b, err := url.Parse(actual)
	return err == nil && plain(a) == plain(b)
}

func plain(u *url.URL) string {
	scheme, host := strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	if scheme == "https" {
		host = strings.TrimSuffix(host, ":443")
	} else {
		host = strings.TrimSuffix(host, ":80")
	}
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	return scheme + "://" + host + path
}

// fullHash is the ath of an access token: RFC 9449 section 4.2.
func fullHash(access string) string {
	sum := sha256.Sum256([]byte(access))
	return encoding.EncodeToString(sum[:])
}
