package main

import (
	"context"
	"os"

	"cognate.dev/cognate/internal/app"
	"cognate.dev/cognate/internal/app/command"
)

type migrateCmd struct {
	common
	From string `required:"" help:"Database to move from: sqlite:FILE or postgres://…" placeholder:"URL"`
	To   string `required:"" help:"Database to move to; new, or where an earlier run was cut short." placeholder:"URL"`
}

func (m migrateCmd) Run(ctx context.Context) error {
	cfg, err := m.load()
	if err != nil {
		return err
	}
	return command.Move(ctx, app.Installation(cfg), m.From, m.To, os.Stdout)
}
