package app

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"cognate.dev/cognate/internal/app/command"
	"cognate.dev/cognate/internal/app/config"
)

// RunOptions say what to run beside a decision point.
type RunOptions struct {
	Policies, Seeds string
	Command         []string
}

// RunWithPolicies starts a development server on free ports, runs a command beside it and ends the server with the command.
func RunWithPolicies(ctx context.Context, o RunOptions) (err error) {
	dir, err := os.MkdirTemp("", "cognate-run-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	cfg, err := config.Load("", os.LookupEnv)
	if err != nil {
		return err
	}
	cfg.Log.Level = "error"
	if err := cfg.Override(config.Flags{
		Listen: "127.0.0.1:0", PDPListen: "127.0.0.1:0", PDPGRPCListen: "127.0.0.1:0", Data: filepath.Join(dir, "data"), Policies: o.Policies,
	}); err != nil {
		return err
	}
	return command.Beside(ctx, o.Command, func(ctx context.Context, banner io.Writer) error { return Dev(ctx, cfg, o.Seeds, banner) })
}
