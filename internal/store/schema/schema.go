// Package schema brings a database to the schema of this build: it compares versions and, only when something is
// missing, lets goose apply the embedded migrations, upwards. It decides whether a build and a database go together.
// The migrations themselves belong to the engines.
package schema

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

// Generation is the newest generation of schemas that this build works with. A database says in its table
// schema_generation which one it needs; a migration that takes something away from older builds raises both.
const Generation = 1

// ErrIncomplete means that a database lacks migrations.
var ErrIncomplete = errors.New("the database has not all migrations of this build")

// Up applies the migrations of files (NNNNN_name.sql, at the root) that db does not have yet, in order, also those that
// come before what it has. When there is nothing to do it costs one query. A database that a newer build has migrated is
// taken as it is when it still suits this one, and refused when it does not.
func Up(ctx context.Context, db *sql.DB, dialect goose.Dialect, files fs.FS, options ...goose.ProviderOption) error {
	err := Complete(ctx, db, files)
	if !errors.Is(err, ErrIncomplete) {
		return err
	}
	options = append(options, goose.WithDisableGlobalRegistry(true), goose.WithAllowOutofOrder(true))
	provider, err := goose.NewProvider(dialect, db, files, options...)
	if err != nil {
		return fmt.Errorf("prepare migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// Complete reports, without changing anything, whether a database has the migrations of files (ErrIncomplete) and suits
// this build.
func Complete(ctx context.Context, db *sql.DB, files fs.FS) error {
	missing, err := known(files)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	newer := false
	for _, v := range taken(ctx, db) {
		newer = newer || !missing[v]
		delete(missing, v)
	}
	if newer {
		var needs int
		if err := db.QueryRowContext(ctx, "SELECT max(generation) FROM schema_generation").Scan(&needs); err != nil {
			return fmt.Errorf("the database has migrations that this build does not know, and does not say what it needs: use a newer build (%w)", err)
		}
		if needs > Generation {
			return fmt.Errorf("the database needs builds of generation %d and this one is of %d: use a newer build", needs, Generation)
		}
	}
	if len(missing) > 0 {
		return ErrIncomplete
	}
	return nil
}

const selectTaken = "SELECT DISTINCT version_id FROM " + goose.DefaultTablename + " WHERE version_id > 0"

// taken are the migrations that db has; none when it has no schema. What else goes wrong here goes wrong again, with a
// better message, while migrating.
func taken(ctx context.Context, db *sql.DB) (versions []int64) {
	rows, err := db.QueryContext(ctx, selectTaken)
	if err != nil {
		return nil
	}
	defer rows.Close()
	for rows.Next() {
		var v int64
		if rows.Scan(&v) != nil {
			return nil
		}
		versions = append(versions, v)
	}
	if rows.Err() != nil {
		return nil
	}
	return versions
}

// known are the migrations in files.
func known(files fs.FS) (map[int64]bool, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, err
	}
	versions := map[int64]bool{}
	for _, name := range names {
		digits, _, _ := strings.Cut(name, "_")
		v, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s does not start with a version: %w", name, err)
		}
		versions[v] = true
	}
	return versions, nil
}
