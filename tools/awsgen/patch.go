package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// patch corrects the facts of one service where the model errs or says what Go cannot.
type patch struct {
	Operations map[string]opPatch    `json:"operations"`
	Shapes     map[string]shapePatch `json:"shapes"`
}

// opPatch says who may call an operation, where the facts got that wrong.
type opPatch struct {
	Reason string `json:"reason"`
	Auth   string `json:"auth"` // "none" or "sigv4"
}

// shapePatch replaces what it names; the reason is for the reader and may not be empty.
type shapePatch struct {
	Reason          string  `json:"reason"`
	Pattern         *string `json:"pattern"` // what errors print, and what is compiled unless RE2 is given
	RE2             string  `json:"re2"`     // what is compiled
	Max             *int64  `json:"max"`
	TimestampFormat string  `json:"timestampFormat"` // "iso8601"
	// AddEnum is values that the service has learned since the facts were taken.
	AddEnum []string `json:"addEnum"`
}

// readPatches gives the patches by service; a missing file is none.
func readPatches(path string) (map[string]patch, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	var all map[string]patch
	if err := d.Decode(&all); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return all, nil
}

func (p patch) apply(m *model) error {
	for name, op := range p.Operations {
		o, ok := m.Operations[name]
		switch {
		case !ok:
			return fmt.Errorf("patch of %s: no such operation", name)
		case op.Reason == "":
			return fmt.Errorf("patch of %s: no reason", name)
		}
		o.Auth = op.Auth
		m.Operations[name] = o
	}
	for name, sp := range p.Shapes {
		s, ok := m.Shapes[name]
		if !ok {
			return fmt.Errorf("patch of %s: no such shape", name)
		}
		if sp.Reason == "" {
			return fmt.Errorf("patch of %s: no reason", name)
		}
		if sp.Pattern != nil {
			s.Pattern = *sp.Pattern
		}
		if sp.RE2 != "" {
			s.RE2 = sp.RE2
		}
		if sp.Max != nil {
			s.Max = sp.Max
		}
		if sp.TimestampFormat != "" {
			s.TimestampFormat = sp.TimestampFormat
		}
		s.Enum = append(s.Enum, sp.AddEnum...)
	}
	return nil
}
