package srp

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/random"
)

// keySize is the size of K in bytes.
const keySize = 16

// Exchange is the server's answer to a client's public value.
type Exchange struct {
	PublicB string // SRP_B: hexadecimal, lower case
	Key     []byte // secret: what Check needs; keep it sealed until the claim comes, and use it once
}

// Begin answers the client's SRP_A for a user with this verifier. Invalid says that A is empty, not hexadecimal, or
// outside (0, N): a zero A would let in anyone. All three exponentiations happen here, so that what is kept until the
// claim is one session key and neither b nor the verifier.
//
// Since g = 2 generates the quadratic residues only, g^b is always one. Whoever collects values of B can test a guessed
// password offline: B - k·g^x would be a residue each time for the right one, half of the time for a wrong one. So the
// server takes g^b or its negative by chance, which makes both look alike: N-1 is not a residue. The client's S is then
// right up to its sign, which depends on a and x; Key holds the session keys of both signs and Check tries both.
//
// The exponentiations are math/big's, whose running time depends a little on its operands. b is new each time, so
// there is nothing to average over, and v is the base, never the exponent.
func Begin(verifier []byte, publicA string) (Exchange, error) {
	b := new(big.Int).SetBytes(random.Bytes(secretSize))
	return begin(verifier, publicA, b, random.Below(2) == 1)
}

func begin(verifier []byte, publicA string, b *big.Int, negative bool) (Exchange, error) {
	v, err := parseVerifier(verifier)
	if err != nil {
		return Exchange{}, err
	}
	publicValue, ok := parsePublic(publicA)
	if !ok {
		return Exchange{}, fault.Invalidf("SRP_A is not a valid public value.")
	}
	ephemeral := new(big.Int).Exp(generator, b, prime)
	if negative {
		ephemeral.Sub(prime, ephemeral)
	}
	publicB := new(big.Int).Mul(multiplier, v)
	publicB.Mod(publicB.Add(publicB, ephemeral), prime)
	u := hash(pad(publicValue), pad(publicB))
	if u.Sign() == 0 || publicB.Sign() == 0 {
		return Exchange{}, errors.New("srp: u or B is zero") // one chance in 2^256
	}
	secret := new(big.Int).Exp(v, u, prime)
	secret.Mod(secret.Mul(secret, publicValue), prime)
	secret.Exp(secret, b, prime)
	key, err := bothKeys(secret, u)
	if err != nil {
		return Exchange{}, fmt.Errorf("derive the session key: %w", err)
	}
	return Exchange{PublicB: publicB.Text(16), Key: key}, nil
}

// bothKeys are the session keys of S and N-S, one behind the other.
func bothKeys(secret, u *big.Int) ([]byte, error) {
	plus, err := sessionKey(secret, u)
	if err != nil {
		return nil, err
	}
	minus, err := sessionKey(new(big.Int).Sub(prime, secret), u)
	return append(plus, minus...), err
}

// Claim is the client's proof that it knows the password, with what the proof covers.
type Claim struct {
	PoolName    string // the pool's id after the underscore; for a device its group key
	UserID      string // USER_ID_FOR_SRP; for a device its key
	SecretBlock []byte // the bytes behind PASSWORD_CLAIM_SECRET_BLOCK
	Timestamp   string // TIMESTAMP exactly as sent; see ParseTimestamp
	Signature   string // PASSWORD_CLAIM_SIGNATURE: padded base64
}

// Check reports whether the claim was made with the password behind the exchange's verifier, in constant time.
func Check(key []byte, c Claim) bool {
	signature, err := base64.StdEncoding.Strict().DecodeString(c.Signature)
	if err != nil || len(key) != 2*keySize {
		return false
	}
	plus := subtle.ConstantTimeCompare(c.sign(key[:keySize]), signature)
	minus := subtle.ConstantTimeCompare(c.sign(key[keySize:]), signature)
	return plus|minus == 1
}

func (c Claim) sign(key []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(c.PoolName + c.UserID))
	mac.Write(c.SecretBlock)
	mac.Write([]byte(c.Timestamp))
	return mac.Sum(nil)
}
