package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"cognate.dev/cognate/test/started"
)

// launchPeer starts oidc-provider, which npm puts among the test clients, with a client for each kind of request. It
// keeps nothing, so it may be killed.
func launchPeer(b *bench) (*authorizer, error) {
	folder := filepath.Join(b.root, "test/clients")
	if _, err := os.Stat(filepath.Join(folder, "node_modules/oidc-provider")); err != nil {
		return nil, fmt.Errorf("no oidc-provider to measure against: run npm ci in test/clients (%w)", err)
	}
	a := &authorizer{
		server: &server{}, authorize: "/auth", token: "/token", userInfo: "/me",
		machine: credentials{"machine", "only-for-benchmarks-only-for-benchmarks"}, web: credentials{"web", "only-for-benchmarks-only-for-benchmarks"},
		person: map[string]string{"login": "alice", "password": "anything"},
	}
	clients, err := json.Marshal([]object{
		{"client_id": a.machine.id, "client_secret": a.machine.secret, "redirect_uris": []string{}, "response_types": []string{},
			"grant_types": []string{"client_credentials"}},
		{"client_id": a.web.id, "client_secret": a.web.secret, "redirect_uris": []string{benchCallback}, "grant_types": []string{"authorization_code", "refresh_token"}},
	})
	if err != nil {
		return nil, err
	}
	log, err := os.CreateTemp(b.dir, "peer-log-")
	if err != nil {
		return nil, err
	}
	defer log.Close()
	a.log = log.Name()
	cmd := exec.Command("node", filepath.Join(b.root, "test/bench/peer.mjs"))
	cmd.Env = append(os.Environ(), "NODE_ENV=production", "PEER_CLIENTS="+string(clients))
	cmd.Stderr = log
	if a.Program, err = started.Start(cmd, "issuer", time.Minute); err != nil {
		return nil, fmt.Errorf("oidc-provider: %w\n%s", err, a.tail())
	}
	a.addr = strings.TrimPrefix(a.Said["issuer"], "http://")
	return a, nil
}
