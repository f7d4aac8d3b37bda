// Package signin is the state machine between a username and tokens: flows, challenges and the sealed sessions
// between them. Lockout, expiry, replay and the order of steps belong to the machine, so that no challenge can forget
// them. It leaves tokens to token, passwords to password and people to directory.
package signin

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/token"
)

// Start begins a sign-in: the operations InitiateAuth and AdminInitiateAuth. The pool is the client's own.
type Start struct {
	Pool           *directory.Pool
	Client         *directory.Client
	Admin          bool
	Flow           string            // AuthFlow
	Params         map[string]string // AuthParameters
	Session        string            // of a confirmed sign-up, for USER_AUTH
	From           token.Origin
	ClientMetadata map[string]string
}

// Reply answers a challenge: the operations RespondToAuthChallenge and AdminRespondToAuthChallenge.
type Reply struct {
	Pool           *directory.Pool
	Client         *directory.Client
	Admin          bool
	Pages          bool              // from our own pages: for sign-ins that Enter began, and for no others
	Challenge      string            // ChallengeName
	Session        string            // as the last answer gave it; PASSWORD_VERIFIER needs none
	Answers        map[string]string // ChallengeResponses
	From           token.Origin
	ClientMetadata map[string]string
}

// Answer is either the next challenge, or tokens, or for our own pages the person.
type Answer struct {
	Tokens    *token.Set
	Proven    *Proven
	Challenge Kind
	Session   string            // 20 to 2048 characters; empty for PASSWORD_VERIFIER, whose SECRET_BLOCK carries everything
	Params    map[string]string // ChallengeParameters
	Available []string          // AvailableChallenges
	Device    *NewDevice        // beside tokens: a device that signs in for the first time; nil: none
}

// Parts is what the machine is built from. The directory's services and the store satisfy the interfaces.
type Parts struct {
	Store      Store
	Users      Users
	Passwords  Passwords
	Factors    Registered
	Apps       Apps
	Devices    Devices
	Tokens     *token.Minter
	Sealer     Sealer
	Challenges []Challenge // what this server can ask; see the list in app
	Hooks      Hooks
	Judge      Judge // nil: nothing is judged
	Now        clock.Clock
	// CodesPerHour is how many codes a user's sign-ins may send in an hour; 0 takes 20, below zero is no limit.
	CodesPerHour int
}

// Registered tells what a user has registered; *factor.Factors does.
type Registered interface {
	Registered(ctx context.Context, poolID, userID string) (factor.Registered, error)
}

// Users finds people. Nobody there is fault.NoUser.
type Users interface {
	Find(ctx context.Context, pool *directory.Pool, login string) (*directory.User, error)
	Get(ctx context.Context, poolID, sub string) (*directory.User, error)
}

// Passwords tells until when a temporary password is good; zero: it is not temporary.
type Passwords interface {
	State(ctx context.Context, poolID, userID string) (has bool, temporaryUntil time.Time, err error)
	ChangedAt(ctx context.Context, poolID, userID string) (time.Time, error)
}

// Sealer encrypts what clients carry and derives digests that never change; *secret.Keyring is one.
type Sealer interface {
	Seal(purpose string, plain, aad []byte) []byte
	Open(purpose string, sealed, aad []byte) ([]byte, error)
	SealString(purpose string, plain, aad []byte) string
	OpenString(purpose, sealed string, aad []byte) ([]byte, error)
	MAC(purpose string, parts ...[]byte) []byte
}

// Machine signs people in. It keeps nothing between requests: any node can take the next step. Safe for concurrent use.
type Machine struct {
	Parts
	challenges map[Kind]Challenge
}

// New builds the machine. Two challenges of one kind are an error.
func New(p Parts) (*Machine, error) {
	m := &Machine{Parts: p, challenges: map[Kind]Challenge{}}
	if m.Judge == nil {
		m.Judge = allow{}
	}
	all := p.Challenges
	if p.Hooks.Custom != nil {
		all = append(slices.Clip(all), customChallenge{p.Hooks.Custom})
	}
	for _, c := range all {
		if m.challenges[c.Kind()] != nil {
			return nil, fmt.Errorf("two sign-in challenges of kind %s", c.Kind())
		}
		m.challenges[c.Kind()] = c
	}
	return m, nil
}
