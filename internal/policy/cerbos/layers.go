package cerbos

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	policyv1 "github.com/cerbos/cerbos/api/genpb/cerbos/policy/v1"
	runtimev1 "github.com/cerbos/cerbos/api/genpb/cerbos/runtime/v1"
	"github.com/cerbos/cerbos/private/ruletable"
	"google.golang.org/protobuf/proto"
)

// Building the engine's table takes much longer than compiling what changed, and the engine gives no way to change a
// table. But a decision concerns one kind of resource and one principal. So there is a base, made of all groups, and
// above it small tables of the groups that changed since; whoever asks about a kind or a principal that changed is
// answered by these. When too much has changed, or something that concerns all, the base is made anew.

// base is the tables of a whole set of policies.
type base struct {
	pieces map[string]*piece // of which it is made
	around around
	layer
}

// layer is a pair of tables: of what policies of resources and roles say, and of what policies of principals say.
type layer struct{ resources, principals part }

// part is a table and the groups that it is made of.
type part struct {
	engine ruletable.Evaluator // nil: of none
	of     map[string]*piece
}

// around is what the answer about one kind or principal takes from policies about others.
type around struct {
	principals  map[place]struct{}                   // where policies of principals are
	resources   map[string]struct{}                  // scopes in which policies of resources or roles are
	permissions map[string]policyv1.ScopePermissions // of scopes
	roles       map[string]*piece                    // policies of roles, which concern all kinds
	together    bool                                 // a principal's policy may ask for what those of resources find out
}

// place is a version and a scope.
type place struct{ version, scope string }

func (a around) equal(b around) bool {
	return maps.Equal(a.principals, b.principals) && maps.Equal(a.resources, b.resources) &&
		maps.Equal(a.permissions, b.permissions) && maps.Equal(a.roles, b.roles) && !a.together && !b.together
}

// kinds of groups, as their names begin.
const (
	ofResource  = "resource."
	ofPrincipal = "principal."
	ofRole      = "role."
)

// survey looks around, and refuses what lint refuses.
func survey(pieces map[string]*piece) (around, error) {
	a := around{principals: map[place]struct{}{}, resources: map[string]struct{}{}, permissions: map[string]policyv1.ScopePermissions{}, roles: map[string]*piece{}}
	for group, p := range pieces {
		if p.found != nil {
			return a, p.found
		}
		maps.Copy(a.principals, p.around.principals)
		maps.Copy(a.resources, p.around.resources)
		for scope, permission := range p.around.permissions {
			if other, ok := a.permissions[scope]; ok && other != permission {
				return a, fmt.Errorf("scope %q: policies differ in scopePermissions", scope) // worded better as a whole
			}
			a.permissions[scope] = permission
		}
		a.together = a.together || p.around.together
		if strings.HasPrefix(group, ofRole) {
			a.roles[group] = p
		}
	}
	return a, nil
}

// aroundOf is what rules mean to those about other kinds and principals.
func aroundOf(rules rows) around {
	a := around{principals: map[place]struct{}{}, resources: map[string]struct{}{}, permissions: map[string]policyv1.ScopePermissions{}}
	for _, r := range rules {
		if r.GetPolicyKind() == policyv1.Kind_KIND_PRINCIPAL {
			a.principals[place{r.GetVersion(), r.GetScope()}] = struct{}{}
		} else {
			a.resources[r.GetScope()] = struct{}{}
		}
		if !r.GetFromRolePolicy() {
			a.permissions[r.GetScope()] = r.GetScopePermissions()
		}
	}
	return a
}

// marks are rules that match nothing and say what is around, as the engine's own for policies without rules.
func (a around) marks() (marks rows) {
	mark := func(kind policyv1.Kind, at place) {
		marks = append(marks, &runtimev1.RuleTable_RuleRow{PolicyKind: kind, Version: at.version, Scope: at.scope, ScopePermissions: a.permissions[at.scope],
			Params: &runtimev1.RuleTable_RuleRow_Params{}, DerivedRoleParams: &runtimev1.RuleTable_RuleRow_Params{}})
	}
	for at := range a.principals {
		mark(policyv1.Kind_KIND_PRINCIPAL, at)
	}
	for scope := range a.resources {
		mark(policyv1.Kind_KIND_RESOURCE, place{"", scope})
	}
	return marks
}

// most is how many groups may stand above a base of so many.
func most(groups int) int { return 16 + groups/16 }

