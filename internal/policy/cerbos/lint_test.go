package cerbos

import (
	"maps"
	"strings"
	"testing"

	"github.com/cerbos/cerbos/private/ruletable/compile"

	"cognate.dev/cognate/internal/policy"
)

// Each case is a set of policies that the pinned engine decides wrongly, with one question that shows it.
var wrong = map[string]struct {
	files map[string]string
	ask   ask
	right bool   // what the policies say
	says  string // part of the refusal
}{
	"a role policy for a name with a dash": {
		map[string]string{
			"a.yaml": "resourcePolicy: {resource: leave-request, version: default, rules: [{actions: [view], effect: EFFECT_ALLOW, roles: [user]}]}",
			"r.yaml": "rolePolicy: {role: temp, parentRoles: [user], rules: [{resource: leave-request, allowActions: [view]}]}",
		},
		ask{role: "temp", kind: "leave-request", action: "view"}, true, "never matches",
	},
	"a principal policy that denies by a pattern with a colon": {
		map[string]string{
			"a.yaml": "resourcePolicy: {resource: 'album:photo', version: default, rules: [{actions: [view], effect: EFFECT_ALLOW, roles: [user]}]}",
			"p.yaml": "principalPolicy: {principal: alice, version: default, rules: [{resource: 'album:*', actions: [{action: view, effect: EFFECT_DENY}]}]}",
		},
		ask{role: "user", kind: "album:photo", action: "view"}, false, "never matches",
	},
	"a role policy whose patterns overlap": {
		map[string]string{
			"a.yaml": "resourcePolicy: {resource: album, version: default, rules: [{actions: [view], effect: EFFECT_ALLOW, roles: [user]}]}",
			"r.yaml": `rolePolicy:
  role: temp
  parentRoles: [user]
  rules:
  - {resource: album, allowActions: [view], condition: {match: {expr: "R.attr.a == 1"}}}
  - {resource: "alb*", allowActions: [view], condition: {match: {expr: "R.attr.b == 1"}}}`,
		},
		ask{role: "temp", kind: "album", action: "view", attr: map[string]any{"a": 1, "b": 2}}, false, "overlap",
	},
	"a resource policy with a rule named as another is numbered": {
		map[string]string{
			"a.yaml": `resourcePolicy:
  resource: album
  version: default
  rules:
  - {name: rule-002, actions: [view], effect: EFFECT_ALLOW, roles: [user], condition: {match: {expr: "R.attr.a == 1"}}}
  - {actions: [view], effect: EFFECT_DENY, roles: [user], condition: {match: {expr: "R.attr.b == 1"}}}`,
		},
		ask{role: "user", kind: "album", action: "view", attr: map[string]any{"a": 1, "b": 2}}, true, "both named rule-002",
	},
	"a principal policy that repeats a rule name under overlapping patterns": {
		map[string]string{
			"a.yaml": "resourcePolicy: {resource: album, version: default, rules: [{actions: [view], effect: EFFECT_DENY, roles: [user]}]}",
			"p.yaml": `principalPolicy:
  principal: alice
  version: default
  rules:
  - {resource: album, actions: [{name: r, action: view, effect: EFFECT_DENY, condition: {match: {expr: "R.attr.secret == true"}}}]}
  - {resource: "*", actions: [{name: r, action: view, effect: EFFECT_ALLOW, condition: {match: {expr: "R.attr.open == true"}}}]}`,
		},
		ask{role: "user", kind: "album", action: "view", attr: map[string]any{"secret": false, "open": true}}, true, "both named r",
	},
	"two settings of scopePermissions in one scope": {
		map[string]string{
			"a.yaml":  "resourcePolicy: {resource: a, version: default, rules: [{actions: [view], effect: EFFECT_ALLOW, roles: [user]}]}",
			"b.yaml":  "resourcePolicy: {resource: b, version: default, rules: []}",
			"sa.yaml": "resourcePolicy: {resource: a, version: default, scope: s, scopePermissions: SCOPE_PERMISSIONS_OVERRIDE_PARENT, rules: [{actions: [edit], effect: EFFECT_ALLOW, roles: [user]}]}",
			"sb.yaml": "resourcePolicy: {resource: b, version: default, scope: s, scopePermissions: SCOPE_PERMISSIONS_REQUIRE_PARENTAL_CONSENT_FOR_ALLOWS, rules: [{actions: [edit], effect: EFFECT_ALLOW, roles: [user]}]}",
		},
		ask{role: "user", kind: "a", action: "edit", scope: "s"}, true, "scopePermissions",
	},
}

