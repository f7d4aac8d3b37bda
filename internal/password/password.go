// Package password decides whether a password is acceptable and whether it is the right one. It owns the policy,
// the hashes and how many of them run at once; the SRP exchange is its subpackage srp. Who may try how often, and
// where a hash is kept, it leaves to its callers.
package password

import (
	"context"
	"crypto/subtle"
	"fmt"
	"time"

	"golang.org/x/crypto/argon2"

	"cognate.dev/cognate/internal/kit/cores"
	"cognate.dev/cognate/internal/kit/gate"
	"cognate.dev/cognate/internal/kit/heap"
	"cognate.dev/cognate/internal/kit/random"
)

// Params are the cost of an argon2id hash (RFC 9106). A zero member takes its default, the first choice of OWASP:
// 19 MiB, two passes, one lane. https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
type Params struct {
	MemoryKiB uint32 `yaml:"memory_kib" doc:"memory of one password hash (argon2id), in KiB"`
	Time      uint32 `yaml:"time" doc:"passes over that memory"`
	Threads   uint8  `yaml:"threads" doc:"lanes of one password hash"`
}

// DefaultParams are the parameters that the zero Params stand for.
func DefaultParams() Params { return Params{MemoryKiB: 19456, Time: 2, Threads: 1} }

// The bounds of the parameters, configured or read from a hash: a hash with absurd ones would stop the server.
const (
	maxMemoryKiB = 4 << 20
	maxTime      = 1000
)

// Check refuses parameters that argon2 cannot use or that no machine should.
func (p Params) Check() error {
	p = p.filled()
	if p.MemoryKiB < 8*uint32(p.Threads) || p.MemoryKiB > maxMemoryKiB {
		return fmt.Errorf("password memory must be between %d KiB (8 a lane) and %d KiB", 8*uint32(p.Threads), maxMemoryKiB)
	}
	if p.Time > maxTime {
		return fmt.Errorf("password time must be at most %d", maxTime)
	}
	return nil
}

func (p Params) filled() Params {
	d := DefaultParams()
	if p.MemoryKiB == 0 {
		p.MemoryKiB = d.MemoryKiB
	}
	if p.Time == 0 {
		p.Time = d.Time
	}
	if p.Threads == 0 {
		p.Threads = d.Threads
	}
	return p
}

// Hasher makes and checks password hashes, a bounded number at a time: each holds its memory while it runs, so the
// bound is also the bound of the memory that sign-ins can take. Safe for concurrent use.
//
// The argon2 package allocates that memory anew for each hash; what that costs is kit/heap's business.
type Hasher struct {
	params Params
	gate   *gate.Gate
}

// NewHasher makes a hasher that runs up to limit hashes at once; zero means one for each processor.
func NewHasher(params Params, limit int) *Hasher {
	if limit < 1 {
		limit = cores.Count()
	}
	return &Hasher{params: params.filled(), gate: gate.New(limit)}
}

// Hash gives a new hash of the password as a PHC string ($argon2id$v=19$m=…,t=…,p=…$salt$key). The error is the
// context's, when it ends before a slot is free.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	r := record{Params: h.params, salt: random.Bytes(saltSize)}
	key, err := h.derive(ctx, password, r.Params, r.salt, keySize)
	if err != nil {
		return "", err
	}
	r.key = key
	return r.String(), nil
}

// Verify reports whether the password belongs to the hash, in a time that does not depend on how much of it
// matches. Rehash asks the caller to store a new hash of this password, because the parameters have changed since, or
// because another system made the hash: Known says in which forms.
func (h *Hasher) Verify(ctx context.Context, phc, password string) (ok, rehash bool, err error) {
	r, err := parsePHC(phc)
	if err != nil {
		return h.verifyForeign(ctx, phc, password)
	}
	key, err := h.derive(ctx, password, r.Params, r.salt, uint32(len(r.key)))
	if err != nil {
		return false, false, err
	}
	ok = subtle.ConstantTimeCompare(key, r.key) == 1
	return ok, ok && (r.Params != h.params || len(r.key) != keySize), nil
}

func (h *Hasher) verifyForeign(ctx context.Context, text, password string) (ok, rehash bool, err error) {
	f, err := parseForeign(text)
	if err != nil {
		return false, false, err
	}
	leave, err := h.gate.Enter(ctx)
	if err != nil {
		return false, false, fmt.Errorf("wait for a password hash slot: %w", err)
	}
	defer leave()
	ok, err = f.verify(password)
	return ok, ok, err
}

// CheckImported refuses a hash that comes from a file and is of no known form, or so costly that it would hold up the
// server. What this server makes itself is always good.
func (h *Hasher) CheckImported(text string) error {
	if r, err := parsePHC(text); err == nil && r.MemoryKiB <= h.params.MemoryKiB && r.Time <= h.params.Time && r.Threads <= h.params.Threads {
		return nil
	}
	_, err := parseForeign(text)
	return err
}

// Burn takes as long as Verify of a fresh hash and tells nothing: for a user who does not exist or has no password.
func (h *Hasher) Burn(ctx context.Context, password string) error {
	_, err := h.derive(ctx, password, h.params, make([]byte, saltSize), keySize)
	return err
}

// Load tells how many hashes run now, how many callers wait for a slot, and how many slots there are.
func (h *Hasher) Load() (running, waiting, slots int) { return h.gate.Load() }

// Expected is how long a newcomer would wait for a slot, about.
func (h *Hasher) Expected() time.Duration { return h.gate.Expected() }

func (h *Hasher) derive(ctx context.Context, password string, p Params, salt []byte, size uint32) ([]byte, error) {
	leave, err := h.gate.Enter(ctx)
	if err != nil {
		return nil, fmt.Errorf("wait for a password hash slot: %w", err)
	}
	defer leave()
	heap.Wake()
	return argon2.IDKey([]byte(password), salt, p.Time, p.MemoryKiB, p.Threads, size), nil
}
