package grant

import (
	"context"
	"slices"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/token"
)

// Code is authorization_code: the second half of a sign-in on pages. RFC 6749 section 4.1.3.
type Code struct{ Codes *authorize.Codes }

// Type is authorization_code.
func (Code) Type() string { return "authorization_code" }

// Allowed asks for the flow code.
func (Code) Allowed(c *directory.Client) bool {
	return c.OAuthEnabled && slices.Contains(c.OAuthFlows, "code")
}

// Issue exchanges the code.
func (g Code) Issue(ctx context.Context, call Call) (*token.Set, error) {
	return g.Codes.Redeem(ctx, authorize.Exchange{
		Pool: call.Pool, Client: call.Client, Code: call.Params.Get("code"),
		RedirectURI: call.Params.Get("redirect_uri"), Verifier: call.Params.Get("code_verifier"),
		Issuer: call.Issuer, Thumbprint: call.Thumbprint,
	})
}

var _ Grant = Code{}
