package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// Anchor is a file outside of the database that remembers how far each chain of this machine has come. Whoever cuts
// records off the end of a chain in the database would have to change this file, too. A nil Anchor remembers nothing.
type Anchor struct {
	f     *os.File
	at    int64 // where the line of the present chain begins
	chain string
}

// kept is how many chains the file remembers.
const kept = 1000

// OpenAnchor opens the file, or makes it; only its owner can read it.
func OpenAnchor(path string) (*Anchor, error) {
	raw, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open the anchor of the audit log: %w", err)
	}
	lines := bytes.SplitAfter(raw, []byte("\n"))
	if len(lines) > kept+1 {
		short := bytes.Join(lines[len(lines)-kept-1:], nil)
		if err := os.WriteFile(path+".next", short, 0o600); err != nil { //nolint:gosec // the operator named the path
			return nil, err
		}
		if err := os.Rename(path+".next", path); err != nil {
			return nil, err
		}
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the anchor of the audit log: %w", err)
	}
	return &Anchor{f: f}, nil
}

// Hold remembers the end of a chain. It is written in place and left to the operating system: the death of the process
// does not undo it, and a power cut at worst leaves an older end.
func (a *Anchor) Hold(chain string, seq int64, hash string) {
	if a == nil {
		return
	}
	line := fmt.Sprintf("%-16s %20d %s\n", chain, seq, hash)
	if a.chain != chain {
		info, err := a.f.Stat()
		if err != nil {
			return
		}
		a.chain, a.at = chain, info.Size() // another process may have begun a line, too
	}
	_, _ = a.f.WriteAt([]byte(line), a.at) // the record itself is safe
}

// Close closes the file.
func (a *Anchor) Close() error {
	if a == nil {
		return nil
	}
	return a.f.Close()
}

// ReadAnchor gives what an anchor remembers; nothing when there is no file.
func ReadAnchor(path string) ([]Head, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the anchor of the audit log: %w", err)
	}
	var heads []Head
	for n, line := range strings.Split(strings.TrimRight(string(raw), "\n"), "\n") {
		if line == "" {
			continue
		}
		var h Head
		if _, err := fmt.Sscan(line, &h.Chain, &h.Seq, &h.Hash); err != nil {
			return nil, fmt.Errorf("%s: line %d is no end of a chain", path, n+1)
		}
		heads = append(heads, h)
	}
	return heads, nil
}
