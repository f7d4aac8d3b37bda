package signin

import (
	"encoding/hex"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/kit/random"
)

// simulate gives an attempt an invented user that is the same each time the name is tried: its id counts wrong
// passwords, and what a challenge shows of it looks like what a user of this pool shows.
func (m *Machine) simulate(a *Attempt) {
	// Spelled as the pool compares names: two spellings of one user are one user, and so must those of nobody be.
	a.Name = a.Pool.Fold(a.Login)
	a.UserID = uuidOf(m.Sealer.MAC("signin-unknown-user", []byte(a.Pool.ID), []byte(a.Name)))
	if len(a.Pool.UsernameAttributes) > 0 || directory.IsEmail(a.Login) || directory.IsPhone(a.Login) {
		a.Name = a.UserID
	}
}

// uuidOf writes the first 16 bytes of a digest as a UUID of version 4, as random.UUID does.
func uuidOf(sum []byte) string {
	b := append([]byte(nil), sum[:16]...)
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func newID() string { return random.Alnum(22) }
