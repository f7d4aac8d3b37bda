package srp

import (
	"encoding/base64"
	"errors"
	"math/big"
	"time"

	"cognate.dev/cognate/internal/kit/random"
)

// Client is the user's side of one exchange: for tests, the load generator and migration from another pool.
type Client struct{ secret, public *big.Int }

// NewClient draws the secret of one exchange.
func NewClient() *Client { return newClient(random.Bytes(secretSize)) }

func newClient(secret []byte) *Client {
	a := new(big.Int).SetBytes(secret)
	return &Client{secret: a, public: new(big.Int).Exp(generator, a, prime)}
}

// PublicA is SRP_A: hexadecimal, lower case.
func (c *Client) PublicA() string { return c.public.Text(16) }

// Challenge is what the server's PASSWORD_VERIFIER challenge says, under the names of its parameters.
type Challenge struct {
	PoolName    string // not a parameter: the pool's id after the underscore
	UserID      string // USER_ID_FOR_SRP
	Salt        string // SALT
	PublicB     string // SRP_B
	SecretBlock string // SECRET_BLOCK
}

// Sign makes the claim of a password at a time. The error means that the challenge is malformed, or that B would give
// the password away.
func (c *Client) Sign(ch Challenge, password string, at time.Time) (Claim, error) {
	publicB, ok := parsePublic(ch.PublicB)
	if !ok {
		return Claim{}, errors.New("srp: SRP_B is not a valid public value")
	}
	salt, ok := new(big.Int).SetString(ch.Salt, 16)
	if !ok || salt.Sign() < 0 {
		return Claim{}, errors.New("srp: SALT is not hexadecimal")
	}
	block, err := base64.StdEncoding.DecodeString(ch.SecretBlock)
	if err != nil {
		return Claim{}, errors.New("srp: SECRET_BLOCK is not base64")
	}
	u := hash(pad(c.public), pad(publicB))
	x := privateKey(ch.PoolName, ch.UserID, password, salt.Bytes())
	key, err := sessionKey(c.shared(publicB, u, x), u)
	if err != nil {
		return Claim{}, err
	}
	claim := Claim{PoolName: ch.PoolName, UserID: ch.UserID, SecretBlock: block, Timestamp: FormatTimestamp(at)}
	claim.Signature = base64.StdEncoding.EncodeToString(claim.sign(key))
	return claim, nil
}

// shared is S = (B - k·g^x)^(a + u·x).
func (c *Client) shared(publicB, u, x *big.Int) *big.Int {
	base := new(big.Int).Exp(generator, x, prime)
	base.Mod(base.Sub(publicB, base.Mul(base, multiplier)), prime)
	exponent := new(big.Int).Mul(u, x)
	return base.Exp(base, exponent.Add(exponent, c.secret), prime)
}
