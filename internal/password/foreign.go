package password

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha1" //nolint:gosec // old systems kept PBKDF2 with it; it is verified once and replaced
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"hash"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"
)

// The schemes of hashes that other systems made.
const (
	BCrypt          = "bcrypt"
	BCryptSHA256    = "bcrypt-sha256" // of Django: bcrypt over the hexadecimal SHA-256
	Argon2ID        = "argon2id"
	Argon2I         = "argon2i"
	Scrypt          = "scrypt"
	FirebaseScrypt  = "firebase-scrypt"
	PBKDF2SHA1      = "pbkdf2-sha1"
	PBKDF2SHA256    = "pbkdf2-sha256"
	PBKDF2SHA512    = "pbkdf2-sha512"
	argon2Version   = argon2.Version
	maxForeignBytes = 2048 // of a hash in text
)

// The bounds of a hash that comes from a file: no line of it may make a sign-in take more than 128 MiB or some seconds.
// They admit what the field recommends: https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
const (
	maxForeignKiB   = 128 << 10
	maxForeignWork  = 1 << 20 // KiB times passes of argon2; KiB times lanes of scrypt
	maxForeignLanes = 16
	maxBCryptCost   = 14
	maxIterations   = 2_000_000
	maxKey          = 128 // bytes of a derived key
)

// Scheme says how a hash was made. Members that its scheme has no use for are zero.
type Scheme struct {
	Name       string
	Cost       int // bcrypt: the logarithm of the rounds
	Iterations int // PBKDF2
	MemoryKiB  int // argon2 and scrypt
	Passes     int // argon2
	Lanes      int // argon2 and scrypt (p)
	N, Block   int // scrypt; Block is r
}

// foreign is a parsed hash of another system.
type foreign struct {
	Scheme
	salt, key []byte
	text      string // bcrypt: the hash as bcrypt writes it
	signer    []byte // Firebase: the signer key of the project
}

// errForeign hides the hash: the text of an error reaches logs and people who read them.
var errForeign = errors.New("password: the hash has no form that is known, or is too costly")

// Known says how a hash of another system, or of ours, was made; an error when its form is not known or its cost out of
// bounds. The forms are: bcrypt ($2a$, $2b$, $2x$, $2y$), argon2 ($argon2id$v=19$m=…,t=…,p=…$salt$key, argon2i likewise),
// scrypt ($scrypt$ln=…,r=…,p=…$salt$key, or N$r$p$hexsalt$hexkey), PBKDF2 ($pbkdf2-sha256$rounds$salt$key, sha512 and
// $pbkdf2$ for SHA-1), Django's, and Firebase's scrypt as FirebaseHash writes it.
func Known(text string) (Scheme, error) {
	f, err := parseForeign(text)
	return f.Scheme, err
}

// bounded refuses what would cost too much.
func (f foreign) bounded() error {
	s := f.Scheme
	ok := len(f.key) <= maxKey
	switch s.Name {
	case BCrypt, BCryptSHA256:
		ok = s.Cost >= bcrypt.MinCost && s.Cost <= maxBCryptCost
	case Argon2ID, Argon2I:
		ok = ok && s.Passes >= 1 && s.Lanes >= 1 && s.Lanes <= maxForeignLanes && s.MemoryKiB >= 8*s.Lanes &&
			s.MemoryKiB <= maxForeignKiB && s.Passes <= maxForeignWork && s.MemoryKiB*s.Passes <= maxForeignWork
	case Scrypt, FirebaseScrypt:
		ok = ok && s.N > 1 && s.N&(s.N-1) == 0 && s.Block >= 1 && s.Lanes >= 1 && s.Lanes <= maxForeignLanes &&
			s.MemoryKiB <= maxForeignKiB && s.MemoryKiB*s.Lanes <= maxForeignWork
	default:
		ok = ok && s.Iterations >= 1 && s.Iterations <= maxIterations
	}
	if !ok {
		return errForeign
	}
	return nil
}

// withScrypt sets the parameters of scrypt, whose memory is 128 bytes times N times r. The factors are bounded first:
// their product must not overflow.
func (s Scheme) withScrypt(n, r, p int) Scheme {
	s.N, s.Block, s.Lanes, s.MemoryKiB = n, r, p, maxForeignKiB+1
	if n > 0 && r > 0 && n <= 1<<24 && r <= 1<<10 {
		s.MemoryKiB = n / 8 * r
	}
	return s
}

// verify compares, in a time that does not depend on how much matches.
func (f foreign) verify(password string) (bool, error) {
	switch f.Name {
	case BCrypt:
		return compareBCrypt(f.text, password)
	case BCryptSHA256:
		sum := sha256.Sum256([]byte(password))
		return compareBCrypt(f.text, hex.EncodeToString(sum[:]))
	case Argon2ID:
		return same(f.key, argon2.IDKey([]byte(password), f.salt, uint32(f.Passes), uint32(f.MemoryKiB), uint8(f.Lanes), uint32(len(f.key)))), nil
	case Argon2I:
		return same(f.key, argon2.Key([]byte(password), f.salt, uint32(f.Passes), uint32(f.MemoryKiB), uint8(f.Lanes), uint32(len(f.key)))), nil
	case Scrypt:
		key, err := scrypt.Key([]byte(password), f.salt, f.N, f.Block, f.Lanes, len(f.key))
		return err == nil && same(f.key, key), err
	case FirebaseScrypt:
		key, err := scrypt.Key([]byte(password), f.salt, f.N, f.Block, f.Lanes, 32)
		if err != nil {
			return false, err
		}
		return f.firebase(key)
	}
	key, err := pbkdf2.Key(f.digest(), password, f.salt, f.Iterations, len(f.key))
	return err == nil && same(f.key, key), err
}

// firebase encrypts the project's signer key with the derived key: the result is what Firebase keeps.
// https://github.com/firebase/scrypt
func (f foreign) firebase(key []byte) (bool, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return false, err
	}
	sealed := make([]byte, len(f.signer))
	cipher.NewCTR(block, make([]byte, aes.BlockSize)).XORKeyStream(sealed, f.signer)
	return same(f.key, sealed), nil
}

func (f foreign) digest() func() hash.Hash {
	switch f.Name {
	case PBKDF2SHA1:
		return sha1.New
	case PBKDF2SHA512:
		return sha512.New
	}
	return sha256.New
}

// compareBCrypt obeys the first 72 bytes of a password, as every bcrypt does.
func compareBCrypt(text, password string) (bool, error) {
	err := bcrypt.CompareHashAndPassword([]byte(text), []byte(password))
	if errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
		return false, nil
	}
	return err == nil, err
}

func same(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }
