package sqlite

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// disk notes what SQLite asks of the files in a folder, in order, between SQLite and the operating system: a VFS over the usual one.
// https://www.sqlite.org/vfs.html
type disk struct {
	mu    sync.Mutex
	dir   string
	steps []step
	files map[uintptr]tapped // by the address of SQLite's file
}

// step is one thing that SQLite asked for and got, or an answer that the store gave.
type step struct {
	what wish
	name string // of the file; of what was answered
	at   int64  // offset of a write, size after a truncation
	data []byte
}

type wish int

const (
	written wish = iota
	truncated
	synced
	removed // together with its name in the folder, which SQLite syncs
	answered
)

// tapped is an open file.
type tapped struct {
	name string
	real *sqlite3.Tsqlite3_io_methods
}

// under is the one tap of this process: SQLite calls plain functions. Files elsewhere than in its folder pass by it.
var under = struct {
	once sync.Once
	disk
	real    *sqlite3.Tsqlite3_vfs
	methods map[uintptr]uintptr // ours, by those that they stand in for
}{methods: map[uintptr]uintptr{}}

// tap begins to note what is asked of files in dir.
func tap(dir string) *disk {
	d := &under.disk
	d.dir, d.files = dir, map[uintptr]tapped{}
	under.once.Do(func() {
		tls := libc.NewTLS() // as long as the process
		under.real = at[sqlite3.Tsqlite3_vfs](sqlite3.Xsqlite3_vfs_find(tls, 0))
		ours := *under.real
		name, err := libc.CString("noted")
		if err != nil {
			panic(err)
		}
		ours.FpNext, ours.FzName, ours.FxOpen, ours.FxDelete = 0, name, pointer(noteOpen), pointer(noteDelete)
		sqlite3.Xsqlite3_vfs_register(tls, settle(tls, ours), 1)
	})
	return d
}

// at reads an address of SQLite's, and pointer and function go from Go functions to SQLite's pointers and back, as its translation
// into Go has them.
func at[T any](address uintptr) *T       { return *(**T)(unsafe.Pointer(&address)) }
func pointer[F any](f F) uintptr         { return *(*uintptr)(unsafe.Pointer(&f)) }
func function[F any](address uintptr) *F { return (*F)(unsafe.Pointer(&struct{ uintptr }{address})) }

// settle puts a value where SQLite's own are, for as long as the process lives.
func settle[T any](tls *libc.TLS, v T) uintptr {
	address := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(v)))
	*at[T](address) = v
	return address
}

func noteOpen(tls *libc.TLS, _, name, file uintptr, flags int32, out uintptr) int32 {
	open := *function[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](under.real.FxOpen)
	code := open(tls, uintptr(unsafe.Pointer(under.real)), name, file, flags, out)
	f := at[sqlite3.Tsqlite3_file](file)
	if code != sqlite3.SQLITE_OK || name == 0 || f.FpMethods == 0 {
		return code
	}
	d := &under.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	path := libc.GoString(name)
	if filepath.Dir(path) != d.dir {
		return code
	}
	if under.methods[f.FpMethods] == 0 {
		ours := *at[sqlite3.Tsqlite3_io_methods](f.FpMethods)
		ours.FxWrite, ours.FxTruncate, ours.FxSync, ours.FxClose = pointer(noteWrite), pointer(noteTruncate), pointer(noteSync), pointer(noteClose)
		under.methods[f.FpMethods] = settle(tls, ours)
	}
	d.files[file] = tapped{filepath.Base(path), at[sqlite3.Tsqlite3_io_methods](f.FpMethods)}
	f.FpMethods = under.methods[f.FpMethods]
	return code
}

func noteDelete(tls *libc.TLS, _, name uintptr, syncFolder int32) int32 {
	d := &under.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	remove := *function[func(*libc.TLS, uintptr, uintptr, int32) int32](under.real.FxDelete)
	code := remove(tls, uintptr(unsafe.Pointer(under.real)), name, syncFolder)
	if path := libc.GoString(name); code == sqlite3.SQLITE_OK && filepath.Dir(path) == d.dir {
		d.steps = append(d.steps, step{what: removed, name: filepath.Base(path)})
	}
	return code
}

// note has something done to a file and notes it, one after another.
func note(file uintptr, do func(*sqlite3.Tsqlite3_io_methods) int32, s step) int32 {
	d := &under.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.files[file]
	code := do(f.real)
	if s.name = f.name; code == sqlite3.SQLITE_OK {
		d.steps = append(d.steps, s)
	}
	return code
}

func noteWrite(tls *libc.TLS, file, from uintptr, n int32, offset int64) int32 {
	data := append([]byte(nil), unsafe.Slice(at[byte](from), n)...)
	return note(file, func(m *sqlite3.Tsqlite3_io_methods) int32 {
		return (*function[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](m.FxWrite))(tls, file, from, n, offset)
	}, step{what: written, at: offset, data: data})
}

func noteTruncate(tls *libc.TLS, file uintptr, size int64) int32 {
	return note(file, func(m *sqlite3.Tsqlite3_io_methods) int32 {
		return (*function[func(*libc.TLS, uintptr, int64) int32](m.FxTruncate))(tls, file, size)
	}, step{what: truncated, at: size})
}

func noteSync(tls *libc.TLS, file uintptr, flags int32) int32 {
	return note(file, func(m *sqlite3.Tsqlite3_io_methods) int32 {
		return (*function[func(*libc.TLS, uintptr, int32) int32](m.FxSync))(tls, file, flags)
	}, step{what: synced})
}

func noteClose(tls *libc.TLS, file uintptr) int32 {
	d := &under.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.files[file]
	delete(d.files, file)
	return (*function[func(*libc.TLS, uintptr) int32](f.real.FxClose))(tls, file)
}

// answer notes that something was answered.
func (d *disk) answer(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.steps = append(d.steps, step{what: answered, name: name})
}

// powerCut makes the files that a disk may hold when the power goes after n steps. Of each file that is all up to its last sync, and
// of what was asked later what chance says: nothing, all, or some of it, torn between sectors.
func (d *disk) powerCut(t *testing.T, n int, before map[string][]byte, chance *rand.Rand, to string) {
	t.Helper()
	const sector = 512
	last := map[string]int{} // after which step a file was synced last
	for i, s := range d.steps[:n] {
		if s.what == synced {
			last[s.name] = i
		}
	}
	held, luck := map[string][]byte{}, map[string]int{}
	for name, data := range before {
		held[name] = append([]byte(nil), data...)
	}
	for i, s := range d.steps[:n] {
		switch s.what {
		case synced, answered:
			continue
		case removed:
			delete(held, s.name)
			continue
		}
		if _, seen := luck[s.name]; !seen {
			luck[s.name] = chance.IntN(3)
		}
		sure := i <= last[s.name] || luck[s.name] == 1
		maybe := func() bool { return sure || luck[s.name] == 2 && chance.IntN(2) == 0 }
		if s.what == truncated {
			if maybe() && int64(len(held[s.name])) > s.at {
				held[s.name] = held[s.name][:s.at]
			}
			continue
		}
		for from := 0; from < len(s.data); from += sector {
			if part := s.data[from:min(from+sector, len(s.data))]; maybe() {
				held[s.name] = patched(held[s.name], s.at+int64(from), part)
			}
		}
	}
	for name, data := range held {
		if err := os.WriteFile(filepath.Join(to, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func patched(file []byte, at int64, part []byte) []byte {
	if end := at + int64(len(part)); int64(len(file)) < end {
		file = append(file, make([]byte, end-int64(len(file)))...)
	}
	copy(file[at:], part)
	return file
}
