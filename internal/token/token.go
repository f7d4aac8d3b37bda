// Package token mints, verifies, refreshes and revokes the tokens of a user pool: RS256 ID and access tokens with
// Cognito's claims, and opaque encrypted refresh tokens. It leaves keys to key, people to directory and the
// question whether somebody may have a token to its callers.
package token

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/gate"
)

// AdminScope is the scope of an API sign-in, which the operations that take an access token ask for.
const AdminScope = "aws.cognito.signin.user.admin"

// Parts is what the room is built from. The stores and services of the directory satisfy the interfaces.
type Parts struct {
	Keys     *key.Ring
	Sealer   Sealer
	Sessions SessionStore
	Pools    Pools
	Clients  Clients
	People   People
	Issuer   func(*directory.Pool) string // the iss claim; its last path segment is the pool id
	// Strict finds the pool of a strict issuer; nil when nobody has the issuer, or when there are none at all.
	Strict func(ctx context.Context, issuer string) (*directory.Pool, error)
	// Contexts gives what workspaces know of people; nil: there are none.
	Contexts Contexts
	Now      clock.Clock
	Hook     Hook // nil: nobody changes claims
	// Gate bounds how many signatures are made at once; nil: any number.
	Gate *gate.Gate
}

// Pools finds pools, from memory where it can.
type Pools interface {
	Get(ctx context.Context, id string) (*directory.Pool, error)
}

// Clients finds app clients, from memory where it can.
type Clients interface {
	Find(ctx context.Context, id string) (*directory.Client, error)
}

// People reads users as they are now. GroupsOf is ordered by precedence, then name.
type People interface {
	User(ctx context.Context, poolID, id string) (*directory.User, error)
	GroupsOf(ctx context.Context, poolID, userID string) ([]*directory.Group, error)
}

// Sealer encrypts what a client carries; *secret.Keyring is one.
type Sealer interface {
	SealString(purpose string, plain, aad []byte) string
	OpenString(purpose, sealed string, aad []byte) ([]byte, error)
}

// Via says what led to tokens, by the trigger source that a pre-token-generation trigger sees.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
type Via string

// The ways to tokens. A call to GetTokensFromRefreshToken counts as BySignIn, one of REFRESH_TOKEN_AUTH as ByRefresh.
const (
	BySignIn      Via = "TokenGeneration_Authentication"
	ByNewPassword Via = "TokenGeneration_NewPasswordChallenge"
	ByDevice      Via = "TokenGeneration_AuthenticateDevice"
	ByRefresh     Via = "TokenGeneration_RefreshTokens"
	ByHostedPage  Via = "TokenGeneration_HostedAuth"
	ByClient      Via = "TokenGeneration_ClientCredentials"
)

// Grant is a decision to give a user tokens. The caller has checked that the user may have them.
type Grant struct {
	Pool      *directory.Pool
	Client    *directory.Client
	User      *directory.User
	Via       Via
	AuthTime  time.Time // when the user proved who they are; zero: now
	EventID   string    // empty: a new one
	SessionID string    // empty: a new one. A UUID that the caller has chosen to be able to end the session
	Scopes    []string  // nil: a sign-in through the API, with AdminScope. Else an OAuth grant of these scopes
	Nonce     string    // OAuth: of the authorization request
	Resource  string    // OAuth: the audience of the access token, if the request named one
	DeviceKey string
	From      Origin
	BrowserID string   // of the browser session that the sign-in came through, if any
	AMR       []string // how the user has proven who they are (RFC 8176)
	ACR       string   // the level that the client asked for and the user has reached; then tokens say so, and how
	NoRefresh bool     // the session ends with its first tokens (implicit grant)
	// Spend runs in the transaction that begins the session, once the tokens are made: what they are given for is used up with
	// it, or neither happens. Its error is Issue's. Nil: they are given for nothing that is kept.
	Spend  func(ctx context.Context) error
	OpenID *OpenID // of a strict issuer; nil: the pool's own
	// ClientMetadata goes to the hook and nowhere else.
	ClientMetadata map[string]string
}

// Origin says where a request came from, for lists of sessions and devices.
type Origin struct {
	Address string // an IP address; empty: unknown
	Agent   string // the User-Agent header
}

// Set is what a sign-in or a refresh gives. ID is empty for an OAuth grant without the scope openid, Refresh for a
// refresh that does not rotate and for a grant without one.
type Set struct {
	Access    string
	ID        string
	Refresh   string
	ExpiresIn int // seconds, of the access token
	SessionID string
	Scopes    []string // of the access token
}

// moment is now as the store keeps it.
func moment(now clock.Clock) time.Time { return now().UTC().Truncate(time.Millisecond) }