// join makes what decides of all pieces, of the tables of before as far as they serve.
func (n *Incremental) join(pieces map[string]*piece, schemas map[string]*runtimev1.RuleTable_JSONSchema) (*layered, error) {
	a, err := survey(pieces)
	if err != nil {
		return nil, err
	}
	t := &layered{base: n.base, pieces: pieces, kinds: map[string]struct{}{}, people: map[string]string{},
		doubts: doubts{principals: map[string]struct{}{}, kinds: map[string]struct{}{}}}
	t.validates, t.rejects = n.enforces()
	above := n.above
	t.changed = t.base.unlike(pieces)
	if t.base == nil || !a.equal(t.base.around) || len(t.changed) > most(len(pieces)) {
		t.base, t.changed, above = &base{pieces: pieces, around: a}, nil, layer{}
		if t.base.layer, err = n.layer(pieces, a, schemas, layer{}, true); err != nil {
			return nil, err
		}
	}
	if t.above, err = n.layer(t.changed, a, schemas, above, false); err != nil {
		return nil, err
	}
	for group, p := range pieces {
		t.doubts.merge(p.doubts)
		for id := range p.doubts.principals {
			if !a.together {
				t.people[id] = group
			}
		}
	}
	for group := range t.changed {
		if kind, ok := strings.CutPrefix(group, ofResource); ok {
			t.kinds[kind] = struct{}{}
		}
	}
	n.base, n.above = t.base, t.above
	return t, nil
}

// unlike gives the groups that are not as the base has them; nil stands for what is gone.
func (b *base) unlike(pieces map[string]*piece) map[string]*piece {
	changed := map[string]*piece{}
	if b == nil {
		return changed
	}
	for group, p := range pieces {
		if b.pieces[group] != p {
			changed[group] = p
		}
	}
	for group := range b.pieces {
		if pieces[group] == nil {
			changed[group] = nil
		}
	}
	return changed
}

// layer makes the tables of groups, but for those that there are already. The bottom one is the base's.
func (n *Incremental) layer(groups map[string]*piece, a around, schemas map[string]*runtimev1.RuleTable_JSONSchema, before layer, bottom bool) (l layer, err error) {
	l.resources.of, l.principals.of = map[string]*piece{}, map[string]*piece{}
	for group, p := range groups {
		switch {
		case strings.HasPrefix(group, ofPrincipal) && !a.together:
			l.principals.of[group] = p
		case strings.HasPrefix(group, ofResource), strings.HasPrefix(group, ofPrincipal):
			l.resources.of[group] = p
		}
	}
	if before.resources.engine != nil && maps.Equal(l.resources.of, before.resources.of) {
		l.resources = before.resources
	} else if len(l.resources.of) > 0 || bottom { // even without any policy, something must deny
		l.resources.engine, err = n.tableOf(l.resources.of, a.roles, a, schemas)
	}
	if before.principals.engine != nil && maps.Equal(l.principals.of, before.principals.of) {
		l.principals = before.principals
	} else if len(l.principals.of) > 0 && err == nil {
		l.principals.engine, err = n.tableOf(l.principals.of, nil, a, schemas)
	}
	return l, err
}

// tableOf makes one table.
func (n *Incremental) tableOf(groups, more map[string]*piece, a around, schemas map[string]*runtimev1.RuleTable_JSONSchema) (engine ruletable.Evaluator, err error) {
	var raw bytes.Buffer // messages one after the other are one message
	for _, some := range []map[string]*piece{groups, more} {
		for _, group := range slices.Sorted(maps.Keys(some)) {
			if p := some[group]; p != nil {
				raw.Write(p.raw)
			}
		}
	}
	rules := &runtimev1.RuleTable{}
	if err := rules.UnmarshalVT(raw.Bytes()); err != nil {
		return nil, err
	}
	rules.Rules = append(rules.Rules, a.marks()...)
	rules.CompilerVersion, rules.ScopeParentRoles = n.version, a.parents()
	rules.JsonSchemas = map[string]*runtimev1.RuleTable_JSONSchema{}
	for _, s := range rules.GetSchemas() {
		for _, ref := range []string{s.GetPrincipalSchema().GetRef(), s.GetResourceSchema().GetRef()} {
			if found := schemas[ref]; found != nil {
				rules.JsonSchemas[ref] = proto.CloneOf(found)
			}
		}
	}
	return engine, guard("compile", func() error {
		engine, err = n.build(rules)
		return err
	})
}

// parents are the roles that roles inherit from, by scope.
func (a around) parents() map[string]*runtimev1.RuleTable_RoleParentRoles {
	all := map[string]*runtimev1.RuleTable_RoleParentRoles{}
	for _, p := range a.roles {
		for scope, roles := range p.parents {
			if all[scope] == nil {
				all[scope] = &runtimev1.RuleTable_RoleParentRoles{RoleParentRoles: map[string]*runtimev1.RuleTable_RoleParentRoles_ParentRoles{}}
			}
			for role, of := range roles {
				all[scope].RoleParentRoles[role] = proto.CloneOf(of)
			}
		}
	}
	return all
}
