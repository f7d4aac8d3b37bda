package postgres

import (
	"context"
	"database/sql"
	"strings"
	"time"
	"unicode/utf8"

	"cognate.dev/cognate/internal/kit/rows"
)

// clean keeps text that PostgreSQL refuses (NUL, invalid UTF-8) away from it: looking for such a name finds nothing,
// rather than failing. It waits for a statement as long as its patience.
type clean struct {
	rows.Plain
	patience time.Duration // 0: endless
}

func (c clean) Query(ctx context.Context, each func(*sql.Rows) (bool, error), query string, args ...any) error {
	ctx, cancel := limited(ctx, c.patience)
	defer cancel()
	return impatient(ctx, c.Plain.Query(ctx, each, query, cleaned(args)...))
}

func (c clean) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	ctx, cancel := limited(ctx, c.patience)
	defer cancel()
	n, err := c.Plain.Exec(ctx, query, cleaned(args)...)
	return n, impatient(ctx, err)
}

func cleaned(args []any) []any {
	for i, arg := range args {
		text, ok := arg.(string)
		if ok && (strings.IndexByte(text, 0) >= 0 || !utf8.ValidString(text)) {
			args[i] = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
		}
	}
	return args
}

var _ rows.Conn = clean{}
