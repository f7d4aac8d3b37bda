package app

import (
	"context"
	"errors"
	"os"

	"cognate.dev/cognate/internal/app/command"
	"cognate.dev/cognate/internal/app/config"
	"cognate.dev/cognate/internal/audit"
)

// Config is what the house is built from.
type Config = config.Config

// Installation is what commands work on.
func Installation(c Config) command.Installation {
	return command.Installation{
		Keys: c.KeyPlace(), Database: c.DatabaseURL(), Postgres: c.Postgres, Audit: c.Audit, Anchor: c.AnchorFile(),
		Node: hostname(), Version: Version(), Offline: func(ctx context.Context, record audit.Record, do func(command.Rooms) error) error {
			return offline(ctx, c, record, do)
		},
	}
}

// offline builds the rooms of an installation without opening its doors, for a command; a server may run beside it. A
// folder that holds none is refused: a mistyped one would become a new installation. Record is of the command.
func offline(ctx context.Context, c Config, record audit.Record, do func(command.Rooms) error) (err error) {
	if err := c.KeyPlace().Installed(); err != nil {
		return err
	}
	h, err := build(ctx, c, "http://"+c.Listen, os.Stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close(context.WithoutCancel(ctx))) }()
	r, err := h.furnish()
	if err != nil {
		return err
	}
	return h.audit.Do(ctx, record, func(context.Context) error {
		return do(command.Rooms{
			Store: h.store, Directory: r.directory, Factors: r.factors, Door: h.door(r), Ring: r.ring, IssuerKeys: r.issuerKeys, Now: h.clock.Now,
		})
	})
}
