package pdp

import (
	"encoding/json"
	"testing"

	effectv1 "github.com/cerbos/cerbos/api/genpb/cerbos/effect/v1"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	responsev1 "github.com/cerbos/cerbos/api/genpb/cerbos/response/v1"
	schemav1 "github.com/cerbos/cerbos/api/genpb/cerbos/schema/v1"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"pgregory.net/rapid"
)

func TestAPlainAnswerIsWhatProtojsonWrites(t *testing.T) {
	t.Parallel()
	texts := rapid.OneOf(rapid.Just(""), rapid.StringN(0, 12, -1), rapid.SampledFrom([]string{`"`, `\`, "\n", "<&>", "ü", "\u2028", "\x00", "\x7f"}))
	effects := rapid.Custom(func(t *rapid.T) effectv1.Effect { return effectv1.Effect(rapid.Int32Range(0, 3).Draw(t, "effect")) })
	entries := rapid.Custom(func(t *rapid.T) *responsev1.CheckResourcesResponse_ResultEntry {
		e := &responsev1.CheckResourcesResponse_ResultEntry{Actions: rapid.MapOfN(texts, effects, 0, 4).Draw(t, "actions")}
		if rapid.Bool().Draw(t, "with a resource") {
			e.Resource = &responsev1.CheckResourcesResponse_ResultEntry_Resource{
				Id: texts.Draw(t, "id"), Kind: texts.Draw(t, "kind"), PolicyVersion: texts.Draw(t, "version"), Scope: texts.Draw(t, "scope"),
			}
		}
		return e
	})
	rapid.Check(t, func(t *rapid.T) {
		m := &responsev1.CheckResourcesResponse{
			RequestId: texts.Draw(t, "request"), CerbosCallId: texts.Draw(t, "call"), Results: rapid.SliceOfN(entries, 0, 3).Draw(t, "results"),
		}
		body, ok := plain(m)
		if !ok {
			t.Fatalf("refused %v", m)
		}
		want, err := protojson.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var got, wanted any
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatalf("%v: %s", err, body)
		}
		if err := json.Unmarshal(want, &wanted); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Fatalf("protojson (-) and plain (+):\n%s", diff)
		}
	})
}

func TestWhatIsNotPlainIsLeftToProtojson(t *testing.T) {
	t.Parallel()
	for what, e := range map[string]*responsev1.CheckResourcesResponse_ResultEntry{
		"meta":              {Meta: &responsev1.CheckResourcesResponse_ResultEntry_Meta{}},
		"outputs":           {Outputs: []*enginev1.OutputEntry{{}}},
		"validation errors": {ValidationErrors: []*schemav1.ValidationError{{}}},
		"an unknown effect": {Actions: map[string]effectv1.Effect{"view": 99}},
		"no text":           {Actions: map[string]effectv1.Effect{"\xff": effectv1.Effect_EFFECT_DENY}},
		"nothing":           nil,
	} {
		if body, ok := plain(&responsev1.CheckResourcesResponse{Results: []*responsev1.CheckResourcesResponse_ResultEntry{e}}); ok {
			t.Errorf("%s: plain wrote %s", what, body)
		}
	}
}

func TestPlainKnowsEveryFieldOfAnAnswer(t *testing.T) {
	t.Parallel()
	for _, m := range []struct {
		fields, known int
	}{
		{(&responsev1.CheckResourcesResponse{}).ProtoReflect().Descriptor().Fields().Len(), 3},
		{(&responsev1.CheckResourcesResponse_ResultEntry{}).ProtoReflect().Descriptor().Fields().Len(), 5},
		{(&responsev1.CheckResourcesResponse_ResultEntry_Resource{}).ProtoReflect().Descriptor().Fields().Len(), 4},
	} {
		if m.fields != m.known {
			t.Errorf("a message has %d fields and plain.go knows %d: new ones would be left out of answers", m.fields, m.known)
		}
	}
}
