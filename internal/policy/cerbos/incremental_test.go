package cerbos

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/fstest"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/structpb"

	"cognate.dev/cognate/internal/policy"
)

// variants are what the files of a set may hold; the first of each is good by itself or with the first of the others.
var variants = map[string][]string{
	"album.yaml": {
		`resourcePolicy: {resource: album, version: default, importDerivedRoles: [people], variables: {import: [shared], local: {mine: R.attr.owner == P.id}}, schemas: {resourceSchema: {ref: "cerbos:///album.json"}}, rules: [{actions: [view], effect: EFFECT_ALLOW, roles: [user], condition: {match: {any: {of: [{expr: V.mine}, {expr: V.senior}]}}}, output: {when: {ruleActivated: '"seen by " + P.id'}}}, {actions: ["edit:*"], effect: EFFECT_ALLOW, derivedRoles: [owner]}]}`,
		`resourcePolicy: {resource: album, version: default, rules: [{actions: [view, edit:title], effect: EFFECT_DENY, roles: ["*"]}]}`,
		`resourcePolicy: {resource: album, version: default, importDerivedRoles: [nobody], rules: []}`,
		`resourcePolicy: {resource: album, version: default, rules: [{actions: [view], effect: EFFECT_ALLOW, roles: [user], condition: {match: {expr: "R.attr. =="}}}]}`,
		`resourcePolicy: {resource: album, version: default, schemas: {resourceSchema: {ref: "cerbos:///none.json"}}, rules: [{actions: [view], effect: EFFECT_ALLOW, roles: [user]}]}`,
		`resourcePolicy: {`,
	},
	"album_acme.yaml": {
		`resourcePolicy: {resource: album, version: default, scope: acme, rules: [{actions: [view], effect: EFFECT_ALLOW, roles: [clerk, user], condition: {match: {expr: R.attr.size > 2}}}]}`,
		`resourcePolicy: {resource: album, version: default, scope: acme, scopePermissions: SCOPE_PERMISSIONS_REQUIRE_PARENTAL_CONSENT_FOR_ALLOWS, rules: [{actions: [view], effect: EFFECT_ALLOW, roles: [user], condition: {match: {expr: R.attr.size > 2}}}]}`,
	},
	"album_again.yaml": {
		`resourcePolicy: {resource: album, version: next, rules: [{actions: [view], effect: EFFECT_ALLOW, roles: [user]}]}`,
		`resourcePolicy: {resource: album, version: default, rules: []}`, // a duplicate
		"disabled: true\nresourcePolicy: {resource: album, version: default, rules: []}",
	},
	"doc.yaml": {
		`resourcePolicy: {resource: doc, version: default, importDerivedRoles: [people], constants: {import: [sizes]}, rules: [{actions: [read], effect: EFFECT_ALLOW, derivedRoles: [owner, colleague], condition: {match: {expr: R.attr.size < C.most}}}]}`,
		`resourcePolicy: {resource: doc, version: default, scope: acme, rules: [{actions: [read], effect: EFFECT_ALLOW, roles: [user]}]}`, // without its parent
		`resourcePolicy: {resource: doc, version: default, rules: [{actions: [read, print], effect: EFFECT_ALLOW, roles: [user], condition: {match: {expr: 'has(R.attr.size)'}}}]}`,
	},
	"people.yaml": {
		`derivedRoles: {name: people, variables: {import: [shared]}, definitions: [{name: owner, parentRoles: [user], condition: {match: {expr: R.attr.owner == P.id || V.senior}}}, {name: colleague, parentRoles: [user, clerk]}]}`,
		`derivedRoles: {name: people, definitions: [{name: owner, parentRoles: [clerk]}, {name: colleague, parentRoles: [user]}]}`,
		`derivedRoles: {name: people, definitions: [{name: owner, parentRoles: [user], condition: {match: {expr: "=="}}}]}`,
		"disabled: true\nderivedRoles: {name: people, definitions: [{name: owner, parentRoles: [user]}]}",
	},
	"shared.yaml": {`exportVariables: {name: shared, definitions: {senior: P.attr.level > 4}}`, `exportVariables: {name: shared, definitions: {senior: P.attr.level > 1}}`, `exportVariables: {name: shared, definitions: {senior: ")"}}`},
	"sizes.yaml":  {`exportConstants: {name: sizes, definitions: {most: 3}}`, `exportConstants: {name: sizes, definitions: {most: 9}}`, `exportConstants: {name: other, definitions: {most: 9}}`},
	"carol.yaml":  {`principalPolicy: {principal: carol, version: default, rules: [{resource: album, actions: [{action: view, effect: EFFECT_ALLOW}, {action: "edit:title", effect: EFFECT_DENY}]}]}`, `principalPolicy: {principal: carol, version: default, rules: [{resource: "*", actions: [{action: "*", effect: EFFECT_DENY}]}]}`},
	"clerk.yaml":  {`rolePolicy: {role: clerk, version: default, scope: acme, parentRoles: [user], rules: [{resource: album, allowActions: [view]}]}`, `rolePolicy: {role: clerk, version: default, scope: acme, parentRoles: [], rules: [{resource: album, allowActions: [edit:title]}]}`},
	"boss.yaml":   {`rolePolicy: {role: boss, version: default, scope: acme, parentRoles: [clerk], rules: [{resource: doc, allowActions: ["*"]}]}`},
	"_schemas/album.json": {
		`{"type":"object","properties":{"size":{"type":"number"}}}`, `{"type":"object","required":["size"]}`, `{`,
	},
}

