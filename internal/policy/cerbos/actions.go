package cerbos

import (
	"maps"
	"slices"
	"strings"
)

// actions are the names of actions by the kind of resource, in the engine's spelling. Under anyKind are those of rules
// whose kind is a pattern: more than may apply, but each is decided about before anybody hears of it.
type actions map[string]map[string]struct{}

const anyKind = "*"

func actionsOf(rules rows) actions {
	out := actions{}
	for _, r := range rules {
		kind := r.GetResource()
		if isPattern(kind) {
			kind = anyKind
		}
		out.add(kind, r.GetAction())
		for name := range r.GetAllowActions().GetActions() {
			out.add(kind, name)
		}
	}
	return out
}

func (a actions) add(kind, action string) {
	if action == "" || isPattern(action) {
		return
	}
	if a[kind] == nil {
		a[kind] = map[string]struct{}{}
	}
	a[kind][action] = struct{}{}
}

func (a actions) merge(other actions) {
	for kind, names := range other {
		for name := range names {
			a.add(kind, name)
		}
	}
}

func isPattern(s string) bool { return strings.ContainsAny(s, "*?[]{}") }

// Actions is policy.Lister's.
func (t *table) Actions(kind string) []string { return t.actions.about(kind) }

// about lists the actions on a kind.
func (a actions) about(kind string) []string {
	names := maps.Clone(a[anyKind])
	if names == nil {
		names = map[string]struct{}{}
	}
	maps.Copy(names, a[spelled(kind)])
	return slices.Sorted(maps.Keys(names))
}
