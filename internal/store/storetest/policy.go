package storetest

import (
	"context"
	"errors"
	"testing"

	"cognate.dev/cognate/internal/policy/stored"
)

func policies(t *testing.T, open Open) {
	t.Run("PoliciesAndSchemasAreKept", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		b, a := stored.Record{ID: "b", Doc: "{}", ModifiedAt: now}, stored.Record{ID: "a", Doc: "{}", ModifiedAt: now}
		must(t, s.PutPolicy(ctx(), b))
		must(t, s.PutPolicy(ctx(), a))
		b.Doc, b.ModifiedAt = `{"x": 1}`, later(5)
		must(t, s.PutPolicy(ctx(), b))
		got, err := s.Policies(ctx())
		must(t, err)
		same(t, "policies", got, []stored.Record{a, b})
		found, err := s.DeletePolicy(ctx(), "a")
		must(t, err)
		again, err := s.DeletePolicy(ctx(), "a")
		must(t, err)
		same(t, "deleted, and again", []bool{found, again}, []bool{true, false})

		schema := stored.Schema{ID: "x/y.json", Definition: []byte(`{"type":"object"}`)}
		must(t, s.PutPolicySchema(ctx(), stored.Schema{ID: schema.ID, Definition: []byte("{}")}))
		must(t, s.PutPolicySchema(ctx(), schema))
		schemas, err := s.PolicySchemas(ctx())
		must(t, err)
		same(t, "schemas", schemas, []stored.Schema{schema})
		found, err = s.DeletePolicySchema(ctx(), schema.ID)
		must(t, err)
		again, err = s.DeletePolicySchema(ctx(), schema.ID)
		must(t, err)
		same(t, "deleted, and again", []bool{found, again}, []bool{true, false})
	})
	t.Run("EachChangeOfPoliciesHasItsRevision", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		seen := []int64{}
		look := func() {
			n, err := s.PolicyRevision(ctx())
			must(t, err)
			seen = append(seen, n)
		}
		look()
		must(t, s.NextPolicyRevision(ctx()))
		look()
		undone := errors.New("undone")
		if err := s.InTx(ctx(), func(ctx context.Context) error {
			return errors.Join(s.NextPolicyRevision(ctx), undone)
		}); !errors.Is(err, undone) {
			t.Error(err)
		}
		look()
		must(t, s.NextPolicyRevision(ctx()))
		look()
		same(t, "revisions", seen, []int64{0, 1, 1, 2})
		must(t, s.Reset(ctx()))
		look()
		same(t, "after a reset", seen[4], 3)
	})
}
