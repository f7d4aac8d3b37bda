package decision

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protojson"

	"cognate.dev/cognate/internal/kit/logfile"
)

// file is a sink that sets itself aside when it has grown.
type file struct{ *logfile.File }

// NewFile opens a file, to append to it. Only its owner can read it. Fail hears when it cannot be set aside.
func NewFile(cfg FileConfig, fail func(error)) (Sink, error) {
	f, err := logfile.Open(cfg.Path, int64(cmp.Or(cfg.MaxSize, 100))<<20, cmp.Or(cfg.Keep, 10), fail)
	if err != nil {
		return nil, fmt.Errorf("open the decision log: %w", err)
	}
	return file{f}, nil
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
func (s file) Write(_ context.Context, entries []*Entry) error {
	var b bytes.Buffer
	for _, e := range entries {
		l, err := line(e)
		if err != nil {
			return err
		}
		b.Write(l)
	}
	_, err := s.File.Write(b.Bytes())
	return err
}
