package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"cognate.dev/cognate/internal/kit/given"
	"cognate.dev/cognate/internal/kit/secret"
)

// openKeys reads the master key from where it is kept: a file, which is made when there is none, or the environment.
func (c Config) openKeys(_ context.Context) (*secret.Keyring, error) {
	keys, err := c.readKeys()
	if err != nil {
		return nil, fmt.Errorf("open the master key: %w", err)
	}
	return keys, nil
}

func (c Config) readKeys() (*secret.Keyring, error) {
	if !c.keysInEnvironment() {
		return secret.LoadOrCreate(c.masterKeyFile())
	}
	text, err := given.Read(c.MasterKey)
	if err != nil {
		return nil, err
	}
	return secret.Parse([]byte(text))
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

// NewMasterKey prints the lines of a new master key, for a Secret of Kubernetes and the like.
func NewMasterKey(out io.Writer) error {
	_, err := io.WriteString(out, secret.Fresh())
	return err
}

// RotateMasterKey puts a new master key in front of the key file. What the old ones sealed stays readable; servers that
// are running take the new key into use when they start again.
func RotateMasterKey(ctx context.Context, cfg Config, out io.Writer) error {
	if cfg.keysInEnvironment() {
		return errors.New("the master key is not in a file: put a new line (cognate keys new-master, its first) in front of its lines, where they are kept, and restart the servers")
	}
	var id string
	err := recorded(ctx, cfg, command("RotateMasterKey"), func(note string) { fmt.Fprintln(out, note) }, func() (err error) {
		id, err = secret.Rotate(cfg.masterKeyFile())
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "new master key %s in %s; restart the servers that use it\n", id, cfg.masterKeyFile())
	return nil
}
