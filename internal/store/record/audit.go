package record

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
)

const auditColumns = "chain, seq, at, operation, actor, pool_id, client_id, person, outcome, doc, hash, mac"

// auditTogether is how many rows one statement inserts, the most that there are: few different statements are prepared.
var auditTogether = [...]int{16, 8, 4, 2, 1}

// InsertAudit is audit.Store's, as the methods below.
func (s *Store) InsertAudit(ctx context.Context, list []audit.Row, head audit.Head) error {
	return s.Update(ctx, "insert audit records", func(ctx context.Context) error {
		for i, n := range auditTogether {
			for ; len(list) >= n; list = list[n:] {
				args := make([]any, 0, 12*n)
				for _, r := range list[:n] {
					args = append(args, r.Chain, r.Seq, rows.Millis(r.At), r.Operation, r.Actor, r.Pool, r.Client, r.Person, r.Outcome, r.Doc, r.Hash, r.MAC)
				}
				if _, err := s.Conn(ctx).Exec(ctx, auditInserts[i], args...); err != nil {
					return err
				}
			}
		}
		_, err := s.Conn(ctx).Exec(ctx, `INSERT INTO audit_heads (chain, seq, hash, busy) VALUES ($1, $2, $3, $4)
			ON CONFLICT (chain) DO UPDATE SET seq = $2, hash = $3, busy = CASE WHEN audit_heads.busy > $4 THEN audit_heads.busy ELSE $4 END`,
			head.Chain, head.Seq, head.Hash, rows.Millis(head.Busy))
		return err
	})
}

// auditInserts insert as many rows as auditTogether says.
var auditInserts = func() (statements [len(auditTogether)]string) {
	for i, n := range auditTogether {
		statements[i] = auditInsert(n)
	}
	return statements
}()

func auditInsert(n int) string {
	tuples := make([]string, n)
	for i := range tuples {
		places := make([]string, 12)
		for j := range places {
			places[j] = "$" + strconv.Itoa(len(places)*i+j+1)
		}
		tuples[i] = "(" + strings.Join(places, ", ") + ")"
	}
	return "INSERT INTO audit_records (" + auditColumns + ") VALUES " + strings.Join(tuples, ", ")
}

// AuditHeads gives the heads of chains that were busy since.
func (s *Store) AuditHeads(ctx context.Context, since time.Time) ([]audit.Head, error) {
	list, err := rows.All(ctx, s.Conn(ctx), func(row rows.Scanner) (h audit.Head, err error) {
		var busy int64
		err = row.Scan(&h.Chain, &h.Seq, &h.Hash, &busy)
		h.Busy = rows.Time(busy)
		return h, err
	}, "SELECT chain, seq, hash, busy FROM audit_heads WHERE busy >= $1 ORDER BY chain", rows.Millis(since))
	return list, database.Failed("list audit heads", err)
}

// AuditChains lists every chain that has rows.
func (s *Store) AuditChains(ctx context.Context) ([]string, error) {
	list, err := rows.All(ctx, s.Conn(ctx), rows.Value[string], "SELECT DISTINCT chain FROM audit_records ORDER BY chain")
	return list, database.Failed("list audit chains", err)
}

// AuditRows gives rows of a chain after a place, in order.
func (s *Store) AuditRows(ctx context.Context, chain string, after int64, limit int) ([]audit.Row, error) {
	list, err := rows.All(ctx, s.Conn(ctx), scanAudit,
		"SELECT "+auditColumns+" FROM audit_records WHERE chain = $1 AND seq > $2 ORDER BY seq LIMIT $3", chain, after, limit)
	return list, database.Failed("read audit records", err)
}

