// Package grant holds the ways to tokens that the token endpoint knows, one file each. A grant decides what its own
// parameters are worth. Reading a request, authenticating its client, asking whether the client may use the grant, and
// writing the answer belong to the dispatcher in front/oauth, so that no grant can forget them.
package grant

import (
	"context"
	"net/url"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/token"
)

// Call is a token request whose client has been authenticated.
type Call struct {
	Pool   *directory.Pool
	Client *directory.Client
	Params url.Values // each parameter once, none empty
	// Issuer is that of a strict site; empty: Cognito's ways. Thumbprint is of the key that the client has proven to hold
	// (RFC 9449), empty: none.
	Issuer, Thumbprint string
}

// Grant is one value of grant_type.
type Grant interface {
	Type() string
	// Allowed says whether a client may use the grant at all.
	Allowed(c *directory.Client) bool
	// Issue gives tokens. A no is an *authorize.Refusal; any other error is internal.
	Issue(ctx context.Context, call Call) (*token.Set, error)
}

// openID is what the tokens of a client that acts for itself are to be.
func (c Call) openID() *token.OpenID {
	if c.Issuer == "" {
		return nil
	}
	return &token.OpenID{Issuer: c.Issuer, JKT: c.Thumbprint}
}

// refusal turns a fault of the token room into invalid_grant, without a word about why unless a trigger spoke; what is
// not for callers stays as it is.
func refusal(err error) error {
	f := fault.As(err)
	if f == nil {
		return nil
	}
	if f.Kind == fault.Denied && f.Subject == fault.Scope {
		return authorize.Refuse(authorize.InvalidScope, f.Text)
	}
	switch f.Kind {
	case fault.Denied, fault.Reused, fault.Missing, fault.Expired:
		return authorize.Refuse(authorize.InvalidGrant, "")
	}
	switch f.Subject {
	case fault.Lambda, fault.LambdaResponse, fault.LambdaError:
		return authorize.Refuse(authorize.InvalidGrant, f.Text)
	}
	return err
}
