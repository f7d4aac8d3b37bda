package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// launchPeer starts oidc-provider, which npm puts among the test clients, with a client for each kind of request.
func launchPeer(b *bench) (*authorizer, func() error, error) {
	folder := filepath.Join(b.root, "test/clients")
	if _, err := os.Stat(filepath.Join(folder, "node_modules/oidc-provider")); err != nil {
		return nil, nil, fmt.Errorf("no oidc-provider to measure against: run npm ci in test/clients (%w)", err)
	}
	a := &authorizer{
		server: &server{done: make(chan error, 1)}, authorize: "/auth", token: "/token", userInfo: "/me",
		machine: credentials{"machine", "only-for-benchmarks-only-for-benchmarks"}, web: credentials{"web", "only-for-benchmarks-only-for-benchmarks"},
		person: map[string]string{"login": "alice", "password": "anything"},
	}
	clients, err := json.Marshal([]object{
		{"client_id": a.machine.id, "client_secret": a.machine.secret, "redirect_uris": []string{}, "response_types": []string{},
			"grant_types": []string{"client_credentials"}},
		{"client_id": a.web.id, "client_secret": a.web.secret, "redirect_uris": []string{benchCallback}, "grant_types": []string{"authorization_code", "refresh_token"}},
	})
	if err != nil {
		return nil, nil, err
	}
	log, err := os.CreateTemp(b.dir, "peer-log-")
	if err != nil {
		return nil, nil, err
	}
	defer log.Close()
	a.log = log.Name()
	a.cmd = exec.Command("node", filepath.Join(b.root, "test/bench/peer.mjs"))
	a.cmd.Env = append(os.Environ(), "NODE_ENV=production", "PEER_CLIENTS="+string(clients))
	a.cmd.Stderr = log
	in, err := a.cmd.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	out, err := a.cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := a.cmd.Start(); err != nil {
		return nil, nil, fmt.Errorf("start node: %w", err)
	}
	told := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if issuer, ok := strings.CutPrefix(lines.Text(), "issuer http://"); ok {
				told <- issuer
			}
		}
		a.done <- a.cmd.Wait()
	}()
	stop := func() error { // it ends with its standard input
		return errors.Join(in.Close(), <-a.done)
	}
	select {
	case a.addr = <-told:
		return a, stop, nil
	case err := <-a.done:
		return nil, nil, fmt.Errorf("oidc-provider ended before it was ready: %w\n%s", err, a.tail())
	case <-time.After(time.Minute):
		return nil, nil, errors.Join(errors.New("oidc-provider was not ready in time"), a.cmd.Process.Kill())
	}
}
