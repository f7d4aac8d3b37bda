// Package keyfile is where a master key is kept: made, read, wrapped by a service, rotated, and followed by a server that runs. Which
// key seals is decided in masterkey, by all nodes together.
package keyfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"cognate.dev/cognate/internal/kit/given"
	"cognate.dev/cognate/internal/kit/keywrap"
	"cognate.dev/cognate/internal/kit/secret"
)

// Place is where the master key of an installation is.
type Place struct {
	Setting string         // file:PATH or PATH, or env:NAME; empty: master.key in Folder
	Folder  string         // of the installation's data
	Wrap    keywrap.Config // the service that wraps it, if one does
}

// Open reads the master key from where it is kept: a file, which is made when there is none, or the environment. Where
// a service wraps it, what is kept is of no use without the service, and is made by `cognate keys new-master` only.
func (p Place) Open(ctx context.Context) (*secret.Keyring, error) {
	keys, err := p.read(ctx)
	if err != nil {
		return nil, fmt.Errorf("open the master key: %w", err)
	}
	return keys, nil
}

func (p Place) read(ctx context.Context) (*secret.Keyring, error) {
	if !p.InEnvironment() && !p.Wrap.Configured() {
		return secret.LoadOrCreate(p.File())
	}
	text, err := p.lines(ctx)
	if err != nil {
		return nil, err
	}
	return secret.Parse(text)
}

// kept is what is kept, as it is.
func (p Place) kept() (string, error) {
	if p.InEnvironment() {
		return given.Read(p.Setting)
	}
	return given.Read("file:" + p.File())
}

// lines are those of the master key, unwrapped.
func (p Place) lines(ctx context.Context) ([]byte, error) {
	text, err := p.kept()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w; make it: cognate keys new-master > %s", err, p.File())
	case err != nil:
		return nil, err
	case keywrap.Wrapped(text):
		return p.Wrap.Unwrap(ctx, text)
	case p.Wrap.Configured():
		// Whoever can put plain lines there could else choose the key.
		return nil, fmt.Errorf("master_key_wrap is set, and %s is not wrapped: cognate keys wrap-master", p.String())
	}
	return []byte(text), nil
}

// Check looks at the settings.
func (p Place) Check() error {
	if err := p.Wrap.Check(); err != nil {
		return fmt.Errorf("master_key_wrap: %w", err)
	}
	return nil
}

// InEnvironment says that there is no file to make or to rotate.
func (p Place) InEnvironment() bool { return strings.HasPrefix(p.Setting, "env:") }

// File is where the key is kept, unless it is in the environment.
func (p Place) File() string {
	if p.Setting != "" {
		return strings.TrimPrefix(p.Setting, "file:")
	}
	return filepath.Join(p.Folder, "master.key")
}

// String says to people where it is.
func (p Place) String() string {
	if p.InEnvironment() {
		return "the environment variable " + strings.TrimPrefix(p.Setting, "env:")
	}
	return p.File()
}

// Installed says whether there is an installation: a master key, which nothing but a first start makes.
func (p Place) Installed() error {
	if p.InEnvironment() {
		if _, err := given.Read(p.Setting); err != nil {
			return fmt.Errorf("open the master key: %w", err)
		}
		return nil
	}
	if _, err := os.Stat(p.File()); err != nil {
		return fmt.Errorf("there is no installation here: %w", err)
	}
	return nil
}

// rewrap replaces the key file whole: what another place reads in it, changed and wrapped. What comes back from the service
// is looked at before anything is replaced.
func (p Place) rewrap(ctx context.Context, from Place, change func([]byte) ([]byte, error)) error {
	return secret.Replace(p.File(), func() ([]byte, error) {
		text, err := from.lines(ctx)
		if err != nil {
			return nil, fmt.Errorf("open the master key: %w", err)
		}
		if text, err = change(text); err != nil {
			return nil, err
		}
		wrapped, err := p.Wrap.Wrap(ctx, text)
		if err != nil {
			return nil, err
		}
		if back, err := p.Wrap.Unwrap(ctx, wrapped); err != nil || string(back) != string(text) {
			return nil, errors.Join(errors.New("the service does not give back what it wrapped; nothing was changed"), err)
		}
		return []byte(wrapped), nil
	})
}

// Fresh is a new master key, as it is to be kept.
func (p Place) Fresh(ctx context.Context) (string, error) {
	if !p.Wrap.Configured() {
		return secret.Fresh(), nil
	}
	return p.Wrap.Wrap(ctx, []byte(secret.Fresh()))
}

// WrapPlain has the service wrap the plain key file, in its place.
func (p Place) WrapPlain(ctx context.Context) error {
	if !p.Wrap.Configured() || p.InEnvironment() {
		return errors.New("set master_key_wrap, and let master_key be a file")
	}
	plain := p
	plain.Wrap = keywrap.Config{}
	return p.rewrap(ctx, plain, func(text []byte) ([]byte, error) {
		_, err := secret.Parse(text)
		return text, err
	})
}

// Rotate puts a new key in front of the file's lines.
func (p Place) Rotate(ctx context.Context) (id string, err error) {
	if !p.Wrap.Configured() {
		return secret.Rotate(p.File())
	}
	err = p.rewrap(ctx, p, func(text []byte) (next []byte, err error) {
		id, next, err = secret.Prepend(text)
		return next, err
	})
	return id, err
}

// Retire takes a key out of the file.
func (p Place) Retire(ctx context.Context, id string) error {
	if !p.Wrap.Configured() {
		return secret.Retire(p.File(), id)
	}
	return p.rewrap(ctx, p, func(text []byte) ([]byte, error) { return secret.Without(text, id) })
}
