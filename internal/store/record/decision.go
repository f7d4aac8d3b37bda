package record

import (
	"context"
	"fmt"
	"strings"
	"time"

	"cognate.dev/cognate/internal/decision"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
)

// InsertDecisions adds records in one transaction.
func (s *Store) InsertDecisions(ctx context.Context, records []decision.Record) error {
	return s.Update(ctx, "insert decisions", func(ctx context.Context) error {
		for _, r := range records {
			kinds := "\n" + strings.Join(r.Kinds, "\n") + "\n"
			if _, err := s.Conn(ctx).Exec(ctx, `INSERT INTO decisions (id, call_id, at, principal, kinds, denied, doc) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
				r.ID, r.CallID, rows.Millis(r.At), r.Principal, kinds, database.Flag(r.Denied), r.Doc); err != nil {
				return err
			}
		}
		return nil
	})
}

// Decisions gives the records that a query chooses, newest first.
func (s *Store) Decisions(ctx context.Context, q decision.Query) ([]decision.Record, error) {
	var where []string
	var args []any
	add := func(condition string, arg any) {
		args = append(args, arg)
		where = append(where, fmt.Sprintf(condition, len(args)))
	}
	if q.CallID != "" {
		add("call_id = $%d", q.CallID)
	}
	if q.Principal != "" {
		add("principal = $%d", q.Principal)
	}
	if q.Kind != "" {
		escaped := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(q.Kind)
		add(`kinds LIKE $%d ESCAPE '\'`, "%\n"+escaped+"\n%")
	}
	if q.Denied != nil {
		add("denied = $%d", database.Flag(*q.Denied))
	}
	if !q.Since.IsZero() {
		add("at >= $%d", rows.Millis(q.Since))
	}
	if !q.Until.IsZero() {
		add("at < $%d", rows.Millis(q.Until))
	}
	if q.After != "" {
		add("id < $%d", q.After)
	}
	statement := "SELECT id, call_id, at, principal, kinds, denied, doc FROM decisions"
	if len(where) > 0 {
		statement += " WHERE " + strings.Join(where, " AND ")
	}
	args = append(args, q.Limit)
	statement += fmt.Sprintf(" ORDER BY id DESC LIMIT $%d", len(args))
	list, err := rows.All(ctx, s.Conn(ctx), scanDecision, statement, args...)
	return list, database.Failed("list decisions", err)
}

func scanDecision(row rows.Scanner) (r decision.Record, err error) {
	var at, denied int64
	var kinds string
	err = row.Scan(&r.ID, &r.CallID, &at, &r.Principal, &kinds, &denied, &r.Doc)
	r.At, r.Denied = rows.Time(at), denied != 0
	r.Kinds = strings.FieldsFunc(kinds, func(c rune) bool { return c == '\n' })
	return r, err
}

// DropDecisions removes what was decided before a time.
func (s *Store) DropDecisions(ctx context.Context, before time.Time) error {
	return database.Failed("drop decisions", s.Drop(ctx, "DELETE FROM decisions WHERE id IN (SELECT id FROM decisions WHERE at < $1 LIMIT $2)", before))
}

var _ decision.Store = (*Store)(nil)
