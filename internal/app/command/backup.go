package command

import (
	"context"
	"fmt"
	"io"

	"cognate.dev/cognate/internal/store/sqlite"
)

// Backup copies the SQLite database to a new file while the server runs. The master key is not in it.
func Backup(ctx context.Context, i Installation, to string, out io.Writer) error {
	path, err := i.DatabaseFile()
	if err != nil {
		return err
	}
	record := Record("Backup")
	record.Resource = "file/" + to
	err = i.recorded(ctx, record, out, func() error { return sqlite.Backup(ctx, path, to) })
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	fmt.Fprintf(out, "copied and checked: %s\nkeep %s as well, somewhere else: without it the copy cannot be opened\n", to, i.Keys)
	return nil
}

// Restore checks a backup and makes it the database of an installation that has none.
func Restore(ctx context.Context, i Installation, from string, out io.Writer) error {
	path, err := i.DatabaseFile()
	if err != nil {
		return err
	}
	record := Record("Restore")
	record.Resource = "file/" + from
	err = i.recorded(ctx, record, out, func() error { return sqlite.Restore(ctx, from, path) })
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	fmt.Fprintf(out, "checked and restored to %s; the master key belongs in %s\n", path, i.Keys)
	return nil
}
