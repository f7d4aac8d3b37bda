package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"cognate.dev/cognate/test/started"
)

// plainProxy is the life of the process beside which the gateway is measured: Go's own reverse proxy, which asks nobody.
func plainProxy(target string) error {
	u, err := url.Parse(target)
	if err != nil {
		return err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 256
	transport.DisableCompression = true
	proxy := &httputil.ReverseProxy{Transport: transport, FlushInterval: -1, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(u)
		r.SetXForwarded()
	}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("proxy http://%s\nready\n", l.Addr())
	return (&http.Server{Handler: proxy, ReadHeaderTimeout: time.Minute}).Serve(l)
}

// launchPlain starts such a process. It keeps nothing.
func launchPlain(target string) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p, err := started.Start(exec.Command(self, proxyWord, target), "ready", time.Minute)
	return &server{Program: p}, err
}

// proxyWord makes this program a plain proxy.
const proxyWord = "plain-proxy"

const benchAPIs = `
apis:
  - id: rest
    type: rest
    base: /rest
    authorizers:
      - {name: now, type: cognito, pools: [%[1]s]}
      - {name: late, type: cognito, pools: [%[1]s], revocation: "off"}
    routes:
      - {method: GET, path: "/open/{proxy+}", to: {url: "%[2]s"}}
      - {method: GET, path: "/late/{proxy+}", authorizer: late, scopes: [aws.cognito.signin.user.admin], to: {url: "%[2]s"}}
      - {method: GET, path: "/now/{proxy+}", authorizer: now, scopes: [aws.cognito.signin.user.admin], to: {url: "%[2]s"}}
`

// gateways measures what a request through the gateway costs beside one through Go's own reverse proxy, in turns: without an
// authorizer, with one, and with one that looks whether the session is alive. Each of many users sends her own token.
func gateways(b *bench) (all []result, err error) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"orders":[{"id":7,"state":"open"}]}`)
	}))
	defer backend.Close()
	w, err := b.world(smallWorld)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(b.dir, "apis.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, benchAPIs, w.pool, backend.URL), 0o600); err != nil {
		return nil, err
	}
	ours, err := launch(b.binary, w.data, b.policies, "COGNATE_GATEWAY_LISTEN=127.0.0.1:0", "COGNATE_GATEWAY_FILE="+file)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, ours.stop()) }()
	plain, err := launchPlain(backend.URL)
	if err != nil {
		return nil, err
	}
	defer plain.Kill()
	signedIn, err := w.signIn(ours, 32)
	if err != nil {
		return nil, err
	}
	for _, c := range []struct {
		name, path string
		least      float64 // of the plain proxy, by rate and by CPU
	}{{"no authorizer", "/rest/open/orders", 0.8}, {"a token, kept until it expires", "/rest/late/orders", 0.7}, {"a token, looked at each time", "/rest/now/orders", 0.5}} {
		b.say("gateway: %s", c.name)
		a, err := askFor(plain.Said["proxy"], b.connections, c.path, signedIn)
		if err != nil {
			return nil, err
		}
		o, err := askFor(ours.Said["gateway"], b.connections, c.path, signedIn)
		if err != nil {
			a.close()
			return nil, err
		}
		got, err := b.duel(plain, a, ours, o)
		a.close()
		o.close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		all = append(all, compared("gateway: "+c.name, "Go's reverse proxy", got.comparison, c.least))
	}
	return all, nil
}

// askFor prepares connections on which users ask for a path, each with a token of her own.
func askFor(base string, connections int, path string, users []tokens) (*asker, error) {
	list := make([][]byte, len(users))
	for i, u := range users {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, base+path, nil)
		if err != nil {
			return nil, err
		}
		req.Header.Set("Authorization", "Bearer "+u.access)
		if list[i], err = wireBytes(req); err != nil {
			return nil, err
		}
	}
	l, err := dialAll(strings.TrimPrefix(base, "http://"), connections)
	if err != nil {
		return nil, err
	}
	a := &asker{took: make([][]time.Duration, connections), close: l.close}
	next := make([]int, connections*8) // a cache line each
	a.side = side{workers: connections, do: func(w int) error {
		at := (w*len(list)/connections + next[w*8]) % len(list)
		next[w*8]++
		begun := time.Now()
		_, err := l.conns[w].ok(list[at])
		a.took[w] = append(a.took[w], time.Since(begun))
		return err
	}}
	return a, nil
}
