package pdp

import (
	"testing"

	"buf.build/go/protovalidate"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	"google.golang.org/protobuf/types/known/structpb"
	"pgregory.net/rapid"
)

// The quick check must never let through what the rules refuse; and it must accept the ordinary, or it is not quick.
func TestTheQuickValidationNeverAcceptsWhatTheRulesRefuse(t *testing.T) {
	t.Parallel()
	odd := rapid.SampledFrom([]string{"", "a.b", ".", "..", "a-b", "-", "a.-b", "_", "_.a", "é", "a b", "x_1.y-2", "\n", "a\n", "9"})
	text := rapid.Custom(func(rt *rapid.T) string { // mostly ordinary, or hardly any request would be sound
		if rapid.IntRange(0, 9).Draw(rt, "odd") == 9 {
			return odd.Draw(rt, "text")
		}
		return rapid.StringMatching(`[a-z]{1,4}`).Draw(rt, "text")
	})
	texts := rapid.SliceOfN(text, 1, 3)
	attr := func(rt *rapid.T) map[string]*structpb.Value {
		out := map[string]*structpb.Value{}
		for _, k := range texts.Draw(rt, "keys") {
			out[k] = structpb.NewNullValue()
		}
		return out
	}
	accepted, refused := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		req := &requestv1.CheckResourcesRequest{}
		if rapid.IntRange(0, 9).Draw(rt, "principal") > 0 {
			req.Principal = &enginev1.Principal{
				Id: text.Draw(rt, "id"), Roles: texts.Draw(rt, "roles"), PolicyVersion: text.Draw(rt, "version"), Scope: text.Draw(rt, "scope"), Attr: attr(rt),
			}
		}
		for range rapid.IntRange(0, 3).Draw(rt, "resources") {
			entry := &requestv1.CheckResourcesRequest_ResourceEntry{Actions: texts.Draw(rt, "actions")}
			if rapid.IntRange(0, 9).Draw(rt, "resource") > 0 {
				entry.Resource = &enginev1.Resource{
					Kind: text.Draw(rt, "kind"), Id: text.Draw(rt, "id"), PolicyVersion: text.Draw(rt, "version"), Scope: text.Draw(rt, "scope"), Attr: attr(rt),
				}
			}
			req.Resources = append(req.Resources, entry)
		}
		rules := protovalidate.Validate(req)
		if quick := sound(req); quick != (rules == nil) {
			rt.Fatalf("quick %v, rules %v: %v", quick, rules, req)
		}
		if rules == nil {
			accepted++
		} else {
			refused++
		}
	})
	if accepted == 0 || refused == 0 {
		t.Errorf("the sample shows nothing: %d accepted, %d refused", accepted, refused)
	}
	ordinary := &requestv1.CheckResourcesRequest{
		Principal: &enginev1.Principal{Id: "a", Roles: []string{"b", "c"}, PolicyVersion: "20210210", Scope: "a.b-c"},
		Resources: []*requestv1.CheckResourcesRequest_ResourceEntry{{
			Actions: []string{"x"}, Resource: &enginev1.Resource{Kind: "k", Id: "1", Attr: map[string]*structpb.Value{"o": structpb.NewStringValue("a")}},
		}},
	}
	if !sound(ordinary) {
		t.Error("an ordinary request takes the slow way")
	}
}
