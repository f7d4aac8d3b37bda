package enrich_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/enrich/field"
	"cognate.dev/cognate/internal/kit/clock"
)

func TestAPreviewShowsEachFieldAndItsSource(t *testing.T) {
	t.Parallel()
	shelves := map[string]*shelf{
		"a": {docs: map[string]map[string]any{"alice": {"x": "a", "o": map[string]any{"p": 1.0}, "pin": "s3cret", "deep": map[string]any{"s3cret": "s3cret"}}}},
		"b": {docs: map[string]map[string]any{"alice": {"x": "b", "o": map[string]any{"custom:q": []any{"b"}}, "groups": "staff"}}},
		"r": {docs: map[string]map[string]any{"doc/1": {"owner": "alice", "code": "s3cret"}}},
	}
	time0 := clock.NewFake(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	e := enricher(t, shelves, time0.Now,
		outside("a", enrich.SourceConfig{Attribute: "who", Precedence: 1,
			Fields: []field.Config{{From: "x"}, {From: "o"}, {From: "pin", Secret: true}, {From: "deep", Secret: true}}}),
		outside("b", enrich.SourceConfig{Attribute: "who", Groups: "groups", Fields: []field.Config{{From: "x"}, {From: "o"}}}),
		outside("r", enrich.SourceConfig{For: "resource", Attribute: ".", Fields: []field.Config{{From: "owner"}, {From: "code", Secret: true}}}))
	if _, err := e.Enrich(t.Context(), &enginev1.Principal{Id: "alice", Roles: []string{"r"}}, nil); err != nil {
		t.Fatal(err)
	}
	time0.Advance(3 * time.Second)
	got, err := e.Preview(t.Context(), &enginev1.Principal{Id: "alice"}, &enginev1.Resource{Kind: "doc", Id: "1"})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, f := range got.Fields {
		lines = append(lines, fmt.Sprintf("%s = %v from %s (%s, %s)", f.Field, f.Value.AsInterface(), f.Source, f.Outcome, f.Age))
	}
	want := []string{
		`P.attr.who.deep.s3cret = <nil> from a (hit, 3s)`,
		`P.attr.who.o["custom:q"] = [b] from b (hit, 3s)`,
		`P.attr.who.o.p = 1 from a (hit, 3s)`,
		`P.attr.who.pin = <nil> from a (hit, 3s)`,
		`P.attr.who.x = a from a (hit, 3s)`,
		`R.attr.code = <nil> from r (miss, 0s)`,
		`R.attr.owner = alice from r (miss, 0s)`,
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
	shown := fmt.Sprint(got.Principal, got.Resource)
	if !strings.Contains(shown, "staff") || strings.Contains(strings.ReplaceAll(shown, `"deep"`, ""), "s3cret") {
		t.Errorf("shown: %s", shown)
	}
	// Masking is for the viewer only.
	p := &enginev1.Principal{Id: "alice", Roles: []string{"r"}}
	if _, err := e.Enrich(t.Context(), p, nil); err != nil || attrOf(p.Attr)["who"].(map[string]any)["pin"] != "s3cret" {
		t.Errorf("a decision sees %v (%v)", attrOf(p.Attr), err)
	}
	if masked, _ := e.Masked(p, nil); attrOf(masked.Attr)["who"].(map[string]any)["pin"] != enrich.Mask {
		t.Errorf("masked: %v", masked)
	}
}

func TestAPreviewShowsWhatFailed(t *testing.T) {
	t.Parallel()
	shelves := map[string]*shelf{"a": {docs: map[string]map[string]any{"alice": {"n": "x"}}}}
	e := enricher(t, shelves, clock.System, outside("a", enrich.SourceConfig{Fields: []field.Config{{From: "n", Type: "number"}}}))
	got, err := e.Preview(t.Context(), &enginev1.Principal{Id: "alice"}, &enginev1.Resource{Kind: "doc", Id: "1"})
	if err == nil || got.Trace[0].Err == nil || got.Resource == nil || len(got.Fields) > 0 {
		t.Errorf("%+v, %v", got, err)
	}
}
