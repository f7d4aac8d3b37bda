package main

import (
	"context"
	"os"

	"cognate.dev/cognate/internal/app"
	"cognate.dev/cognate/internal/app/command"
)

// auditCmd is about the audit log.
type auditCmd struct {
	List   auditListCmd   `cmd:"" help:"Show who did what, newest first."`
	Verify auditVerifyCmd `cmd:"" help:"Check that no record was changed, removed or added. Exits with 2 when one was."`
	Export auditExportCmd `cmd:"" help:"Write all records, a JSON object a line, in a form that verify can check."`
}

type auditListCmd struct {
	common
	Since     string `help:"How far back: a duration such as 24h, or a time." placeholder:"WHEN"`
	Until     string `help:"Only before: a duration back from now, or a time." placeholder:"WHEN"`
	Operation string `help:"Only this operation, such as AdminDeleteUser." placeholder:"NAME"`
	Actor     string `help:"Only by this actor, such as access_key:ID, user:SUB, client:ID, operator:NAME, system or anyone." placeholder:"KIND:ID"`
	Pool      string `help:"Only about this user pool." placeholder:"ID"`
	Client    string `help:"Only about this app client." placeholder:"ID"`
	User      string `help:"Only about this user: the sub, or the name that an administrator used." placeholder:"SUB"`
	Login     string `help:"Only what somebody tried under this name, which nobody had. Needs --pool." placeholder:"NAME"`
	Outcome   string `help:"Only with this outcome: ok, or the name of an error." placeholder:"NAME"`
	Failed    bool   `help:"Only what did not end well."`
	Limit     int    `help:"How many at most." default:"100"`
	JSON      bool   `help:"Print records as they are stored, a JSON object a line." name:"json"`
}

func (a auditListCmd) Run(ctx context.Context) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	f := command.AuditFilter{SinceText: a.Since, UntilText: a.Until, Login: a.Login, JSON: a.JSON}
	f.Operation, f.Actor, f.Pool, f.Client, f.User, f.Outcome = a.Operation, a.Actor, a.Pool, a.Client, a.User, a.Outcome
	f.Failed, f.Limit = a.Failed, a.Limit
	return command.ListAudit(ctx, app.Installation(cfg), f, os.Stdout)
}

type auditVerifyCmd struct {
	common
	File string   `help:"Check this file, which export wrote, with the master key of this installation." type:"existingfile" placeholder:"FILE"`
	Part bool     `help:"The file is a part, such as the copy of one node: what is not in it is elsewhere."`
	Copy []string `help:"Check that the database has every record of this copy (audit.copy)." type:"existingfile" placeholder:"FILE"`
}

func (a auditVerifyCmd) Run(ctx context.Context) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	return command.VerifyAudit(ctx, app.Installation(cfg), command.VerifyOptions{File: a.File, Part: a.Part, Copies: a.Copy}, os.Stdout)
}

type auditExportCmd struct {
	common
	Out string `help:"File to write; standard output when left out." placeholder:"FILE"`
}

func (a auditExportCmd) Run(ctx context.Context) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	return command.ExportAudit(ctx, app.Installation(cfg), a.Out, os.Stdout)
}
