package cerbos

import (
	"context"
	"io/fs"
	"maps"
	"slices"
	"sync"

	runtimev1 "github.com/cerbos/cerbos/api/genpb/cerbos/runtime/v1"
	"golang.org/x/sync/errgroup"

	"cognate.dev/cognate/internal/kit/cores"
	"cognate.dev/cognate/internal/policy"
)

// Incremental compiles a set of policies again and again, each time only the groups in which something changed, and
// several at once. What it makes decides as what Compiler makes of the same files; whatever it cannot tell apart for
// certain, and every error, is left to a compilation of the whole. Safe for concurrent use, one compilation at a time.
type Incremental struct {
	*Compiler
	mu      sync.Mutex
	last    *inventory                                 // of which the pieces are made; nil: none yet
	pieces  map[string]*piece                          // by group
	schemas map[string]*runtimev1.RuleTable_JSONSchema // by reference
	version uint32                                     // of the engine's compiler
	base    *base                                      // nil: none yet
	above   layer
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

func (n *Incremental) compile(ctx context.Context, fsys fs.FS) (policy.Decider, error) {
	all, changed, err := take(ctx, fsys, n.last)
	if err != nil {
		return nil, err
	}
	old := n.pieces
	now := make(map[string]*piece, len(all.members))
	var stale []string
	for g := range all.members {
		if _, ok := changed[g]; ok {
			stale = append(stale, g)
		} else {
			now[g] = old[g]
		}
	}
	slices.Sort(stale)
	var mu sync.Mutex
	schemas := maps.Clone(n.schemas)
	if schemas == nil {
		schemas = map[string]*runtimev1.RuleTable_JSONSchema{}
	}
	workers := cores.Count()
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
			maps.Copy(now, made)
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
	all.from = nil
	n.last, n.pieces, n.schemas = all, now, schemas
	return t, nil
}

var _ policy.Compiler = (*Incremental)(nil)