func header(name, body string) []byte {
	if name == "_schemas/album.json" {
		return []byte(body)
	}
	return []byte("apiVersion: api.cerbos.dev/v1\n" + body)
}

// questionsAbout everything that the variants speak of.
func questionsAbout(t *testing.T) (checks []*enginev1.CheckInput, plans []*enginev1.PlanResourcesInput) {
	t.Helper()
	for _, id := range []string{"alice", "carol"} {
		for _, role := range []string{"user", "clerk", "boss"} {
			for _, scope := range []string{"", "acme"} {
				p := &enginev1.Principal{Id: id, Roles: []string{role}, Scope: scope, Attr: map[string]*structpb.Value{"level": structpb.NewNumberValue(float64(len(role)))}}
				for _, kind := range []string{"album", "doc"} {
					for _, size := range []float64{1, 5} {
						checks = append(checks, &enginev1.CheckInput{Actions: []string{"view", "edit:title", "read", "print"}, Principal: p,
							Resource: &enginev1.Resource{Kind: kind, Id: "1", Scope: scope, Attr: map[string]*structpb.Value{"owner": structpb.NewStringValue("alice"), "size": structpb.NewNumberValue(size)}}})
					}
					checks = append(checks, &enginev1.CheckInput{Actions: []string{"view"}, Principal: p, Resource: &enginev1.Resource{Kind: kind, Id: "1", PolicyVersion: "next"}})
					plans = append(plans, &enginev1.PlanResourcesInput{Actions: []string{"view"}, Principal: p, Resource: &enginev1.PlanResourcesInput_Resource{Kind: kind, Scope: scope}})
				}
			}
		}
	}
	return checks, plans
}

// Whatever is added, changed, broken and taken away, in whatever order: a compiler with a memory refuses what a compiler
// without one refuses, in the same words, and what it makes decides alike. It needs the whole for nothing that is good.
func TestACompilerThatRemembersDecidesAlike(t *testing.T) {
	t.Parallel()
	whole, err := New(policy.Config{Schemas: "reject"})
	if err != nil {
		t.Fatal(err)
	}
	checks, plans := questionsAbout(t)
	names := slices.Sorted(maps.Keys(variants))
	steps := 40
	if testing.Short() {
		steps = 12
	}
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 43))
			memory := NewIncremental(whole)
			files := fstest.MapFS{}
			for _, name := range names {
				files[name] = &fstest.MapFile{Data: header(name, variants[name][0])}
			}
			good := 0
			for step := range steps {
				what := "nothing"
				if step > 0 {
					name := names[r.IntN(len(names))]
					switch _, there := files[name]; {
					case there && r.IntN(4) == 0:
						delete(files, name)
						what = "without " + name
					case r.IntN(3) > 0: // mostly good, or nothing ever is
						files[name] = &fstest.MapFile{Data: header(name, variants[name][0])}
						what = "good " + name
					default:
						i := r.IntN(len(variants[name]))
						files[name] = &fstest.MapFile{Data: header(name, variants[name][i])}
						what = fmt.Sprint(name, " ", i)
					}
				}
				want, wholeErr := whole.Compile(t.Context(), files)
				got, ownErr := memory.compile(t.Context(), files)
				if (wholeErr == nil) != (ownErr == nil) {
					t.Fatalf("step %d, %s: whole %v, from memory %v", step, what, wholeErr, ownErr)
				}
				final, finalErr := memory.Compile(t.Context(), files)
				if diff := cmp.Diff(fmt.Sprint(wholeErr), fmt.Sprint(finalErr)); diff != "" {
					t.Fatalf("step %d, %s:\n%s", step, what, diff)
				}
				if wholeErr != nil {
					continue
				}
				good++
				same(t, fmt.Sprintf("step %d, %s", step, what), want, got, checks, plans)
				same(t, fmt.Sprintf("step %d again, %s", step, what), want, final, checks, plans)
			}
			if good < steps/8 || good == steps {
				t.Errorf("%d of %d sets were good", good, steps)
			}
		})
	}
}

