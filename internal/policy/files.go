package policy

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"io/fs"
	"path"
	"strings"
	"time"
)

// Folders with a meaning of their own in a Cerbos policy folder.
// https://docs.cerbos.dev/cerbos/latest/configuration/storage#disk-driver
const (
	SchemaDir  = "_schemas"
	fixtureDir = "testdata"
)

// Walk visits the files that can change a decision, in name order: policies and schemas, but no test suites, no
// fixtures and nothing hidden.
func Walk(ctx context.Context, fsys fs.FS, visit func(name string, d fs.DirEntry) error) error {
	return fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		hidden := name != "." && strings.HasPrefix(d.Name(), ".")
		if d.IsDir() {
			if hidden || d.Name() == fixtureDir {
				return fs.SkipDir
			}
			return nil
		}
		if hidden || !matters(name) {
			return nil
		}
		return visit(name, d)
	})
}

func matters(name string) bool {
	if strings.HasPrefix(name, SchemaDir+"/") {
		return true
	}
	lower := strings.ToLower(name)
	switch ext := path.Ext(lower); ext {
	case ".yaml", ".yml", ".json":
		return !strings.HasSuffix(strings.TrimSuffix(lower, ext), "_test")
	}
	return false
}

// glance is a cheap stand-in for version: names, sizes and times.
func glance(ctx context.Context, fsys fs.FS) (string, error) {
	h := sha256.New()
	var of [2 * 8]byte
	err := Walk(ctx, fsys, func(name string, d fs.DirEntry) error {
		s, err := stampOf(fsys, name, d)
		if err != nil {
			return err
		}
		frame(h, name)
		binary.BigEndian.PutUint64(of[:8], uint64(s.size))
		binary.BigEndian.PutUint64(of[8:], uint64(s.modified))
		h.Write(of[:])
		return nil
	})
	return string(h.Sum(nil)), err
}

// frame writes a length before each part, so that no two lists of parts look alike.
func frame(h hash.Hash, part string) {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(part)))
	h.Write(n[:])
	h.Write([]byte(part))
}

// emptyDir describes the root of a folder with nothing in it.
type emptyDir struct{}

func (emptyDir) Name() string       { return "." }
func (emptyDir) Size() int64        { return 0 }
func (emptyDir) Mode() fs.FileMode  { return fs.ModeDir | 0o555 }
func (emptyDir) ModTime() time.Time { return time.Time{} }
func (emptyDir) IsDir() bool        { return true }
func (emptyDir) Sys() any           { return nil }
