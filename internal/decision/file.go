package decision

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
)

// file is a sink that sets itself aside when it has grown.
type file struct {
	cfg  FileConfig
	f    *os.File
	size int64
}

// NewFile opens a file, to append to it. Only its owner can read it.
func NewFile(cfg FileConfig) (Sink, error) {
	if cfg.MaxSize == 0 {
		cfg.MaxSize = 100
	}
	if cfg.Keep == 0 {
		cfg.Keep = 10
	}
	s := &file{cfg: cfg}
	return s, s.open()
}

func (s *file) open() error {
	f, err := os.OpenFile(s.cfg.Path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the decision log: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	s.f, s.size = f, info.Size()
	return nil
}

// line is an entry with the names that Cerbos' own log has around it.
func line(e *Entry) ([]byte, error) {
	raw, err := protojson.Marshal(e)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString(`{"log.logger":"cerbos.audit","log.kind":"decision",`)
	if err := json.Compact(&b, raw); err != nil {
		return nil, err
	}
	out := b.Bytes()
	i := bytes.Index(out, []byte(`,{`)) // after our own names comes the entry: one object of both
	return append(slices.Delete(out, i+1, i+2), '\n'), nil
}

// Write is Sink's, as Close.
func (s *file) Write(_ context.Context, entries []*Entry) error {
	var b bytes.Buffer
	for _, e := range entries {
		l, err := line(e)
		if err != nil {
			return err
		}
		b.Write(l)
	}
	if s.size > 0 && s.size+int64(b.Len()) > int64(s.cfg.MaxSize)<<20 {
		if err := s.rotate(); err != nil {
			return err
		}
	}
	n, err := s.f.Write(b.Bytes())
	s.size += int64(n)
	return err
}

func (s *file) rotate() error {
	if err := s.f.Close(); err != nil {
		return err
	}
	aside := fmt.Sprintf("%s.%s", s.cfg.Path, time.Now().UTC().Format("20060102T150405.000000000Z"))
	if err := os.Rename(s.cfg.Path, aside); err != nil {
		return err
	}
	if err := s.open(); err != nil {
		return err
	}
	old, err := filepath.Glob(s.cfg.Path + ".2*Z")
	if err != nil {
		return err
	}
	slices.Sort(old)
	for len(old) > s.cfg.Keep {
		if err := os.Remove(old[0]); err != nil {
			return err
		}
		old = old[1:]
	}
	return nil
}

func (s *file) Close() error { return s.f.Close() }
