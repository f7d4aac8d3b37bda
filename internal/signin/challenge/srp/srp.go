// Package srp is the challenge PASSWORD_VERIFIER: proof of the password by SRP. It asks and compares; sealing what
// the server must remember, its age and its single use are the machine's, the mathematics password/srp's.
package srp

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/password/srp"
	"cognate.dev/cognate/internal/signin"
)

// clockSkew is how far the client's clock may be off. The claim's freshness does not rest on it: the secret block is
// short-lived and works once.
const clockSkew = 15 * time.Minute

// Verifiers gives the SRP salt and verifier of a user; *directory.Passwords does. Ok is false when none is kept.
type Verifiers interface {
	SRPVerifier(ctx context.Context, pool *directory.Pool, user *directory.User) (salt, verifier []byte, ok bool, err error)
}

// Digests derives a digest that never changes; *secret.Keyring does.
type Digests interface {
	MAC(purpose string, parts ...[]byte) []byte
}

// Challenge is PASSWORD_VERIFIER.
type Challenge struct {
	verifiers Verifiers
	digests   Digests
}

// New makes the challenge.
func New(v Verifiers, d Digests) *Challenge { return &Challenge{v, d} }

// Kind is PASSWORD_VERIFIER.
func (c *Challenge) Kind() signin.Kind { return signin.PasswordVerifier }

// Begin answers SRP_A with SALT and SRP_B. An unknown user, and one without a verifier, gets a salt that is the same
// each time and a verifier that no password fits.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html
func (c *Challenge) Begin(ctx context.Context, a *signin.Attempt) (signin.Prompt, error) {
	publicA, err := a.Need("SRP_A")
	if err != nil {
		return signin.Prompt{}, err
	}
	user := a.User
	if user == nil {
		user = &directory.User{PoolID: a.PoolID, ID: a.UserID} // so that a row is looked for here, too
	}
	salt, verifier, ok, err := c.verifiers.SRPVerifier(ctx, a.Pool, user)
	if err == nil && !ok {
		salt, verifier, err = c.fake(a)
	}
	if err != nil {
		return signin.Prompt{}, fmt.Errorf("find SRP verifier: %w", err)
	}
	exchange, err := srp.Begin(verifier, publicA)
	if err != nil {
		return signin.Prompt{}, err
	}
	return signin.Prompt{State: exchange.Key, Params: map[string]string{
		"SALT":            hex.EncodeToString(salt),
		"SRP_B":           exchange.PublicB,
		"USERNAME":        a.Name,
		"USER_ID_FOR_SRP": a.Name,
	}}, nil
}

func (c *Challenge) fake(a *signin.Attempt) (salt, verifier []byte, err error) {
	of := func(what string) []byte {
		return c.digests.MAC("signin-fake-srp", []byte(what), []byte(a.PoolID), []byte(a.UserID))
	}
	verifier, err = srp.FakeVerifier(of("verifier"))
	return srp.FakeSalt(of("salt")), verifier, err
}

// Check compares the claim.
func (c *Challenge) Check(_ context.Context, a *signin.Attempt) (signin.Verdict, error) {
	return Judge(a, a.Pool.SRPName(), a.Name)
}

// Judge compares a claim of the names that it is over, with the session keys in the attempt's state.
func Judge(a *signin.Attempt, poolName, userID string) (signin.Verdict, error) {
	signature, err := a.Need("PASSWORD_CLAIM_SIGNATURE")
	if err != nil {
		return signin.Verdict{}, err
	}
	timestamp, err := a.Need("TIMESTAMP")
	if err != nil {
		return signin.Verdict{}, err
	}
	at, err := srp.ParseTimestamp(timestamp)
	if err != nil {
		return signin.Verdict{}, fault.Invalidf("TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.").Because(err)
	}
	if off := a.Now.Sub(at); off > clockSkew || off < -clockSkew {
		return signin.Verdict{}, fault.Deniedf("TIMESTAMP is too far from the current time.")
	}
	block, err := base64.StdEncoding.DecodeString(a.Input["PASSWORD_CLAIM_SECRET_BLOCK"])
	if err != nil {
		return signin.Verdict{}, fault.Invalidf("PASSWORD_CLAIM_SECRET_BLOCK is not base64.").Because(err)
	}
	if srp.Check(a.State, srp.Claim{
		PoolName: poolName, UserID: userID, SecretBlock: block, Timestamp: timestamp, Signature: signature,
	}) {
		return signin.Passed(), nil
	}
	return signin.Wrong(fault.BadPassword()), nil
}

var _ signin.Challenge = (*Challenge)(nil)