func TestPoliciesThatTheEngineDecidesWronglyAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range wrong {
		d, err := load(t, policy.Config{}, c.files)
		if err == nil || d != nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want a refusal that says %q", name, err, c.says)
			continue
		}
		if !strings.Contains(err.Error(), "https://") {
			t.Errorf("%s: the refusal has no link: %v", name, err)
		}
	}
}

// When this fails, the engine has learnt: lift the refusal.
func TestTheEngineIsStillWrongAboutWhatIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range wrong {
		wrongly := false
		for range 40 { // some are wrong in half of the loads only
			rules, err := compile.Compile(t.Context(), folder(c.files))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			compiler, err := New(policy.Config{})
			if err != nil {
				t.Fatal(err)
			}
			engine, err := compiler.build(rules)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if allowed(t, &table{engine: engine}, c.ask) != c.right {
				wrongly = true
				break
			}
		}
		if !wrongly {
			t.Errorf("%s: decided rightly", name)
		}
	}
}

func TestHarmlessLikenessIsNotRefused(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]map[string]string{
		"an unconditional wildcard beside a condition": {
			"r.yaml": `rolePolicy:
  role: temp
  parentRoles: [user]
  rules:
  - {resource: "*", allowActions: [view]}
  - {resource: album, allowActions: [edit], condition: {match: {expr: "R.attr.b == 1"}}}`,
		},
		"the same rule names in resources that cannot meet": {
			"p.yaml": `principalPolicy:
  principal: alice
  version: default
  rules:
  - {resource: album, actions: [{name: r, action: view, effect: EFFECT_DENY, condition: {match: {expr: "R.attr.a == 1"}}}]}
  - {resource: photo, actions: [{name: r, action: view, effect: EFFECT_ALLOW, condition: {match: {expr: "R.attr.b == 1"}}}]}`,
		},
		"a resource policy for a name with special characters": {
			"x.yaml": "resourcePolicy: {resource: 'leave-request:draft', version: default, rules: [{actions: [view], effect: EFFECT_ALLOW, roles: [user]}]}",
		},
		"a principal policy that names such a kind in full": {
			"p.yaml": "principalPolicy: {principal: alice, version: default, rules: [{resource: 'leave-request:draft', actions: [{action: view, effect: EFFECT_ALLOW}]}]}",
		},
		"one setting of scopePermissions per scope": {
			"a.yaml":  "resourcePolicy: {resource: a, version: default, rules: []}",
			"sa.yaml": "resourcePolicy: {resource: a, version: default, scope: s, scopePermissions: SCOPE_PERMISSIONS_REQUIRE_PARENTAL_CONSENT_FOR_ALLOWS, rules: []}",
			"r.yaml":  "rolePolicy: {role: temp, scope: s, parentRoles: [user], rules: [{resource: a, allowActions: [view]}]}",
		},
		"a rule with several actions, roles and derived roles": {
			"d.yaml": "derivedRoles: {name: d, definitions: [{name: owner, parentRoles: [user, admin], condition: {match: {expr: 'R.attr.owner == P.id'}}}]}",
			"x.yaml": "resourcePolicy: {resource: x, version: default, importDerivedRoles: [d], rules: [{actions: [view, edit], effect: EFFECT_ALLOW, roles: [user, admin], derivedRoles: [owner], condition: {match: {expr: 'R.attr.a == 1'}}}]}",
		},
	} {
		with := albums()
		maps.Copy(with, files)
		if _, err := load(t, policy.Config{}, with); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOverlapErrsTowardsYes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"album", "album", true}, {"album", "photo", false}, {"*", "photo", true}, {"a*", "b*", false}, {"a*", "ab*", true},
		{"*x", "*y", false}, {"*x", "a*", true}, {"album", "alb*", true}, {"album", "*um", true}, {"album", "*us", false},
		{"a[bc]", "ab", true}, {"{a,b}", "a", true}, {"a?c", "abc", true},
	} {
		if got := mayOverlap(c.a, c.b); got != c.want || mayOverlap(c.b, c.a) != c.want {
			t.Errorf("%q and %q: %v, want %v", c.a, c.b, got, c.want)
		}
	}
}
