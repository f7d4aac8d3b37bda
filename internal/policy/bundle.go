package policy

import (
	"archive/zip"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"cognate.dev/cognate/internal/kit/often"
	"github.com/nlepage/go-tarfs"
)

// maxArchive bounds what an archive may unpack to: a small file can hold a very large one.
const maxArchive = 256 << 20

// isArchive goes by the name, as Cerbos does.
func isArchive(path string) bool {
	lower := strings.ToLower(path)
	for _, ending := range []string{".zip", ".tar", ".tar.gz", ".tgz", ".gzip"} {
		if strings.HasSuffix(lower, ending) {
			return true
		}
	}
	return false
}

// OpenPath gives the policies of a folder or of an archive (zip, tar, tar.gz), for tools that read them once.
func OpenPath(path string) (fs.FS, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return os.DirFS(path), nil
	case !isArchive(path):
		return nil, fmt.Errorf("%s is neither a folder nor an archive (.zip, .tar, .tar.gz)", path)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return unpack(path, raw)
}

func unpack(path string, raw []byte) (fs.FS, error) {
	lower := strings.ToLower(path)
	if strings.HasSuffix(lower, ".zip") {
		z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			return nil, err
		}
		total := uint64(0)
		for _, f := range z.File {
			if total += f.UncompressedSize64; total > maxArchive { // the reader stops at a file's declared size
				return nil, errTooLarge
			}
		}
		return z, nil
	}
	if !strings.HasSuffix(lower, ".tar") {
		z, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			return nil, err
		}
		if raw, err = io.ReadAll(io.LimitReader(z, maxArchive+1)); err != nil {
			return nil, err
		}
		if len(raw) > maxArchive {
			return nil, errTooLarge
		}
	}
	return tarfs.New(bytes.NewReader(raw))
}

var errTooLarge = errors.New("the archive unpacks to more than 256 MiB")

// bundle is an archive of policies, read into memory as a whole.
type bundle struct {
	path  string
	watch bool
	poll  time.Duration
}

// String is Source's, as the methods below.
func (b *bundle) String() string { return b.path }

func (b *bundle) Files(context.Context) (fs.FS, error) { return OpenPath(b.path) }

func (b *bundle) Watch(ctx context.Context, changed func()) {
	if !b.watch {
		return
	}
	glance := func() string {
		info, err := os.Stat(b.path)
		if err != nil {
			return err.Error()
		}
		return fmt.Sprint(info.Size(), info.ModTime().UnixNano())
	}
	seen := glance()
	changed()
	often.Every(ctx, cmp.Or(b.poll, Default().Poll), func(context.Context) {
		if now := glance(); now != seen {
			seen = now
			changed()
		}
	})
}
