package token_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"testing"

	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/token"
)

// The first two are what Access is measured against: it cannot be faster than both together.

func BenchmarkRSAVerify(b *testing.B) {
	k, digest, sig := signature(b)
	for b.Loop() {
		if rsa.VerifyPKCS1v15(&k.PublicKey, crypto.SHA256, digest[:], sig) != nil {
			b.Fatal("bad signature")
		}
	}
}

func BenchmarkRowRead(b *testing.B) {
	w := newBenchWorld(b)
	for b.Loop() {
		if _, err := w.store.User(b.Context(), w.pool.ID, sub); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAccess(b *testing.B) {
	w := newBenchWorld(b)
	access := w.signIn().Access
	for b.Loop() {
		if _, err := w.verifier.Access(b.Context(), access, token.AdminScope); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRSASign(b *testing.B) {
	k, digest, _ := signature(b)
	for b.Loop() {
		if _, err := rsa.SignPKCS1v15(rand.Reader, k, crypto.SHA256, digest[:]); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRefresh makes two signatures.
func BenchmarkRefresh(b *testing.B) {
	w := newBenchWorld(b)
	refreshToken := w.signIn().Refresh
	for b.Loop() {
		if _, err := w.minter.Refresh(b.Context(), token.Renewal{Client: w.client, Token: refreshToken, Via: token.ByRefresh}); err != nil {
			b.Fatal(err)
		}
	}
}

func newBenchWorld(b *testing.B) *world {
	w := newWorld(b)
	if _, err := w.ring.Signer(b.Context(), w.pool.ID, key.ForAccess); err != nil {
		b.Fatal(err)
	}
	return w
}

func signature(b *testing.B) (*rsa.PrivateKey, [32]byte, []byte) {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	digest := sha256.Sum256([]byte("a token"))
	sig, err := rsa.SignPKCS1v15(rand.Reader, k, crypto.SHA256, digest[:])
	if err != nil {
		b.Fatal(err)
	}
	return k, digest, sig
}
