package grant

import (
	"context"
	"encoding/json"
	"slices"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/token"
)

// Issuer mints the tokens of clients that act for themselves; *token.Minter does.
type Issuer interface {
	IssueMachine(ctx context.Context, g token.MachineGrant) (*token.Set, error)
}

// Machine is client_credentials. RFC 6749 section 4.4.
type Machine struct {
	Tokens Issuer
	Scopes *authorize.Scopes
}

// Type is client_credentials.
func (Machine) Type() string { return "client_credentials" }

// Allowed asks for the flow client_credentials and a secret: a public client cannot prove to be itself.
func (Machine) Allowed(c *directory.Client) bool {
	return c.OAuthEnabled && slices.Contains(c.OAuthFlows, "client_credentials") && len(c.Secrets) > 0
}

// Issue gives an access token with the scopes of resource servers that were asked for, or with all of the client's.
func (g Machine) Issue(ctx context.Context, call Call) (*token.Set, error) {
	scopes, refused, err := g.Scopes.Machine(ctx, call.Client, call.Params.Get("scope"))
	if err != nil {
		return nil, err
	}
	if refused != nil {
		return nil, refused
	}
	var metadata map[string]string
	if text := call.Params.Get("aws_client_metadata"); text != "" {
		if json.Unmarshal([]byte(text), &metadata) != nil {
			return nil, authorize.Refuse(authorize.InvalidRequest, "aws_client_metadata is no JSON object of strings")
		}
	}
	set, err := g.Tokens.IssueMachine(ctx, token.MachineGrant{
		Pool: call.Pool, Client: call.Client, Scopes: scopes, ClientMetadata: metadata,
		OpenID: call.openID(),
	})
	return set, refusal(err)
}

var _ Grant = Machine{}
