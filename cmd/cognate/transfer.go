package main

import (
	"context"
	"os"

	"cognate.dev/cognate/internal/app"
	"cognate.dev/cognate/internal/app/command"
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
	return command.ImportUsers(ctx, app.Installation(cfg), command.ImportOptions{
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
	return command.ExportUsers(ctx, app.Installation(cfg), command.ExportOptions{
		Pool: e.Pool, File: e.Out, SRP: e.WithSRP, TOTP: e.WithTOTP, Out: os.Stdout, Err: os.Stderr,
	})
}

type cloneCmd struct {
	common
	From         string `required:"" help:"Pool to copy: aws/REGION/POOL, or URL/REGION/POOL. Calls are signed with what AWS SDKs find." placeholder:"ENDPOINT/REGION/POOL"`
	To           string `help:"Id of the pool to make (default: that of the source)." placeholder:"POOL"`
	NoUsers      bool   `name:"no-users" help:"Copy settings, clients and groups only."`
	WithTriggers bool   `name:"with-triggers" help:"Copy LambdaConfig, too: the configuration here must say where its functions run."`
}

func (c cloneCmd) Run(ctx context.Context) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	return command.ClonePool(ctx, app.Installation(cfg), command.CloneOptions{
		From: c.From, To: c.To, Users: !c.NoUsers, Triggers: c.WithTriggers, Out: os.Stdout, Err: os.Stderr,
	})
}
