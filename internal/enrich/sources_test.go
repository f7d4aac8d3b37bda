package enrich_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/structpb"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/enrich/field"
	"cognate.dev/cognate/internal/enrich/rest"
	"cognate.dev/cognate/internal/enrich/upstream"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
)

// shelf is a source outside: documents by id, or by kind and id.
type shelf struct {
	docs  map[string]map[string]any
	err   error
	asked atomic.Int64
}

func (s *shelf) find(_ context.Context, q enrich.Query) (map[string]any, error) {
	s.asked.Add(1)
	id := q.ID
	if q.Kind != "" {
		id = q.Kind + "/" + q.ID
	}
	return s.docs[id], s.err
}

// outside is the configuration of a source by its name; the URL is asked by nobody here.
func outside(name string, c enrich.SourceConfig) enrich.SourceConfig {
	if c.Timeout == 0 {
		c.Timeout = time.Minute // a busy machine is no slow source
	}
	c.Name, c.Type, c.HTTP = name, enrich.TypeHTTP, rest.Config{URL: "https://example.com/{id}"}
	return c
}

func enricher(t testing.TB, shelves map[string]*shelf, now clock.Clock, sources ...enrich.SourceConfig) *enrich.Enricher {
	t.Helper()
	e, err := enrich.New(enrich.Config{Sources: sources}, func(c enrich.SourceConfig) (enrich.Source, error) {
		return enrich.Outside(shelves[c.Name].find, nil), nil
	}, nil, now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Wait)
	return e
}

func attrOf(m map[string]*structpb.Value) map[string]any {
	return (&structpb.Struct{Fields: m}).AsMap()
}

func TestSourcesAreAskedInOrderAndMergedByPrecedence(t *testing.T) {
	t.Parallel()
	shelves := map[string]*shelf{
		"a": {docs: map[string]map[string]any{"alice": {"x": "a", "o": map[string]any{"p": "a", "q": "a"}, "number": "e7", "list": []any{"a"}}}},
		"b": {docs: map[string]map[string]any{"e7": {"x": "b", "y": "b", "o": map[string]any{"p": "b", "r": "b"}, "list": []any{"b", "b"}}}},
		"c": {docs: map[string]map[string]any{"alice": {"x": "c", "y": "c", "z": "c", "o": "c"}}},
	}
	at := func(precedence int, key string) enrich.SourceConfig {
		return enrich.SourceConfig{Attribute: "who", Precedence: precedence, Key: key}
	}
	e := enricher(t, shelves, clock.System, outside("a", at(1, "")), outside("b", at(2, "attr/who/number")), outside("c", at(0, "")))
	for range 2 { // and merging does not change what is cached
		p := &enginev1.Principal{Id: "alice", Roles: []string{"r"}}
		if _, err := e.Enrich(t.Context(), p, nil); err != nil {
			t.Fatal(err)
		}
		want := map[string]any{"who": map[string]any{"x": "b", "y": "b", "z": "c", "number": "e7", "list": []any{"b", "b"},
			"o": map[string]any{"p": "b", "q": "a", "r": "b"}}}
		if diff := cmp.Diff(want, attrOf(p.Attr)); diff != "" {
			t.Error(diff)
		}
	}
	p := &enginev1.Principal{Id: "nobody", Roles: []string{"r"}}
	trace, err := e.Enrich(t.Context(), p, nil)
	if err != nil || len(p.Attr) != 0 || trace[1].Outcome != enrich.Unasked {
		t.Errorf("nobody: %v, %v, trace %s", p.Attr, err, trace)
	}
}

