// Package envelope writes messages in the format of the AWS Encryption SDK, version 2, so that a handler in any of its
// languages can read them with a key of its own. It leaves what is inside to trigger.
package envelope

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha512"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"cognate.dev/cognate/internal/kit/random"
)

// Key is a raw AES wrapping key, as the Raw AES keyring of the SDK knows it: RawAesWrappingSuiteIdentifier
// AES256_GCM_IV12_TAG16_NO_PADDING in JavaScript, AES_256_GCM_IV12_TAG16 elsewhere.
type Key struct {
	Namespace, Name string
	Secret          [32]byte
}

// suite is AES-256-GCM with HKDF-SHA-512 and key commitment, without a signature.
// https://docs.aws.amazon.com/encryption-sdk/latest/developer-guide/algorithms-reference.html
const suite = 0x0478

const (
	ivSize  = 12
	tagSize = 16
)

// Seal encrypts a text in one frame. The context is not secret; it is authenticated, and the reader sees it.
// https://docs.aws.amazon.com/encryption-sdk/latest/developer-guide/message-format.html
func (k Key) Seal(plain []byte, context map[string]string) ([]byte, error) {
	id, dataKey := random.Bytes(32), random.Bytes(32)
	derived, err := hkdf.Key(sha512.New, dataKey, id, "\x04\x78DERIVEKEY", 32)
	if err != nil {
		return nil, fmt.Errorf("derive the key of a message: %w", err)
	}
	commitment, err := hkdf.Key(sha512.New, dataKey, id, "COMMITKEY", 32)
	if err != nil {
		return nil, fmt.Errorf("derive the commitment of a message: %w", err)
	}
	aad := serialize(context)
	wrapped, err := k.wrap(dataKey, aad)
	if err != nil {
		return nil, err
	}
	header := []byte{2}
	header = binary.BigEndian.AppendUint16(header, suite)
	header = append(header, id...)
	header = field(header, aad)
	header = append(header, wrapped...)
	header = append(header, 2) // framed
	header = binary.BigEndian.AppendUint32(header, uint32(max(len(plain), 1)))
	header = append(header, commitment...)
	body, err := gcm(derived)
	if err != nil {
		return nil, err
	}
	out := body.Seal(header, make([]byte, ivSize), nil, header)
	return finalFrame(out, body, id, plain), nil
}

// finalFrame appends the only frame. Its number, 1, is also its nonce.
func finalFrame(out []byte, body cipher.AEAD, id, plain []byte) []byte {
	nonce := make([]byte, ivSize)
	nonce[ivSize-1] = 1
	aad := append(slices.Clone(id), "AWSKMSEncryptionClient Final Frame"...)
	aad = binary.BigEndian.AppendUint32(aad, 1)
	aad = binary.BigEndian.AppendUint64(aad, uint64(len(plain)))
	out = binary.BigEndian.AppendUint32(out, 0xFFFFFFFF)
	out = binary.BigEndian.AppendUint32(out, 1)
	out = append(out, nonce...)
	out = binary.BigEndian.AppendUint32(out, uint32(len(plain)))
	return body.Seal(out, nonce, plain, aad)
}

// wrap lists the data key, encrypted by k.
func (k Key) wrap(dataKey, aad []byte) ([]byte, error) {
	wrapping, err := gcm(k.Secret[:])
	if err != nil {
		return nil, err
	}
	nonce := random.Bytes(ivSize)
	info := binary.BigEndian.AppendUint32([]byte(k.Name), tagSize*8)
	info = binary.BigEndian.AppendUint32(info, ivSize)
	info = append(info, nonce...)
	out := binary.BigEndian.AppendUint16(nil, 1)
	out = field(out, []byte(k.Namespace))
	out = field(out, info)
	return field(out, wrapping.Seal(nil, nonce, dataKey, aad)), nil
}

// serialize writes an encryption context, sorted by key; an empty one is nothing.
func serialize(context map[string]string) []byte {
	if len(context) == 0 {
		return nil
	}
	out := binary.BigEndian.AppendUint16(nil, uint16(len(context)))
	for _, name := range slices.Sorted(maps.Keys(context)) {
		out = field(out, []byte(name))
		out = field(out, []byte(context[name]))
	}
	return out
}

func field(out, value []byte) []byte {
	return append(binary.BigEndian.AppendUint16(out, uint16(len(value))), value...)
}

func gcm(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
