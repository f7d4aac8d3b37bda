package cerbos

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"strings"
	"testing/fstest"

	policyv1 "github.com/cerbos/cerbos/api/genpb/cerbos/policy/v1"
	runtimev1 "github.com/cerbos/cerbos/api/genpb/cerbos/runtime/v1"
	cerbospolicy "github.com/cerbos/cerbos/private/policy"
)

// fact is what has to be known of a policy to tell what depends on it: its group, and the groups that it imports. A group
// is what compiles together: all versions and scopes of a resource or of a principal, or one set of exports.
type fact struct {
	fqn, group string // empty: of a policy that is disabled
	role       string // of a role policy
	imports    []string
}

// digest is a hash of contents.
type digest = [sha256.Size]byte

// fqnPrefix is before the key of a policy in the name that rules carry.
const fqnPrefix = "cerbos."

// factOf reads one file. Files that hold no policy are errors, which a compilation as a whole words better.
func factOf(name string, content []byte) (f fact, err error) {
	err = guard("read", func() error {
		p, ok := scan(content)
		if !ok {
			var err error
			if p, err = cerbospolicy.ReadFromFile(fstest.MapFS{name: {Data: content}}, name); err != nil {
				return err
			}
		}
		if !p.GetDisabled() { // else as if it were not there
			f = factAbout(p)
		}
		return nil
	})
	return f, err
}

// factAbout says what a policy is.
func factAbout(p *policyv1.Policy) fact {
	w := cerbospolicy.Wrap(p)
	f := fact{fqn: fqnPrefix + w.GetKey(), group: w.GetKey(), role: p.GetRolePolicy().GetRole(), imports: importsOf(p)}
	if w.GetScope() != "" {
		f.group = strings.TrimSuffix(f.group, "/"+w.GetScope())
	}
	if i := strings.LastIndex(f.group, ".v"+w.GetVersion()); i > 0 && w.GetVersion() != "" {
		f.group = f.group[:i]
	} else if i := strings.Index(f.group, ".v"); i > 0 && p.GetDerivedRoles() == nil && p.GetExportConstants() == nil && p.GetExportVariables() == nil {
		f.group = f.group[:i] // a version that is spelled otherwise in the key: coarser, and so still right
	}
	return f
}

// importsOf are the groups that a policy imports from, in the engine's spelling.
func importsOf(p *policyv1.Policy) (groups []string) {
	add := func(of *policyv1.Policy) { groups = append(groups, cerbospolicy.Wrap(of).GetKey()) }
	parts := func(constants *policyv1.Constants, variables *policyv1.Variables) {
		for _, name := range constants.GetImport() {
			add(&policyv1.Policy{PolicyType: &policyv1.Policy_ExportConstants{ExportConstants: &policyv1.ExportConstants{Name: name}}})
		}
		for _, name := range variables.GetImport() {
			add(&policyv1.Policy{PolicyType: &policyv1.Policy_ExportVariables{ExportVariables: &policyv1.ExportVariables{Name: name}}})
		}
	}
	switch {
	case p.GetResourcePolicy() != nil:
		r := p.GetResourcePolicy()
		for _, name := range r.GetImportDerivedRoles() {
			add(&policyv1.Policy{PolicyType: &policyv1.Policy_DerivedRoles{DerivedRoles: &policyv1.DerivedRoles{Name: name}}})
		}
		parts(r.GetConstants(), r.GetVariables())
	case p.GetPrincipalPolicy() != nil:
		parts(p.GetPrincipalPolicy().GetConstants(), p.GetPrincipalPolicy().GetVariables())
	case p.GetRolePolicy() != nil:
		parts(p.GetRolePolicy().GetConstants(), p.GetRolePolicy().GetVariables())
	case p.GetDerivedRoles() != nil:
		parts(p.GetDerivedRoles().GetConstants(), p.GetDerivedRoles().GetVariables())
	}
	return groups
}

// piece is what a group became: its part of the rule table, in protobuf, since building a table takes the parts apart, and
// what is known about its rules.
type piece struct {
	raw     []byte
	parents map[string]map[string]*runtimev1.RuleTable_RoleParentRoles_ParentRoles // by scope and role
	doubts  doubts
	actions actions
	around  around // what it means to others
	found   error  // why it is refused
}

