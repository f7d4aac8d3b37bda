package storetest

import (
	"testing"

	"cognate.dev/cognate/internal/audit"
)

func decisions(t *testing.T, open Open) {
	t.Run("DecisionsAreFoundNewestFirst", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		a := audit.Record{ID: "1", CallID: "c1", At: now, Principal: "alice", Kinds: []string{"con%tact", "invoice"}, Denied: true, Doc: `{"a":1}`}
		b := audit.Record{ID: "2", CallID: "c1", At: later(1), Principal: "bob", Kinds: []string{"contact"}, Doc: "{}"}
		c := audit.Record{ID: "3", CallID: "c3", At: later(2), Principal: "alice", Kinds: []string{"in_voice"}, Doc: "{}"}
		must(t, s.InsertDecisions(ctx(), []audit.Record{a, b}))
		must(t, s.InsertDecisions(ctx(), []audit.Record{c}))
		yes, no := true, false
		for name, one := range map[string]struct {
			q    audit.Query
			want []audit.Record
		}{
			"all":         {audit.Query{}, []audit.Record{c, b, a}},
			"call":        {audit.Query{CallID: "c1"}, []audit.Record{b, a}},
			"principal":   {audit.Query{Principal: "alice"}, []audit.Record{c, a}},
			"kind":        {audit.Query{Kind: "invoice"}, []audit.Record{a}},
			"percent":     {audit.Query{Kind: "con%tact"}, []audit.Record{a}},
			"half a kind": {audit.Query{Kind: "voice"}, nil},
			"denied":      {audit.Query{Denied: &yes}, []audit.Record{a}},
			"allowed":     {audit.Query{Denied: &no}, []audit.Record{c, b}},
			"since":       {audit.Query{Since: later(1)}, []audit.Record{c, b}},
			"until":       {audit.Query{Until: later(1)}, []audit.Record{a}},
			"after":       {audit.Query{After: "3", Limit: 1}, []audit.Record{b}},
			"both":        {audit.Query{Principal: "alice", Since: later(1)}, []audit.Record{c}},
		} {
			if one.q.Limit == 0 {
				one.q.Limit = 10
			}
			got, err := s.Decisions(ctx(), one.q)
			must(t, err)
			same(t, name, got, one.want)
		}
		must(t, s.DropDecisions(ctx(), later(2)))
		got, err := s.Decisions(ctx(), audit.Query{Limit: 10})
		must(t, err)
		same(t, "after dropping", got, []audit.Record{c})
	})
}
