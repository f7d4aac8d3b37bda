// Package random makes identifiers, codes and keys from the operating system's generator. It owns unbiased drawing
// from an alphabet; how long a value must be to resist guessing is its callers' choice.
package random

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// The alphabets of Digits, Alnum and LowerAlnum.
const (
	digits = "0123456789"
	lower  = "abcdefghijklmnopqrstuvwxyz"
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// Bytes returns n random bytes.
func Bytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails: the runtime ends the program instead
	return b
}

// Digits returns n decimal digits, each equally likely; about 3.3 bits a digit.
func Digits(n int) string { return From(digits, n) }

// Alnum returns n characters of 0-9, A-Z and a-z; about 5.95 bits a character.
func Alnum(n int) string { return From(digits+upper+lower, n) }

// LowerAlnum returns n characters of 0-9 and a-z; about 5.17 bits a character.
func LowerAlnum(n int) string { return From(digits+lower, n) }

// From returns n characters drawn uniformly from an alphabet of 1 to 256 single-byte characters.
func From(alphabet string, n int) string {
	out := make([]byte, n)
	for i := range out {
		out[i] = alphabet[Below(len(alphabet))]
	}
	return string(out)
}

// Below returns a number in [0, n), each equally likely; n is 1 to 256.
func Below(n int) int {
	// A byte at or above the last multiple of n would favour the small numbers, so it is drawn again.
	limit := 256 - 256%n
	var b [1]byte
	for {
		rand.Read(b[:])
		if int(b[0]) < limit {
			return int(b[0]) % n
		}
	}
}

// Shuffle puts the bytes (up to 256 of them) into a uniformly random order.
func Shuffle(b []byte) {
	for i := len(b) - 1; i > 0; i-- {
		j := Below(i + 1)
		b[i], b[j] = b[j], b[i]
	}
}

// UUID returns a random UUID, version 4 of RFC 9562 section 5.4, in lower case.
func UUID() string {
	b := Bytes(16)
	b[6] = b[6]&0x0f | 0x40
	return format(b)
}

// OrderedUUID returns a UUID that begins with a time, to the millisecond, and has 74 random bits: version 7 of RFC 9562 section
// 5.7, in lower case. Those of later times sort behind those of earlier ones.
func OrderedUUID(at time.Time) string {
	b := Bytes(16)
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(at.UnixMilli())) // #nosec G115 -- times are after 1970
	copy(b, ms[2:])
	b[6] = b[6]&0x0f | 0x70
	return format(b)
}

// format writes the 16 bytes of a UUID, whose version is set, and sets its variant.
func format(b []byte) string {
	b[8] = b[8]&0x3f | 0x80
	var s [36]byte
	hex.Encode(s[0:8], b[0:4])
	hex.Encode(s[9:13], b[4:6])
	hex.Encode(s[14:18], b[6:8])
	hex.Encode(s[19:23], b[8:10])
	hex.Encode(s[24:36], b[10:16])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	return string(s[:])
}