// FindAudit gives what a query chooses, newest first.
func (s *Store) FindAudit(ctx context.Context, q audit.Query) ([]audit.Row, error) {
	var where []string
	var args []any
	add := func(condition string, values ...any) {
		places := make([]any, len(values))
		for i, v := range values {
			args = append(args, v)
			places[i] = "$" + strconv.Itoa(len(args))
		}
		where = append(where, fmt.Sprintf(condition, places...))
	}
	for _, f := range []struct{ column, value string }{
		{"operation", q.Operation}, {"actor", q.Actor}, {"pool_id", q.Pool}, {"client_id", q.Client}, {"person", q.User}, {"outcome", q.Outcome},
	} {
		if f.value != "" {
			add(f.column+" = %s", f.value)
		}
	}
	if q.Login != "" {
		add("doc LIKE %s", `%"login":"`+strings.NewReplacer("%", "", "_", "").Replace(q.Login)+`"%`)
	}
	if q.Failed {
		add("outcome <> %s", audit.OK)
	}
	if !q.Since.IsZero() {
		add("at >= %s", rows.Millis(q.Since))
	}
	if !q.Until.IsZero() {
		add("at < %s", rows.Millis(q.Until))
	}
	if q.Before.Chain != "" {
		add("(at, chain, seq) < (%s, %s, %s)", rows.Millis(q.Before.At), q.Before.Chain, q.Before.Seq)
	}
	statement := "SELECT " + auditColumns + " FROM audit_records"
	if len(where) > 0 {
		statement += " WHERE " + strings.Join(where, " AND ")
	}
	args = append(args, q.Limit)
	list, err := rows.All(ctx, s.Conn(ctx), scanAudit, statement+" ORDER BY at DESC, chain DESC, seq DESC LIMIT $"+strconv.Itoa(len(args)), args...)
	return list, database.Failed("find audit records", err)
}

func scanAudit(row rows.Scanner) (r audit.Row, err error) {
	var at int64
	err = row.Scan(&r.Chain, &r.Seq, &at, &r.Operation, &r.Actor, &r.Pool, &r.Client, &r.Person, &r.Outcome, &r.Doc, &r.Hash, &r.MAC)
	r.At = rows.Time(at)
	return r, err
}

// AuditBeginnings tells of every chain where it begins and how much of it is older than a time. A clock that was set back
// makes it keep more. When nothing is older, it tells of none.
func (s *Store) AuditBeginnings(ctx context.Context, before time.Time) ([]audit.Beginning, error) {
	_, old, err := rows.One(ctx, s.Conn(ctx), rows.Value[int64], "SELECT at FROM audit_records WHERE at < $1 LIMIT 1", rows.Millis(before))
	if err != nil || !old {
		return nil, database.Failed("find old audit records", err)
	}
	list, err := rows.All(ctx, s.Conn(ctx), func(row rows.Scanner) (b audit.Beginning, err error) {
		var last, young int64
		if err = row.Scan(&b.Chain, &b.First, &last, &young); err != nil {
			return b, err
		}
		switch {
		case young == 0:
			b.Old = last
		case young > b.First:
			b.Old = young - 1
		}
		return b, nil
	}, `SELECT chain, min(seq), max(seq), coalesce(min(CASE WHEN at >= $1 THEN seq END), 0) FROM audit_records GROUP BY chain ORDER BY chain`,
		rows.Millis(before))
	return list, database.Failed("find old audit records", err)
}

// CutAudit removes the rows of a chain up to a place, and its head when nothing is left.
func (s *Store) CutAudit(ctx context.Context, chain string, upTo int64) error {
	for {
		n, err := s.Exec(ctx, `DELETE FROM audit_records WHERE chain = $1 AND seq IN
			(SELECT seq FROM audit_records WHERE chain = $1 AND seq <= $2 ORDER BY seq LIMIT $3)`, chain, upTo, database.DropStep)
		if err != nil {
			return database.Failed("cut audit records", err)
		}
		if n < database.DropStep {
			break
		}
	}
	_, err := s.Exec(ctx, "DELETE FROM audit_heads WHERE chain = $1 AND seq <= $2", chain, upTo)
	return database.Failed("cut audit head", err)
}

var _ audit.Store = (*Store)(nil)
