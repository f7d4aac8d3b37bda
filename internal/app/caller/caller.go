// Package caller is who asks: access keys of the house, temporary credentials, and whoever a development server believes; and which of
// them may administer. What an operation then is allowed to do is for its front and room.
package caller

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"cognate.dev/cognate/internal/front/aws"
	"cognate.dev/cognate/internal/gateway"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/iampolicy"
	"cognate.dev/cognate/internal/kit/sigv4"
	"cognate.dev/cognate/internal/sts"
)

// Signatures checks who calls with the access keys of the house, or with temporary credentials.
func Signatures(authority *sts.Authority, now clock.Clock) aws.Authenticator {
	return aws.Verify(&sigv4.Verifier{Now: now, Keys: authority.Lookup})
}

// Believing is the Authenticator of development servers: temporary credentials that they have given out count as what they are,
// and whoever names any other access key is believed.
type Believing struct {
	Authority *sts.Authority
	Signed    aws.Authenticator
}

// Authenticate is aws.Authenticator's.
func (b Believing) Authenticate(r *http.Request, body []byte, service string) (aws.Caller, error) {
	if b.given(r) {
		return b.Signed.Authenticate(r, body, service)
	}
	who, err := aws.AcceptAny().Authenticate(r, body, service)
	who.Principal = b.Authority.House(who.AccessKeyID)
	return who, err
}

// AuthenticateHead is aws.Authenticator's.
func (b Believing) AuthenticateHead(r *http.Request, service string) (aws.Caller, sigv4.Payload, error) {
	if b.given(r) {
		return b.Signed.AuthenticateHead(r, service)
	}
	who, payload, err := aws.AcceptAny().AuthenticateHead(r, service)
	who.Principal = b.Authority.House(who.AccessKeyID)
	return who, payload, err
}

// given says whether a request names temporary credentials that this server has given out.
func (b Believing) given(r *http.Request) bool {
	scope, err := sigv4.ParseScope(r)
	if err != nil || scope.Token == "" {
		return false
	}
	_, err = b.Authority.Session(scope.AccessKeyID, scope.Token)
	return !errors.Is(err, sigv4.ErrUnknownKey)
}

// Administrator refuses who does not sign a request with an access key of the house, for a service. Body is what the signature
// is about.
func Administrator(auth aws.Authenticator, r *http.Request, body []byte, service string) (accessKeyID string, err error) {
	who, err := auth.Authenticate(r, body, service)
	if err != nil {
		return "", err
	}
	return administrator(who)
}

// AdministratorHead is Administrator before the body is read, which the payload has to be asked about then.
func AdministratorHead(auth aws.Authenticator, r *http.Request, service string) (accessKeyID string, payload sigv4.Payload, err error) {
	who, payload, err := auth.AuthenticateHead(r, service)
	if err == nil {
		accessKeyID, err = administrator(who)
	}
	if err != nil {
		return "", sigv4.Payload{}, err
	}
	return accessKeyID, payload, nil
}

func administrator(who aws.Caller) (accessKeyID string, err error) {
	if p, ok := who.Principal.(sts.Principal); ok && p.Temporary() {
		return "", &sigv4.Error{Name: sigv4.UnrecognizedClient, Message: "Temporary credentials do not administer."}
	}
	return who.AccessKeyID, nil
}

// secrets finds what access keys of the house sign with. Temporary credentials are none.
func secrets(keys *sts.Keys) func(ctx context.Context, accessKeyID, token string) (sigv4.Key, error) {
	return func(ctx context.Context, accessKeyID, _ string) (sigv4.Key, error) {
		secret, err := keys.Secret(ctx, accessKeyID)
		if errors.Is(err, sts.ErrUnknownKey) {
			return sigv4.Key{}, sigv4.ErrUnknownKey
		}
		return sigv4.Key{Secret: string(secret), Principal: accessKeyID}, err
	}
}

// Signers finds out who signs requests to the gateway: access keys of the house, which may do everything, and temporary
// credentials, which may do what their role says. In development any other access key is believed.
type Signers struct {
	Authority *sts.Authority
	Auth      aws.Authenticator
}

// Signer is gateway.Signatures'.
func (s Signers) Signer(r *http.Request, body []byte) (*gateway.Signer, error) {
	who, err := s.Auth.Authenticate(r, body, "execute-api")
	if err != nil {
		return nil, err
	}
	p, ok := who.Principal.(sts.Principal)
	if !ok {
		return nil, fmt.Errorf("an access key has the principal %T", who.Principal)
	}
	signer := &gateway.Signer{
		AccessKey: p.AccessKeyID, Account: p.Account, ARN: p.ARN, UserID: p.UserID, Keys: s.Authority.Keys(p),
		May: func(q iampolicy.Request) iampolicy.Effect { return s.Authority.Decide(p, q.Action, q.Resource, q.Keys) },
	}
	if p.Identity.ID != "" && len(p.Identity.AMR) > 0 {
		signer.Identity = &gateway.CognitoIdentity{
			PoolID: p.Identity.Pool, ID: p.Identity.ID, AMR: p.Identity.AMR, Type: p.Identity.AMR[0], Provider: strings.Join(p.Identity.AMR[1:], ","),
		}
	}
	return signer, nil
}

var (
	_ aws.Authenticator  = Believing{}
	_ gateway.Signatures = Signers{}
)
