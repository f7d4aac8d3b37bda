package stored

import (
	"slices"
	"strings"

	policyv1 "github.com/cerbos/cerbos/api/genpb/cerbos/policy/v1"
)

// needed reports which of the others need any of these.
func needed(all []*policyv1.Policy, ids []string) error {
	n := &Needed{By: map[string][]string{}, Descendants: map[string][]string{}}
	for _, m := range all {
		id := ID(m)
		if m.GetDisabled() || slices.Contains(ids, id) {
			continue
		}
		for _, imported := range imports(m) {
			if slices.Contains(ids, imported) {
				n.By[imported] = append(n.By[imported], id)
			}
		}
		for _, above := range ancestors(id) {
			if slices.Contains(ids, above) {
				n.Descendants[above] = append(n.Descendants[above], id)
			}
		}
	}
	if len(n.By)+len(n.Descendants) > 0 {
		return n
	}
	return nil
}

// imports are the ids of what a policy imports.
func imports(m *policyv1.Policy) (ids []string) {
	add := func(kind string, names []string) {
		for _, name := range names {
			ids = append(ids, kind+"."+name)
		}
	}
	add("derived_roles", m.GetResourcePolicy().GetImportDerivedRoles())
	for _, part := range []interface {
		GetVariables() *policyv1.Variables
		GetConstants() *policyv1.Constants
	}{m.GetResourcePolicy(), m.GetPrincipalPolicy(), m.GetDerivedRoles(), m.GetRolePolicy()} {
		add("export_variables", part.GetVariables().GetImport())
		add("export_constants", part.GetConstants().GetImport())
	}
	return ids
}

// ancestors are the ids of the policies that one with a scope inherits from: those of the shorter scopes, up to none.
func ancestors(id string) (ids []string) {
	base, scope, found := strings.Cut(id, "/")
	if !found || strings.HasPrefix(id, "role.") {
		return nil
	}
	for {
		i := strings.LastIndexByte(scope, '.')
		if i < 0 {
			return append(ids, base)
		}
		scope = scope[:i]
		ids = append(ids, base+"/"+scope)
	}
}
