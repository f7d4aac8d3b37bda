package cursor

import (
	"context"
	"time"
)

// List describes a list that is read in pages: how rows are fetched after a place and which place a row marks.
type List[T, P any] struct {
	Fetch func(ctx context.Context, after P, limit int) ([]T, error)
	Place func(T) P
	Life  time.Duration // of a token; 0: for ever
	Scope []string      // what a token is bound to
}

// Page reads up to limit rows after the place in token, from the start without one. Next asks for the following page
// and is empty on the last one: a row more is read, so that a full last page has no token. A bad token is ErrBad.
func (l List[T, P]) Page(ctx context.Context, c *Codec, limit int, token string) (rows []T, next string, err error) {
	var after P
	if token != "" {
		if err := c.Decode(token, &after, l.Scope...); err != nil {
			return nil, "", err
		}
	}
	rows, err = l.Fetch(ctx, after, limit+1)
	if err != nil || len(rows) <= limit {
		return rows, "", err
	}
	rows = rows[:limit]
	next, err = c.Encode(l.Place(rows[limit-1]), l.Life, l.Scope...)
	return rows, next, err
}
