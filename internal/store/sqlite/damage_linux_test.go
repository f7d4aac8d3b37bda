package sqlite

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
)

// smallDisk is a folder on a disk of its own, of some MiB. Only root may make one, and not in every container.
func smallDisk(t *testing.T, mib int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("cognate-test", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", mib)); err != nil {
		t.Skipf("SKIPPED: no small disk can be made here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func openAt(t *testing.T, path string) *DB {
	t.Helper()
	db, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// TestAFullDiskLosesNothing fills a disk under four writers: whoever is answered is there afterwards, whoever is refused is
// not, readers go on, and writes do too as soon as there is room.
func TestAFullDiskLosesNothing(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t, 8)
	path := filepath.Join(dir, "test.db")
	db := openAt(t, path)
	defer func() { _ = db.Close() }()
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 20_000)
	var answered, refused atomic.Int64
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := 0; refused.Load() < 20; i++ {
				err := db.Write(t.Context(), func(c rows.Conn) error { return mark(c, fmt.Sprintf("%d-%d-%s", w, i, long)) })
				switch {
				case err == nil:
					answered.Add(1)
				case fault.Is(err, fault.Unavailable, ""):
					refused.Add(1)
				default:
					t.Errorf("another error than that the disk is full: %v", err)
					return
				}
				if i == 5000 {
					t.Error("the disk does not fill up")
					return
				}
			}
		})
	}
	writers.Wait()
	if answered.Load() == 0 {
		t.Fatal("nothing was written before the disk was full")
	}
	marked(t, db, int(answered.Load()))
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if err := db.Write(t.Context(), func(c rows.Conn) error { return mark(c, "after") }); err != nil {
		t.Errorf("there is room again: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	db = openAt(t, path)
	marked(t, db, int(answered.Load())+1)
	if err := db.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestADatabaseThatTurnsReadOnlyAnswersReads has SQLite itself refuse writes, as it does when the file may not be written.
func TestADatabaseThatTurnsReadOnlyAnswersReads(t *testing.T) {
	t.Parallel()
	db, _ := open(t)
	write := func(id string) error {
		return db.Write(t.Context(), func(c rows.Conn) error { return mark(c, id) })
	}
	readOnly := func(on int) {
		t.Helper()
		if _, err := db.writer.conn.Exec(t.Context(), fmt.Sprintf("PRAGMA query_only(%d)", on)); err != nil {
			t.Fatal(err)
		}
	}
	if err := write("before"); err != nil {
		t.Fatal(err)
	}
	readOnly(1)
	if err := write("meanwhile"); !fault.Is(err, fault.Unavailable, "") {
		t.Errorf("a write while the database is read-only: %v", err)
	}
	marked(t, db, 1)
	readOnly(0)
	if err := write("after"); err != nil {
		t.Errorf("the database is writable again: %v", err)
	}
	marked(t, db, 2)
}

func TestAReadOnlyDiskIsNamedAtTheStart(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t, 8)
	path := filepath.Join(dir, "test.db")
	if err := openAt(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Skipf("SKIPPED: the disk cannot be made read-only here: %v", err)
	}
	db, err := Open(t.Context(), path, Options{})
	if err == nil {
		_ = db.Close()
		t.Fatal("a server that can write nothing started")
	}
	if !strings.Contains(err.Error(), "read-only") || !strings.Contains(err.Error(), path) {
		t.Errorf("the error does not say which file cannot be written: %v", err)
	}
}

func TestDamageIsFound(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	db := openAt(t, path)
	for i := range 200 {
		if err := db.Write(t.Context(), func(c rows.Conn) error { return mark(c, fmt.Sprint(i, strings.Repeat("x", 2000))) }); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Check(t.Context()); err != nil {
		t.Errorf("nothing is damaged yet: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	for at := info.Size() / 2; at < info.Size()*3/4; at += 4096 { // pages in the middle of the file
		if _, err := f.WriteAt([]byte(strings.Repeat("\xff", 512)), at/4096*4096); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	db = openAt(t, path)
	defer func() { _ = db.Close() }()
	if err := db.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "damaged") && !strings.Contains(err.Error(), "malformed") {
		t.Errorf("the damage was not found: %v", err)
	}
}
