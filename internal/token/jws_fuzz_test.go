package token

import (
	"crypto/rand"
	"crypto/rsa"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/key"
)

// FuzzParse: whatever parses is spelled in the one way that we write, so no two strings are the same token.
func FuzzParse(f *testing.F) {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		f.Fatal(err)
	}
	signer := &key.Signing{KID: strings.Repeat("k", kidLength), Key: k}
	good, err := sign(signer, map[string]any{"sub": "alice", "token_use": "access"})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{good, "", "..", "a.b.c", good + "=", good + ".", strings.Replace(good, ".", "\n.", 1), good[:len(good)-1]} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		p, ok := parse(token)
		if !ok {
			return
		}
		again := encoding.EncodeToString([]byte(headerStart+p.kid+headerEnd)) + "." + encoding.EncodeToString(p.payload)
		if p.input != again || again+"."+encoding.EncodeToString(p.signature) != token {
			t.Errorf("%q has another spelling", token)
		}
		if p.verify(&k.PublicKey) && token != good {
			t.Errorf("%q verifies, and nobody signed it", token)
		}
	})
}
