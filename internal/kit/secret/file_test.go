package secret_test

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"cognate.dev/cognate/internal/kit/secret"
)

func load(t *testing.T, path string) *secret.Keyring {
	t.Helper()
	r, err := secret.LoadOrCreate(path)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAFreshKeyFileIsPrivateAndLoadsTheSame(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data", "master.key")
	first := load(t, path)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	second := load(t, path)
	if _, err := second.Open("p", first.Seal("p", nil, nil), nil); err != nil {
		t.Errorf("the second start cannot open what the first sealed: %v", err)
	}
	if !bytes.Equal(first.MAC("p"), second.MAC("p")) {
		t.Error("MAC differs between two starts")
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("files left behind: %v", left)
	}
}

func TestProcessesThatStartTogetherShareOneKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "master.key")
	macs := make([]string, 8)
	var group sync.WaitGroup
	for i := range macs {
		group.Go(func() {
			if r, err := secret.LoadOrCreate(path); err == nil {
				macs[i] = string(r.MAC("p"))
			} else {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, mac := range macs {
		if mac != macs[0] {
			t.Fatal("two processes made different keys")
		}
	}
}

func TestRotatePutsANewKeyFirst(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "master.key")
	before := load(t, path)
	sealed := before.Seal("p", []byte("x"), nil)
	id, err := secret.Rotate(path)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(content), id+" ") || strings.Count(string(content), "\n") != 3 {
		t.Errorf("the new key is not the first of three lines")
	}
	after := load(t, path)
	if _, err := after.Open("p", sealed, nil); err != nil {
		t.Errorf("old value: %v", err)
	}
	if _, err := before.Open("p", after.Seal("p", nil, nil), nil); err == nil {
		t.Error("still seals under the old key")
	}
	if !bytes.Equal(before.MAC("p"), after.MAC("p")) {
		t.Error("MAC changed")
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("after rotation: %v, %v", info.Mode(), err)
	}
}

func TestConcurrentRotationsLoseNoKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "master.key")
	load(t, path)
	ids := make([]string, 6)
	var group sync.WaitGroup
	for i := range ids {
		group.Go(func() {
			if id, err := secret.Rotate(path); err == nil { // an error means: another one was under way
				ids[i] = id
			}
		})
	}
	group.Wait()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	won := 0
	for _, id := range ids {
		if id != "" {
			won++
			if !strings.Contains(string(content), id+" ") {
				t.Errorf("key %s was announced and lost", id)
			}
		}
	}
	if won == 0 {
		t.Error("no rotation went through")
	}
	load(t, path)
}

func TestUnsafeOrBrokenKeyFilesAreRefused(t *testing.T) {
	t.Parallel()
	good := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))
	whole := "k1 " + good + "\nmac " + good + "\n"
	for name, c := range map[string]struct {
		content string
		mode    os.FileMode
	}{
		"readable by the group":  {whole, 0o640},
		"writable by the world":  {whole, 0o602},
		"empty":                  {"", 0o600},
		"no mac key":             {"k1 " + good + "\n", 0o600},
		"only a mac key":         {"mac " + good + "\n", 0o600},
		"short key":              {"k1 AAAA\nmac " + good + "\n", 0o600},
		"not base64":             {"k1 " + strings.Repeat("!", 44) + "\nmac " + good + "\n", 0o600},
		"three fields":           {"k1 x " + good + "\nmac " + good + "\n", 0o600},
		"the same id twice":      {"k1 " + good + "\n" + whole, 0o600},
		"larger than any keyset": {"# " + strings.Repeat("x", 70<<10) + "\n" + whole, 0o600},
	} {
		path := filepath.Join(t.TempDir(), "master.key")
		if err := os.WriteFile(path, []byte(c.content), c.mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		_, err := secret.LoadOrCreate(path)
		if err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), good) {
			t.Errorf("%s: the error shows a key: %v", name, err)
		}
		if now, _ := os.ReadFile(path); string(now) != c.content {
			t.Errorf("%s: the file was changed", name)
		}
	}
	if _, err := secret.LoadOrCreate(t.TempDir()); err == nil {
		t.Error("a directory was accepted")
	}
}

func TestCommentsAndBlankLinesAreSkipped(t *testing.T) {
	t.Parallel()
	good := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))
	path := filepath.Join(t.TempDir(), "master.key")
	content := "# made by hand\n\n  k1\t" + good + "  \r\nmac " + good
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := load(t, path).Open("p", ring(t, key("k1", 7)).Seal("p", nil, nil), nil); err != nil {
		t.Error(err)
	}
}
