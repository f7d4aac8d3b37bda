package policy

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// opened counts how often each file is opened.
type opened struct {
	fs.FS
	times map[string]int
}

func (o opened) Open(name string) (fs.File, error) {
	o.times[name]++
	return o.FS.Open(name)
}

// A file that the system says is as it was is not read again, unless it had changed just before it was read. A write that
// puts size and time back is seen all the same.
func TestOnlyFilesThatMayHaveChangedAreReadAgain(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("elsewhere every file is read")
	}
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a.yaml", "one")
	write("b.yaml", "one")
	var last *snapshot
	next := func(readA, readB int) *snapshot {
		t.Helper()
		under := opened{os.DirFS(dir), map[string]int{}}
		s, err := look(t.Context(), under, last)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := under.times["a.yaml"], under.times["b.yaml"]; a != readA || b != readB {
			t.Errorf("read %d and %d times, want %d and %d", a, b, readA, readB)
		}
		last = s
		return s
	}
	// age is as if all had been read some time after they were written.
	age := func() {
		for name, f := range last.files {
			f.read, f.content = f.read.Add(2*moment), nil
			last.files[name] = f
		}
	}
	first := next(1, 1)
	next(1, 1) // too young
	age()
	if again := next(0, 0); again.version() != first.version() {
		t.Error("the same files have another version")
	}
	info, err := os.Stat(filepath.Join(dir, "a.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	write("a.yaml", "two")
	if err := os.Chtimes(filepath.Join(dir, "a.yaml"), time.Time{}, info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if rests, err := last.rests(t.Context()); rests || err != nil {
		t.Errorf("a changed file rests: %v, %v", rests, err)
	}
	if _, err := last.ReadFile("a.yaml"); err == nil {
		t.Error("other contents were given for those that were hashed")
	}
	changed := next(1, 0)
	if changed.version() == first.version() {
		t.Error("a changed file does not change the version")
	}
	if err := os.Remove(filepath.Join(dir, "b.yaml")); err != nil {
		t.Fatal(err)
	}
	if rests, err := last.rests(t.Context()); rests || err != nil {
		t.Errorf("with a file gone: %v, %v", rests, err)
	}
	age()
	if gone := next(0, 0); gone.version() == changed.version() || len(gone.names) != 1 {
		t.Errorf("with a file gone: %q", gone.names)
	}
}
