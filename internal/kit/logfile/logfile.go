// Package logfile appends to a file that is set aside when it has grown to a size, under its name and the time, and keeps
// a number of those that were set aside. Only the file's owner can read it. It leaves what is written to its callers.
package logfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// File is such a file. It is for one goroutine.
type File struct {
	path string
	max  int64
	keep int
	fail func(error)
	f    *os.File
	size int64
}

// Open opens a file to append to it, and makes it if need be, but not its folder. Max is in bytes; keep is how many are
// kept beside it. Fail hears when the file cannot be set aside: it is written on then, and grows.
func Open(path string, max int64, keep int, fail func(error)) (*File, error) {
	f := &File{path: path, max: max, keep: keep, fail: fail}
	return f, f.open()
}

func (f *File) open() error {
	file, err := os.OpenFile(f.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(err, file.Close())
	}
	f.f, f.size = file, info.Size()
	return nil
}

// Write appends whole lines, which stay together. A file that would grow beyond its size is set aside before.
func (f *File) Write(lines []byte) (int, error) {
	if f.size > 0 && f.size+int64(len(lines)) > f.max {
		if err := f.rotate(); err != nil {
			f.fail(fmt.Errorf("set %s aside: %w", f.path, err))
		}
	}
	n, err := f.f.Write(lines)
	f.size += int64(n)
	return n, err
}

func (f *File) rotate() error {
	before := f.f
	if err := os.Rename(f.path, f.path+"."+time.Now().UTC().Format("20060102T150405.000000000Z")); err != nil {
		return err
	}
	if err := f.open(); err != nil {
		return err // and what is written goes on to the one that was set aside
	}
	err := before.Close()
	old, glob := filepath.Glob(f.path + ".2*Z")
	if glob != nil {
		return errors.Join(err, glob)
	}
	slices.Sort(old)
	for len(old) > f.keep {
		err = errors.Join(err, os.Remove(old[0]))
		old = old[1:]
	}
	return err
}

// Close closes the file.
func (f *File) Close() error { return f.f.Close() }
