package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"cognate.dev/cognate/internal/kit/given"
	"cognate.dev/cognate/internal/kit/keywrap"
	"cognate.dev/cognate/internal/kit/secret"
)

// openKeys reads the master key from where it is kept: a file, which is made when there is none, or the environment. Where
// a service wraps it, what is kept is of no use without the service, and is made by `cognate keys new-master` only.
func (c Config) openKeys(ctx context.Context) (*secret.Keyring, error) {
	keys, err := c.readKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("open the master key: %w", err)
	}
	return keys, nil
}

func (c Config) readKeys(ctx context.Context) (*secret.Keyring, error) {
	if !c.keysInEnvironment() && !c.MasterKeyWrap.Configured() {
		return secret.LoadOrCreate(c.masterKeyFile())
	}
	text, err := c.keyText(ctx)
	if err != nil {
		return nil, err
	}
	return secret.Parse(text)
}

// keptKeys is what is kept, as it is.
func (c Config) keptKeys() (string, error) {
	if c.keysInEnvironment() {
		return given.Read(c.MasterKey)
	}
	return given.Read("file:" + c.masterKeyFile())
}

// keyText is the lines of the master key, unwrapped.
func (c Config) keyText(ctx context.Context) ([]byte, error) {
	text, err := c.keptKeys()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w; make it: cognate keys new-master > %s", err, c.masterKeyFile())
	case err != nil:
		return nil, err
	case keywrap.Wrapped(text):
		return c.MasterKeyWrap.Unwrap(ctx, text)
	case c.MasterKeyWrap.Configured():
		// Whoever can put plain lines there could else choose the key.
		return nil, fmt.Errorf("master_key_wrap is set, and %s is not wrapped: cognate keys wrap-master", c.masterKeyPlace())
	}
	return []byte(text), nil
}

func (c Config) checkMasterKey() error {
	if err := c.MasterKeyWrap.Check(); err != nil {
		return fmt.Errorf("master_key_wrap: %w", err)
	}
	return nil
}

// keysInEnvironment says that there is no file to make or to rotate.
func (c Config) keysInEnvironment() bool { return strings.HasPrefix(c.MasterKey, "env:") }

func (c Config) masterKeyFile() string {
	if c.MasterKey != "" {
		return strings.TrimPrefix(c.MasterKey, "file:")
	}
	return filepath.Join(c.Data, "master.key")
}

// masterKeyPlace says to people where the master key is.
func (c Config) masterKeyPlace() string {
	if c.keysInEnvironment() {
		return "the environment variable " + strings.TrimPrefix(c.MasterKey, "env:")
	}
	return c.masterKeyFile()
}

// installed says whether there is an installation: a master key, which nothing but a first start makes.
func (c Config) installed() error {
	if c.keysInEnvironment() {
		if _, err := given.Read(c.MasterKey); err != nil {
			return fmt.Errorf("open the master key: %w", err)
		}
		return nil
	}
	if _, err := os.Stat(c.masterKeyFile()); err != nil {
		return fmt.Errorf("there is no installation here: %w", err)
	}
	return nil
}

// NewMasterKey prints a new master key, wrapped where a service is configured.
func NewMasterKey(ctx context.Context, cfg Config, out io.Writer) error {
	text := secret.Fresh()
	if cfg.MasterKeyWrap.Configured() {
		var err error
		if text, err = cfg.MasterKeyWrap.Wrap(ctx, []byte(text)); err != nil {
			return err
		}
	}
	_, err := io.WriteString(out, text)
	return err
}

// WrapMasterKey has the configured service wrap the plain key file of an installation, in its place.
func WrapMasterKey(ctx context.Context, cfg Config, out io.Writer) error {
	if !cfg.MasterKeyWrap.Configured() || cfg.keysInEnvironment() {
		return errors.New("set master_key_wrap, and let master_key be a file")
	}
	plain := cfg
	plain.MasterKeyWrap = keywrap.Config{}
	text, err := plain.keyText(ctx)
	if err != nil {
		return fmt.Errorf("open the master key: %w", err)
	}
	if _, err := secret.Parse(text); err != nil {
		return err
	}
	if err := cfg.keepWrapped(ctx, text); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s is wrapped; a copy of the plain lines opens everything: destroy it, or lock it away\n", cfg.masterKeyFile())
	return recordedTo(ctx, cfg, command("WrapMasterKey"), out, func() error { return nil })
}

// keepWrapped replaces the key file whole. What comes back from the service is looked at before anything is replaced.
func (c Config) keepWrapped(ctx context.Context, text []byte) error {
	wrapped, err := c.MasterKeyWrap.Wrap(ctx, text)
	if err != nil {
		return err
	}
	if back, err := c.MasterKeyWrap.Unwrap(ctx, wrapped); err != nil || string(back) != string(text) {
		return errors.Join(errors.New("the service does not give back what it wrapped; nothing was changed"), err)
	}
	next := c.masterKeyFile() + ".next"
	// The fixed name is the lock: of two that read the old file at once, one would lose the other's key.
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write the master key (remove %s if nobody else is doing this): %w", next, err)
	}
	_, err = f.WriteString(wrapped)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(next, c.masterKeyFile())
	}
	if err != nil {
		return errors.Join(err, os.Remove(next))
	}
	return nil
}
