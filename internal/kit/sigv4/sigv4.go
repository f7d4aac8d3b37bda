// Package sigv4 verifies AWS Signature Version 4 on incoming requests, in the Authorization header or presigned in the
// query (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
// It owns the arithmetic and AWS's names for what can be wrong; where keys come from and what they may do is its user's.
package sigv4

import (
	"context"
	"errors"
	"net/http"
	"time"

	"cognate.dev/cognate/internal/kit/clock"
)

// Key is what a key store knows of an access key.
type Key struct {
	Secret    string // the secret access key
	Principal any    // handed through to Identity
}

// What a key lookup may answer besides a key. Any other error is the verifier's user's own and comes back unchanged.
var (
	ErrUnknownKey   = errors.New("sigv4: unknown access key or session token")
	ErrExpiredToken = errors.New("sigv4: session token has expired")
)

// Verifier checks signatures. Its fields may not change once it is in use.
type Verifier struct {
	// Keys finds the secret of an access key. token is the request's X-Amz-Security-Token, or empty; the lookup must
	// refuse a key of temporary credentials without its token. It is called before the signature is known to be good.
	Keys func(ctx context.Context, accessKeyID, token string) (Key, error)
	// Now is the clock; nil means the wall clock.
	Now clock.Clock
	// Skew is how far the signer's clock may differ; 0 means five minutes, as most AWS services have it.
	Skew time.Duration
	// Services are the service names that a credential scope may carry; none means any.
	Services []string
	// MustSign names headers, in lower case, that must be signed when the request has them, besides host and the
	// X-Amz headers that AWS gives a meaning to (see alwaysSigned).
	MustSign []string
	// UnsignedPayload accepts UNSIGNED-PAYLOAD in place of the body's hash. Leave it off unless TLS ends in this process.
	UnsignedPayload bool
}

// Identity is who signed a request, where for and when.
type Identity struct {
	Scope
	SignedAt  time.Time
	Principal any
}

const (
	algorithm       = "AWS4-HMAC-SHA256"
	terminator      = "aws4_request"
	amzDate         = "20060102T150405Z"
	unsignedPayload = "UNSIGNED-PAYLOAD"
	maxExpires      = 7 * 24 * time.Hour
	defaultSkew     = 5 * time.Minute
)

// Verify checks the signature of r over body, which is the whole body of r. Errors are *Error, except those of Keys.
func (v *Verifier) Verify(r *http.Request, body []byte) (Identity, error) {
	c, err := parse(r)
	if err != nil {
		return Identity{}, err
	}
	if err := v.checkScope(r, c); err != nil {
		return Identity{}, err
	}
	if err := v.checkTime(c); err != nil {
		return Identity{}, err
	}
	payload, err := v.payloadHash(r, c, body)
	if err != nil {
		return Identity{}, err
	}
	canonical, err := canonicalRequest(r, c, payload)
	if err != nil {
		return Identity{}, err
	}
	key, err := v.key(r.Context(), c)
	if err != nil {
		return Identity{}, err
	}
	if err := c.prove(key, canonical); err != nil {
		return Identity{}, err
	}
	return Identity{Scope: c.Scope, SignedAt: c.signedAt, Principal: key.Principal}, nil
}

// key finds the secret of the key that a signature names.
func (v *Verifier) key(ctx context.Context, c *claim) (Key, error) {
	key, err := v.Keys(ctx, c.AccessKeyID, c.Token)
	switch {
	case errors.Is(err, ErrUnknownKey):
		return Key{}, fail(UnrecognizedClient, "The security token included in the request is invalid.")
	case errors.Is(err, ErrExpiredToken):
		return Key{}, fail(ExpiredToken, "The security token included in the request is expired")
	}
	return key, err
}

// ParseScope reads who claims to have signed r and for which region and service, and checks nothing but the form.
// It is for development servers that accept every key.
func ParseScope(r *http.Request) (Scope, error) {
	c, err := parse(r)
	if err != nil {
		return Scope{}, err
	}
	return c.Scope, nil
}
