package cerbos

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	effectv1 "github.com/cerbos/cerbos/api/genpb/cerbos/effect/v1"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	"google.golang.org/protobuf/types/known/structpb"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/policy"
)

// folder is a policy folder in memory. Contents of YAML files get the apiVersion line.
func folder(files map[string]string) fs.FS {
	out := fstest.MapFS{}
	for name, text := range files {
		if strings.HasSuffix(name, ".yaml") {
			text = "apiVersion: api.cerbos.dev/v1\n" + text
		}
		out[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}

func load(t *testing.T, cfg policy.Config, files map[string]string) (policy.Decider, error) {
	t.Helper()
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c.Compile(t.Context(), folder(files))
}

func mustLoad(t *testing.T, cfg policy.Config, files map[string]string) policy.Decider {
	t.Helper()
	d, err := load(t, cfg, files)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

type ask struct {
	id, role, kind, action string
	scope, version         string
	attr                   map[string]any
}

func (a ask) input(t *testing.T) *enginev1.CheckInput {
	t.Helper()
	attr, err := structpb.NewStruct(a.attr)
	if err != nil {
		t.Fatal(err)
	}
	if a.id == "" {
		a.id = "alice"
	}
	return &enginev1.CheckInput{
		Principal: &enginev1.Principal{Id: a.id, Roles: []string{a.role}},
		Resource:  &enginev1.Resource{Kind: a.kind, Id: "1", Attr: attr.GetFields(), Scope: a.scope, PolicyVersion: a.version},
		Actions:   []string{a.action},
	}
}

func check(t *testing.T, d policy.Decider, a ask) *enginev1.CheckOutput {
	t.Helper()
	out, err := d.Check(t.Context(), []*enginev1.CheckInput{a.input(t)})
	if err != nil || len(out) != 1 {
		t.Fatalf("check: %d outputs, %v", len(out), err)
	}
	return out[0]
}

func allowed(t *testing.T, d policy.Decider, a ask) bool {
	t.Helper()
	return check(t, d, a).GetActions()[a.action].GetEffect() == effectv1.Effect_EFFECT_ALLOW
}

const album = `resourcePolicy:
  resource: album
  version: default
  schemas: {resourceSchema: {ref: "cerbos:///album.json"}}
  rules:
  - {actions: [view], effect: EFFECT_ALLOW, roles: [user]}
  - {actions: [edit], effect: EFFECT_ALLOW, roles: [user], condition: {match: {expr: "R.attr.owner == P.id"}}}
  - {actions: [open], effect: EFFECT_ALLOW, roles: [user], condition: {match: {expr: "G.hours == 'day'"}}}
  - {actions: [odd], effect: EFFECT_ALLOW, roles: [user]}
  - {actions: [odd], effect: EFFECT_DENY, roles: [user], condition: {match: {expr: "R.attr.missing.deeper == 1"}}}
`

const albumSchema = `{"type": "object", "properties": {"owner": {"type": "string"}}}`

func albums() map[string]string {
	return map[string]string{"album.yaml": album, "_schemas/album.json": albumSchema}
}

func TestADecisionNamesThePolicyThatMadeIt(t *testing.T) {
	t.Parallel()
	d := mustLoad(t, policy.Config{}, albums())
	for _, c := range []struct {
		ask    ask
		allow  bool
		policy string
	}{
		{ask{role: "user", kind: "album", action: "view"}, true, "resource.album.vdefault"},
		{ask{role: "user", kind: "album", action: "edit", attr: map[string]any{"owner": "alice"}}, true, "resource.album.vdefault"},
		{ask{role: "user", kind: "album", action: "edit", attr: map[string]any{"owner": "bob"}}, false, "resource.album.vdefault"},
		{ask{role: "guest", kind: "album", action: "view"}, false, "resource.album.vdefault"},
		{ask{role: "user", kind: "album", action: "unheard of"}, false, "resource.album.vdefault"},
		{ask{role: "user", kind: "unheard", action: "view"}, false, "NO_MATCH"},
		{ask{role: "user", kind: "album", action: "view", version: "other"}, false, "NO_MATCH"},
	} {
		got := check(t, d, c.ask).GetActions()[c.ask.action]
		if (got.GetEffect() == effectv1.Effect_EFFECT_ALLOW) != c.allow || got.GetPolicy() != c.policy {
			t.Errorf("%+v: %v by %q, want allow %v by %q", c.ask, got.GetEffect(), got.GetPolicy(), c.allow, c.policy)
		}
	}
}

func TestEachSettingReachesTheEngine(t *testing.T) {
	t.Parallel()
	badOwner := ask{role: "user", kind: "album", action: "view", attr: map[string]any{"owner": 7}}
	odd := ask{role: "user", kind: "album", action: "odd"}
	scoped := ask{role: "user", kind: "album", action: "view", scope: "a.b"}
	for _, c := range []struct {
		name string
		cfg  policy.Config
		ask  ask
		want bool
	}{
		{"schemas are not checked by default", policy.Config{}, badOwner, true},
		{"a warning does not deny", policy.Config{Schemas: "warn"}, badOwner, true},
		{"reject denies", policy.Config{Schemas: "reject"}, badOwner, false},
		{"a global is read", policy.Config{Globals: map[string]any{"hours": "day"}}, ask{role: "user", kind: "album", action: "open"}, true},
		{"a global of another value", policy.Config{Globals: map[string]any{"hours": "night"}}, ask{role: "user", kind: "album", action: "open"}, false},
		{"a failing condition does not deny by default", policy.Config{}, odd, true},
		{"strict denies when a condition fails", policy.Config{Strict: true}, odd, false},
		{"a scope without policies has no match", policy.Config{}, scoped, false},
		{"lenient scope search climbs", policy.Config{LenientScope: true}, scoped, true},
		{"the default version is used", policy.Config{DefaultVersion: "other"}, ask{role: "user", kind: "album", action: "view"}, false},
		{"the default scope is used", policy.Config{DefaultScope: "a"}, ask{role: "user", kind: "album", action: "view"}, false},
	} {
		if got := allowed(t, mustLoad(t, c.cfg, albums()), c.ask); got != c.want {
			t.Errorf("%s: allowed %v, want %v", c.name, got, c.want)
		}
	}
	warned := check(t, mustLoad(t, policy.Config{Schemas: "warn"}, albums()), badOwner)
	if len(warned.GetValidationErrors()) == 0 {
		t.Error("warn gave no validation error")
	}
	for _, bad := range []policy.Config{{Schemas: "maybe"}, {Globals: map[string]any{"x": make(chan int)}}} {
		if _, err := New(bad); err == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
}

func TestSuitesFixturesAndHiddenFilesAreNotPolicies(t *testing.T) {
	t.Parallel()
	files := albums()
	for _, name := range []string{"album_test.yaml", "testdata/principals.yaml", ".hidden.yaml", ".git/config.yaml", "notes.txt"} {
		files[name] = "this: is not a policy"
	}
	if !allowed(t, mustLoad(t, policy.Config{}, files), ask{role: "user", kind: "album", action: "view"}) {
		t.Error("the policy beside them does not decide")
	}
}

func TestABrokenPolicyIsExplainedByFileAndLine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"unknown field":     {"resourcePolicy: {resource: x, version: default, rulez: []}", "x.yaml:2:"},
		"bad expression":    {"resourcePolicy: {resource: x, version: default, rules: [{actions: [a], effect: EFFECT_ALLOW, roles: [r], condition: {match: {expr: '1 +'}}}]}", "x.yaml:2:"},
		"missing import":    {"resourcePolicy: {resource: x, version: default, importDerivedRoles: [gone], rules: []}", "gone"},
		"missing scope":     {"resourcePolicy: {resource: x, version: default, scope: a.b, rules: []}", "inherit"},
		"missing schema":    {"resourcePolicy: {resource: x, version: default, schemas: {resourceSchema: {ref: 'cerbos:///gone.json'}}, rules: []}", "gone.json"},
		"not yaml":          {"\t{", "x.yaml"},
		"duplicate":         {strings.TrimPrefix(album, "\n"), "also defined in"},
		"two in one file":   {"resourcePolicy: {resource: x, version: default, rules: []}\n---\nresourcePolicy: {resource: y, version: default, rules: []}", "x.yaml"},
		"nothing to decide": {"", "x.yaml"},
	} {
		files := albums()
		files["x.yaml"] = c.text
		if _, err := load(t, policy.Config{}, files); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want mention of %q", name, err, c.want)
		}
	}
}

func TestNoPoliciesDenyEverything(t *testing.T) {
	t.Parallel()
	if allowed(t, mustLoad(t, policy.Config{}, nil), ask{role: "admin", kind: "album", action: "view"}) {
		t.Error("allowed")
	}
}

// explosive is a file system that panics, as the engine's own code may.
type explosive struct{ fstest.MapFS }

func (explosive) ReadDir(string) ([]fs.DirEntry, error) { panic("boom") }

func TestAPanicOfTheEngineIsAnError(t *testing.T) {
	t.Parallel()
	c, err := New(policy.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Compile(t.Context(), explosive{}); err == nil || !strings.Contains(err.Error(), "boom") {
		t.Errorf("compile: %v", err)
	}
	d := mustLoad(t, policy.Config{}, albums())
	if _, err := d.Check(t.Context(), []*enginev1.CheckInput{nil}); err == nil {
		t.Error("check of nil: no error")
	}
	if _, err := d.Plan(t.Context(), nil); err == nil {
		t.Error("plan of nil: no error")
	}
}

func TestCompilationStopsWithItsContext(t *testing.T) {
	t.Parallel()
	c, err := New(policy.Config{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Compile(ctx, folder(albums())); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func plan(t *testing.T, d policy.Decider, id, kind, action string) (enginev1.PlanResourcesFilter_Kind, error) {
	t.Helper()
	out, err := d.Plan(t.Context(), &enginev1.PlanResourcesInput{
		Principal: &enginev1.Principal{Id: id, Roles: []string{"user"}},
		Resource:  &enginev1.PlanResourcesInput_Resource{Kind: kind},
		Actions:   []string{action},
	})
	return out.GetFilter().GetKind(), err
}

func TestAPlanThatWouldBeTooWideIsRefused(t *testing.T) {
	t.Parallel()
	d := mustLoad(t, policy.Config{}, map[string]string{
		"plain.yaml": "resourcePolicy: {resource: plain, version: default, rules: [{actions: [view], effect: EFFECT_ALLOW, roles: [user]}, {actions: [edit], effect: EFFECT_ALLOW, roles: [user], condition: {match: {expr: 'R.attr.owner == P.id && has(P.attr.a)'}}}]}",
		"has.yaml":   "resourcePolicy: {resource: 'has-it', version: default, rules: [{actions: [view], effect: EFFECT_ALLOW, roles: [user], condition: {match: {expr: 'has(R.attr.a)'}}}]}",
		"var.yaml":   "resourcePolicy: {resource: var, version: default, variables: {local: {x: 'has(R.attr.a)'}}, rules: [{actions: [view], effect: EFFECT_ALLOW, roles: [user], condition: {match: {expr: 'V.x'}}}]}",
		"bob.yaml":   "principalPolicy: {principal: bob, version: default, rules: [{resource: plain, actions: [{action: view, effect: EFFECT_DENY}]}]}",
	})
	for _, c := range []struct {
		id, kind, action string
		want             enginev1.PlanResourcesFilter_Kind
		refused          bool
	}{
		{"alice", "plain", "view", enginev1.PlanResourcesFilter_KIND_ALWAYS_ALLOWED, false},
		{"alice", "plain", "edit", enginev1.PlanResourcesFilter_KIND_ALWAYS_DENIED, false},
		{"alice", "plain", "other", enginev1.PlanResourcesFilter_KIND_ALWAYS_DENIED, false},
		{"alice", "has-it", "view", 0, true},
		{"alice", "var", "view", 0, true},
		{"bob", "plain", "view", 0, true},
	} {
		got, err := plan(t, d, c.id, c.kind, c.action)
		if got != c.want || fault.Is(err, fault.Precondition, "") != c.refused || (err != nil) != c.refused {
			t.Errorf("%+v: got %v, %v", c, got, err)
		}
	}
}

func TestManyMayAskAtOnce(t *testing.T) {
	t.Parallel()
	d := mustLoad(t, policy.Config{Schemas: "reject"}, albums())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 200 {
				owner := []string{"alice", "bob"}[i%2]
				if got := allowed(t, d, ask{role: "user", kind: "album", action: "edit", attr: map[string]any{"owner": owner}}); got != (owner == "alice") {
					t.Errorf("owner %s: %v", owner, got)
				}
				if _, err := plan(t, d, "alice", "album", "edit"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
