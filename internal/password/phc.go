package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

const (
	saltSize = 16
	keySize  = 32
)

// errPHC hides the hash: the text of an error reaches logs.
var errPHC = errors.New("password: the stored hash is not an argon2id PHC string")

// record is a parsed hash.
type record struct {
	Params
	salt, key []byte
}

var phcBase64 = base64.RawStdEncoding.Strict()

// String is the PHC form. https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md
func (r record) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		r.MemoryKiB, r.Time, r.Threads, phcBase64.EncodeToString(r.salt), phcBase64.EncodeToString(r.key))
}

// Own says whether a hash is an argon2id one, as this server makes them.
func Own(phc string) bool {
	_, err := parsePHC(phc)
	return err == nil
}

// parsePHC reads what String writes and nothing else, within bounds that keep one hash from stopping the server.
func parsePHC(phc string) (record, error) {
	if len(phc) > 512 {
		return record{}, errPHC
	}
	fields := strings.Split(phc, "$")
	if len(fields) != 6 || fields[0] != "" || fields[1] != "argon2id" || fields[2] != "v=19" {
		return record{}, errPHC
	}
	var r record
	costs := strings.Split(fields[3], ",")
	if len(costs) != 3 {
		return record{}, errPHC
	}
	memory, okM := cost(costs[0], "m=", maxMemoryKiB)
	passes, okT := cost(costs[1], "t=", maxTime)
	lanes, okP := cost(costs[2], "p=", 255)
	if !okM || !okT || !okP || memory < 8*lanes {
		return record{}, errPHC
	}
	r.Params = Params{MemoryKiB: uint32(memory), Time: uint32(passes), Threads: uint8(lanes)}
	var errSalt, errKey error
	r.salt, errSalt = phcBase64.DecodeString(fields[4])
	r.key, errKey = phcBase64.DecodeString(fields[5])
	if errSalt != nil || errKey != nil || len(r.salt) < 8 || len(r.key) < 16 {
		return record{}, errPHC
	}
	return r, nil
}

// cost reads a positive number after its name.
func cost(s, name string, limit uint64) (uint64, bool) {
	digits, ok := strings.CutPrefix(s, name)
	n, err := strconv.ParseUint(digits, 10, 32)
	return n, ok && err == nil && n >= 1 && n <= limit
}
