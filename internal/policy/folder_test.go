package policy_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"cognate.dev/cognate/internal/policy"
)

// await reads reports until one fits; the deadline only bounds a failure.
func (w *world) await(t *testing.T, what string, fits func(policy.Status) bool) {
	t.Helper()
	deadline := time.After(5 * time.Minute)
	for {
		select {
		case s := <-w.reports:
			if fits(s) {
				return
			}
		case <-deadline:
			t.Fatalf("no report: %s", what)
		}
	}
}

func (w *world) watch(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); w.set.Watch(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
}

func TestAWatchedFolderTakesChangesIntoUse(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]policy.Config{
		"by events": {Watch: true, Poll: time.Hour},
		"by poll":   {Watch: true, Poll: 5 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, cfg)
			w.allow(t, "a")
			w.watch(t)
			w.await(t, "first load", policy.Status.Ready)
			w.allow(t, "b")
			w.await(t, "change", func(s policy.Status) bool { return s.Err == nil && w.allowed(t) == "b" })
			w.write(t, "new/folder/x.yaml", "broken")
			w.await(t, "broken file in a new folder", func(s policy.Status) bool { return s.Err != nil })
			if err := os.Remove(filepath.Join(w.dir, "new/folder/x.yaml")); err != nil {
				t.Fatal(err)
			}
			w.await(t, "taken back", func(s policy.Status) bool { return s.Err == nil })
		})
	}
}

// A mounted ConfigMap is a link to a hidden folder that is swapped.
func TestASwappedLinkIsAChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy.Config{Watch: true, Poll: time.Hour})
	w.allow(t, "a")
	hidden := filepath.Join(w.dir, "..data")
	for from, to := range map[string]string{"doc.yaml": "..1/doc.yaml"} {
		if err := os.MkdirAll(filepath.Join(w.dir, "..1"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(w.dir, from), filepath.Join(w.dir, to)); err != nil {
			t.Fatal(err)
		}
	}
	link := func(target, name string) {
		t.Helper()
		if err := os.Symlink(target, name+".tmp"); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(name+".tmp", name); err != nil {
			t.Fatal(err)
		}
	}
	link("..1", hidden)
	link("..data/doc.yaml", filepath.Join(w.dir, "doc.yaml"))
	w.watch(t)
	w.await(t, "first load", policy.Status.Ready)
	w.write(t, "..2/doc.yaml", "broken")
	link("..2", hidden)
	w.await(t, "swapped", func(s policy.Status) bool { return s.Err != nil })
}

func TestAFolderThatIsNotWatchedIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy.Config{})
	w.allow(t, "a")
	w.set.Watch(t.Context()) // returns at once
	if w.set.Status().Ready() {
		t.Error("it was loaded")
	}
}
