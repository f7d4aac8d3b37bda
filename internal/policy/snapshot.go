package policy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"testing/fstest"
	"time"
)

// Hashed is a file system that knows the SHA-256 of each file that Walk visits without reading it. The map is not to be
// changed.
type Hashed interface {
	fs.FS
	Hashes() map[string][sha256.Size]byte
}

// snapshot is the files of a source as they were at one moment. It knows what each holds by its hash, so that what is
// compiled is what was hashed; it reads again only those that may have changed since the snapshot before.
type snapshot struct {
	under  fs.FS
	names  []string // as Walk visits them
	files  map[string]kept
	hashes map[string][sha256.Size]byte
	whole  fstest.MapFS // nil: nobody asked for all
}

// kept is what is known of a file.
type kept struct {
	stamp
	read    time.Time // when its contents were hashed
	content []byte    // nil: not read for this snapshot
}

// stamp is what a file system says of a file without reading it. Change and inode are of those that keep them, which is
// what certain says: no write leaves such a stamp as it was, unless it comes in the same moment as the one before.
type stamp struct {
	size, modified int64
	changed        int64 // of contents or attributes, which no program can set
	inode, device  uint64
	certain        bool
}

// moment is how coarse the clocks of file systems are at worst, and then some: a file that was read so soon after it had
// changed may have changed again unseen, so it is read once more. Git calls such a file racy.
const moment = 2 * time.Second

// errMoved is of a file that holds something else by now.
var errMoved = errors.New("the policies changed while they were read")

// look makes a snapshot. Last is the one before, or nil.
func look(ctx context.Context, under fs.FS, last *snapshot) (*snapshot, error) {
	s := &snapshot{under: under, files: map[string]kept{}, hashes: map[string][sha256.Size]byte{}}
	err := Walk(ctx, under, func(name string, d fs.DirEntry) error {
		of, err := stampOf(under, name, d)
		if err != nil {
			return err
		}
		s.names = append(s.names, name)
		if last != nil {
			if was := last.files[name]; was.stamp == of && of.settled(was.read) {
				s.files[name], s.hashes[name] = was, last.hashes[name]
				return nil
			}
		}
		now := time.Now()
		content, err := fs.ReadFile(under, name)
		if err != nil {
			return err
		}
		s.files[name], s.hashes[name] = kept{stamp: of, read: now, content: content}, sha256.Sum256(content)
		return nil
	})
	return s, err
}

// settled reports whether a file that was read then, and has the same stamp now, holds the same now.
func (s stamp) settled(read time.Time) bool {
	return s.certain && max(s.modified, s.changed) < read.Add(-moment).UnixNano()
}

// stampOf follows links, as a mounted ConfigMap needs.
func stampOf(under fs.FS, name string, d fs.DirEntry) (stamp, error) {
	info, err := d.Info()
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		info, err = fs.Stat(under, name)
	}
	if err != nil {
		return stamp{}, err
	}
	s := stamp{size: info.Size(), modified: info.ModTime().UnixNano()}
	s.certify(info)
	return s, nil
}

// version is a hash of names and contents.
func (s *snapshot) version() string {
	h := sha256.New()
	for _, name := range s.names {
		frame(h, name)
		of := s.hashes[name]
		frame(h, string(of[:]))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// rests reports whether the files are still those of the snapshot, by their stamps.
func (s *snapshot) rests(ctx context.Context) (bool, error) {
	seen := 0
	err := Walk(ctx, s.under, func(name string, d fs.DirEntry) error {
		now, err := stampOf(s.under, name, d)
		if err == nil && now == s.files[name].stamp {
			seen++
		} else if err == nil {
			err = errMoved
		}
		return err
	})
	if errors.Is(err, errMoved) || errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && seen == len(s.names), err
}

// rest lets go of everything but what the next snapshot is compared with.
func (s *snapshot) rest() {
	s.under, s.whole = nothing{}, nil
	for name, f := range s.files {
		if f.content != nil {
			f.content = nil
			s.files[name] = f
		}
	}
}

// Hashes is Hashed's.
func (s *snapshot) Hashes() map[string][sha256.Size]byte { return s.hashes }

// ReadFile is fs.ReadFileFS's.
func (s *snapshot) ReadFile(name string) ([]byte, error) {
	f, ok := s.files[name]
	switch {
	case !ok:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	case f.content != nil:
		return f.content, nil
	}
	content, err := fs.ReadFile(s.under, name)
	if err == nil && sha256.Sum256(content) != s.hashes[name] {
		err = &fs.PathError{Op: "read", Path: name, Err: errMoved}
	}
	return content, err
}

// Open is fs.FS's. Whoever walks through the files gets all of them, in memory.
func (s *snapshot) Open(name string) (fs.File, error) {
	if s.whole == nil {
		all := fstest.MapFS{}
		for _, one := range s.names {
			content, err := s.ReadFile(one)
			if err != nil {
				return nil, err
			}
			all[one] = &fstest.MapFile{Data: content, Mode: 0o444}
		}
		s.whole = all
	}
	return s.whole.Open(name)
}

var (
	_ Hashed        = (*snapshot)(nil)
	_ fs.ReadFileFS = (*snapshot)(nil)
)
