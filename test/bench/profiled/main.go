// Command profiled is the server with the runtime's CPU profiler around it, for the load generator's -profile flag. It
// keeps profiling out of the product; everything else is app's. The profile lies beside the data folder.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"syscall"

	"cognate.dev/cognate/internal/app"
	"cognate.dev/cognate/internal/app/config"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run understands the flags that the load generator gives to cognate serve.
func run() error {
	if len(os.Args) < 2 || os.Args[1] != "serve" {
		return errors.New("usage: profiled serve --data DIR [flags]")
	}
	var f config.Flags
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.StringVar(&f.Data, "data", "", "data folder")
	flags.StringVar(&f.Policies, "policies", "", "policy folder")
	flags.StringVar(&f.Listen, "listen", "", "address")
	flags.StringVar(&f.PDPListen, "pdp-listen", "", "address of the decision point")
	flags.StringVar(&f.PDPGRPCListen, "pdp-grpc-listen", "", "its address for gRPC")
	if err := flags.Parse(os.Args[2:]); err != nil {
		return err
	}
	cfg, err := config.Load("", os.LookupEnv)
	if err != nil {
		return err
	}
	if err := cfg.Override(f); err != nil {
		return err
	}
	out, err := os.CreateTemp(filepath.Dir(f.Data), "cpu-*.pprof")
	if err != nil {
		return err
	}
	defer out.Close()
	if err := pprof.StartCPUProfile(out); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return app.Serve(ctx, cfg, os.Stdout)
}
