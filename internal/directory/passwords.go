package directory

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/password/srp"
)

// Passwords sets and checks the passwords of users. No method that hashes may be called inside a transaction.
type Passwords struct {
	store   CredentialStore
	tx      Transactor
	clients *Clients
	hasher  *password.Hasher
	keys    *secret.Keyring
	now     clock.Clock
}

// purposeSRP separates SRP verifiers from everything else under the master key.
const purposeSRP = "srp-verifier"

// NewPassword is a password that has been checked and hashed and waits to be saved.
type NewPassword struct {
	poolID, userID string
	hash           string
	srp            []byte // sealed; nil: none is kept
	temporaryUntil time.Time
	history        int
}

// Prepare checks a password against the pool's policy, and unless it is temporary against the user's former ones, and
// hashes it.
func (p *Passwords) Prepare(ctx context.Context, pool *Pool, x *User, pw string, temporary bool) (*NewPassword, error) {
	if err := pool.PasswordPolicy.Check(pw); err != nil {
		return nil, err
	}
	if !temporary {
		if err := p.checkHistory(ctx, pool, x, pw); err != nil {
			return nil, err
		}
	}
	return p.prepare(ctx, pool, x, pw, temporary)
}

// Adopt hashes a password that another system has found right, whatever the pool's policy says of it.
func (p *Passwords) Adopt(ctx context.Context, pool *Pool, x *User, pw string) (*NewPassword, error) {
	return p.prepare(ctx, pool, x, pw, false)
}

func (p *Passwords) prepare(ctx context.Context, pool *Pool, x *User, pw string, temporary bool) (*NewPassword, error) {
	hash, err := p.hasher.Hash(ctx, pw)
	if err != nil {
		return nil, fmt.Errorf("hash password: %w", err)
	}
	n := &NewPassword{poolID: pool.ID, userID: x.ID, hash: hash, history: pool.PasswordPolicy.HistorySize}
	allowed, err := p.clients.SRPAllowed(ctx, pool.ID)
	if err != nil {
		return nil, err
	}
	if allowed {
		n.srp = p.seal(pool, x, pw)
	}
	if temporary {
		n.temporaryUntil = moment(p.now).AddDate(0, 0, pool.TemporaryDays())
	}
	return n, nil
}

func (p *Passwords) checkHistory(ctx context.Context, pool *Pool, x *User, pw string) error {
	if pool.PasswordPolicy.HistorySize == 0 {
		return nil
	}
	c, err := p.store.Credential(ctx, pool.ID, x.ID)
	if err != nil {
		return fmt.Errorf("read credential: %w", err)
	}
	former := c.History
	if c.Hash != "" {
		former = append([]string{c.Hash}, former...)
	}
	plain := make([]string, len(former))
	for i, stored := range former {
		if plain[i], err = p.plain(pool.ID, x.ID, stored); err != nil {
			return err
		}
	}
	return pool.PasswordPolicy.CheckHistory(ctx, p.hasher, pw, plain)
}

// Save stores a prepared password; it joins the transaction of ctx.
func (p *Passwords) Save(ctx context.Context, n *NewPassword) error {
	return p.update(ctx, n.poolID, n.userID, n.srp, func(c *Credential, srp []byte) error {
		if n.history > 0 && c.Hash != "" {
			c.History = append([]string{c.Hash}, c.History...)
		}
		c.History = c.History[:min(n.history, len(c.History))]
		c.Hash, c.SRP, c.TemporaryUntil, c.ChangedAt = n.hash, srp, n.temporaryUntil, moment(p.now)
		return nil
	})
}

// update changes a credential. It asks again, inside the transaction, whether a verifier may be kept: the last client
// that uses SRP may just have gone.
func (p *Passwords) update(ctx context.Context, poolID, userID string, srp []byte, change func(*Credential, []byte) error) error {
	return p.tx.InTx(ctx, func(ctx context.Context) error {
		kept := srp
		if kept != nil {
			allowed, err := p.clients.readSRP(ctx, poolID)
			if err != nil {
				return err
			}
			if !allowed {
				kept = nil
			}
		}
		return p.store.UpdateCredential(ctx, poolID, userID, func(c *Credential) error { return change(c, kept) })
	})
}

// Set is Prepare and Save. It does not change the user's status.
func (p *Passwords) Set(ctx context.Context, pool *Pool, x *User, pw string, temporary bool) error {
	n, err := p.Prepare(ctx, pool, x, pw, temporary)
	if err != nil {
		return err
	}
	return p.Save(ctx, n)
}

// Clear forgets a user's password, so that none is right until a new one is set. The history stays.
func (p *Passwords) Clear(ctx context.Context, pool *Pool, x *User) error {
	return p.update(ctx, pool.ID, x.ID, nil, func(c *Credential, _ []byte) error {
		if c.Hash != "" && pool.PasswordPolicy.HistorySize > 0 {
			c.History = append([]string{c.Hash}, c.History...)
			c.History = c.History[:min(pool.PasswordPolicy.HistorySize, len(c.History))]
		}
		c.Hash, c.SRP, c.TemporaryUntil, c.ChangedAt = "", nil, time.Time{}, moment(p.now)
		return nil
	})
}

