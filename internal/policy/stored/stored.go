// Package stored keeps policies and their schemas in the database and is the policy.Source of servers that are run so:
// what the Admin API changes, every node takes into use. It owns their ids and what may be changed or removed. It leaves
// the API to front/pdp/admin, the SQL to store, and whether the policies compile as a whole to policy.
package stored

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"
	"testing/fstest"
	"time"

	policyv1 "github.com/cerbos/cerbos/api/genpb/cerbos/policy/v1"
	cerbospolicy "github.com/cerbos/cerbos/private/policy"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/policy"
)

// Record is a policy as the store keeps it. The id is Cerbos' policy key, such as resource.album.vdefault/acme.
type Record struct {
	ID         string
	Doc        string // protobuf JSON
	ModifiedAt time.Time
}

// Schema is a JSON Schema. Policies refer to it as cerbos:///ID.
type Schema struct {
	ID         string
	Definition []byte
}

// Store keeps policies. Within InTx, NextPolicyRevision comes first: it makes later writers wait for the commit.
type Store interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
	NextPolicyRevision(ctx context.Context) error
	PolicyRevision(ctx context.Context) (int64, error) // 0 before the first change
	Policies(ctx context.Context) ([]Record, error)    // by id
	PutPolicy(ctx context.Context, r Record) error
	DeletePolicy(ctx context.Context, id string) (found bool, err error)
	PolicySchemas(ctx context.Context) ([]Schema, error) // by id
	PutPolicySchema(ctx context.Context, s Schema) error
	DeletePolicySchema(ctx context.Context, id string) (found bool, err error)
}

// Policies are the stored policies. Safe for concurrent use, on any number of nodes.
type Policies struct {
	store    Store
	compiler policy.Compiler
	now      clock.Clock
	poll     time.Duration
	nudge    chan struct{}
}

// New makes the policies. The poll is how often Watch looks for changes of other nodes; 0 means a quarter of a
// second, so that a change is in use everywhere within one.
func New(store Store, compiler policy.Compiler, poll time.Duration, now clock.Clock) *Policies {
	if poll <= 0 {
		poll = time.Second / 4
	}
	return &Policies{store: store, compiler: compiler, now: now, poll: poll, nudge: make(chan struct{}, 1)}
}

// ID is the id of a policy.
func ID(p *policyv1.Policy) string { return cerbospolicy.Wrap(p).GetKey() }