func TestFieldsMayStandAtTheTopWhereNoCallerCanForgeThem(t *testing.T) {
	t.Parallel()
	shelves := map[string]*shelf{"a": {docs: map[string]map[string]any{"alice": {"dept": "hr", "other": 1.0}}}}
	e := enricher(t, shelves, clock.System, outside("a", enrich.SourceConfig{Attribute: ".", Fields: []field.Config{{From: "dept", To: "department"}, {From: "level"}}}))
	p := principal(map[string]any{"department": "board", "level": 9, "other": "mine", "a": "mine"})
	if _, err := e.Enrich(t.Context(), p, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"department": "hr", "other": "mine", "a": "mine"}, attrOf(p.Attr)); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyTheSelectedAreLookedUp(t *testing.T) {
	t.Parallel()
	docs := map[string]map[string]any{"emp-1": {"ok": true}, "emp-2": {"ok": true}, "guest": {"ok": true}}
	for name, c := range map[string]struct {
		selector enrich.Selector
		id       string
		attr     map[string]any
		want     bool
	}{
		"all":                {enrich.Selector{}, "guest", nil, true},
		"by id":              {enrich.Selector{IDs: []string{"x", "emp-*"}}, "emp-1", nil, true},
		"not by id":          {enrich.Selector{IDs: []string{"emp-*"}}, "guest", nil, false},
		"by role":            {enrich.Selector{Roles: []string{"adm*"}}, "guest", nil, true},
		"not by role":        {enrich.Selector{Roles: []string{"user"}}, "guest", nil, false},
		"by attribute":       {enrich.Selector{Attrs: map[string]string{"org/id": "1*", "vip": "true"}}, "guest", map[string]any{"org": map[string]any{"id": 12}, "vip": true}, true},
		"not by attribute":   {enrich.Selector{Attrs: map[string]string{"org/id": "1*"}}, "guest", map[string]any{"org": map[string]any{"id": 2}}, false},
		"without attributes": {enrich.Selector{Attrs: map[string]string{"org": "*"}}, "guest", nil, false},
		"all must fit":       {enrich.Selector{IDs: []string{"emp-*"}, Roles: []string{"user"}}, "emp-1", nil, false},
	} {
		shelves := map[string]*shelf{"a": {docs: docs}}
		e := enricher(t, shelves, clock.System, outside("a", enrich.SourceConfig{Select: c.selector}))
		attr := map[string]any{"a": map[string]any{"ok": "forged"}}
		maps.Copy(attr, c.attr)
		p := principal(attr)
		p.Id = c.id
		if _, err := e.Enrich(t.Context(), p, nil); err != nil {
			t.Fatal(err)
		}
		got, there := attrOf(p.Attr)["a"]
		if there != c.want || there && got.(map[string]any)["ok"] != true || (shelves["a"].asked.Load() > 0) != c.want {
			t.Errorf("%s: got %v, asked %d times", name, got, shelves["a"].asked.Load())
		}
	}
}

func TestDefaultRolesComeAfterAllSources(t *testing.T) {
	t.Parallel()
	shelves := map[string]*shelf{
		"a": {docs: map[string]map[string]any{"alice": {}, "bob": {}}},
		"b": {docs: map[string]map[string]any{"alice": {"roles": []any{map[string]any{"n": "admin"}}}}},
	}
	e := enricher(t, shelves, clock.System, outside("a", enrich.SourceConfig{DefaultRole: "user", OnMissing: "anonymous"}),
		outside("b", enrich.SourceConfig{Groups: "roles/*/n", GroupPrefix: "b:"}))
	for id, want := range map[string]string{"alice": "b:admin", "bob": "user", "carol": "anonymous"} {
		p := &enginev1.Principal{Id: id}
		if _, err := e.Enrich(t.Context(), p, nil); err != nil || strings.Join(p.Roles, " ") != want {
			t.Errorf("%s: roles %q, want %s (%v)", id, p.Roles, want, err)
		}
	}
}

