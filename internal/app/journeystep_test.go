package app

import (
	"context"
	"maps"
	"testing"

	"cognate.dev/cognate/internal/workspace/journey"
)

// TestStepsBuildOnWhatTheProviderSaid has a step that adds to a context, and a kept context asked for again and again: each
// time the step sees what the provider said, and never its own words. Without the step nothing of it is left.
func TestStepsBuildOnWhatTheProviderSaid(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	b.peer.set(func(p *upstream) { p.id = map[string]any{"name": "Up"} })
	b.change(func(c map[string]any) {
		c["config"] = map[string]any{"enable_stateful_ctx": true, "stateful_ctx_duration": "10m0s"}
	})
	room := b.h.rooms.Load().journeys.Journeys
	steps := room.Steps
	room.Steps = append([]journey.Step{adds(" of the house")}, steps...)
	browser := b.newBrowser()
	_, first, _ := b.signIn(browser)
	if first["name"] != "Up of the house" {
		t.Fatalf("the step changed nothing: %v", first["name"])
	}
	before := b.peer.called("authorize")
	for range 2 {
		if _, id, _ := b.signIn(browser); id["name"] != first["name"] {
			t.Errorf("from a kept context the name is %q, want %q", id["name"], first["name"])
		}
	}
	room.Steps = steps
	if _, id, _ := b.signIn(browser); id["name"] != "Up" {
		t.Errorf("without the step the name is %q, want %q", id["name"], "Up")
	}
	if b.peer.called("authorize") != before {
		t.Error("the provider was asked again")
	}
}

// adds is a step that adds a text to somebody's name.
type adds string

func (adds) Name() string { return "adds" }

func (a adds) Take(_ context.Context, l *journey.Login) (string, error) {
	l.Context = maps.Clone(l.Context)
	l.Context["name"] = l.Context["name"].(string) + string(a)
	return "", nil
}
