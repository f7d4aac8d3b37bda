package app

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/app/config"
)

var update = flag.Bool("update", false, "write docs/configuration.md anew")

// TestConfigReference fails when docs/configuration.md no longer says what the code does; make generate mends it.
func TestConfigReference(t *testing.T) {
	const path = "../../docs/configuration.md"
	if *update {
		if err := os.WriteFile(path, []byte(config.Reference()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != config.Reference() {
		t.Error("docs/configuration.md is stale: run make generate")
	}
	for _, line := range strings.Split(config.Reference(), "\n") {
		if strings.HasPrefix(line, "| `") && strings.HasSuffix(line, "|  |") {
			t.Errorf("a setting without a sentence: %s", line)
		}
	}
}

func none(string) (string, bool) { return "", false }

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cognate.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestNoConfigurationIsNeeded fails when the zero configuration no longer works.
func TestNoConfigurationIsNeeded(t *testing.T) {
	t.Parallel()
	cfg, err := config.Load("", none)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Listen != "127.0.0.1:9229" || cfg.PDPListen != "127.0.0.1:3592" || cfg.Data != "./data" {
		t.Errorf("the defaults are %s, %s, %s", cfg.Listen, cfg.PDPListen, cfg.Data)
	}
}

// TestMistakesInTheConfigurationStopTheStart fails when a misspelt or impossible setting is silently ignored.
func TestMistakesInTheConfigurationStopTheStart(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"lisen: 127.0.0.1:1\n":                       "lisen",
		"password: {memory: 1}\n":                    "memory",
		"listen: nowhere\n":                          "HOST:PORT",
		"issuer: mine\n":                             "issuer",
		"account: \"12\"\n":                          "12 digits",
		"region: Mars\n":                             "region",
		"public_url: ftp://x\n":                      "public_url",
		"log: {format: xml}\n":                       "xml",
		"listen: 127.0.0.1:1\n---\nlisten: other\n":  "more than one",
		"enrich: {sources: [{name: a, typo: pool}]}": "typo",
		"backup: {every: 1s, dir: copies}\n":         "at least 1m",
		"saml_providers: [{name: a, metadata: <x/>, audience: a, recipient: b}, {name: a, metadata: <x/>, audience: a, recipient: b}]\n": "one entry",
		"saml_providers: [{name: a, metadata: <x/>, audience: \"urn:amazon:cognito:sp:x\", recipient: b}]\n":                             "user pool's",
		"saml_providers: [{name: a, metadata: <x/>, recipient: b}]\n":                                                                    "audience",
		"saml_providers: [{name: a, audience: a, recipient: b}]\n":                                                                       "metadata",
		"federation: {token_checks: {api.twitter.com: \"https://x.example.com\"}}\n":                                                     "not checked",
		"federation: {token_checks: {graph.facebook.com: \"http://x.example.com\"}}\n":                                                   "graph.facebook.com",
		"database: postgres:///x\nbackup: {every: 15m, dir: copies}\n":                                                                   "SQLite file",
	} {
		if _, err := config.Load(write(t, text), none); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v does not mention %q", text, err, says)
		}
	}
}

// TestTheEnvironmentWinsOverTheFileAndTheFlagOverBoth fails when the order of precedence changes.
func TestTheEnvironmentWinsOverTheFileAndTheFlagOverBoth(t *testing.T) {
	t.Parallel()
	env := map[string]string{"COGNATE_LISTEN": "127.0.0.1:2", "COGNATE_PASSWORD_MEMORY_KIB": "4096", "COGNATE_SHUTDOWN": "3s"}
	cfg, err := config.Load(write(t, "listen: 127.0.0.1:1\nregion: eu-west-1\n"), func(k string) (string, bool) { v, ok := env[k]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Listen != "127.0.0.1:2" || cfg.Region != "eu-west-1" || cfg.Password.MemoryKiB != 4096 || cfg.Shutdown.Seconds() != 3 {
		t.Errorf("got %+v", cfg)
	}
	if err := cfg.Override(config.Flags{Listen: "127.0.0.1:3"}); err != nil || cfg.Listen != "127.0.0.1:3" {
		t.Errorf("the flag lost: %s, %v", cfg.Listen, err)
	}
	if _, err := config.Load("", func(k string) (string, bool) { return "many", k == "COGNATE_PASSWORD_TIME" }); err == nil {
		t.Error("a number that is none was accepted from the environment")
	}
}

// TestDevelopmentModeStaysOnThisMachine fails when a server that believes every access key can be reached by others.
func TestDevelopmentModeStaysOnThisMachine(t *testing.T) {
	t.Parallel()
	for addr, ok := range map[string]bool{
		"127.0.0.1:9229": true, "localhost:9229": true, "[::1]:9229": true,
		"0.0.0.0:9229": false, ":9229": false, "10.0.0.1:9229": false, "example.com:9229": false, "[::]:9229": false,
	} {
		for _, cfg := range []Config{{Listen: addr, PDPListen: "127.0.0.1:0"}, {Listen: "127.0.0.1:0", PDPListen: addr}} {
			if err := cfg.LoopbackOnly(); (err == nil) != ok {
				t.Errorf("%s: %v", addr, err)
			}
		}
	}
}
