package envelope_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"cognate.dev/cognate/internal/trigger/envelope"
)

const kmsKey = "arn:aws:kms:eu-west-1:000000000000:key/codes"

func secret() (s [32]byte) {
	for i := range s {
		s[i] = byte(i)
	}
	return s
}

func key() envelope.Key {
	return envelope.Key{Namespace: "cognate", Name: kmsKey, Secret: secret()}
}

func TestNoTwoMessagesAreAlikeAndNoneShowsItsText(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 20 {
		m, err := key().Seal([]byte("a secret code"), map[string]string{"userpool-id": "eu-west-1_Pool00001"})
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(m, []byte("a secret code")) || seen[string(m)] {
			t.Error("the code is readable, or a message was repeated")
		}
		seen[string(m)] = true
	}
}

// reader takes a message apart, field by field of the published format.
type reader struct{ rest []byte }

func (r *reader) take(n int) []byte {
	out := r.rest[:n]
	r.rest = r.rest[n:]
	return out
}

func (r *reader) field() []byte { return r.take(int(binary.BigEndian.Uint16(r.take(2)))) }

func gcm(key []byte) cipher.AEAD {
	block, _ := aes.NewCipher(key)
	out, _ := cipher.NewGCM(block)
	return out
}

var errForged = errors.New("forged")

// open reads a message as the SDK's Raw AES keyring does: wrapping key, commitment, header, frame.
func open(message []byte, secret [32]byte) (plain []byte, err error) {
	defer func() {
		if recover() != nil {
			err = errForged // cut short
		}
	}()
	r := &reader{message}
	if !bytes.Equal(r.take(3), []byte{2, 4, 0x78}) {
		return nil, errForged
	}
	id, context := r.take(32), r.field()
	if !bytes.Equal(r.take(2), []byte{0, 1}) || string(r.field()) != "cognate" {
		return nil, errForged
	}
	info, wrapped := r.field(), r.field()
	if string(info[:len(kmsKey)]) != kmsKey || !bytes.Equal(info[len(kmsKey):len(kmsKey)+8], []byte{0, 0, 0, 128, 0, 0, 0, 12}) {
		return nil, errForged
	}
	dataKey, err := gcm(secret[:]).Open(nil, info[len(kmsKey)+8:], wrapped, context)
	if err != nil {
		return nil, err
	}
	derived, _ := hkdf.Key(sha512.New, dataKey, id, "\x04\x78DERIVEKEY", 32)
	commitment, _ := hkdf.Key(sha512.New, dataKey, id, "COMMITKEY", 32)
	if r.take(1)[0] != 2 || binary.BigEndian.Uint32(r.take(4)) == 0 || !bytes.Equal(r.take(32), commitment) {
		return nil, errForged
	}
	header := message[:len(message)-len(r.rest)]
	if _, err := gcm(derived).Open(nil, make([]byte, 12), r.take(16), header); err != nil {
		return nil, err
	}
	if !bytes.Equal(r.take(8), []byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1}) {
		return nil, errForged
	}
	nonce, size := r.take(12), r.take(4)
	aad := append(bytes.Clone(id), "AWSKMSEncryptionClient Final Frame\x00\x00\x00\x01\x00\x00\x00\x00"...)
	return gcm(derived).Open(nil, nonce, r.rest, append(aad, size...))
}

func TestMessagesAreReadByTheKeyAndChangedOnesAreNot(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		context := rapid.MapOf(rapid.StringN(1, 10, -1), rapid.StringN(0, 10, -1)).Draw(t, "context")
		m, err := key().Seal(plain, context)
		if err != nil {
			t.Fatal(err)
		}
		got, err := open(m, secret())
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("got %x, %v", got, err)
		}
		if _, err := open(m, [32]byte{}); err == nil {
			t.Fatal("another key opens it")
		}
		m[rapid.IntRange(0, len(m)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if got, err := open(m, secret()); err == nil && !bytes.Equal(got, plain) {
			t.Fatalf("a forged message says %x", got)
		}
	})
}

func TestKeysStandForKMSKeys(t *testing.T) {
	t.Parallel()
	s := secret()
	file := filepath.Join(t.TempDir(), "codes.key")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(base64.StdEncoding.EncodeToString(s[:]) + "\n")
	ring, err := envelope.NewKeyring([]envelope.KeyConfig{{KMSKey: "arn:aws:kms:*:key/codes", File: file}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := ring.Encrypt(t.Context(), kmsKey, []byte("code"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := open(m, s); err != nil || string(got) != "code" {
		t.Errorf("got %s, %v", got, err)
	}
	for _, other := range []string{"", "arn:aws:kms:eu-west-1:000000000000:key/other"} {
		if _, err := ring.Encrypt(t.Context(), other, []byte("code"), nil); err == nil {
			t.Errorf("%q was encrypted for", other)
		}
	}
	for _, text := range []string{"", "not base64!", base64.StdEncoding.EncodeToString(s[:16])} {
		write(text)
		if _, err := envelope.NewKeyring([]envelope.KeyConfig{{KMSKey: "*", File: file}}); err == nil {
			t.Errorf("%q is taken for a key", text)
		}
	}
	if _, err := envelope.NewKeyring([]envelope.KeyConfig{{File: file}}); err == nil {
		t.Error("a key for nothing is accepted")
	}
}
