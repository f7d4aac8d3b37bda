// Package schema brings a database to the schema of this build: it compares versions and, only when they differ, lets
// goose apply the embedded migrations, upwards. The migrations themselves belong to the engines.
package schema

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

// Up applies the migrations of files (NNNNN_name.sql, at the root) that db does not have yet. When there is nothing to
// do it costs one query. A database with a newer schema is refused.
func Up(ctx context.Context, db *sql.DB, dialect goose.Dialect, files fs.FS, options ...goose.ProviderOption) error {
	want, err := newest(files)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if have := version(ctx, db); have == want {
		return nil
	} else if have > want {
		return fmt.Errorf("the database has schema %d and this build knows %d: use a newer build", have, want)
	}
	options = append(options, goose.WithDisableGlobalRegistry(true))
	provider, err := goose.NewProvider(dialect, db, files, options...)
	if err != nil {
		return fmt.Errorf("prepare migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// version is the schema of db, 0 when it has none. What else goes wrong here goes wrong again, with a better message,
// while migrating.
func version(ctx context.Context, db *sql.DB) int64 {
	var v sql.NullInt64
	_ = db.QueryRowContext(ctx, "SELECT max(version_id) FROM "+goose.DefaultTablename).Scan(&v)
	return v.Int64
}

func newest(files fs.FS) (int64, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return 0, err
	}
	var newest int64
	for _, name := range names {
		digits, _, _ := strings.Cut(name, "_")
		v, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s does not start with a version: %w", name, err)
		}
		newest = max(newest, v)
	}
	return newest, nil
}
