package grant

import (
	"context"
	"strings"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/token"
)

// Refresher gives new tokens for a refresh token; *token.Minter does.
type Refresher interface {
	Refresh(ctx context.Context, r token.Renewal) (*token.Set, error)
}

// Refresh is refresh_token. Scopes stay what they were, whatever the request says; strict
// sites let it name fewer. RFC 6749 section 6.
type Refresh struct{ Tokens Refresher }

// Type is refresh_token.
func (Refresh) Type() string { return "refresh_token" }

// Allowed takes any client that may use the endpoint for people: its refresh tokens may also come from the API.
func (Refresh) Allowed(c *directory.Client) bool { return Code{}.Allowed(c) }

// Issue refreshes. Tokens of a session that is bound to a device are refused: the endpoint knows no devices.
func (g Refresh) Issue(ctx context.Context, call Call) (*token.Set, error) {
	refreshToken := call.Params.Get("refresh_token")
	if refreshToken == "" {
		return nil, authorize.Refuse(authorize.InvalidRequest, "refresh_token is missing")
	}
	renewal := token.Renewal{Client: call.Client, Token: refreshToken, Via: token.ByRefresh, Thumbprint: call.Thumbprint}
	if call.Issuer != "" { // where scopes can be narrowed
		renewal.Narrow = strings.Fields(call.Params.Get("scope"))
	}
	set, err := g.Tokens.Refresh(ctx, renewal)
	return set, refusal(err)
}

var _ Grant = Refresh{}
