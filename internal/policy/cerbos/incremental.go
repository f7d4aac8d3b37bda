package cerbos

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"

	runtimev1 "github.com/cerbos/cerbos/api/genpb/cerbos/runtime/v1"
	"github.com/cerbos/cerbos/private/ruletable/compile"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	"cognate.dev/cognate/internal/policy"
)

// Incremental compiles a set of policies again and again, each time only the groups in which something changed, and
// several at once. What it makes decides as what Compiler makes of the same files; whatever it cannot tell apart for
// certain, and every error, is left to a compilation of the whole. Safe for concurrent use, one compilation at a time.
type Incremental struct {
	*Compiler
	mu      sync.Mutex
	facts   map[digest]fact // by what is in a file
	pieces  map[string]*piece
	schemas map[string]*runtimev1.RuleTable_JSONSchema // by reference
	version uint32                                     // of the engine's compiler
}

// NewIncremental makes a compiler with a memory.
func NewIncremental(c *Compiler) *Incremental { return &Incremental{Compiler: c} }

// batch is how many groups are compiled in one go: what they share is read once for all of them.
const batch = 64

// Compile is policy.Compiler's.
func (n *Incremental) Compile(ctx context.Context, fsys fs.FS) (policy.Decider, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	t, err := n.compile(ctx, fsys)
	if err == nil || ctx.Err() != nil {
		return t, err
	}
	return n.Compiler.Compile(ctx, fsys)
}

// inventory is what there is to compile.
type inventory struct {
	contents   map[string][]byte
	sums       map[string]digest
	facts      map[string]fact                // by file
	members    map[string]map[string]struct{} // files by group
	group      map[string]string              // by the name of a policy in rules
	roleGroup  map[string]string
	schemas    map[string]struct{} // files
	schemasSum digest
}

