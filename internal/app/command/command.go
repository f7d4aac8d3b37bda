// Package command is what operators do to an installation beside running its server: audit log, users, keys, copies, moving. Policies
// are tried out here, too. It owns what commands say and write; app fills in the installation.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/user"
	"strings"
	"time"

	"cognate.dev/cognate/internal/app/keyfile"
	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/kit/given"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/store/postgres"
	"cognate.dev/cognate/internal/store/sqlite"
	"cognate.dev/cognate/internal/transfer"
)

// Installation is what a command works on. A server may run beside it.
type Installation struct {
	Keys          keyfile.Place
	Database      string // URL, or where it is (kit/given)
	Postgres      postgres.Config
	Audit         audit.Config
	Anchor        string // file that remembers the ends of the audit log; empty: none
	Node, Version string // of this process, for the audit log
	// Offline builds the rooms without opening doors, and records what do does with them.
	Offline func(ctx context.Context, record audit.Record, do func(Rooms) error) error
}

// Rooms are those that commands need.
type Rooms struct {
	Store            *store.Store
	Directory        *directory.Directory
	Factors          *factor.Factors
	Door             *transfer.Door
	Ring, IssuerKeys *key.Ring
	Now              func() time.Time
}

// Record is the record of a command, which whoever runs this process gives.
func Record(operation string) audit.Record {
	r := audit.Record{Front: "cli", Operation: operation, Actor: audit.Actor{Kind: audit.Operator}}
	if u, err := user.Current(); err == nil {
		r.Actor.ID = u.Username
	}
	return r
}

// recorded does what a command does without the rooms, and records it. Without a master key there is nothing to prove
// records with, and nothing is recorded: out is told.
func (i Installation) recorded(ctx context.Context, r audit.Record, out io.Writer, work func() error) (err error) {
	if i.Audit.Mode == audit.Off {
		return work()
	}
	if err := i.Keys.Installed(); err != nil {
		fmt.Fprintln(out, "not recorded in the audit log: there is no master key at", i.Keys)
		return work()
	}
	done := work()
	if done != nil {
		r.Outcome = "error"
	}
	failed := i.open(ctx, func(s *store.Store, keys *secret.Keyring) error {
		l := audit.Open(audit.Parts{Config: i.Audit, Store: s, Keys: keys, Now: time.Now, Node: i.Node, Version: i.Version})
		return errors.Join(l.Do(ctx, r, func(context.Context) error { return nil }), l.Close())
	})
	if failed != nil {
		failed = fmt.Errorf("record it in the audit log: %w", failed)
	}
	return errors.Join(done, failed)
}

// open opens the database and the keys of an installation that is there.
func (i Installation) open(ctx context.Context, do func(*store.Store, *secret.Keyring) error) (err error) {
	if err := i.Keys.Installed(); err != nil {
		return err
	}
	keys, err := i.Keys.Open(ctx)
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, i.Database, store.Options{Sealer: keys, Postgres: i.Postgres})
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return do(s, keys)
}

// DatabaseFile is the file of a SQLite database.
func (i Installation) DatabaseFile() (string, error) {
	url, err := given.Read(i.Database)
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