// Verify reports whether the password is the user's. It takes as long for a user without a password. When the cost of
// hashes has changed, or a verifier is missing that the pool's clients could use, it stores the password anew.
func (p *Passwords) Verify(ctx context.Context, pool *Pool, x *User, pw string) (bool, error) {
	c, err := p.store.Credential(ctx, pool.ID, x.ID)
	if err != nil {
		return false, fmt.Errorf("read credential: %w", err)
	}
	if c.Hash == "" {
		return false, p.Burn(ctx, pw)
	}
	hash, err := p.plain(pool.ID, x.ID, c.Hash)
	if err != nil {
		return false, err
	}
	ok, rehash, err := p.hasher.Verify(ctx, hash, pw)
	if err != nil {
		return false, fmt.Errorf("verify password: %w", err)
	}
	if !ok {
		return false, nil
	}
	return true, p.upgrade(ctx, pool, x, pw, c, rehash)
}

// upgrade stores the right password anew where the stored form is behind the settings.
func (p *Passwords) upgrade(ctx context.Context, pool *Pool, x *User, pw string, old *Credential, rehash bool) error {
	allowed, err := p.clients.SRPAllowed(ctx, pool.ID)
	if err != nil {
		return err
	}
	hash, srp := old.Hash, old.SRP
	if rehash {
		if hash, err = p.hasher.Hash(ctx, pw); err != nil {
			return fmt.Errorf("rehash password: %w", err)
		}
	}
	if missing := allowed && srp == nil; missing {
		srp = p.seal(pool, x, pw)
	} else if !rehash {
		return nil
	}
	err = p.update(ctx, pool.ID, x.ID, srp, func(c *Credential, srp []byte) error {
		if c.Hash != old.Hash {
			return errChanged
		}
		c.Hash, c.SRP = hash, srp
		return nil
	})
	if errors.Is(err, errChanged) {
		return nil // somebody set another password meanwhile; it was right when it was asked
	}
	return err
}

var errChanged = errors.New("the password has changed")

// Burn takes as long as Verify and tells nothing: for a user who does not exist.
func (p *Passwords) Burn(ctx context.Context, pw string) error {
	if err := p.hasher.Burn(ctx, pw); err != nil {
		return fmt.Errorf("burn a password hash: %w", err)
	}
	return nil
}

// State says whether the user has a password and, for a temporary one, when it dies (zero: it is not temporary).
func (p *Passwords) State(ctx context.Context, poolID, userID string) (has bool, temporaryUntil time.Time, err error) {
	c, err := p.store.Credential(ctx, poolID, userID)
	if err != nil {
		return false, time.Time{}, fmt.Errorf("read credential: %w", err)
	}
	return c.Hash != "", c.TemporaryUntil, nil
}

// ChangedAt tells when the password was last set; zero: never. What was begun with an older one must not be finished.
func (p *Passwords) ChangedAt(ctx context.Context, poolID, userID string) (time.Time, error) {
	c, err := p.store.Credential(ctx, poolID, userID)
	if err != nil {
		return time.Time{}, fmt.Errorf("read credential: %w", err)
	}
	return c.ChangedAt, nil
}

// SRPVerifier gives the salt and the verifier of a user; ok is false when none is kept.
func (p *Passwords) SRPVerifier(ctx context.Context, pool *Pool, x *User) (salt, verifier []byte, ok bool, err error) {
	c, err := p.store.Credential(ctx, pool.ID, x.ID)
	if err != nil {
		return nil, nil, false, fmt.Errorf("read credential: %w", err)
	}
	if c.SRP == nil {
		return nil, nil, false, nil
	}
	salt, verifier, err = p.openVerifier(pool, x, c.SRP)
	return salt, verifier, err == nil, err
}

func (p *Passwords) openVerifier(pool *Pool, x *User, sealed []byte) (salt, verifier []byte, err error) {
	plain, err := p.keys.Open(purposeSRP, sealed, owner(pool.ID, x.ID))
	if err != nil {
		return nil, nil, fmt.Errorf("open SRP verifier: %w", err)
	}
	if len(plain) < 1 || len(plain) < 1+int(plain[0]) {
		return nil, nil, errors.New("open SRP verifier: it is cut short")
	}
	size := 1 + int(plain[0])
	return plain[1:size], plain[size:], nil
}

// seal makes the SRP verifier of a password.
func (p *Passwords) seal(pool *Pool, x *User, pw string) []byte {
	salt := srp.NewSalt()
	return p.sealVerifier(pool, x, salt, srp.Verifier(pool.SRPName(), x.Username, pw, salt))
}

// sealVerifier writes one byte with the length of the salt, the salt, the verifier.
func (p *Passwords) sealVerifier(pool *Pool, x *User, salt, verifier []byte) []byte {
	plain := append([]byte{byte(len(salt))}, salt...)
	return p.keys.Seal(purposeSRP, append(plain, verifier...), owner(pool.ID, x.ID))
}

// SealedVerifier is how SRP verifiers are sealed, in rows of a pool and a user id.
func SealedVerifier() secret.Kind { return secret.Kind{Purpose: purposeSRP, Bound: ownerOf} }

// SealedHash is how the hashes of other systems are sealed, in the same rows.
func SealedHash() secret.Kind {
	return secret.Kind{Purpose: purposeHash, Bound: ownerOf, Prefix: sealedPrefix}
}

func ownerOf(row []string) []byte { return owner(row[0], row[1]) }

// owner binds a sealed value to its user; ids have no NUL.
func owner(poolID, userID string) []byte { return []byte(poolID + "\x00" + userID) }

// Generate makes a temporary password that the pool accepts.
func (p *Passwords) Generate(pool *Pool) string { return password.Generate(pool.PasswordPolicy) }

// Check refuses a password that breaks the pool's policy, at no cost.
func (p *Passwords) Check(pool *Pool, pw string) error {
	return pool.PasswordPolicy.Check(pw)
}