// All gives every policy with its id in its metadata, by id.
func (p *Policies) All(ctx context.Context) ([]*policyv1.Policy, error) {
	records, err := p.store.Policies(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]*policyv1.Policy, len(records))
	for i, r := range records {
		if list[i], err = r.policy(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (r Record) policy() (*policyv1.Policy, error) {
	m := &policyv1.Policy{}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal([]byte(r.Doc), m); err != nil {
		return nil, fmt.Errorf("read stored policy %s: %w", r.ID, err)
	}
	return m, nil
}

// Put adds policies or replaces those of the same id. It refuses, as a fault Invalid, policies that are wrong by
// themselves; one that only needs others which are not there yet is kept, as with Cerbos, and the set in use stays
// until they come.
func (p *Policies) Put(ctx context.Context, policies ...*policyv1.Policy) error {
	records := make([]Record, len(policies))
	for i, m := range policies {
		var err error
		if records[i], err = p.record(m); err != nil {
			return err
		}
	}
	return p.change(ctx, func(ctx context.Context) error {
		for _, r := range records {
			if err := p.store.PutPolicy(ctx, r); err != nil {
				return err
			}
		}
		return p.compiles(ctx, records)
	})
}

func (p *Policies) record(m *policyv1.Policy) (Record, error) {
	m = proto.CloneOf(m)
	if meta := m.GetMetadata(); meta != nil {
		meta.Hash, meta.StoreIdentifier, meta.SourceAttributes = nil, "", nil
		meta.StoreIdentifer = "" //nolint:staticcheck // older clients send back what they were given
	}
	doc, err := protojson.Marshal(m)
	if err != nil {
		return Record{}, fault.Newf(fault.Invalid, "", "Invalid policy: %v", err)
	}
	if _, err := cerbospolicy.Read(bytes.NewReader(doc)); err != nil {
		return Record{}, fault.Newf(fault.Invalid, "", "Invalid policy: %s", reason(err))
	}
	return Record{ID: ID(m), Doc: string(doc), ModifiedAt: p.now()}, nil
}

func reason(err error) string {
	var read cerbospolicy.ReadError
	if !errors.As(err, &read) {
		return err.Error()
	}
	var lines []string
	for _, e := range read.Errors {
		lines = append(lines, e.GetMessage())
	}
	return strings.Join(lines, "; ")
}

// compiles tries the changed policies together with those that they can lean on; to compile everything here would make
// a caller wait for policies that the change does not touch.
func (p *Policies) compiles(ctx context.Context, changed []Record) error {
	files, err := p.files(ctx, func(r Record) bool {
		if slices.ContainsFunc(changed, func(c Record) bool {
			return c.ID == r.ID || strings.HasPrefix(c.ID, r.ID+"/") || strings.HasPrefix(c.ID, r.ID+".")
		}) {
			return true // itself, or of an ancestor's scope
		}
		kind, _, _ := strings.Cut(r.ID, ".")
		return kind == "derived_roles" || strings.HasPrefix(kind, "export_")
	})
	if err != nil {
		return err
	}
	_, err = p.compiler.Compile(ctx, files)
	var dangling policy.Dangling
	if err == nil || errors.As(err, &dangling) && dangling.Dangling() {
		return nil
	}
	return fault.Newf(fault.Invalid, "", "Invalid policy: %v", err)
}

// Change is what Alter does to policies.
type Change int

// The changes. A disabled policy is kept and takes no part in decisions.
const (
	Delete Change = iota
	Disable
	Enable
)

// Needed says which policies need those that were to be removed.
type Needed struct {
	By          map[string][]string // id to the ids of those that import it
	Descendants map[string][]string // id to the ids whose scope lies below
}

func (*Needed) Error() string { return "other policies need these" }

// Alter changes policies by their ids and reports how many there were. Nothing is removed or disabled that others
// need: the error is then a Needed.
func (p *Policies) Alter(ctx context.Context, change Change, ids ...string) (n uint32, err error) {
	err = p.change(ctx, func(ctx context.Context) error {
		n = 0
		all, err := p.All(ctx)
		if err != nil {
			return err
		}
		if change != Enable {
			if err := needed(all, ids); err != nil {
				return err
			}
		}
		for _, m := range all {
			id := ID(m)
			if !slices.Contains(ids, id) {
				continue
			}
			n++
			if change == Delete {
				if _, err := p.store.DeletePolicy(ctx, id); err != nil {
					return err
				}
				continue
			}
			m.Disabled = change == Disable
			doc, err := protojson.Marshal(m)
			if err != nil {
				return err
			}
			if err := p.store.PutPolicy(ctx, Record{ID: id, Doc: string(doc), ModifiedAt: p.now()}); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// PutSchemas adds schemas or replaces those of the same id. One that is no JSON object is a fault Invalid.
func (p *Policies) PutSchemas(ctx context.Context, schemas ...Schema) error {
	for _, s := range schemas {
		var object map[string]any
		if json.Unmarshal(s.Definition, &object) != nil || !fs.ValidPath(s.ID) {
			return fault.Newf(fault.Invalid, "", "Invalid schema in request: schema definition with ID %q is not valid", s.ID)
		}
	}
	return p.change(ctx, func(ctx context.Context) error {
		for _, s := range schemas {
			if err := p.store.PutPolicySchema(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
}

// Schemas gives every schema, by id.
func (p *Policies) Schemas(ctx context.Context) ([]Schema, error) { return p.store.PolicySchemas(ctx) }

// DeleteSchemas removes schemas and reports how many there were.
func (p *Policies) DeleteSchemas(ctx context.Context, ids ...string) (n uint32, err error) {
	err = p.change(ctx, func(ctx context.Context) error {
		n = 0
		for _, id := range ids {
			found, err := p.store.DeletePolicySchema(ctx, id)
			if err != nil {
				return err
			}
			if found {
				n++
			}
		}
		return nil
	})
	return n, err
}

func (p *Policies) change(ctx context.Context, fn func(context.Context) error) error {
	err := p.store.InTx(ctx, func(ctx context.Context) error {
		if err := p.store.NextPolicyRevision(ctx); err != nil {
			return err
		}
		return fn(ctx)
	})
	if err == nil {
		select {
		case p.nudge <- struct{}{}:
		default: // one is waiting already
		}
	}
	return err
}

// String is policy.Source's, as the methods below.
func (p *Policies) String() string { return "the database" }

// Files gives all of them as of one moment.
func (p *Policies) Files(ctx context.Context) (fs.FS, error) {
	return p.files(ctx, func(Record) bool { return true })
}

func (p *Policies) files(ctx context.Context, wanted func(Record) bool) (fs.FS, error) {
	files := fstest.MapFS{}
	err := p.store.InTx(ctx, func(ctx context.Context) error {
		clear(files)
		records, err := p.store.Policies(ctx)
		if err != nil {
			return err
		}
		for _, r := range records {
			if wanted(r) {
				files[fileOf(r.ID)] = &fstest.MapFile{Data: []byte(r.Doc), Mode: 0o444, ModTime: r.ModifiedAt}
			}
		}
		schemas, err := p.store.PolicySchemas(ctx)
		for _, s := range schemas {
			files["_schemas/"+s.ID] = &fstest.MapFile{Data: s.Definition, Mode: 0o444}
		}
		return err
	})
	return files, err
}

// fileOf is the name that messages about a policy show. The ending keeps a name on _test from being taken for a suite.
func fileOf(id string) string { return url.PathEscape(id) + ".policy.json" }

// Watch looks at the revision, which is one small row, and at once after a change on this node.
func (p *Policies) Watch(ctx context.Context, changed func()) {
	tick := time.NewTicker(p.poll)
	defer tick.Stop()
	seen, err := p.store.PolicyRevision(ctx)
	changed()
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.nudge:
		case <-tick.C:
		}
		was, failed := seen, err
		if seen, err = p.store.PolicyRevision(ctx); seen != was || err != nil || failed != nil {
			changed() // an error, too: the reload finds the same and reports it
		}
	}
}

var _ policy.Source = (*Policies)(nil)
