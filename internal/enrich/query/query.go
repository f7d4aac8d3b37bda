// Package query is the source of type sql: one query with parameters against SQLite or PostgreSQL, on connections that
// cannot write. It has nothing to do with the store's own database.
package query

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver of SQLite

	"cognate.dev/cognate/internal/enrich/upstream"
)

// Config says what is asked of which database. Without a query there is none.
type Config struct {
	Database     string `yaml:"database" given:"start" doc:"postgres://… or sqlite:FILE; put a URL with a password into database_file or database_env"`
	DatabaseFile string `yaml:"database_file" doc:"file that holds the URL instead"`
	DatabaseEnv  string `yaml:"database_env" doc:"environment variable that holds the URL instead"`
	Query        string `yaml:"query" doc:"one SELECT; $1 is the key and $2, if it is there, the kind of a resource. Its columns are the fields"`
	Rows         string `yaml:"rows" doc:"one: a second row is an error; all: the rows are the list rows, for fields such as rows/*/role; empty means one"`
	Connections  int    `yaml:"connections" doc:"open at once; 0 means 8"`
}

// Configured reports whether there is a query.
func (c Config) Configured() bool { return c.Query != "" }

const (
	one, all = "one", "all"
	maxRows  = 10_000
)

var secondParameter = regexp.MustCompile(`\$2\b`)

// Source asks a database. Safe for concurrent use.
type Source struct {
	Config
	db   *sql.DB
	kind bool // the query has a second parameter
}

// New makes a source. It connects when it is first asked: a database that is down stops no start.
func New(c Config) (*Source, error) {
	target, err := c.target()
	if err != nil {
		return nil, err
	}
	if c.Rows == "" {
		c.Rows = one
	}
	switch {
	case c.Rows != one && c.Rows != all:
		return nil, fmt.Errorf("rows: %q is neither one nor all", c.Rows)
	case !strings.Contains(c.Query, "$1"):
		return nil, errors.New("query: it has no $1; an id must be a parameter, never a part of the text")
	case c.Connections < 0:
		return nil, errors.New("connections: it must not be negative")
	case c.Connections == 0:
		c.Connections = 8
	}
	s := &Source{Config: c, kind: secondParameter.MatchString(c.Query)}
	if s.db, err = open(target); err != nil {
		return nil, err
	}
	s.db.SetMaxOpenConns(c.Connections)
	s.db.SetMaxIdleConns(c.Connections)
	s.db.SetConnMaxLifetime(time.Hour)
	return s, nil
}

func (c Config) target() (string, error) {
	ways, target := 0, c.Database
	for _, s := range []string{c.Database, c.DatabaseFile, c.DatabaseEnv} {
		if s != "" {
			ways++
		}
	}
	switch {
	case ways != 1:
		return "", errors.New("give exactly one of database, database_file and database_env")
	case c.DatabaseFile != "":
		raw, err := os.ReadFile(c.DatabaseFile)
		if err != nil {
			return "", fmt.Errorf("read database_file: %w", err)
		}
		target = strings.TrimSpace(string(raw))
	case c.DatabaseEnv != "":
		if target = os.Getenv(c.DatabaseEnv); target == "" {
			return "", fmt.Errorf("database_env: the environment has no %s", c.DatabaseEnv)
		}
	}
	return target, nil
}

// open opens a database for reading. Its errors do not repeat the URL, which may hold a password.
func open(target string) (*sql.DB, error) {
	scheme, rest, _ := strings.Cut(target, ":")
	switch scheme {
	case "sqlite":
		path := strings.TrimPrefix(rest, "//")
		if path == "" {
			return nil, errors.New("database: sqlite: needs a file")
		}
		// mode=ro neither makes a file nor changes one.
		dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?mode=ro&_pragma=query_only(1)&_pragma=busy_timeout(1000)"
		return sql.Open("sqlite", dsn)
	case "postgres", "postgresql":
		c, err := pgx.ParseConfig(target)
		if err != nil {
			return nil, errors.New("database: the URL is not valid")
		}
		if c.RuntimeParams["application_name"] == "" {
			c.RuntimeParams["application_name"] = "cognate-enrichment"
		}
		c.RuntimeParams["default_transaction_read_only"] = "on"
		return stdlib.OpenDB(*c), nil
	}
	return nil, errors.New("database: the scheme of the URL must be sqlite or postgres")
}

// Close closes the connections.
func (s *Source) Close() error { return s.db.Close() }

// Find runs the query. No row is nil.
func (s *Source) Find(ctx context.Context, kind, id string) (map[string]any, error) {
	if !utf8.ValidString(id) || !utf8.ValidString(kind) || strings.ContainsRune(id+kind, 0) {
		return nil, nil // PostgreSQL has no such text
	}
	args := []any{id}
	if s.kind {
		args = append(args, kind)
	}
	rows, err := s.db.QueryContext(ctx, s.Query, args...)
	if err != nil {
		return nil, blame(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	var found []any
	for rows.Next() {
		if s.Rows == one && len(found) == 1 {
			return nil, upstream.AboutQuestion(errors.New("query: it has a second row; add a condition, or set rows to all"))
		}
		if len(found) == maxRows {
			return nil, upstream.AboutQuestion(fmt.Errorf("query: it has more than %d rows", maxRows))
		}
		row, err := read(rows, columns)
		if err != nil {
			return nil, err
		}
		found = append(found, row)
	}
	if err := rows.Err(); err != nil {
		return nil, blame(err)
	}
	switch {
	case found == nil:
		return nil, nil
	case s.Rows == all:
		return map[string]any{"rows": found}, nil
	}
	return found[0].(map[string]any), nil
}

// blame says whether an error is that of the id: PostgreSQL's class 22 is about data, such as an id that is no number.
// https://www.postgresql.org/docs/current/errcodes-appendix.html
func blame(err error) error {
	var pg *pgconn.PgError
	named := fmt.Errorf("query: %w", err)
	if errors.As(err, &pg) && strings.HasPrefix(pg.Code, "22") {
		return upstream.AboutQuestion(named)
	}
	return named
}

func read(rows *sql.Rows, columns []string) (map[string]any, error) {
	cells, to := make([]any, len(columns)), make([]any, len(columns))
	for i := range cells {
		to[i] = &cells[i]
	}
	if err := rows.Scan(to...); err != nil {
		return nil, fmt.Errorf("query: read a row: %w", err)
	}
	row := make(map[string]any, len(columns))
	for i, name := range columns {
		if _, twice := row[name]; twice {
			return nil, fmt.Errorf("query: two columns are called %s", name)
		}
		v, err := plain(cells[i])
		if err != nil {
			return nil, fmt.Errorf("query: column %s: %w", name, err)
		}
		row[name] = v
	}
	return row, nil
}

// plain makes one of the forms that fields have of what a driver gives.
func plain(v any) (any, error) {
	switch v := v.(type) {
	case nil, bool, int64, float64, string, time.Time:
		return v, nil
	case []byte:
		if !utf8.Valid(v) {
			return nil, errors.New("it is binary")
		}
		return string(v), nil
	case int32:
		return int64(v), nil
	case float32:
		return float64(v), nil
	case fmt.Stringer:
		return v.String(), nil
	}
	return nil, fmt.Errorf("a %T has no form in policies; cast it to text", v)
}
