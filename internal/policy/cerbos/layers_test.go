package cerbos

import (
	"fmt"
	"testing"
	"testing/fstest"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	"google.golang.org/protobuf/types/known/structpb"

	"cognate.dev/cognate/internal/policy"
)

const versionOf = "apiVersion: api.cerbos.dev/v1\n"

// many is a set of policies of forty kinds and a few principals.
func many() fstest.MapFS {
	files := fstest.MapFS{}
	for i := range 40 {
		files[fmt.Sprintf("kind%d.yaml", i)] = &fstest.MapFile{Data: fmt.Appendf(nil,
			versionOf+"resourcePolicy: {resource: 'kind:%d', version: default, schemas: {resourceSchema: {ref: 'cerbos:///s.json', ignoreWhen: {actions: [free]}}}, rules: [{actions: [view, free], effect: EFFECT_ALLOW, roles: [user], condition: {match: {expr: R.attr.n > %d}}, output: {when: {ruleActivated: '\"kind\"', conditionNotMet: '\"not\"'}}}]}", i, i%3)}
	}
	for i := range 3 {
		files[fmt.Sprintf("person%d.yaml", i)] = &fstest.MapFile{Data: fmt.Appendf(nil,
			versionOf+"principalPolicy: {principal: p%d, version: default, rules: [{resource: '*', actions: [{action: view, effect: EFFECT_DENY, condition: {match: {expr: R.attr.n == %d || P.attr.none}}, output: {when: {ruleActivated: '\"person\"', conditionNotMet: '\"no person\"'}}}]}]}", i, i)}
	}
	files["_schemas/s.json"] = &fstest.MapFile{Data: []byte(`{"type":"object","properties":{"n":{"type":"number","minimum":1}}}`)}
	return files
}

func asked() (all []*enginev1.CheckInput) {
	for _, id := range []string{"p0", "p1", "p2", "p-0", "other"} {
		for _, kind := range []string{"kind:0", "kind_0", "kind:1", "kind:2", "kind:39", "gone"} {
			for n := range 3 {
				for _, actions := range [][]string{{"view", "free", "none"}, {"free"}} {
					all = append(all, &enginev1.CheckInput{Actions: actions, Principal: &enginev1.Principal{Id: id, Roles: []string{"user"}},
						Resource: &enginev1.Resource{Kind: kind, Id: "1", Attr: map[string]*structpb.Value{"n": structpb.NewNumberValue(float64(n))}}})
				}
			}
		}
	}
	return all
}

// However policies change, one after the other, what stands above the base decides as one table of all would; the base
// serves until much has changed, and a change that concerns all kinds makes another.
func TestLayersDecideAsOneTable(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"none", "warn", "reject"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			whole, err := New(policy.Config{Schemas: mode})
			if err != nil {
				t.Fatal(err)
			}
			memory, files := NewIncremental(whole), many()
			var base *base
			step := func(what string, kept bool) {
				t.Helper()
				want, err := whole.Compile(t.Context(), files)
				if err != nil {
					t.Fatal(err)
				}
				got, err := memory.compile(t.Context(), files)
				if err != nil {
					t.Fatal(err)
				}
				same(t, what, want, got, asked(), nil)
				if now := got.(*layered).base; (now == base) != kept {
					t.Errorf("%s: the base was kept: %v", what, now == base)
				} else {
					base = now
				}
			}
			step("at first", false)
			files["kind0.yaml"] = &fstest.MapFile{Data: []byte(versionOf + "resourcePolicy: {resource: 'kind:0', version: default, rules: [{actions: [view], effect: EFFECT_DENY, roles: [user]}]}")}
			step("another kind", true)
			files["person1.yaml"] = &fstest.MapFile{Data: []byte(versionOf + "principalPolicy: {principal: p1, version: default, rules: [{resource: '*', actions: [{action: '*', effect: EFFECT_ALLOW}]}]}")}
			step("another person", true)
			delete(files, "kind1.yaml")
			delete(files, "person2.yaml")
			step("some are gone", true)
			files["kind1.yaml"] = many()["kind1.yaml"]
			step("one is back", true)
			files["scoped.yaml"] = &fstest.MapFile{Data: []byte(versionOf + "resourcePolicy: {resource: 'kind:2', version: default, scope: acme, rules: []}")}
			step("a new scope", false)
			files["role.yaml"] = &fstest.MapFile{Data: []byte(versionOf + "rolePolicy: {role: user, rules: [{resource: kind_0, allowActions: [view]}]}")}
			step("a role", false)
			for i := range 30 {
				delete(files, fmt.Sprintf("kind%d.yaml", i+5))
			}
			step("most are gone", false)
			files["person0.yaml"] = &fstest.MapFile{Data: []byte(versionOf + "principalPolicy: {principal: p0, version: default, rules: [{resource: '*', actions: [{action: view, effect: EFFECT_ALLOW, condition: {match: {expr: 'size(runtime.effectiveDerivedRoles) == 0'}}}]}]}")}
			step("what does not divide", false)
			step("the same", false)
			clear(files)
			step("nothing", false)
			step("nothing again", true)
			files["kind0.yaml"] = many()["kind1.yaml"]
			files["_schemas/s.json"] = many()["_schemas/s.json"]
			step("something", false)
		})
	}
}

// A plan is refused for the kind whose derived roles use has() on what a plan does not know, and for no other.
func TestAPlanIsRefusedForTheKindInDoubtOnly(t *testing.T) {
	t.Parallel()
	whole, err := New(policy.Config{})
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{
		"d.yaml": {Data: []byte(versionOf + "derivedRoles: {name: d, definitions: [{name: owner, parentRoles: [user], condition: {match: {expr: 'has(R.attr.owner) && R.attr.owner == P.id'}}}]}")},
		"a.yaml": {Data: []byte(versionOf + "resourcePolicy: {resource: a, version: default, importDerivedRoles: [d], rules: [{actions: [view], effect: EFFECT_ALLOW, derivedRoles: [owner]}]}")},
		"b.yaml": {Data: []byte(versionOf + "resourcePolicy: {resource: b, version: default, rules: [{actions: [view], effect: EFFECT_ALLOW, roles: [user], condition: {match: {expr: R.attr.n > 1}}}]}")},
	}
	for name, compiler := range map[string]policy.Compiler{"whole": whole, "from memory": NewIncremental(whole)} {
		table, err := compiler.Compile(t.Context(), files)
		if err != nil {
			t.Fatal(err)
		}
		for kind, refused := range map[string]bool{"a": true, "b": false} {
			_, err := table.Plan(t.Context(), &enginev1.PlanResourcesInput{Actions: []string{"view"}, Principal: &enginev1.Principal{Id: "x", Roles: []string{"user"}},
				Resource: &enginev1.PlanResourcesInput_Resource{Kind: kind}})
			if (err != nil) != refused {
				t.Errorf("%s: plan for %s: %v", name, kind, err)
			}
		}
	}
}
