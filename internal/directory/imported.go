package directory

import (
	"context"
	"fmt"
	"strings"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/password/srp"
)

// Imported is the secret side of a user as it is carried from one system to another.
type Imported struct {
	Hash           string    // in a form that password.Known lists, or ours
	SRPSalt        []byte    // with Verifier; both nil: none
	Verifier       []byte    // only good in a pool of the same id, for the same username
	TemporaryUntil time.Time // for a temporary password: when it dies
	ChangedAt      time.Time // zero: now
}

// purposeHash separates the hashes of other systems from everything else under the master key. They are sealed because
// many are cheaper to guess at than ours; the first sign-in with the password replaces them.
const purposeHash = "foreign-hash"

// sealedPrefix begins a credential's hash that is sealed. No hash begins with it.
const sealedPrefix = "$sealed$"

// CheckImported refuses a hash that cannot be taken over.
func (p *Passwords) CheckImported(hash string) error {
	if err := p.hasher.CheckImported(hash); err != nil {
		return fault.Invalidf("The password hash has no form that is known, or would cost too much to check.").Because(err)
	}
	return nil
}

// Import drafts the credential of a user who comes with the password that another system kept a hash of; it hashes nothing and
// stores nothing. Nothing is judged by the pool's policy: the password is not known. A verifier is kept if one of the pool's
// clients can use it.
func (p *Passwords) Import(ctx context.Context, pool *Pool, x *User, in Imported) (*Credential, error) {
	c := Credential{Hash: in.Hash, TemporaryUntil: in.TemporaryUntil, ChangedAt: in.ChangedAt}
	if c.ChangedAt.IsZero() {
		c.ChangedAt = moment(p.now)
	}
	if in.Hash != "" {
		if err := p.CheckImported(in.Hash); err != nil {
			return nil, err
		}
		if !password.Own(in.Hash) {
			c.Hash = sealedPrefix + p.keys.SealString(purposeHash, []byte(in.Hash), owner(pool.ID, x.ID))
		}
	}
	if len(in.Verifier) > 0 {
		if len(in.SRPSalt) == 0 || len(in.SRPSalt) > 64 {
			return nil, fault.Invalidf("The salt of an SRP verifier has 1 to 64 bytes.")
		}
		if err := srp.CheckVerifier(in.Verifier); err != nil {
			return nil, fault.Invalidf("The SRP verifier is not one.").Because(err)
		}
		allowed, err := p.clients.readSRP(ctx, pool.ID)
		if err != nil {
			return nil, err
		}
		if allowed {
			c.SRP = p.sealVerifier(pool, x, in.SRPSalt, in.Verifier)
		}
	}
	return &c, nil
}

// Keep stores the drafted credential of a user who has none yet, in the transaction of ctx.
func (p *Passwords) Keep(ctx context.Context, x *User, c *Credential) error {
	return p.store.InsertCredential(ctx, x.PoolID, x.ID, c)
}

// Export gives the secret side of a user for another system. Hash is empty when there is no password.
func (p *Passwords) Export(ctx context.Context, pool *Pool, x *User) (Imported, error) {
	c, err := p.store.Credential(ctx, pool.ID, x.ID)
	if err != nil {
		return Imported{}, fmt.Errorf("read credential: %w", err)
	}
	return p.Exported(pool, x, c)
}

// Exported is Export of a credential that was read.
func (p *Passwords) Exported(pool *Pool, x *User, c *Credential) (out Imported, err error) {
	out = Imported{TemporaryUntil: c.TemporaryUntil, ChangedAt: c.ChangedAt}
	if out.Hash, err = p.plain(pool.ID, x.ID, c.Hash); err != nil {
		return Imported{}, err
	}
	if c.SRP != nil {
		out.SRPSalt, out.Verifier, err = p.openVerifier(pool, x, c.SRP)
	}
	return out, err
}

// plain is a stored hash as the hasher reads it.
func (p *Passwords) plain(poolID, userID, stored string) (string, error) {
	sealed, ok := strings.CutPrefix(stored, sealedPrefix)
	if !ok {
		return stored, nil
	}
	hash, err := p.keys.OpenString(purposeHash, sealed, owner(poolID, userID))
	if err != nil {
		return "", fmt.Errorf("open imported hash: %w", err)
	}
	return string(hash), nil
}
