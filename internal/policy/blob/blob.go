// Package blob is the policy.Source that takes policies from a bucket: S3 and what speaks as it does, or a folder that
// stands for one. It owns listing and downloading. It leaves what the files mean to policy, and drivers to gocloud.dev.
package blob

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
	"testing/fstest"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/s3blob"

	"cognate.dev/cognate/internal/kit/often"
	"cognate.dev/cognate/internal/policy"
)

const (
	maxFile  = 16 << 20
	maxTotal = 256 << 20
)

// Source is a bucket. Safe for concurrent use.
type Source struct {
	cfg policy.BlobConfig
	mux *blob.URLMux

	mu     sync.Mutex
	bucket *blob.Bucket
	kept   map[string]file // by key: what need not be fetched again
}

// file is a downloaded object, as it was then.
type file struct {
	mark string // changes with the content
	data []byte
}

// New refuses URLs that no driver knows; it does not reach out.
func New(cfg policy.BlobConfig) (*Source, error) {
	mux := &blob.URLMux{}
	mux.RegisterBucket(s3blob.Scheme, &s3blob.URLOpener{})
	mux.RegisterBucket(fileblob.Scheme, &fileblob.URLOpener{})
	if scheme, _, _ := strings.Cut(cfg.URL, ":"); !mux.ValidBucketScheme(scheme) {
		return nil, errors.New("policy.blob.url: it must begin with s3:// or file://")
	}
	return &Source{cfg: cfg, mux: mux, kept: map[string]file{}}, nil
}

// String is policy.Source's, as the methods below.
func (s *Source) String() string {
	name, _, _ := strings.Cut(s.cfg.URL, "?") // parameters may be secret
	if s.cfg.Prefix != "" {
		name += ", prefix " + s.cfg.Prefix
	}
	return name
}

// Files gives the files of the bucket as they are now. It downloads what changed since the last time.
func (s *Source) Files(ctx context.Context) (fs.FS, error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(s.cfg.Timeout, time.Minute))
	defer cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bucket == nil {
		bucket, err := s.mux.OpenBucket(ctx, s.cfg.URL)
		if err != nil {
			return nil, fmt.Errorf("open the bucket: %w", err)
		}
		s.bucket = bucket
	}
	found := map[string]file{}
	files, total := fstest.MapFS{}, int64(0)
	list := s.bucket.List(&blob.ListOptions{Prefix: s.cfg.Prefix})
	for {
		o, err := list.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("list the bucket: %w", err)
		}
		name := strings.TrimPrefix(strings.TrimPrefix(o.Key, s.cfg.Prefix), "/")
		if o.IsDir || !fs.ValidPath(name) {
			continue // such as the empty object that consoles make for a folder
		}
		if total += o.Size; o.Size > maxFile || total > maxTotal {
			return nil, fmt.Errorf("%s makes it too large: a file may have 16 MiB, all together 256 MiB", o.Key)
		}
		f, err := s.fetch(ctx, o)
		if err != nil {
			return nil, fmt.Errorf("download %s: %w", o.Key, err)
		}
		found[o.Key] = f
		files[name] = &fstest.MapFile{Data: f.data, Mode: 0o444, ModTime: o.ModTime}
	}
	s.kept = found
	return files, nil
}

func (s *Source) fetch(ctx context.Context, o *blob.ListObject) (file, error) {
	mark := fmt.Sprint(o.Size, o.ModTime.UnixNano(), hex.EncodeToString(o.MD5))
	if f, ok := s.kept[o.Key]; ok && f.mark == mark {
		return f, nil
	}
	r, err := s.bucket.NewReader(ctx, o.Key, nil)
	if err != nil {
		return file{}, err
	}
	var b bytes.Buffer
	_, err = b.ReadFrom(io.LimitReader(r, maxFile+1))
	if err = errors.Join(err, r.Close()); err != nil {
		return file{}, err
	}
	if b.Len() > maxFile {
		return file{}, errors.New("it has more than 16 MiB")
	}
	return file{mark, b.Bytes()}, nil
}

// Watch lists the bucket now and then, until ctx is done, and then lets go of it.
func (s *Source) Watch(ctx context.Context, changed func()) {
	changed()
	often.Every(ctx, cmp.Or(s.cfg.Poll, time.Minute), func(context.Context) { changed() })
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bucket != nil {
		_ = s.bucket.Close()
		s.bucket = nil
	}
}

var _ policy.Source = (*Source)(nil)
