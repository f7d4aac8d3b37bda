package main

import (
	"context"
	"os"

	"cognate.dev/cognate/internal/app"
)

type importCmd struct {
	common
	File     string `arg:"" help:"File of users, a JSON object a line (docs/migrating.md). The same command goes on where a run was cut short." type:"existingfile"`
	Pool     string `required:"" help:"User pool id."`
	Firebase string `help:"File with the password hash parameters of a Firebase project, as its console shows them." type:"existingfile" placeholder:"FILE"`
	Problems string `help:"File to write to which lines brought nobody, and why." placeholder:"FILE"`
}

func (i importCmd) Run(ctx context.Context) error {
	cfg, err := i.load()
	if err != nil {
		return err
	}
	return app.ImportUsers(ctx, cfg, app.ImportOptions{
		File: i.File, Pool: i.Pool, Firebase: i.Firebase, Problems: i.Problems, Out: os.Stdout, Err: os.Stderr,
	})
}

type exportCmd struct {
	common
	Pool     string `required:"" help:"User pool id."`
	Out      string `help:"File to write; standard output when left out." placeholder:"FILE"`
	WithSRP  bool   `name:"with-srp" help:"Write SRP verifiers, too: passwords are cheaper to guess from them. They are good in a pool of the same id only."`
	WithTOTP bool   `name:"with-totp" help:"Write the secrets of authenticator apps, too."`
}

func (e exportCmd) Run(ctx context.Context) error {
	cfg, err := e.load()
	if err != nil {
		return err
	}
	return app.ExportUsers(ctx, cfg, app.ExportOptions{
		Pool: e.Pool, File: e.Out, SRP: e.WithSRP, TOTP: e.WithTOTP, Out: os.Stdout, Err: os.Stderr,
	})
}
