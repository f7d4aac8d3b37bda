package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"cognate.dev/cognate/internal/kit/given"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/store/sqlite"
)

// Backup copies the SQLite database to a new file while the server runs. The master key is not in it.
func Backup(ctx context.Context, cfg Config, to string, out io.Writer) error {
	path, err := cfg.databaseFile()
	if err != nil {
		return err
	}
	record := command("Backup")
	record.Resource = "file/" + to
	err = recordedTo(ctx, cfg, record, out, func() error { return sqlite.Backup(ctx, path, to) })
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	fmt.Fprintf(out, "copied and checked: %s\nkeep %s as well, somewhere else: without it the copy cannot be opened\n", to, cfg.masterKeyPlace())
	return nil
}

// Restore checks a backup and makes it the database of an installation that has none.
func Restore(ctx context.Context, cfg Config, from string, out io.Writer) error {
	path, err := cfg.databaseFile()
	if err != nil {
		return err
	}
	record := command("Restore")
	record.Resource = "file/" + from
	err = recordedTo(ctx, cfg, record, out, func() error { return sqlite.Restore(ctx, from, path) })
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	fmt.Fprintf(out, "checked and restored to %s; the master key belongs in %s\n", path, cfg.masterKeyPlace())
	return nil
}

// databaseFile is the file of a SQLite database.
func (c Config) databaseFile() (string, error) {
	url, err := given.Read(c.databaseURL())
	if err != nil {
		return "", fmt.Errorf("database: %w", err)
	}
	path, ok := strings.CutPrefix(url, "sqlite:")
	path = strings.TrimPrefix(path, "//")
	if !ok || path == sqlite.Memory {
		return "", errors.New("this is for a SQLite file; copy PostgreSQL with its own tools (pg_dump, pg_basebackup)")
	}
	return path, nil
}

// BackupConfig is about copies that the server makes of its SQLite file by itself.
type BackupConfig struct {
	Every time.Duration `yaml:"every" doc:"how often the server copies its SQLite file by itself, as in 15m; 0 means never. PostgreSQL has its own tools"`
	Dir   string        `yaml:"dir" doc:"folder of these copies; better on another disk"`
	Keep  int           `yaml:"keep" doc:"how many of them are kept; 0 means all"`
}

// leastEvery keeps copies from following one another without a pause.
const leastEvery = time.Minute

// check refuses what cannot work.
func (c BackupConfig) check() error {
	switch {
	case c.Every == 0:
		return nil
	case c.Every < leastEvery:
		return fmt.Errorf("backup.every must be at least %s", leastEvery)
	case c.Dir == "":
		return errors.New("backup.dir must say where the copies go")
	case c.Keep < 0:
		return errors.New("backup.keep must not be negative")
	}
	return nil
}

// keepCopies makes copies until ctx ends. Of the processes that share a database one does.
func (h *house) keepCopies(ctx context.Context) {
	c := h.cfg.Backup
	from, err := h.cfg.databaseFile()
	if c.Every == 0 || err != nil {
		return
	}
	series := sqlite.Series{Dir: c.Dir, Keep: c.Keep}
	tick := time.NewTicker(min(c.Every, time.Minute))
	defer tick.Stop()
	for {
		_, err := h.store.Once(ctx, "backup", c.Every, func(ctx context.Context) error {
			_, err := series.Add(ctx, from, now())
			if err == nil {
				h.told.Metrics.BackedUp(now())
			}
			return err
		})
		if err != nil && ctx.Err() == nil {
			h.told.Log.Error("copying the database", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Move copies an installation from one database to another, which must be new or hold the beginning of the same move.
// Nobody may use the source meanwhile.
func Move(ctx context.Context, from, to string, out io.Writer) (err error) {
	source, err := store.Open(ctx, from, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	target, err := store.Open(ctx, to, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	return store.Move(ctx, source, target, func(p store.Moved) {
		what := "moved"
		if p.Before {
			what = "was there"
		}
		fmt.Fprintf(out, "%-24s %9d rows  %s\n", p.Table, p.Rows, what)
	})
}
