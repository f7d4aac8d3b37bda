// Command cognate is the server: it reads flags and configuration and calls app. All decisions are made elsewhere.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"cognate.dev/cognate/internal/app"
	"cognate.dev/cognate/internal/app/command"
	"cognate.dev/cognate/internal/app/config"
)

// cli is the command line. Flags win over the environment, which wins over the file.
type cli struct {
	Serve   serveCmd   `cmd:"" help:"Serve, securely: signed calls are verified; the first start prints a root access key once."`
	Dev     devCmd     `cmd:"" help:"Serve on this machine for development: any access key is accepted, messages go to a mailbox page."`
	Policy  policyCmd  `cmd:"" help:"Compile, test and explain policies."`
	Migrate migrateCmd `cmd:"" help:"Move an installation to another database, such as from SQLite to PostgreSQL."`
	Keys    keysCmd    `cmd:"" help:"Signing keys and the master key."`
	Audit   auditCmd   `cmd:"" help:"Who did what to whom: show, check and export the audit log."`
	Backup  backupCmd  `cmd:"" help:"Copy the SQLite database to a new file, checked, while the server runs."`
	Restore restoreCmd `cmd:"" help:"Check a backup and make it the database of an installation that has none."`
	Import  importCmd  `cmd:"" help:"Read users into a pool, with hashes of their passwords."`
	Export  exportCmd  `cmd:"" help:"Write the users of a pool, with the hashes of their passwords."`
	Clone   cloneCmd   `cmd:"" help:"Copy a user pool from another Cognito: AWS's, or one of these."`
	Config  configCmd  `cmd:"" help:"Print the configuration reference."`
	Version versionCmd `cmd:"" help:"Print the version."`
	Extend  extendCmd  `cmd:"" name:"run-extension" hidden:"" help:"Run scripts of workspaces; the server starts this itself."`
	Script  scriptCmd  `cmd:"" name:"run-script" hidden:"" help:"Run the script of a trigger; the server starts this itself."`
}

// common are the flags that serve and dev share.
type common struct {
	Config        string `help:"Configuration file (YAML)." type:"existingfile" placeholder:"FILE"`
	Listen        string `help:"Address for everything of Cognito (default 127.0.0.1:9229)." placeholder:"HOST:PORT"`
	PDPListen     string `help:"Address of the policy decision point: HOST:PORT or unix:PATH (default 127.0.0.1:3592)." name:"pdp-listen" placeholder:"HOST:PORT"`
	PDPGRPCListen string `help:"Its address for gRPC; off: none (default 127.0.0.1:3593)." name:"pdp-grpc-listen" placeholder:"HOST:PORT"`
	Data          string `help:"Folder for the database and the master key (default ./data)." placeholder:"DIR"`
	Database      string `help:"Database: postgres://… or sqlite:FILE (default: a SQLite file in the data folder)." placeholder:"URL"`
	PublicURL     string `help:"URL under which clients reach this server (default: the listen address)." name:"public-url" placeholder:"URL"`
	Policies      string `help:"Folder of policies." placeholder:"DIR"`
}

func (c common) load() (app.Config, error) {
	cfg, err := config.Load(c.Config, os.LookupEnv)
	if err != nil {
		return cfg, err
	}
	return cfg, cfg.Override(config.Flags{
		Listen: c.Listen, PDPListen: c.PDPListen, PDPGRPCListen: c.PDPGRPCListen, Data: c.Data, Database: c.Database,
		PublicURL: c.PublicURL, Policies: c.Policies,
	})
}

type serveCmd struct{ common }

func (s serveCmd) Run(ctx context.Context) error {
	cfg, err := s.load()
	if err != nil {
		return err
	}
	return app.Serve(ctx, cfg, os.Stdout)
}

type devCmd struct {
	common
	TLS   bool   `help:"Speak HTTPS, with a certificate of an authority that is made once in the data folder." name:"tls"`
	Seeds string `help:"YAML file of pools, clients, groups and users to start with." type:"existingfile" placeholder:"FILE"`
}

func (d devCmd) Run(ctx context.Context) error {
	cfg, err := d.load()
	if err != nil {
		return err
	}
	cfg.DevTLS = d.TLS
	return app.Dev(ctx, cfg, d.Seeds, os.Stdout)
}

