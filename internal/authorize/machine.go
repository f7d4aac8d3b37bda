package authorize

import (
	"context"
	"strings"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/token"
)

// MachineTokens mints the tokens of clients that act for themselves; *token.Minter does.
type MachineTokens interface {
	IssueMachine(ctx context.Context, g token.MachineGrant) (*token.Set, error)
}

// Machine gives clients that act for themselves their access tokens without an endpoint of OAuth: GetClientToken.
type Machine struct {
	Tokens MachineTokens
	Scopes *Scopes
}

// Claim is a client that asks for a token, with the secret that proves it.
type Claim struct {
	Pool           *directory.Pool
	Client         *directory.Client
	Secret         string
	Scopes         []string // empty: all of the client's
	ClientMetadata map[string]string
}

// Token gives the access token. What the client may do is told only to somebody who has its secret.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetClientToken.html
func (m Machine) Token(ctx context.Context, c Claim) (*token.Set, error) {
	if len(c.Client.Secrets) == 0 {
		return nil, fault.Deniedf("Client %s has no secret.", c.Client.ID)
	}
	if err := c.Client.CheckSecret(c.Secret); err != nil {
		return nil, err
	}
	if !c.Client.Allows(directory.FlowClientToken) {
		return nil, fault.Invalidf("%s flow not enabled for this client", directory.FlowClientToken)
	}
	scopes, refused, err := m.Scopes.Machine(ctx, c.Client, strings.Join(c.Scopes, " "))
	if err != nil {
		return nil, err
	}
	if refused != nil {
		return nil, fault.Invalidf("Invalid scope requested: %s", strings.Join(c.Scopes, " "))
	}
	return m.Tokens.IssueMachine(ctx, token.MachineGrant{
		Pool: c.Pool, Client: c.Client, Scopes: scopes, ClientMetadata: c.ClientMetadata,
	})
}
