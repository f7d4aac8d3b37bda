package storetest

import (
	"testing"

	"cognate.dev/cognate/internal/decision"
)

func decisions(t *testing.T, open Open) {
	t.Run("DecisionsAreFoundNewestFirst", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		a := decision.Record{ID: "1", CallID: "c1", At: now, Principal: "alice", Kinds: []string{"con%tact", "invoice"}, Denied: true, Doc: `{"a":1}`}
		b := decision.Record{ID: "2", CallID: "c1", At: later(1), Principal: "bob", Kinds: []string{"contact"}, Doc: "{}"}
		c := decision.Record{ID: "3", CallID: "c3", At: later(2), Principal: "alice", Kinds: []string{"in_voice"}, Doc: "{}"}
		must(t, s.InsertDecisions(ctx(), []decision.Record{a, b}))
		must(t, s.InsertDecisions(ctx(), []decision.Record{c}))
		yes, no := true, false
		for name, one := range map[string]struct {
			q    decision.Query
			want []decision.Record
		}{
			"all":         {decision.Query{}, []decision.Record{c, b, a}},
			"call":        {decision.Query{CallID: "c1"}, []decision.Record{b, a}},
			"principal":   {decision.Query{Principal: "alice"}, []decision.Record{c, a}},
			"kind":        {decision.Query{Kind: "invoice"}, []decision.Record{a}},
			"percent":     {decision.Query{Kind: "con%tact"}, []decision.Record{a}},
			"half a kind": {decision.Query{Kind: "voice"}, nil},
			"denied":      {decision.Query{Denied: &yes}, []decision.Record{a}},
			"allowed":     {decision.Query{Denied: &no}, []decision.Record{c, b}},
			"since":       {decision.Query{Since: later(1)}, []decision.Record{c, b}},
			"until":       {decision.Query{Until: later(1)}, []decision.Record{a}},
			"after":       {decision.Query{After: "3", Limit: 1}, []decision.Record{b}},
			"both":        {decision.Query{Principal: "alice", Since: later(1)}, []decision.Record{c}},
		} {
			if one.q.Limit == 0 {
				one.q.Limit = 10
			}
			got, err := s.Decisions(ctx(), one.q)
			must(t, err)
			same(t, name, got, one.want)
		}
		must(t, s.DropDecisions(ctx(), later(2)))
		got, err := s.Decisions(ctx(), decision.Query{Limit: 10})
		must(t, err)
		same(t, "after dropping", got, []decision.Record{c})
	})
}
