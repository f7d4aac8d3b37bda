package cerbos

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"

	runtimev1 "github.com/cerbos/cerbos/api/genpb/cerbos/runtime/v1"
	"github.com/cerbos/cerbos/private/ruletable/compile"
	"golang.org/x/sync/errgroup"

	"cognate.dev/cognate/internal/kit/cores"
	"cognate.dev/cognate/internal/policy"
)

// inventory is what there is to compile. It is not changed once it is made.
type inventory struct {
	from      fs.FS
	sums      map[string]digest
	facts     map[string]fact                // by file
	members   map[string]map[string]struct{} // files by group
	group     map[string]string              // by the name of a policy in rules
	roleGroup map[string]string
	schemas   map[string]struct{} // files
}

// take looks at all files, and reads those that are not as they were in the inventory before, if there is one. Changed are
// the groups for which something changed, in themselves or in what they import.
func take(ctx context.Context, fsys fs.FS, before *inventory) (all *inventory, changed map[string]struct{}, err error) {
	if before == nil {
		before = &inventory{}
	}
	all = &inventory{from: fsys, facts: maps.Clone(before.facts), members: maps.Clone(before.members), group: maps.Clone(before.group), schemas: map[string]struct{}{}}
	if all.facts == nil {
		all.facts, all.members, all.group = map[string]fact{}, map[string]map[string]struct{}{}, map[string]string{}
	}
	if all.sums, err = hashes(ctx, fsys); err != nil {
		return nil, nil, err
	}
	var fresh []string
	everything := false // schemas concern all
	for name, sum := range all.sums {
		schema := strings.HasPrefix(name, policy.SchemaDir+"/")
		if schema {
			all.schemas[name] = struct{}{}
		}
		switch was, known := before.sums[name]; {
		case known && was == sum:
		case schema:
			everything = true
		default:
			fresh = append(fresh, name)
		}
	}
	changed = map[string]struct{}{}
	for name := range before.sums {
		if sum, ok := all.sums[name]; !ok || sum != before.sums[name] {
			everything = everything || strings.HasPrefix(name, policy.SchemaDir+"/")
			all.remove(name, changed)
		}
	}
	facts, err := learn(fsys, fresh)
	if err != nil {
		return nil, nil, err
	}
	for name, f := range facts {
		if err := all.add(name, f, changed); err != nil {
			return nil, nil, err
		}
	}
	if err := all.assignRoles(); err != nil {
		return nil, nil, err
	}
	if everything {
		for group := range all.members {
			changed[group] = struct{}{}
		}
	}
	all.spread(changed)
	return all, changed, nil
}

func (all *inventory) remove(name string, changed map[string]struct{}) {
	f, ok := all.facts[name]
	delete(all.facts, name)
	if !ok || f.group == "" {
		return
	}
	changed[f.group] = struct{}{}
	delete(all.group, f.fqn)
	rest := maps.Clone(all.members[f.group])
	delete(rest, name)
	if all.members[f.group] = rest; len(rest) == 0 {
		delete(all.members, f.group)
	}
}

func (all *inventory) add(name string, f fact, changed map[string]struct{}) error {
	all.facts[name] = f
	if f.group == "" {
		return nil
	}
	changed[f.group] = struct{}{}
	if _, twice := all.group[f.fqn]; twice {
		return fmt.Errorf("%s defines %s again", name, f.fqn) // worded better as a whole
	}
	all.group[f.fqn] = f.group
	more := maps.Clone(all.members[f.group])
	if more == nil {
		more = map[string]struct{}{}
	}
	more[name] = struct{}{}
	all.members[f.group] = more
	return nil
}

func (all *inventory) assignRoles() error {
	all.roleGroup = map[string]string{}
	for _, f := range all.facts {
		if f.role == "" {
			continue
		}
		if other, ok := all.roleGroup[f.role]; ok && other != f.group {
			return fmt.Errorf("role %s is of two groups", f.role)
		}
		all.roleGroup[f.role] = f.group
	}
	return nil
}

// spread adds to what changed the groups that import it, directly or not.
func (all *inventory) spread(changed map[string]struct{}) {
	if len(changed) == 0 {
		return
	}
	importers := map[string][]string{}
	for _, f := range all.facts {
		for _, other := range f.imports {
			importers[other] = append(importers[other], f.group)
		}
	}
	todo := slices.Collect(maps.Keys(changed))
	for len(todo) > 0 {
		group := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, other := range importers[group] {
			if _, ok := changed[other]; !ok {
				changed[other] = struct{}{}
				todo = append(todo, other)
			}
		}
	}
}

// hashes are of all files that matter, read or known.
func hashes(ctx context.Context, fsys fs.FS) (map[string]digest, error) {
	if known, ok := fsys.(policy.Hashed); ok {
		return known.Hashes(), nil
	}
	sums := map[string]digest{}
	return sums, policy.Walk(ctx, fsys, func(name string, _ fs.DirEntry) error {
		content, err := fs.ReadFile(fsys, name)
		sums[name] = sha256.Sum256(content)
		return err
	})
}

// learn reads policies, several at once.
func learn(from fs.FS, names []string) (map[string]fact, error) {
	facts := make(map[string]fact, len(names))
	var mu sync.Mutex
	var work errgroup.Group
	work.SetLimit(cores.Count())
	for some := range slices.Chunk(names, batch) {
		work.Go(func() error {
			for _, name := range some {
				content, err := fs.ReadFile(from, name)
				if err != nil {
					return err
				}
				f, err := factOf(name, content)
				if err != nil {
					return err
				}
				mu.Lock()
				facts[name] = f
				mu.Unlock()
			}
			return nil
		})
	}
	return facts, work.Wait()
}

// with gives the files of a group and of all that it imports, directly or not.
func (all *inventory) with(group string) map[string]struct{} {
	needed, todo, seen := map[string]struct{}{}, []string{group}, map[string]struct{}{group: {}}
	for len(todo) > 0 {
		g := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for name := range all.members[g] {
			needed[name] = struct{}{}
			for _, other := range all.facts[name].imports {
				if _, ok := seen[other]; !ok {
					seen[other] = struct{}{}
					todo = append(todo, other)
				}
			}
		}
	}
	return needed
}

// compile makes pieces of groups.
func (all *inventory) compile(ctx context.Context, groups []string) (table *runtimev1.RuleTable, made map[string]*piece, err error) {
	sets := []map[string]struct{}{all.schemas}
	for _, g := range groups {
		sets = append(sets, all.with(g))
	}
	err = guard("compile", func() error {
		of, err := files(all.from, sets...)
		if err != nil {
			return err
		}
		if table, err = compile.Compile(ctx, of); err != nil {
			return err
		}
		if err := all.complete(table, groups); err != nil {
			return err
		}
		made, err = split(table, groups, all.group, all.roleGroup)
		return err
	})
	return table, made, err
}

// complete refuses a compilation of other policies than those that the files were taken for.
func (all *inventory) complete(table *runtimev1.RuleTable, groups []string) error {
	found := map[string]struct{}{}
	for _, m := range table.GetMeta() {
		found[m.GetFqn()] = struct{}{}
	}
	for _, g := range groups {
		if !strings.HasPrefix(g, ofResource) && !strings.HasPrefix(g, ofPrincipal) && !strings.HasPrefix(g, ofRole) {
			continue
		}
		for name := range all.members[g] {
			if _, ok := found[all.facts[name].fqn]; !ok {
				return fmt.Errorf("%s does not hold %s", name, all.facts[name].fqn)
			}
		}
	}
	return nil
}
