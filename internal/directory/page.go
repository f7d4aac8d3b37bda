package directory

import (
	"context"
	"errors"
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

// page reads one page of a list; a limit of 0 means MaxPage.
func page[T, P any](ctx context.Context, c *cursor.Codec, l listing[T, P], limit int, token string) (Page[T], error) {
	if limit < 0 || limit > MaxPage {
		return Page[T]{}, fault.Invalidf("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: "+
			"Member must have value less than or equal to %d", limit, MaxPage)
	}
	if limit == 0 {
		limit = MaxPage
	}
	rows, next, err := cursor.List[T, P]{Fetch: l.fetch, Place: l.place, Life: l.life, Scope: l.scope}.Page(ctx, c, limit, token)
	if errors.Is(err, cursor.ErrBad) {
		return Page[T]{}, fault.Invalidf("Invalid pagination token").Because(err)
	}
	if err != nil {
		return Page[T]{}, err
	}
	return Page[T]{Items: rows, Next: next}, nil
}