// split makes pieces of a compiled table, one for each of the groups. Group finds that of a policy by its name in rules, and
// roleGroup that of a role policy.
func split(table *runtimev1.RuleTable, groups []string, group, roleGroup map[string]string) (map[string]*piece, error) {
	parts := make(map[string]*runtimev1.RuleTable, len(groups))
	out := make(map[string]*piece, len(groups))
	for _, g := range groups {
		parts[g] = &runtimev1.RuleTable{
			Schemas: map[uint64]*policyv1.Schemas{}, Meta: map[uint64]*runtimev1.RuleTableMetadata{},
			PolicyDerivedRoles: map[uint64]*runtimev1.RuleTable_PolicyDerivedRoles{},
		}
		out[g] = &piece{parents: map[string]map[string]*runtimev1.RuleTable_RoleParentRoles_ParentRoles{}}
	}
	part := func(fqn string) (*runtimev1.RuleTable, error) {
		if p := parts[group[fqn]]; p != nil {
			return p, nil
		}
		return nil, fmt.Errorf("%s is of no group that was compiled", fqn)
	}
	for _, r := range table.GetRules() {
		p, err := part(r.GetOriginFqn())
		if err != nil {
			return nil, err
		}
		p.Rules = append(p.Rules, r)
	}
	for id, m := range table.GetMeta() {
		p, err := part(m.GetFqn())
		if err != nil {
			return nil, err
		}
		p.Meta[id] = m
		if s := table.GetSchemas()[id]; s != nil {
			p.Schemas[id] = s
		}
		if d := table.GetPolicyDerivedRoles()[id]; d != nil {
			p.PolicyDerivedRoles[id] = d
		}
	}
	for scope, roles := range table.GetScopeParentRoles() {
		for role, parents := range roles.GetRoleParentRoles() {
			p := out[roleGroup[role]]
			if p == nil {
				return nil, fmt.Errorf("role %s is of no group that was compiled", role)
			}
			if p.parents[scope] == nil {
				p.parents[scope] = map[string]*runtimev1.RuleTable_RoleParentRoles_ParentRoles{}
			}
			p.parents[scope][role] = parents
		}
	}
	for g, p := range out {
		uncheck(parts[g])
		var err error
		if p.raw, err = parts[g].MarshalVT(); err != nil {
			return nil, err
		}
		rules := parts[g].GetRules()
		p.around, p.found = aroundOf(rules), lint(rules)
		p.around.together = strings.HasPrefix(g, ofPrincipal) && bytes.Contains(p.raw, []byte("runtime"))
		p.doubts, p.actions = unplannable(parts[g], bytes.Contains(p.raw, []byte("has"))), actionsOf(rules)
	}
	return out, nil
}

// uncheck drops what the compiler found out about expressions: it is large, and tables are built of their texts.
func uncheck(t *runtimev1.RuleTable) {
	for _, r := range t.GetRules() {
		uncheckCondition(r.GetCondition())
		uncheckCondition(r.GetDerivedRoleCondition())
		uncheckVariables(r.GetParams().GetOrderedVariables())
		uncheckVariables(r.GetDerivedRoleParams().GetOrderedVariables())
		uncheckExpr(r.GetEmitOutput().GetWhen().GetRuleActivated())
		uncheckExpr(r.GetEmitOutput().GetWhen().GetConditionNotMet())
	}
	for _, roles := range t.GetPolicyDerivedRoles() {
		for _, d := range roles.GetDerivedRoles() {
			uncheckCondition(d.GetCondition())
			uncheckVariables(d.GetOrderedVariables())
			for _, e := range d.GetVariables() { //nolint:staticcheck // it is there, whether it is used or not
				uncheckExpr(e)
			}
		}
	}
}

func uncheckVariables(list []*runtimev1.Variable) {
	for _, v := range list {
		uncheckExpr(v.GetExpr())
	}
}

func uncheckExpr(e *runtimev1.Expr) {
	if e != nil {
		e.Checked = nil
	}
}

func uncheckCondition(c *runtimev1.Condition) {
	uncheckExpr(c.GetExpr())
	for _, list := range []*runtimev1.Condition_ExprList{c.GetAll(), c.GetAny(), c.GetNone()} {
		for _, one := range list.GetExpr() {
			uncheckCondition(one)
		}
	}
}

// files are what a compilation reads, in memory.
func files(from fs.FS, names ...map[string]struct{}) (fs.FS, error) {
	out := fstest.MapFS{}
	for _, set := range names {
		for name := range set {
			if out[name] != nil {
				continue
			}
			content, err := fs.ReadFile(from, name)
			if err != nil {
				return nil, err
			}
			out[name] = &fstest.MapFile{Data: content, Mode: 0o444}
		}
	}
	return out, nil
}