type keysCmd struct {
	Rotate       rotateCmd       `cmd:"" help:"Make new signing keys; the old ones stay published until their tokens have expired."`
	NewMaster    newMasterCmd    `cmd:"" help:"Print a new master key, for where it does not stand in a file that the server makes; wrapped where master_key_wrap says by what."`
	WrapMaster   wrapMasterCmd   `cmd:"" help:"Have the service of master_key_wrap wrap the key file of an installation."`
	RotateMaster rotateMasterCmd `cmd:"" help:"Add a new master key; servers that run take it into use, and what the old one sealed stays readable."`
	Master       masterCmd       `cmd:"" help:"Show which master key seals, and what still needs the old ones."`
	RetireMaster retireMasterCmd `cmd:"" help:"Take an old master key away, unless something still needs it."`
}

type rotateCmd struct {
	common
	Pool string `arg:"" optional:"" help:"User pool id; all pools when left out."`
}

func (r rotateCmd) Run(ctx context.Context) error {
	cfg, err := r.load()
	if err != nil {
		return err
	}
	return command.RotateKeys(ctx, app.Installation(cfg), r.Pool, os.Stdout)
}

type newMasterCmd struct{ common }

func (n newMasterCmd) Run(ctx context.Context) error {
	cfg, err := n.load()
	if err != nil {
		return err
	}
	return command.NewMasterKey(ctx, app.Installation(cfg), os.Stdout)
}

type wrapMasterCmd struct{ common }

func (w wrapMasterCmd) Run(ctx context.Context) error {
	cfg, err := w.load()
	if err != nil {
		return err
	}
	return command.WrapMasterKey(ctx, app.Installation(cfg), os.Stdout)
}

type rotateMasterCmd struct{ common }

func (r rotateMasterCmd) Run(ctx context.Context) error {
	cfg, err := r.load()
	if err != nil {
		return err
	}
	return command.RotateMasterKey(ctx, app.Installation(cfg), os.Stdout)
}

type masterCmd struct{ common }

func (m masterCmd) Run(ctx context.Context) error {
	cfg, err := m.load()
	if err != nil {
		return err
	}
	return command.ShowMasterKeys(ctx, app.Installation(cfg), os.Stdout)
}

type retireMasterCmd struct {
	common
	Key string `arg:"" help:"Id of the key, as cognate keys master shows it."`
}

func (r retireMasterCmd) Run(ctx context.Context) error {
	cfg, err := r.load()
	if err != nil {
		return err
	}
	return command.RetireMasterKey(ctx, app.Installation(cfg), r.Key, os.Stdout)
}

type backupCmd struct {
	common
	To string `arg:"" help:"The file to write; it must not exist."`
}

func (b backupCmd) Run(ctx context.Context) error {
	cfg, err := b.load()
	if err != nil {
		return err
	}
	return command.Backup(ctx, app.Installation(cfg), b.To, os.Stdout)
}

type restoreCmd struct {
	common
	From string `arg:"" help:"A file that backup wrote." type:"existingfile"`
}

func (r restoreCmd) Run(ctx context.Context) error {
	cfg, err := r.load()
	if err != nil {
		return err
	}
	return command.Restore(ctx, app.Installation(cfg), r.From, os.Stdout)
}

type configCmd struct{}

func (configCmd) Run() error {
	fmt.Print(config.Reference())
	return nil
}

type versionCmd struct{}

func (versionCmd) Run() error {
	fmt.Println("cognate", app.Version())
	return nil
}

type extendCmd struct{}

type scriptCmd struct{}

func (extendCmd) Run(ctx context.Context) error { return app.RunExtension(ctx) }

func (scriptCmd) Run(ctx context.Context) error { return app.RunScript(ctx) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() { <-ctx.Done(); stop() }() // a second signal ends the process at once
	var flags cli
	k := kong.Parse(&flags,
		kong.Name("cognate"),
		kong.Description("Identity and authorization that speaks Amazon Cognito on the wire."),
		kong.UsageOnError(),
		kong.BindTo(ctx, (*context.Context)(nil)))
	k.FatalIfErrorf(k.Run())
}
