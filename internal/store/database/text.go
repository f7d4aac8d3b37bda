package database

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// Encode is a value as JSON text; a failure would be a mistake in a type of ours.
func Encode(v any) (string, error) {
	text, err := json.Marshal(v)
	return string(text), err
}

// Decode reads JSON text; empty text leaves v as it is.
func Decode(text string, v any) error {
	if text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), v)
}

// Flag is a truth value as both databases keep it.
func Flag(on bool) int {
	if on {
		return 1
	}
	return 0
}

// NotNull is b, or no bytes: drivers turn nil into NULL.
func NotNull(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// MaxKey bounds what goes into an index, in bytes: PostgreSQL refuses entries of more than 2,704.
const MaxKey = 1024

// IndexKey is the indexed form of a value. A long one ends in its hash: it stays unique, and since every value of
// more than MaxKey bytes is hashed, nobody can have a short one that looks like it.
func IndexKey(value string) string {
	value = Storable(value)
	if len(value) <= MaxKey {
		return value
	}
	sum := sha256.Sum256([]byte(value))
	return Cut(value, MaxKey) + hex.EncodeToString(sum[:])
}

// Storable is text that PostgreSQL accepts: valid UTF-8 without NUL. Text that is neither never gets past the front.
func Storable(text string) string {
	if strings.IndexByte(text, 0) < 0 && utf8.ValidString(text) {
		return text
	}
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// Cut shortens text to at most n bytes, between characters.
func Cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
