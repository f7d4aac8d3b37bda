// Package cursor turns a place in a list into an opaque token and back. It owns that a token is unreadable, cannot be
// made up, works only for the listing it came from and may expire. What a place is, it leaves to its callers.
package cursor

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"cognate.dev/cognate/internal/kit/clock"
)

// ErrBad means that a token is damaged, made up, expired or from another listing. Callers need not tell these apart.
var ErrBad = errors.New("cursor: the token is not valid here")

// purpose separates cursors from everything else that is sealed under the same master key.
const purpose = "cursor"

// Sealer encrypts and authenticates short strings; *secret.Keyring is one.
type Sealer interface {
	SealString(purpose string, plain, aad []byte) string
	OpenString(purpose, sealed string, aad []byte) ([]byte, error)
}

// Codec makes and reads tokens. Safe for concurrent use.
type Codec struct {
	sealer Sealer
	now    clock.Clock
}

// New makes a codec.
func New(s Sealer, now clock.Clock) *Codec { return &Codec{sealer: s, now: now} }

// sealed is what a token holds.
type sealed struct {
	Until int64           `json:"u,omitempty"` // unix milliseconds; 0: for ever
	Place json.RawMessage `json:"p"`
}

// Encode makes a token for a place, a value that encoding/json can write. It is valid for life (0: for ever) and for
// the same scope: the operation and every parameter that selects or orders the list. A token has no white space.
func (c *Codec) Encode(place any, life time.Duration, scope ...string) (string, error) {
	raw, err := json.Marshal(place)
	if err != nil {
		return "", fmt.Errorf("cursor: encode place: %w", err)
	}
	s := sealed{Place: raw}
	if life > 0 {
		s.Until = c.now().Add(life).UnixMilli()
	}
	plain, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("cursor: encode token: %w", err)
	}
	return c.sealer.SealString(purpose, plain, bind(scope)), nil
}

// Decode reads a token made for the same scope into place, a pointer. Every failure is ErrBad.
func (c *Codec) Decode(token string, place any, scope ...string) error {
	plain, err := c.sealer.OpenString(purpose, token, bind(scope))
	if err != nil {
		return ErrBad
	}
	var s sealed
	if err := json.Unmarshal(plain, &s); err != nil {
		return ErrBad
	}
	if s.Until != 0 && c.now().UnixMilli() >= s.Until {
		return ErrBad
	}
	if err := json.Unmarshal(s.Place, place); err != nil {
		return ErrBad
	}
	return nil
}

// bind joins the parts so that no two scopes give the same bytes.
func bind(scope []string) []byte {
	var out []byte
	for _, part := range scope {
		out = binary.AppendUvarint(out, uint64(len(part)))
		out = append(out, part...)
	}
	return out
}
