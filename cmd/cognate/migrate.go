package main

import (
	"context"
	"os"

	"cognate.dev/cognate/internal/app"
)

type migrateCmd struct {
	From string `required:"" help:"Database to move from: sqlite:FILE or postgres://…" placeholder:"URL"`
	To   string `required:"" help:"Database to move to; new, or where an earlier run was cut short." placeholder:"URL"`
}

func (m migrateCmd) Run(ctx context.Context) error { return app.Move(ctx, m.From, m.To, os.Stdout) }
