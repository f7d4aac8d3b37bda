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
	newest, steps, err := known(files)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	have, taken := state(ctx, db)
	if have > newest {
		return fmt.Errorf("the database has schema %d and this build knows %d: use a newer build", have, newest)
	}
	if have == newest && taken == steps {
		return nil
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

// state is the newest migration that db has, and how many; 0 when it has no schema. What else goes wrong here goes
// wrong again, with a better message, while migrating.
func state(ctx context.Context, db *sql.DB) (newest, taken int64) {
	var v sql.NullInt64
	_ = db.QueryRowContext(ctx, "SELECT max(version_id), count(DISTINCT version_id) FROM "+goose.DefaultTablename+
		" WHERE version_id > 0").Scan(&v, &taken)
	return v.Int64, taken
}

// known is the newest of the migrations in files, and how many there are.
func known(files fs.FS) (newest, steps int64, err error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return 0, 0, err
	}
	for _, name := range names {
		digits, _, _ := strings.Cut(name, "_")
		v, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			return 0, 0, fmt.Errorf("%s does not start with a version: %w", name, err)
		}
		newest = max(newest, v)
	}
	return newest, int64(len(names)), nil
}
