package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"cognate.dev/cognate/internal/kit/given"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/store/postgres"
)

// Move copies an installation from one database to another, which must be new or hold the beginning of the same move.
// Nobody may use either meanwhile. That it was moved is recorded in both, once all of it has arrived.
func Move(ctx context.Context, i Installation, from, to string, out io.Writer) error {
	if err := move(ctx, from, to, out); err != nil {
		return err
	}
	record := Record("Migrate")
	record.Detail = map[string]string{"from": openly(from), "to": openly(to)}
	for _, end := range []string{to, from} { // the target first: it is the installation from now on
		there := i
		there.Database = end
		if err := there.recorded(ctx, record, out, func() error { return nil }); err != nil {
			return err
		}
	}
	return nil
}

func move(ctx context.Context, from, to string, out io.Writer) (err error) {
	// One statement reads a whole table. Other settings belong to one database, and these may be two.
	o := store.Options{Postgres: postgres.Config{StatementTimeout: -1, IdleTimeout: -1}}
	source, err := store.Open(ctx, from, o)
	if err != nil {
		return fmt.Errorf("the source: %w", err)
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	target, err := store.Open(ctx, to, o)
	if err != nil {
		return fmt.Errorf("the target: %w", err)
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	return store.Move(ctx, source, target, func(p store.Moved) {
		what := "moved"
		if p.Before {
			what = "was there"
		}
		fmt.Fprintf(out, "%-24s %9d rows  %s\n", p.Table, p.Rows, what)
	})
}

// openly is the URL of a database without what may be secret in it: who asks for it, and parameters.
func openly(database string) string {
	if given.Elsewhere(database) || strings.HasPrefix(database, "env:") || strings.HasPrefix(database, "sqlite:") {
		return database
	}
	u, err := url.Parse(strings.TrimPrefix(database, "text:"))
	if err != nil {
		return "?"
	}
	u.User, u.RawQuery = nil, ""
	return u.String()
}
