package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"cognate.dev/cognate/internal/store/sqlite"
)

// Backup copies the SQLite database to a new file while the server runs. The master key is not in it.
func Backup(ctx context.Context, cfg Config, to string, out io.Writer) error {
	path, err := cfg.databaseFile()
	if err != nil {
		return err
	}
	if err := sqlite.Backup(ctx, path, to); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	fmt.Fprintf(out, "copied and checked: %s\nkeep %s as well, somewhere else: without it the copy cannot be opened\n", to, cfg.masterKeyFile())
	return nil
}

// Restore checks a backup and makes it the database of an installation that has none.
func Restore(ctx context.Context, cfg Config, from string, out io.Writer) error {
	path, err := cfg.databaseFile()
	if err != nil {
		return err
	}
	if err := sqlite.Restore(ctx, from, path); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	fmt.Fprintf(out, "checked and restored to %s; the master key belongs in %s\n", path, cfg.masterKeyFile())
	return nil
}

// databaseFile is the file of a SQLite database.
func (c Config) databaseFile() (string, error) {
	path, ok := strings.CutPrefix(c.databaseURL(), "sqlite:")
	path = strings.TrimPrefix(path, "//")
	if !ok || path == sqlite.Memory {
		return "", errors.New("this is for a SQLite file; copy PostgreSQL with its own tools (pg_dump, pg_basebackup)")
	}
	return path, nil
}
