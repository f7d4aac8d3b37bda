package main

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"

	"golang.org/x/crypto/argon2"

	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/store"
)

// argon2Limit is what the processors can do of argon2id with the parameters that the server runs by default.
func argon2Limit() side {
	p := password.DefaultParams()
	salt := make([]byte, 16)
	return everyCore(func(int) error {
		argon2.IDKey([]byte(secretWord), salt, p.Time, p.MemoryKiB, p.Threads, 32)
		return nil
	})
}

// rsaWork is a key as the server signs with, and a token-sized message with its signature.
type rsaWork struct {
	key       *rsa.PrivateKey
	message   []byte
	signature []byte
}

func newRSAWork() (*rsaWork, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	w := &rsaWork{key: key, message: make([]byte, 900)}
	w.signature, err = w.signed()
	return w, err
}

func (w *rsaWork) signed() ([]byte, error) {
	sum := sha256.Sum256(w.message)
	return rsa.SignPKCS1v15(nil, w.key, crypto.SHA256, sum[:])
}

// sign makes as many signatures as one answer of the server carries.
func (w *rsaWork) sign(signatures int) error {
	for range signatures {
		if _, err := w.signed(); err != nil {
			return err
		}
	}
	return nil
}

func (w *rsaWork) verify() error {
	sum := sha256.Sum256(w.message)
	return rsa.VerifyPKCS1v15(&w.key.PublicKey, crypto.SHA256, sum[:], w.signature)
}

// readLimit is one RSA verification and one read of a user's row, in a store of its own with the same rows as the
// server's. Close the store afterwards.
func readLimit(dir string, w *world, users int) (side, *store.Store, error) {
	work, err := newRSAWork()
	if err != nil {
		return side{}, nil, err
	}
	ctx := context.Background()
	db, err := store.Open(ctx, "sqlite:"+filepath.Join(dir, "limit.db"), store.Options{})
	if err != nil {
		return side{}, nil, err
	}
	if err := w.copyUsers(ctx, db); err != nil {
		return side{}, nil, fmt.Errorf("fill the limit's store: %w", err)
	}
	var turn atomic.Int64
	return everyCore(func(int) error {
		if err := work.verify(); err != nil {
			return err
		}
		_, err := db.User(ctx, w.pool, w.users[int(turn.Add(1))%users].ID)
		return err
	}), db, nil
}

// syncLimit is what one writer alone can do on the disk under dir: append a page, wait until it is there, again.
func syncLimit(dir string) (side, *os.File, error) {
	f, err := os.CreateTemp(dir, "sync-")
	if err != nil {
		return side{}, nil, err
	}
	page := make([]byte, 4096)
	return side{workers: 1, do: func(int) error {
		if _, err := f.Write(page); err != nil {
			return err
		}
		return f.Sync()
	}}, f, nil
}
