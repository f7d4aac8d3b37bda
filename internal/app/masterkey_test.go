package app

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/password"
)

// TestTheMasterKeyMayStandInTheEnvironment opens with the variable what a file sealed, and makes no file beside it.
func TestTheMasterKeyMayStandInTheEnvironment(t *testing.T) {
	var lines bytes.Buffer
	if err := NewMasterKey(&lines); err != nil {
		t.Fatal(err)
	}
	t.Setenv("MASTER_KEY_TEST", lines.String())
	dir := t.TempDir()
	cfg := Default()
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
	keys, err := byFile.openKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := keys.OpenString("test", sealed, nil); err != nil || string(plain) != "plain" {
		t.Errorf("the same lines in a file: %q, %v", plain, err)
	}
	if err := RotateKeys(t.Context(), cfg, "", io.Discard); err != nil {
		t.Errorf("a command beside it: %v", err)
	}
	if err := RotateMasterKey(t.Context(), cfg, io.Discard); err == nil || !strings.Contains(err.Error(), "new-master") {
		t.Errorf("rotating what is in no file: %v", err)
	}
	for _, bad := range []string{"", "k1 nothing", "k1 " + strings.Repeat("A", 43) + "="} {
		t.Setenv("MASTER_KEY_TEST", bad)
		if _, err := cfg.openKeys(t.Context()); err == nil || bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