func (n *Incremental) compile(ctx context.Context, fsys fs.FS) (policy.Decider, error) {
	all, err := n.take(ctx, fsys)
	if err != nil {
		return nil, err
	}
	old := n.pieces
	now := make(map[string]*piece, len(all.members))
	var stale []string
	sums := map[string]digest{}
	for _, g := range slices.Sorted(maps.Keys(all.members)) {
		sums[g] = all.sum(g)
		if p := old[g]; p != nil && p.of == sums[g] {
			now[g] = p
			continue
		}
		stale = append(stale, g)
	}
	var mu sync.Mutex
	schemas := maps.Clone(n.schemas)
	if schemas == nil {
		schemas = map[string]*runtimev1.RuleTable_JSONSchema{}
	}
	workers := runtime.GOMAXPROCS(0)
	if old != nil {
		workers = max(1, workers/2) // the other half decides
	}
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(workers)
	for groups := range slices.Chunk(stale, batch) {
		work.Go(func() error {
			table, made, err := all.compile(ctx, groups)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			for g, p := range made {
				p.of = sums[g]
				now[g] = p
			}
			maps.Copy(schemas, table.GetJsonSchemas())
			n.version = table.GetCompilerVersion()
			return nil
		})
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	t, err := n.join(now, schemas)
	if err != nil {
		return nil, err
	}
	n.pieces, n.schemas = now, schemas
	return t, nil
}

// take reads all files, and remembers what it found out about those that are new.
func (n *Incremental) take(ctx context.Context, fsys fs.FS) (*inventory, error) {
	all := &inventory{
		contents: map[string][]byte{}, sums: map[string]digest{}, facts: map[string]fact{}, members: map[string]map[string]struct{}{},
		group: map[string]string{}, roleGroup: map[string]string{}, schemas: map[string]struct{}{},
	}
	schemas := sha256.New()
	err := policy.Walk(ctx, fsys, func(name string, _ fs.DirEntry) error {
		content, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		all.contents[name], all.sums[name] = content, sha256.Sum256(content)
		if strings.HasPrefix(name, policy.SchemaDir+"/") {
			all.schemas[name] = struct{}{}
			fmt.Fprintf(schemas, "%q %x\n", name, all.sums[name])
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	copy(all.schemasSum[:], schemas.Sum(nil))
	if err := n.learn(all); err != nil {
		return nil, err
	}
	for name, f := range all.facts {
		if f.group == "" {
			continue
		}
		if all.members[f.group] == nil {
			all.members[f.group] = map[string]struct{}{}
		}
		all.members[f.group][name] = struct{}{}
		if other, twice := all.group[f.fqn]; twice {
			return nil, fmt.Errorf("%s and %s both define %s", name, other, f.fqn) // worded better as a whole
		}
		all.group[f.fqn] = f.group
		if f.role != "" {
			if other, ok := all.roleGroup[f.role]; ok && other != f.group {
				return nil, fmt.Errorf("role %s is of two groups", f.role)
			}
			all.roleGroup[f.role] = f.group
		}
	}
	return all, nil
}

// learn reads the policies whose contents are not known yet, several at once.
func (n *Incremental) learn(all *inventory) error {
	var mu sync.Mutex
	var work errgroup.Group
	work.SetLimit(runtime.GOMAXPROCS(0))
	facts := make(map[digest]fact, len(all.contents))
	for name, content := range all.contents {
		if _, ok := all.schemas[name]; ok {
			continue
		}
		sum := all.sums[name]
		if f, ok := n.facts[sum]; ok {
			mu.Lock()
			facts[sum], all.facts[name] = f, f
			mu.Unlock()
			continue
		}
		work.Go(func() error {
			f, err := factOf(name, content)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			facts[sum], all.facts[name] = f, f
			return nil
		})
	}
	if err := work.Wait(); err != nil {
		return err
	}
	n.facts = facts
	return nil
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

// sum is a hash of everything that a group is made of.
func (all *inventory) sum(group string) (d digest) {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(all.with(group))) {
		fmt.Fprintf(h, "%q %x\n", name, all.sums[name])
	}
	h.Write(all.schemasSum[:])
	copy(d[:], h.Sum(nil))
	return d
}

func (all *inventory) compile(ctx context.Context, groups []string) (table *runtimev1.RuleTable, made map[string]*piece, err error) {
	sets := []map[string]struct{}{all.schemas}
	for _, g := range groups {
		sets = append(sets, all.with(g))
	}
	err = guard("compile", func() error {
		if table, err = compile.Compile(ctx, files(all.contents, sets...)); err != nil {
			return err
		}
		made, err = split(table, groups, all.group, all.roleGroup)
		return err
	})
	return table, made, err
}

// join builds a table of pieces.
func (n *Incremental) join(pieces map[string]*piece, schemas map[string]*runtimev1.RuleTable_JSONSchema) (*table, error) {
	size := 0
	for _, p := range pieces {
		size += len(p.raw)
	}
	raw := make([]byte, 0, size)
	t := &table{doubts: doubts{principals: map[string]struct{}{}, kinds: map[string]struct{}{}}, actions: actions{}}
	rules := &runtimev1.RuleTable{}
	parents := map[string]*runtimev1.RuleTable_RoleParentRoles{}
	for _, g := range slices.Sorted(maps.Keys(pieces)) {
		p := pieces[g]
		raw = append(raw, p.raw...) // messages one after the other are one message
		t.doubts.merge(p.doubts)
		t.actions.merge(p.actions)
		for scope, roles := range p.parents {
			if parents[scope] == nil {
				parents[scope] = &runtimev1.RuleTable_RoleParentRoles{RoleParentRoles: map[string]*runtimev1.RuleTable_RoleParentRoles_ParentRoles{}}
			}
			for role, of := range roles {
				parents[scope].RoleParentRoles[role] = proto.CloneOf(of)
			}
		}
	}
	if err := rules.UnmarshalVT(raw); err != nil {
		return nil, err
	}
	rules.ScopeParentRoles, rules.CompilerVersion = parents, n.version
	rules.JsonSchemas = map[string]*runtimev1.RuleTable_JSONSchema{}
	for _, s := range rules.GetSchemas() {
		for _, ref := range []string{s.GetPrincipalSchema().GetRef(), s.GetResourceSchema().GetRef()} {
			if found := schemas[ref]; found != nil {
				rules.JsonSchemas[ref] = proto.CloneOf(found)
			}
		}
	}
	if err := lint(rules.GetRules()); err != nil {
		return nil, err
	}
	return t, guard("compile", func() (err error) {
		t.engine, err = n.build(rules)
		return err
	})
}

var _ policy.Compiler = (*Incremental)(nil)
