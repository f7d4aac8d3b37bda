package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"syscall"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"cognate.dev/cognate/internal/app/config"
	"cognate.dev/cognate/internal/app/door"
	"cognate.dev/cognate/internal/kit/certfile"
	"cognate.dev/cognate/internal/kit/localca"
)

// doors are what the server listens on. Those for decisions by gRPC and of the gateway are nil when they are off.
type doors struct{ main, pdp, rpc, gateway net.Listener }

func listen(ctx context.Context, cfg Config) (d doors, err error) {
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	if d.main, err = door.Listen(ctx, cfg.Listen); err != nil {
		return d, fmt.Errorf("listen: %w", err)
	}
	if d.pdp, err = door.Listen(ctx, cfg.PDPListen); err != nil {
		return d, fmt.Errorf("listen for decisions: %w", err)
	}
	if cfg.Gateway.On() {
		if d.gateway, err = door.Listen(ctx, cfg.Gateway.Listen); err != nil {
			return d, fmt.Errorf("listen for the gateway: %w", err)
		}
	}
	if cfg.PDPGRPCListen == "" || cfg.PDPGRPCListen == door.Off {
		return d, nil
	}
	d.rpc, err = door.Listen(ctx, cfg.PDPGRPCListen)
	if errors.Is(err, syscall.EADDRINUSE) && cfg.PDPGRPCListen == config.Default().PDPGRPCListen {
		// Nobody asked for this port: a second server on the machine must not fail for it. The port of the decision point
		// takes gRPC, too.
		d.rpc, err = nil, nil
	}
	if err != nil {
		return d, fmt.Errorf("listen for decisions by gRPC: %w", err)
	}
	return d, nil
}

func (d doors) close() {
	for _, l := range []net.Listener{d.main, d.pdp, d.rpc, d.gateway} {
		if l != nil {
			l.Close()
		}
	}
}

// certificates finds what the ports show: files, or in development the certificate authority of this machine. A port
// without either speaks plainly.
func (h *house) certificates() (err error) {
	h.tls.pdp, err = h.certificate("decisions.tls", config.TLSFiles(h.cfg.Decisions.TLS))
	if err != nil {
		return err
	}
	if h.tls.gateway, err = h.certificate("gateway.tls", config.TLSFiles(h.cfg.Gateway.TLS)); err != nil {
		return err
	}
	if !h.cfg.DevTLS {
		h.tls.main, err = h.certificate("tls", h.cfg.TLS)
		return err
	}
	if h.ca, err = localca.Open(h.cfg.Data, []string{"localhost", "*.auth.localhost"}, now); err != nil {
		return err
	}
	h.tls.main = showing(h.ca.Certificate)
	return nil
}

// certificate shows files; nil when there are none.
func (h *house) certificate(setting string, files config.TLSFiles) (*tls.Config, error) {
	if files.Cert == "" && files.Key == "" {
		return nil, nil
	}
	pair, err := certfile.Load(files.Cert, files.Key, func(err error) {
		if err != nil {
			h.told.Log.Error("the new certificate is not in use", "error", err)
			return
		}
		h.told.Log.Info("a new certificate is in use", "file", files.Cert)
	}, now)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	return showing(pair.Certificate), nil
}

func showing(certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{GetCertificate: certificate, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
}

// wrap lets a door speak TLS.
func wrap(l net.Listener, t *tls.Config) net.Listener {
	if t == nil {
		return l
	}
	return tls.NewListener(l, t)
}

// rpcOptions are those of the port for gRPC.
func rpcOptions(t *tls.Config) []grpc.ServerOption {
	if t == nil {
		return nil
	}
	return []grpc.ServerOption{grpc.Creds(credentials.NewTLS(t))}
}
