package secret_test

import (
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"cognate.dev/cognate/internal/kit/secret"
)

func TestKeysAreReplacedUnderThoseWhoUseThem(t *testing.T) {
	t.Parallel()
	r := ring(t, key("k1", 1), key("mac", 9))
	old := r.Seal("p", []byte("old"), nil)
	if err := r.Activate("k2"); err == nil {
		t.Error("a key that the ring does not have seals")
	}
	if err := r.Replace(ring(t, key("k2", 2), key("k1", 1), key("mac", 9))); err != nil {
		t.Fatal(err)
	}
	if r.Active() != "k1" {
		t.Errorf("%s seals, and nobody has said so", r.Active())
	}
	stop, ended := make(chan struct{}), sync.WaitGroup{}
	for range 4 {
		ended.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if plain, err := r.Open("p", r.Seal("p", []byte("x"), nil), nil); err != nil || string(plain) != "x" {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 100 {
		for _, id := range []string{"k2", "k1", "k2"} {
			if err := r.Activate(id); err != nil {
				t.Error(err)
			}
		}
	}
	close(stop)
	ended.Wait()
	if _, err := r.Open("p", old, nil); err != nil {
		t.Errorf("what the old key sealed: %v", err)
	}
	if err := r.Replace(ring(t, key("k2", 2), key("mac", 9))); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Open("p", old, nil); !errors.Is(err, secret.ErrOpen) {
		t.Errorf("a key that was taken away opens: %v", err)
	}
}

func TestKeysThatWouldLoseSomethingAreRefused(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]*secret.Keyring{
		"without the key that seals":      ring(t, key("k2", 2), key("mac", 9)),
		"another key of the same id":      ring(t, key("k1", 3), key("mac", 9)),
		"another key of digests":          ring(t, key("k1", 1), key("mac", 8)),
		"digests by a key that was first": ring(t, key("k1", 1)),
	} {
		r := ring(t, key("k1", 1), key("mac", 9))
		if err := r.Replace(next); err == nil {
			t.Errorf("%s: taken", name)
		}
		if got := r.IDs(); len(got) != 1 || got[0] != "k1" {
			t.Errorf("%s: now it has %v", name, got)
		}
	}
}

func TestRenewSealsAnewWhatAnotherKeySealed(t *testing.T) {
	t.Parallel()
	r := ring(t, key("k2", 2), key("k1", 1))
	bound := func(row []string) []byte { return []byte(strings.Join(row, "/")) }
	before := ring(t, key("k1", 1))
	for _, kind := range []secret.Kind{{Purpose: "p", Bound: bound}, {Purpose: "p", Bound: bound, Prefix: "$sealed$"}} {
		stored := before.Seal("p", []byte("x"), []byte("a/b"))
		if kind.Prefix != "" {
			stored = []byte(kind.Prefix + before.SealString("p", []byte("x"), []byte("a/b")))
		}
		next, fresh, err := r.Renew(kind, []string{"a", "b"}, stored)
		if err != nil || fresh {
			t.Fatalf("renew: %v, fresh %v", err, fresh)
		}
		if id, sealed := r.SealedBy(kind, stored); id != "k1" || !sealed {
			t.Errorf("before, by %q", id)
		}
		if id, sealed := r.SealedBy(kind, next); id != "k2" || !sealed {
			t.Errorf("after, by %q", id)
		}
		if _, fresh, err := r.Renew(kind, []string{"a", "b"}, next); err != nil || !fresh {
			t.Errorf("renewed twice: %v", err)
		}
		if _, _, err := r.Renew(kind, []string{"a", "c"}, stored); !errors.Is(err, secret.ErrOpen) {
			t.Errorf("a value of another row was renewed: %v", err)
		}
		if kind.Prefix == "" {
			continue
		}
		if _, fresh, err := r.Renew(kind, []string{"a", "b"}, []byte("$argon2id$v=19$x")); err != nil || !fresh {
			t.Errorf("what is not sealed: %v", err)
		}
		if _, sealed := r.SealedBy(kind, []byte("$argon2id$v=19$x")); sealed {
			t.Error("what is not sealed counts as sealed")
		}
	}
}

func TestAnOldKeyLeavesTheFileAndNoOther(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "master.key")
	before := load(t, path)
	old, sealed := before.Active(), before.Seal("p", []byte("x"), nil)
	next, err := secret.Rotate(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{next, secret.MACKeyID, "nobody", ""} {
		if err := secret.Retire(path, id); err == nil {
			t.Errorf("%q was taken out", id)
		}
	}
	if _, err := load(t, path).Open("p", sealed, nil); err != nil {
		t.Fatalf("after refusals: %v", err)
	}
	if err := secret.Retire(path, old); err != nil {
		t.Fatal(err)
	}
	after := load(t, path)
	if got := after.IDs(); len(got) != 1 || got[0] != next || string(after.MAC("p")) != string(before.MAC("p")) {
		t.Errorf("left are %v", got)
	}
	if _, err := after.Open("p", sealed, nil); err == nil {
		t.Error("the old key still opens")
	}
	if raw, err := os.ReadFile(path); err != nil || strings.Count(string(raw), "\n") != 2 {
		t.Errorf("the file: %v", err)
	}
}

func TestWithoutKeepsCommentsAndOtherKeys(t *testing.T) {
	t.Parallel()
	good := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))
	text := "# mine\nk2 " + good + "\n\nk1 " + good + "\r\nk11 " + good + "\nmac " + good
	got, err := secret.Without([]byte(text), "k1")
	if want := strings.Replace(text, "k1 "+good+"\r\n", "", 1); err != nil || string(got) != want {
		t.Errorf("%v\n%s", err, got)
	}
}
