// Package csv reads the files of Cognito's user import: its header, its lines and what a line says of a person. It leaves
// taking people in to transfer, and jobs to job.
package csv

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/transfer"
)

// The columns that are no attributes.
const (
	columnMFA      = "cognito:mfa_enabled"
	columnUsername = "cognito:username"
	columnHash     = "password_hash"
)

// MaxLine is how many characters a line can have.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html
const MaxLine = 16_000

// Columns are the columns that a file for the pool has, in the order of GetCSVHeader. A file for a job with a hashing
// algorithm has password_hash, too.
func Columns(pool *directory.Pool) []string {
	var out []string
	for _, a := range pool.Schema {
		if a.Name != "sub" && a.Name != "identities" {
			out = append(out, a.Name)
		}
	}
	return append(out, columnMFA, columnUsername)
}

// NewLines reads a file on from a place.
func NewLines(r io.Reader, offset, number int64) *transfer.Lines {
	return transfer.NewLines(r, 4*MaxLine, offset, number)
}

// TooLong says whether a line has more than MaxLine characters.
func TooLong(line string) bool { return utf8.RuneCountInString(line) > MaxLine }

// split cuts a line at its commas. A comma within a value is written \, ; values are trimmed.
func split(line string) ([]string, error) {
	var out []string
	var value strings.Builder
	end := func() error {
		text := strings.TrimSpace(value.String())
		value.Reset()
		if len(text) > 1 && text[0] == '"' && text[len(text)-1] == '"' {
			return errors.New("Values must not stand in quotation marks.") //nolint:staticcheck // a sentence of the log
		}
		out = append(out, text)
		return nil
	}
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == '\\' && i+1 < len(line) && line[i+1] == ',':
			value.WriteByte(',')
			i++
		case line[i] == ',':
			if err := end(); err != nil {
				return nil, err
			}
		default:
			value.WriteByte(line[i])
		}
	}
	return out, end()
}

// Layout is what a file's header says: which value of a line is what.
type Layout struct {
	pool      *directory.Pool
	algorithm string
	columns   []string
}

// NewLayout reads a header: every column of the pool once, in any order, and password_hash where the job needs it.
func NewLayout(pool *directory.Pool, algorithm, header string) (*Layout, error) {
	if strings.HasPrefix(header, "\uFEFF") {
		return nil, errors.New("the file begins with a byte order mark; save it as UTF-8 without one")
	}
	names, err := split(header)
	if err != nil {
		return nil, errors.New("the names of columns must not stand in quotation marks")
	}
	l := &Layout{pool: pool, algorithm: algorithm, columns: names}
	known := append(Columns(pool), columnHash)
	for i, name := range names {
		switch {
		case !slices.Contains(known, name):
			return nil, fmt.Errorf("the header has the column %s, which is not one of the user pool's", clip(name))
		case slices.Contains(names[:i], name):
			return nil, fmt.Errorf("the header has the column %s twice", name)
		}
	}
	for _, name := range known {
		if !slices.Contains(names, name) && (name != columnHash || algorithm != "") {
			return nil, fmt.Errorf("the header lacks the column %s", name)
		}
	}
	return l, nil
}

// clip keeps what somebody else wrote short enough to be repeated.
func clip(text string) string {
	if utf8.RuneCountInString(text) <= 64 {
		return text
	}
	return string([]rune(text)[:64]) + "…"
}
