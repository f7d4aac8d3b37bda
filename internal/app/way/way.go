// Package way is how functions are reached: those that triggers of user pools, the gateway and custom senders call by their ARN, and
// the scripts of workspaces. What is asked of them, and when, is for the rooms to say.
package way

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"cognate.dev/cognate/internal/extension"
	"cognate.dev/cognate/internal/extension/sandbox"
	"cognate.dev/cognate/internal/gateway"
	"cognate.dev/cognate/internal/trigger"
	"cognate.dev/cognate/internal/trigger/cognito"
	"cognate.dev/cognate/internal/trigger/envelope"
	"cognate.dev/cognate/internal/trigger/function"
	"cognate.dev/cognate/internal/trigger/invoke"
	"cognate.dev/cognate/internal/trigger/lambda"
	"cognate.dev/cognate/internal/trigger/script"
	"cognate.dev/cognate/internal/trigger/webhook"
)

// Ways lead to the functions of a running server. They outlive a reset of a development server. The zero value leads nowhere.
type Ways struct {
	Routes []trigger.Route
	Codes  trigger.Encryptor // nil: no key for codes is configured
	// Scripts are those of workspaces.
	Scripts *extension.Runner

	host *lambda.Host
	open []io.Closer
}

// Options say where functions are.
type Options struct {
	Host     lambda.Options // of those on this machine
	Triggers []Config
	CodeKeys []envelope.KeyConfig
	Scripts  extension.ScriptConfig
}

// now is the clock of this machine: calls to others are signed by it.
func now() time.Time { return time.Now() }

// Open makes the ways. No process is started before there is something to run. What was opened before an error is in the
// answer, to be closed.
func Open(ctx context.Context, o Options) (*Ways, error) {
	w := &Ways{host: lambda.NewHost(o.Host)}
	self, err := binary()
	if err != nil {
		return w, err
	}
	if w.Scripts, err = extension.NewRunner(w.host, self, o.Scripts); err != nil {
		return w, err
	}
	for _, c := range o.Triggers {
		t, err := w.transport(ctx, c)
		if err != nil {
			return w, fmt.Errorf("triggers: %s: %w", c.ARN, err)
		}
		w.Routes = append(w.Routes, trigger.Route{Pattern: c.ARN, Timeout: c.Timeout, Transport: t})
	}
	if len(o.CodeKeys) == 0 {
		return w, nil
	}
	keys, err := envelope.NewKeyring(o.CodeKeys)
	if err != nil {
		return w, fmt.Errorf("code_keys: %w", err)
	}
	w.Codes = keys
	return w, nil
}

// binary is the path of our own binary. Where there is no /proc to ask, it is what we were started by.
func binary() (string, error) {
	self, err := os.Executable()
	if err != nil {
		self, err = exec.LookPath(os.Args[0])
	}
	if err == nil {
		self, err = filepath.Abs(self)
	}
	if err != nil {
		return "", fmt.Errorf("find our own binary: %w", err)
	}
	return self, nil
}

func (w *Ways) transport(ctx context.Context, c Config) (function.Transport, error) {
	name := lambda.NameOf(c.ARN)
	switch {
	case c.Lambda.Configured():
		return w.host.Function(name, c.Lambda)
	case c.Script.Configured():
		self, err := binary()
		if err != nil {
			return nil, err
		}
		return script.Function(w.host, name, self, c.Script)
	case c.Webhook.Configured():
		hook, err := webhook.New(c.Webhook, now)
		if err != nil {
			return nil, err
		}
		w.open = append(w.open, hook)
		return hook, nil
	case c.Cognito.Configured():
		pool, err := cognito.New(ctx, c.Cognito)
		if err != nil {
			return nil, err
		}
		w.open = append(w.open, pool)
		return pool, nil
	}
	client, err := invoke.New(ctx, c.Invoke, now)
	if err != nil {
		return nil, err
	}
	w.open = append(w.open, client)
	return client, nil
}

// Close ends every process and connection. No function may be called any more.
func (w *Ways) Close() error {
	if w.host == nil {
		return nil
	}
	err := w.host.Close()
	for _, c := range w.open {
		err = errors.Join(err, c.Close())
	}
	return err
}

// Invoke is gateway.Functions'. A client that leaves does not stop a function half way.
func (w *Ways) Invoke(ctx context.Context, arn string, limit time.Duration, event []byte) ([]byte, error) {
	route, ok := trigger.Find(w.Routes, arn)
	if !ok {
		return nil, &function.Failure{Name: "ResourceNotFoundException", Cause: fmt.Errorf("no entry of triggers matches %s", arn)}
	}
	if route.Timeout > 0 {
		limit = min(limit, route.Timeout)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	return route.Transport.Invoke(ctx, arn, event)
}

// RunScript is the life of the process of a trigger's script: the hidden subcommand of our binary.
func RunScript(ctx context.Context) error { return script.Run(ctx) }

// RunExtension is the life of the process of a workspace's script, likewise.
func RunExtension(ctx context.Context) error { return sandbox.Run(ctx) }

var _ gateway.Functions = (*Ways)(nil)