// A rule that denies would not notice what is missing from an answer.
func TestAnAnswerThatDoesNotFitIsNoAnswer(t *testing.T) {
	t.Parallel()
	for _, doc := range []map[string]any{
		{"level": "high"}, {"level": nil}, {"level": 1.0, "groups": []any{1.0}}, {"level": 1.0, "groups": 7.0},
	} {
		shelves := map[string]*shelf{"a": {docs: map[string]map[string]any{"alice": doc}}}
		e := enricher(t, shelves, clock.System, outside("a", enrich.SourceConfig{
			Groups: "groups", Fields: []field.Config{{From: "level", Type: "number", Required: true}}, Breaker: enrich.Breaker{Failures: 1},
		}))
		for range 3 { // only this id is to blame: the breaker stays closed
			p := &enginev1.Principal{Id: "alice"}
			if _, err := e.Enrich(t.Context(), p, nil); !fault.Is(err, fault.Unavailable, "") || len(p.Roles) > 0 {
				t.Errorf("%v: %v, roles %q", doc, err, p.Roles)
			}
		}
		if n := shelves["a"].asked.Load(); n != 3 {
			t.Errorf("%v: asked %d times", doc, n)
		}
	}
}

func TestResourcesAreEnriched(t *testing.T) {
	t.Parallel()
	shelves := map[string]*shelf{"docs": {docs: map[string]map[string]any{"doc/1": {"owner": "alice"}, "doc/2": {"owner": "bob"}}}}
	e := enricher(t, shelves, clock.System, outside("docs", enrich.SourceConfig{
		For: "resource", Attribute: ".", Fields: []field.Config{{From: "owner"}}, Select: enrich.Selector{Kinds: []string{"doc"}}, OnMissing: "deny",
	}))
	of := func(kind, id string) *enginev1.Resource {
		return &enginev1.Resource{Kind: kind, Id: id, Attr: map[string]*structpb.Value{"owner": structpb.NewStringValue("forged"), "own": structpb.NewBoolValue(true)}}
	}
	list := []*enginev1.Resource{of("doc", "1"), of("doc", "2"), of("doc", "3"), of("page", "1"), {Kind: "doc", Id: "1"}}
	denied, trace, err := e.Resources(t.Context(), list)
	if err != nil || cmp.Diff([]bool{false, false, true, false, false}, denied) != "" {
		t.Errorf("denied %v, %v", denied, err)
	}
	for i, want := range []any{"alice", "bob", nil, "forged", "alice"} {
		if got := attrOf(list[i].Attr)["owner"]; got != want {
			t.Errorf("resource %d: owner %v, want %v", i, got, want)
		}
	}
	if n := shelves["docs"].asked.Load(); n != 3 || trace.Denied() || !strings.Contains(trace.String(), "docs;miss;age=") || !strings.Contains(trace.String(), ";missing;resources=1") {
		t.Errorf("asked %d times, trace %s", n, trace)
	}
	plan := of("doc", "").Attr
	e.StripResource("doc", plan)
	if plan["owner"] != nil || plan["own"] == nil {
		t.Errorf("a plan keeps %v", plan)
	}
	shelves["docs"].err = errors.New("down")
	e.InvalidateAll()
	if _, trace, err := e.Resources(t.Context(), []*enginev1.Resource{of("doc", "1"), of("doc", "2")}); !fault.Is(err, fault.Unavailable, "") || trace.String() != "docs;failed;resources=2" {
		t.Errorf("failing: %v, trace %s", err, trace)
	}
}

func TestTheGroupsOfAPoolHaveItsPrefix(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, two := w.pool(t, directory.PoolSpec{}), w.pool(t, directory.PoolSpec{})
	w.user(t, one, "alice", nil, "staff")
	w.user(t, two, "bob", nil, "staff")
	w.enricher = w.enrich(t, enrich.SourceConfig{GroupPrefix: "{pool}:", GroupPrefixes: map[string]string{two.ID: "two/"}})
	if a, b := w.roles(t, "alice", "miss"), w.roles(t, "bob", "miss"); a[0] != one.ID+":staff" || b[0] != "two/staff" {
		t.Errorf("roles %q and %q", a, b)
	}
}

