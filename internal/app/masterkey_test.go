package app

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"cognate.dev/cognate/internal/app/command"
	"cognate.dev/cognate/internal/app/config"
	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/kit/keywrap"
	"cognate.dev/cognate/internal/password"
)

// TestTheMasterKeyMayStandInTheEnvironment opens with the variable what a file sealed, and makes no file beside it.
func TestTheMasterKeyMayStandInTheEnvironment(t *testing.T) {
	var lines bytes.Buffer
	if err := command.NewMasterKey(t.Context(), Installation(config.Default()), &lines); err != nil {
		t.Fatal(err)
	}
	t.Setenv("MASTER_KEY_TEST", lines.String())
	dir := t.TempDir()
	cfg := config.Default()
	cfg.Data, cfg.Password = dir, password.Params{MemoryKiB: 8, Time: 1, Threads: 1}
	cfg.Database, cfg.MasterKey = "sqlite:"+filepath.Join(dir, "cognate.db"), "env:MASTER_KEY_TEST"
	h, err := build(t.Context(), cfg, "http://127.0.0.1", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	sealed := h.keys.SealString("test", []byte("plain"), nil)
	if err := h.close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "master.key")); err == nil {
		t.Error("a key file was made, and nobody would know which key counts")
	}
	file := filepath.Join(t.TempDir(), "master.key")
	if err := os.WriteFile(file, lines.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	byFile := cfg
	byFile.MasterKey = file
	keys, err := byFile.KeyPlace().Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := keys.OpenString("test", sealed, nil); err != nil || string(plain) != "plain" {
		t.Errorf("the same lines in a file: %q, %v", plain, err)
	}
	if err := command.RotateKeys(t.Context(), Installation(cfg), "", io.Discard); err != nil {
		t.Errorf("a command beside it: %v", err)
	}
	if err := command.RotateMasterKey(t.Context(), Installation(cfg), io.Discard); err == nil || !strings.Contains(err.Error(), "new-master") {
		t.Errorf("rotating what is in no file: %v", err)
	}
	for _, bad := range []string{"", "k1 nothing", "k1 " + strings.Repeat("A", 43) + "="} {
		t.Setenv("MASTER_KEY_TEST", bad)
		if _, err := cfg.KeyPlace().Open(t.Context()); err == nil || bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// transit speaks as Vault's transit engine does, unless it is away.
func transit(t *testing.T, away *bool) (url string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Plaintext, Ciphertext string }
		if *away || json.NewDecoder(r.Body).Decode(&in) != nil || r.Header.Get("X-Vault-Token") != "s.token" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]string{
			"ciphertext": "vault:v1:" + in.Plaintext, "plaintext": strings.TrimPrefix(in.Ciphertext, "vault:v1:"),
		}})
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestNoNewMasterKeyIsLostToAnother has several people rotate the wrapped key at once: whoever is told that it worked finds the new
// key in the file.
func TestNoNewMasterKeyIsLostToAnother(t *testing.T) {
	t.Parallel()
	away := false
	cfg := config.Default()
	cfg.Data, cfg.Audit.Mode = t.TempDir(), audit.Off
	cfg.MasterKeyWrap.Vault = keywrap.Vault{Address: transit(t, &away), Key: "cognate", Token: "s.token"}
	var text bytes.Buffer
	if err := command.NewMasterKey(t.Context(), Installation(cfg), &text); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cfg.KeyPlace().File(), text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	var worked atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 5 {
				if command.RotateMasterKey(t.Context(), Installation(cfg), io.Discard) == nil {
					worked.Add(1)
				}
			}
		})
	}
	all.Wait()
	keys, err := cfg.KeyPlace().Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n := len(keys.IDs()); worked.Load() == 0 || n != 1+int(worked.Load()) {
		t.Errorf("%d rotations worked, and the file has %d keys", worked.Load(), n)
	}
}

// TestAServiceWrapsTheMasterKey moves an installation under a service and rotates it there; what was sealed before opens.
func TestAServiceWrapsTheMasterKey(t *testing.T) {
	t.Parallel()
	away := false
	cfg := config.Default()
	cfg.Data, cfg.Password = t.TempDir(), password.Params{MemoryKiB: 8, Time: 1, Threads: 1}
	run := func(seal bool, sealed string) string {
		t.Helper()
		h, err := build(t.Context(), cfg, "http://127.0.0.1", io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		defer h.close(context.Background())
		if sealed != "" {
			if plain, err := h.keys.OpenString("test", sealed, nil); err != nil || string(plain) != "plain" {
				t.Errorf("%q, %v", plain, err)
			}
		}
		if !seal {
			return ""
		}
		return h.keys.SealString("test", []byte("plain"), nil)
	}
	sealed := run(true, "")
	file := cfg.KeyPlace().File()
	plain, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cfg.MasterKeyWrap.Vault = keywrap.Vault{Address: transit(t, &away), Key: "cognate", Token: "s.token"}
	if _, err := cfg.KeyPlace().Open(t.Context()); err == nil || !strings.Contains(err.Error(), "wrap-master") {
		t.Errorf("plain lines were taken where wrapped ones must be: %v", err)
	}
	if err := command.WrapMasterKey(t.Context(), Installation(cfg), io.Discard); err != nil {
		t.Fatal(err)
	}
	wrapped, err := os.ReadFile(file)
	if err != nil || bytes.Contains(wrapped, plain[:20]) || !keywrap.Wrapped(string(wrapped)) {
		t.Errorf("the file holds %q, %v", wrapped, err)
	}
	second := run(true, sealed)
	if err := command.RotateMasterKey(t.Context(), Installation(cfg), io.Discard); err != nil {
		t.Fatal(err)
	}
	third := run(true, sealed)
	run(false, second)
	run(false, third)
	if second[:9] == third[:9] { // version and key
		t.Error("after the rotation the old key seals")
	}
	away = true
	if err := command.RotateMasterKey(t.Context(), Installation(cfg), io.Discard); err == nil {
		t.Error("rotated without the service")
	}
	if _, err := cfg.KeyPlace().Open(t.Context()); err == nil {
		t.Error("opened without the service")
	}
	if now, err := os.ReadFile(file); err != nil || !keywrap.Wrapped(string(now)) {
		t.Errorf("the file holds %q, %v", now, err)
	}
	cfg.MasterKeyWrap = keywrap.Config{}
	if _, err := cfg.KeyPlace().Open(t.Context()); err == nil {
		t.Error("a wrapped key was opened by nobody")
	}
}
