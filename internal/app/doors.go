package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"cognate.dev/cognate/internal/kit/certfile"
	"cognate.dev/cognate/internal/kit/localca"
)

// doors are what the server listens on. The third, for decisions by gRPC, is nil when it is off.
type doors struct{ main, pdp, rpc net.Listener }

// off is what a setting says, besides nothing, for no such door.
const off = "off"

func listen(ctx context.Context, cfg Config) (d doors, err error) {
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	if d.main, err = listenOn(ctx, cfg.Listen); err != nil {
		return d, fmt.Errorf("listen: %w", err)
	}
	if d.pdp, err = listenOn(ctx, cfg.PDPListen); err != nil {
		return d, fmt.Errorf("listen for decisions: %w", err)
	}
	if cfg.PDPGRPCListen == "" || cfg.PDPGRPCListen == off {
		return d, nil
	}
	d.rpc, err = listenOn(ctx, cfg.PDPGRPCListen)
	if errors.Is(err, syscall.EADDRINUSE) && cfg.PDPGRPCListen == Default().PDPGRPCListen {
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
	for _, l := range []net.Listener{d.main, d.pdp, d.rpc} {
		if l != nil {
			l.Close()
		}
	}
}

// listenOn opens HOST:PORT or unix:PATH. A socket that a dead server left is replaced; one that answers is not.
func listenOn(ctx context.Context, addr string) (net.Listener, error) {
	var lc net.ListenConfig
	path, isSocket := strings.CutPrefix(addr, "unix:")
	if !isSocket {
		return lc.Listen(ctx, "tcp", addr)
	}
	if info, err := os.Stat(path); err == nil {
		if info.Mode().Type() != fs.ModeSocket {
			return nil, fmt.Errorf("%s exists and is no socket", path)
		}
		var dialer net.Dialer
		if c, err := dialer.DialContext(ctx, "unix", path); err == nil {
			return nil, errors.Join(fmt.Errorf("%s is in use", path), c.Close())
		}
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	l, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	// Whoever may connect may ask: the owner and the group.
	if err := os.Chmod(path, 0o660); err != nil { //nolint:gosec // the group is meant
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// checkAddress refuses what listenOn cannot open.
func checkAddress(name, addr string) error {
	path, isSocket := strings.CutPrefix(addr, "unix:")
	_, _, err := net.SplitHostPort(addr)
	if isSocket && path == "" || !isSocket && err != nil {
		return fmt.Errorf("%s: %q is neither HOST:PORT nor unix:PATH", name, addr)
	}
	return nil
}

// TLSFiles names the files of a certificate (PEM).
type TLSFiles struct {
	Cert string `yaml:"cert" doc:"file of the certificate and those that vouch for it (PEM); empty: plain HTTP. Changed files are taken into use without a restart"`
	Key  string `yaml:"key" doc:"file of its private key (PEM)"`
}

// certificates finds what the ports show: files, or in development the certificate authority of this machine. A port
// without either speaks plainly.
func (h *house) certificates() (err error) {
	h.tls.pdp, err = h.certificate("decisions.tls", TLSFiles(h.cfg.Decisions.TLS))
	if err != nil {
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
func (h *house) certificate(setting string, files TLSFiles) (*tls.Config, error) {
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