// Whoever may choose ids must be able neither to fill the memory nor to make a source look broken.
func TestIDsAreBoundedAndCannotOpenTheBreaker(t *testing.T) {
	t.Parallel()
	shelves := map[string]*shelf{"a": {err: upstream.AboutQuestion(errors.New("odd id"))}}
	e := enricher(t, shelves, clock.System, outside("a", enrich.SourceConfig{Breaker: enrich.Breaker{Failures: 2}}))
	for range 10 {
		if _, err := e.Enrich(t.Context(), &enginev1.Principal{Id: "odd", Roles: []string{"r"}}, nil); err == nil {
			t.Fatal("an error became an answer")
		}
	}
	shelves["a"].err, shelves["a"].docs = nil, map[string]map[string]any{"alice": {"x": 1.0}}
	if _, err := e.Enrich(t.Context(), &enginev1.Principal{Id: "alice", Roles: []string{"r"}}, nil); err != nil {
		t.Errorf("odd ids opened the breaker: %v", err)
	}
	asked := shelves["a"].asked.Load()
	p := &enginev1.Principal{Id: strings.Repeat("x", 1<<20), Roles: []string{"r"}}
	trace, err := e.Enrich(t.Context(), p, nil)
	if err != nil || trace[0].Outcome != enrich.Unasked || shelves["a"].asked.Load() != asked || e.Sizes()["a"] != 1 {
		t.Errorf("an endless id: %v, trace %s, kept %d", err, trace, e.Sizes()["a"])
	}
}

func TestTheBreakerLeavesAFailingSourceAloneAndTriesAgain(t *testing.T) {
	t.Parallel()
	time0 := clock.NewFake(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	shelves := map[string]*shelf{"a": {err: errors.New("down")}}
	e := enricher(t, shelves, time0.Now, outside("a", enrich.SourceConfig{Breaker: enrich.Breaker{Failures: 3, Pause: 10 * time.Second}}))
	ask := func() error {
		_, err := e.Enrich(t.Context(), &enginev1.Principal{Id: "alice", Roles: []string{"r"}}, nil)
		return err
	}
	for range 10 {
		if ask() == nil {
			t.Fatal("an error became an answer")
		}
	}
	if n := shelves["a"].asked.Load(); n != 3 {
		t.Errorf("asked %d times, want 3", n)
	}
	time0.Advance(10 * time.Second)
	for range 5 {
		_ = ask()
	}
	if n := shelves["a"].asked.Load(); n != 4 {
		t.Errorf("asked %d times after the pause, want one trial more", n)
	}
	shelves["a"].err, shelves["a"].docs = nil, map[string]map[string]any{"alice": {}}
	if ask() == nil {
		t.Error("the breaker closed by itself")
	}
	time0.Advance(10 * time.Second)
	if err := errors.Join(ask(), ask()); err != nil {
		t.Errorf("after recovery: %v", err)
	}
}

// Another system says what changed: under every kind, and for those that it had not heard of, too.
func TestWhatASourceSaidCanBeForgotten(t *testing.T) {
	t.Parallel()
	shelves := map[string]*shelf{"a": {docs: map[string]map[string]any{"alice": {"x": "old"}}}, "b": {docs: map[string]map[string]any{"alice": {"x": "old"}}}}
	e := enricher(t, shelves, clock.System, outside("a", enrich.SourceConfig{TTL: time.Hour, NegativeTTL: time.Hour}), outside("b", enrich.SourceConfig{TTL: time.Hour}))
	x := func(id, source string) any {
		p := &enginev1.Principal{Id: id, Roles: []string{"r"}}
		if _, err := e.Enrich(t.Context(), p, nil); err != nil {
			t.Fatal(err)
		}
		object, _ := attrOf(p.Attr)[source].(map[string]any)
		return object["x"]
	}
	x("alice", "a")
	x("bob", "a")
	shelves["a"].docs = map[string]map[string]any{"alice": {"x": "new"}, "bob": {"x": "new"}}
	shelves["b"].docs = shelves["a"].docs
	e.Forget("a", "alice")
	if x("alice", "a") != "new" || x("bob", "a") != nil || x("alice", "b") != "old" {
		t.Errorf("alice: %v and %v, bob: %v", x("alice", "a"), x("alice", "b"), x("bob", "a"))
	}
	e.Forget("a", "")
	if x("bob", "a") != "new" {
		t.Error("bob is still nobody")
	}
}
