package database

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cognate.dev/cognate/internal/kit/rows"
)

// Moved tells of one table of a move.
type Moved struct {
	Table  string
	Rows   int64
	Before bool // an earlier run had moved it
}

// passing are the tables of what belongs to nodes and moments, which another database has of its own.
var passing = []string{"leases", "changes", "buckets", "master_key_holders", "schema_generation", "policy_revision", "goose_db_version"}

// Move copies everything from one database to another, table by table, each in one transaction, and compares both by count
// and content. What an earlier run has moved is not moved again; a target that holds anything else is refused. Nobody may
// write to either meanwhile: a source that has changed in the end is an error.
func Move(ctx context.Context, from, to *DB, tell func(Moved)) error {
	tables, err := from.tables(ctx)
	if err != nil {
		return fmt.Errorf("move: %w", err)
	}
	moved := map[string]content{}
	for _, t := range tables {
		m, err := t.move(ctx, from, to, moved)
		if err != nil {
			return fmt.Errorf("move %s: %w", t.name, err)
		}
		tell(m)
	}
	for _, t := range tables {
		now, err := t.sum(ctx, from.engine.Conn())
		if err != nil {
			return fmt.Errorf("look at %s once more: %w", t.name, err)
		}
		if now != moved[t.name] {
			return fmt.Errorf("move: somebody has changed %s in the source meanwhile: stop what uses it, and begin again with a new target", t.name)
		}
	}
	return nil
}

// table is one to move: its columns in the order of the source.
type table struct {
	name    string
	columns []string
	refers  []string // tables that its rows refer to
}

// tables lists what is to be moved, those first that others refer to. The names come from the schema, which is ours.
func (db *DB) tables(ctx context.Context) ([]table, error) {
	conn := db.engine.Conn()
	names, err := rows.All(ctx, conn, rows.Value[string], db.engine.Dialect().Tables)
	if err != nil {
		return nil, err
	}
	var list []table
	for _, name := range names {
		if slices.Contains(passing, name) || strings.HasPrefix(name, "sqlite_") {
			continue
		}
		t := table{name: name}
		if t.columns, err = rows.All(ctx, conn, rows.Value[string], db.engine.Dialect().Columns, name); err != nil {
			return nil, err
		}
		if t.refers, err = rows.All(ctx, conn, rows.Value[string], db.engine.Dialect().References, name); err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return ordered(list)
}

// ordered puts every table behind those that it refers to.
func ordered(list []table) ([]table, error) {
	var out []table
	done := map[string]bool{}
	for len(out) < len(list) {
		before := len(out)
		for _, t := range list {
			ready := !done[t.name] && !slices.ContainsFunc(t.refers, func(r string) bool { return r != t.name && !done[r] })
			if ready {
				done[t.name] = true
				out = append(out, t)
			}
		}
		if len(out) == before {
			return nil, fmt.Errorf("tables refer to each other in a circle")
		}
	}
	return out, nil
}

// move copies one table, and notes what it holds.
func (t table) move(ctx context.Context, from, to *DB, moved map[string]content) (Moved, error) {
	want, err := t.sum(ctx, from.engine.Conn())
	if err != nil {
		return Moved{}, err
	}
	moved[t.name] = want
	have, err := t.sum(ctx, to.engine.Conn())
	if err != nil {
		return Moved{}, err
	}
	m := Moved{Table: t.name, Rows: want.rows, Before: have == want && want.rows > 0}
	if have == want {
		return m, nil
	}
	if have.rows > 0 {
		return m, fmt.Errorf("the target holds %d other rows: it must be new", have.rows)
	}
	err = to.engine.Write(ctx, func(conn rows.Conn) error {
		if err := t.copy(ctx, from.engine.Conn(), conn); err != nil {
			return err
		}
		got, err := t.sum(ctx, conn)
		if err == nil && got != want {
			err = fmt.Errorf("%d rows arrived of %d, or other ones", got.rows, want.rows)
		}
		return err
	})
	return m, err
}

// batch is how many values one statement inserts at most: both databases take more.
const batch = 2000

func (t table) copy(ctx context.Context, from, to rows.Conn) error {
	per := max(1, batch/len(t.columns))
	var values []any
	flush := func() error {
		if len(values) == 0 {
			return nil
		}
		_, err := to.Exec(ctx, t.insert(len(values)/len(t.columns)), values...)
		values = values[:0]
		return err
	}
	err := t.each(ctx, from, func(row []any) error {
		if values = append(values, row...); len(values) < per*len(t.columns) {
			return nil
		}
		return flush()
	})
	if err != nil {
		return err
	}
	return flush()
}

// insert is the statement for n rows. Few differ: all batches but the last are of one size.
func (t table) insert(n int) string {
	var b strings.Builder
	b.WriteString("INSERT INTO " + t.name + " (" + strings.Join(t.columns, ", ") + ") VALUES ")
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		for j := range t.columns {
			if j > 0 {
				b.WriteString(", ")
			}
			b.WriteString("$" + strconv.Itoa(i*len(t.columns)+j+1))
		}
		b.WriteByte(')')
	}
	return b.String()
}

// each reads all rows.
func (t table) each(ctx context.Context, conn rows.Conn, do func([]any) error) error {
	return conn.Query(ctx, func(rs *sql.Rows) (bool, error) {
		row, into := make([]any, len(t.columns)), make([]any, len(t.columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rs.Scan(into...); err != nil {
			return false, err
		}
		return true, do(row)
	}, "SELECT "+strings.Join(t.columns, ", ")+" FROM "+t.name)
}

// content is what a table holds, in whatever order: the sum of the digests of its rows.
type content struct {
	rows int64
	sum  uint64
}

func (t table) sum(ctx context.Context, conn rows.Conn) (c content, err error) {
	err = t.each(ctx, conn, func(row []any) error {
		h := sha256.New()
		for _, v := range row {
			var text []byte
			switch v := v.(type) {
			case nil:
				text = []byte("-")
			case int64:
				text = strconv.AppendInt([]byte("i"), v, 10)
			case float64:
				text = strconv.AppendFloat([]byte("f"), v, 'g', -1, 64)
			case string:
				text = append([]byte("s"), v...)
			case []byte:
				text = append([]byte("b"), v...)
			default:
				return fmt.Errorf("a value of type %T", v)
			}
			h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(text))))
			h.Write(text)
		}
		c.rows++
		c.sum += binary.BigEndian.Uint64(h.Sum(nil))
		return nil
	})
	return c, err
}