// same compares what two tables decide.
func same(t *testing.T, when string, want, got policy.Decider, checks []*enginev1.CheckInput, plans []*enginev1.PlanResourcesInput) {
	t.Helper()
	a, err := want.Check(t.Context(), checks)
	if err != nil {
		t.Fatal(err)
	}
	b, err := got.Check(t.Context(), checks)
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	for i := range a {
		for _, out := range []*enginev1.CheckOutput{a[i], b[i]} {
			slices.Sort(out.EffectiveDerivedRoles)
			slices.SortFunc(out.Outputs, func(x, y *enginev1.OutputEntry) int { return cmpText(x.String(), y.String()) })
		}
		if diff := cmp.Diff(a[i], b[i], protocmp.Transform()); diff != "" {
			t.Fatalf("%s: %v (-whole +memory)\n%s", when, checks[i], diff)
		}
	}
	for _, p := range plans {
		x, errX := want.Plan(t.Context(), p)
		y, errY := got.Plan(t.Context(), p)
		if fmt.Sprint(errX) != fmt.Sprint(errY) || x.GetFilter().GetKind() != y.GetFilter().GetKind() || len(x.GetFilterDebug()) != len(y.GetFilterDebug()) {
			t.Fatalf("%s: plan %v: %v %v, from memory %v %v", when, p, x, errX, y, errY)
		}
	}
	for _, kind := range []string{"album", "doc", "other"} {
		if diff := cmp.Diff(want.(policy.Lister).Actions(kind), got.(policy.Lister).Actions(kind)); diff != "" {
			t.Fatalf("%s: actions of %s\n%s", when, kind, diff)
		}
	}
}

func cmpText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Only what a change touches is compiled again: a policy of its own alone, and shared roles with all that import them.
func TestOnlyWhatChangedIsCompiledAgain(t *testing.T) {
	t.Parallel()
	whole, err := New(policy.Config{})
	if err != nil {
		t.Fatal(err)
	}
	memory := NewIncremental(whole)
	files := fstest.MapFS{}
	for name, list := range variants {
		files[name] = &fstest.MapFile{Data: header(name, list[0])}
	}
	compile := func() map[string]*piece {
		t.Helper()
		if _, err := memory.compile(t.Context(), files); err != nil {
			t.Fatal(err)
		}
		return memory.pieces
	}
	before := compile()
	for name, want := range map[string][]string{
		"carol.yaml": {"principal.carol"}, "sizes.yaml": {"export_constants.sizes", "resource.doc"},
		"people.yaml":         {"derived_roles.people", "resource.album", "resource.doc"},
		"shared.yaml":         {"derived_roles.people", "export_variables.shared", "resource.album", "resource.doc"},
		"_schemas/album.json": slices.Sorted(maps.Keys(before)),
	} {
		good := files[name]
		files[name] = &fstest.MapFile{Data: header(name, variants[name][1])}
		after := compile()
		var changed []string
		for group, p := range after {
			if before[group] != p {
				changed = append(changed, group)
			}
		}
		slices.Sort(changed)
		if diff := cmp.Diff(want, changed); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
		files[name] = good
		before = compile()
	}
}
