package storetest

import (
	"fmt"
	"testing"
	"time"

	"cognate.dev/cognate/internal/audit"
)

// audits keeps the rows of the audit log as they were given, and moves heads with them.
func audits(t *testing.T, open Open) {
	row := func(chain string, seq int64) audit.Row {
		return audit.Row{
			Chain: chain, Seq: seq, At: later(int(seq)), Operation: "AdminCreateUser", Actor: "access_key:AKIA1", Pool: poolID, Client: "c",
			Person: fmt.Sprint("user", seq), Outcome: audit.OK, Doc: `{"a":"<é>"}`, Hash: fmt.Sprint("h", seq), MAC: "m",
		}
	}
	t.Run("rows", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		var all []audit.Row
		for seq := range int64(19) {
			all = append(all, row("a", seq+1))
		}
		other := row("b", 1)
		other.Operation, other.Actor, other.Outcome, other.At = "SignUp", "anyone", "NotAuthorizedException", later(50)
		must(t, s.InsertAudit(ctx(), all, audit.Head{Chain: "a", Seq: 19, Hash: "h19", Busy: now}))
		must(t, s.InsertAudit(ctx(), []audit.Row{other}, audit.Head{Chain: "b", Seq: 1, Hash: "h1"}))
		if s.InsertAudit(ctx(), all[:1], audit.Head{Chain: "a", Seq: 1, Hash: "h1"}) == nil {
			t.Error("a record was written over another")
		}
		got, err := s.AuditRows(ctx(), "a", 0, 100)
		must(t, err)
		same(t, "rows", got, all)
		got, err = s.AuditRows(ctx(), "a", 17, 1)
		must(t, err)
		same(t, "one row", got, all[17:18])
		heads, err := s.AuditHeads(ctx(), time.Time{})
		must(t, err)
		same(t, "heads", heads, []audit.Head{{Chain: "a", Seq: 19, Hash: "h19", Busy: now}, {Chain: "b", Seq: 1, Hash: "h1"}})
		chains, err := s.AuditChains(ctx())
		must(t, err)
		same(t, "chains", chains, []string{"a", "b"})
		for name, c := range map[string]struct {
			q    audit.Query
			want []audit.Row
		}{
			"newest":    {audit.Query{Limit: 2}, []audit.Row{other, all[18]}},
			"operation": {audit.Query{Operation: "SignUp"}, []audit.Row{other}},
			"actor":     {audit.Query{Actor: "anyone"}, []audit.Row{other}},
			"user":      {audit.Query{User: "user4"}, all[3:4]},
			"failed":    {audit.Query{Failed: true}, []audit.Row{other}},
			"outcome":   {audit.Query{Outcome: "NotAuthorizedException"}, []audit.Row{other}},
			"time":      {audit.Query{Since: later(3), Until: later(4)}, all[2:3]},
			"page":      {audit.Query{Before: all[18], Limit: 1}, all[17:18]},
			"nothing":   {audit.Query{Pool: "other"}, nil},
		} {
			if c.q.Limit == 0 {
				c.q.Limit = 100
			}
			got, err := s.FindAudit(ctx(), c.q)
			must(t, err)
			same(t, name, got, c.want)
		}
	})
	t.Run("busy", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		must(t, s.InsertAudit(ctx(), []audit.Row{row("a", 1)}, audit.Head{Chain: "a", Seq: 1, Hash: "h1", Busy: later(5)}))
		must(t, s.InsertAudit(ctx(), []audit.Row{row("a", 2)}, audit.Head{Chain: "a", Seq: 2, Hash: "h2"})) // the log's own
		heads, err := s.AuditHeads(ctx(), later(5))
		must(t, err)
		same(t, "heads", heads, []audit.Head{{Chain: "a", Seq: 2, Hash: "h2", Busy: later(5)}})
		heads, err = s.AuditHeads(ctx(), later(6))
		must(t, err)
		same(t, "heads of later", heads, nil)
	})
	t.Run("cut", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		must(t, s.InsertAudit(ctx(), []audit.Row{row("a", 1), row("a", 2), row("a", 3)}, audit.Head{Chain: "a", Seq: 3, Hash: "h3"}))
		must(t, s.InsertAudit(ctx(), []audit.Row{row("b", 1)}, audit.Head{Chain: "b", Seq: 1, Hash: "h1"}))
		list, err := s.AuditBeginnings(ctx(), later(1))
		must(t, err)
		same(t, "nothing old", list, nil)
		list, err = s.AuditBeginnings(ctx(), later(3))
		must(t, err)
		same(t, "beginnings", list, []audit.Beginning{{Chain: "a", First: 1, Old: 2}, {Chain: "b", First: 1, Old: 1}})
		must(t, s.CutAudit(ctx(), "a", 2))
		must(t, s.CutAudit(ctx(), "b", 1))
		heads, err := s.AuditHeads(ctx(), time.Time{})
		must(t, err)
		same(t, "heads", heads, []audit.Head{{Chain: "a", Seq: 3, Hash: "h3"}})
		got, err := s.AuditRows(ctx(), "a", 0, 100)
		must(t, err)
		same(t, "rows", got, []audit.Row{row("a", 3)})
	})
}
