package envelope

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"

	"cognate.dev/cognate/internal/kit/wildcard"
)

// KeyConfig is the key that stands for a KMS key.
type KeyConfig struct {
	KMSKey string `yaml:"kms_key" doc:"ARN of the KMS key (KMSKeyID of a pool's LambdaConfig) that the file stands for; * is any text"`
	File   string `yaml:"file" doc:"file with 32 random bytes in base64; the function that sends messages has the same"`
}

// namespace is that of our keys, for the keyring of a reader.
const namespace = "cognate"

// Keyring holds the keys for codes. Safe for concurrent use.
type Keyring struct{ entries []entry }

type entry struct {
	pattern string
	secret  [32]byte
}

// NewKeyring reads the files.
func NewKeyring(configs []KeyConfig) (*Keyring, error) {
	k := &Keyring{}
	for _, c := range configs {
		if c.KMSKey == "" || c.File == "" {
			return nil, errors.New("an entry needs kms_key and file")
		}
		raw, err := os.ReadFile(c.File)
		if err != nil {
			return nil, err
		}
		secret, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(raw)))
		e := entry{pattern: c.KMSKey}
		if err != nil || len(secret) != len(e.secret) {
			return nil, fmt.Errorf("%s does not hold 32 bytes in base64", c.File)
		}
		copy(e.secret[:], secret)
		k.entries = append(k.entries, e)
	}
	return k, nil
}

// Encrypt seals a text under the first key that stands for a KMS key. The name of the wrapping key is the KMS key's ARN.
func (k *Keyring) Encrypt(_ context.Context, kmsKey string, plain []byte, context map[string]string) ([]byte, error) {
	for _, e := range k.entries {
		if kmsKey != "" && wildcard.Match(e.pattern, kmsKey) {
			return Key{Namespace: namespace, Name: kmsKey, Secret: e.secret}.Seal(plain, context)
		}
	}
	return nil, fmt.Errorf("no entry of code_keys matches the KMS key %q", kmsKey)
}
