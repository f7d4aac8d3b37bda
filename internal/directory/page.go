package directory

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/cursor"
)

// MaxPage is the most that one page of any list holds, and what a limit of zero means.
const MaxPage = 60

// Page is one page of a list. Next asks for the following page; it is empty on the last one.
type Page[T any] struct {
	Items []T
	Next  string
}

// listing describes one list: how a page is fetched after a place and which place a row marks.
type listing[T, P any] struct {
	fetch func(ctx context.Context, after P, limit int) ([]T, error)
	place func(T) P
	life  time.Duration // of a token; 0: for ever
	scope []string      // what a token is bound to
}

// page reads one row more than asked for, so that a full last page has no token.
func page[T, P any](ctx context.Context, c *cursor.Codec, l listing[T, P], limit int, token string) (Page[T], error) {
	if limit < 0 || limit > MaxPage {
		return Page[T]{}, fault.Invalidf("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: "+
			"Member must have value less than or equal to %d", limit, MaxPage)
	}
	if limit == 0 {
		limit = MaxPage
	}
	var after P
	if token != "" {
		if err := c.Decode(token, &after, l.scope...); err != nil {
			return Page[T]{}, fault.Invalidf("Invalid pagination token").Because(err)
		}
	}
	rows, err := l.fetch(ctx, after, limit+1)
	if err != nil {
		return Page[T]{}, err
	}
	if len(rows) <= limit {
		return Page[T]{Items: rows}, nil
	}
	rows = rows[:limit]
	next, err := c.Encode(l.place(rows[limit-1]), l.life, l.scope...)
	if err != nil {
		return Page[T]{}, err
	}
	return Page[T]{Items: rows, Next: next}, nil
}
