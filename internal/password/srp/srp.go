// Package srp is SRP-6a as Amazon Cognito's clients speak it: it makes verifiers, answers a client's public value and
// checks its claim, for users and for remembered devices. It keeps nothing between the two steps: what the server
// must remember is returned, and sealing it, its single use and its age are the caller's.
package srp

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"cognate.dev/cognate/internal/kit/random"
)

// The group: the 3072-bit prime of RFC 5054 appendix A, which is a safe prime, with the generator that Cognito uses.
// It generates the quadratic residues only, where RFC 5054 wants the whole group; Begin says what follows from that.
const (
	primeHex = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD" +
		"EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED" +
		"EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F" +
		"83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B" +
		"E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510" +
		"15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7" +
		"ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C" +
		"BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF"
	groupSize  = 384 // bytes of an element
	saltSize   = 16
	secretSize = 32 // bytes of an ephemeral exponent (RFC 5054 section 2.5.3 asks for 32)
)

// Read-only after start.
var (
	prime      = mustHex(primeHex)
	generator  = big.NewInt(2)
	multiplier = hash(pad(prime), pad(generator)) // k
)

// Verifier is v = g^x for a user's password: poolName is the pool's id after the underscore, userID what the challenge
// gives as USER_ID_FOR_SRP. For a device they are the device group key and the device key. It has 384 bytes.
//
// The exponentiation is math/big's, whose running time depends a little on x. An observer sees one such run for each
// password that is set, next to an argon2 hash that takes twenty times as long.
func Verifier(poolName, userID, password string, salt []byte) []byte {
	x := privateKey(poolName, userID, password, salt)
	return new(big.Int).Exp(generator, x, prime).FillBytes(make([]byte, groupSize))
}

// CheckVerifier refuses a verifier that came from outside (a device's) and is no usable element of the group.
func CheckVerifier(verifier []byte) error {
	_, err := parseVerifier(verifier)
	return err
}

// NewSalt makes the salt of a new verifier: 16 bytes, sent to clients in hexadecimal. The first byte is never zero,
// because some clients drop leading zeros and others hash them.
func NewSalt() []byte {
	for {
		if salt := random.Bytes(saltSize); salt[0] != 0 {
			return salt
		}
	}
}

// FakeSalt cuts a salt out of a keyed digest (32 bytes) of a username that does not exist, so that asking twice gives
// the same one. It looks like one of NewSalt.
func FakeSalt(seed []byte) []byte {
	for i := 0; i+saltSize <= len(seed); i++ {
		if seed[i] != 0 {
			return seed[i : i+saltSize : i+saltSize]
		}
	}
	return append([]byte{1}, make([]byte, saltSize-1)...)
}

// FakeVerifier stretches a keyed digest (32 bytes) into a verifier that no password belongs to. It costs no
// exponentiation, as reading a stored verifier costs none, and what Begin makes of it tells nothing apart.
func FakeVerifier(seed []byte) ([]byte, error) {
	wide, err := hkdf.Expand(sha256.New, seed, "fake verifier", groupSize+16)
	if err != nil {
		return nil, fmt.Errorf("stretch a fake verifier: %w", err)
	}
	// Into [2, N-2], which is what CheckVerifier admits.
	v := new(big.Int).SetBytes(wide)
	v.Mod(v, new(big.Int).Sub(prime, big.NewInt(3)))
	return v.Add(v, big.NewInt(2)).FillBytes(make([]byte, groupSize)), nil
}

// privateKey is x. The salt counts as a number: that is how clients read it.
func privateKey(poolName, userID, password string, salt []byte) *big.Int {
	identity := sha256.Sum256([]byte(poolName + userID + ":" + password))
	return hash(pad(new(big.Int).SetBytes(salt)), identity[:])
}

// sessionKey is K, from the shared secret S and u.
func sessionKey(secret, u *big.Int) ([]byte, error) {
	return hkdf.Key(sha256.New, pad(secret), pad(u), "Caldera Derived Key", keySize)
}

var errVerifier = errors.New("srp: the verifier is not an element of the group")

func parseVerifier(verifier []byte) (*big.Int, error) {
	if len(verifier) > groupSize+1 { // clients may put a zero in front
		return nil, errVerifier
	}
	v := new(big.Int).SetBytes(verifier)
	last := new(big.Int).Sub(prime, big.NewInt(1))
	if v.Cmp(big.NewInt(1)) <= 0 || v.Cmp(last) >= 0 {
		return nil, errVerifier
	}
	return v, nil
}

// parsePublic reads A or B: hexadecimal of either case, in (0, N).
func parsePublic(text string) (*big.Int, bool) {
	if text == "" || len(text) > 2*groupSize+2 || strings.Trim(text, "0123456789abcdefABCDEF") != "" {
		return nil, false
	}
	n, ok := new(big.Int).SetString(text, 16)
	return n, ok && n.Sign() > 0 && n.Cmp(prime) < 0
}

// pad is a number's bytes with a zero in front when the first bit is set, as Java writes them; clients follow that.
func pad(n *big.Int) []byte {
	b := n.Bytes()
	if len(b) == 0 || b[0]&0x80 != 0 {
		return append([]byte{0}, b...)
	}
	return b
}

func hash(parts ...[]byte) *big.Int {
	h := sha256.New()
	for _, part := range parts {
		h.Write(part)
	}
	return new(big.Int).SetBytes(h.Sum(nil))
}

func mustHex(text string) *big.Int {
	raw, err := hex.DecodeString(text)
	if err != nil {
		panic(err) // only for a misspelt constant
	}
	return new(big.Int).SetBytes(raw)
}
