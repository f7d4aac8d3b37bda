package permission

import (
	"context"
	"fmt"
	"sync"

	"cognate.dev/cognate/internal/kit/cache"
	"cognate.dev/cognate/internal/policy/cedar"
)

// compiled is a policy store as decisions need it. It does not change.
type compiled struct {
	store    *PolicyStore
	schema   *cedar.Schema // nil: none
	source   *Source       // nil: none
	set      *cedar.Set
	policies map[string]parsed
}

// parsed is a policy with what it was parsed from: as long as that is the same, so is the policy.
type parsed struct {
	statement           string
	principal, resource string
	policy              *cedar.Policy
}

// memory is what was compiled last of each store: what has not changed since is taken from there.
type memory struct {
	mu sync.Mutex
	of map[string]*compiled
}

func (m *memory) get(id string) *compiled {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.of[id]
}

func (m *memory) put(c *compiled) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.of) >= compiledMax {
		clear(m.of) // it only saves work
	}
	m.of[c.store.ID] = c
}

// ready gives a store, by its id or an alias, as decisions need it. It asks the database once in a while at most.
func (p *Permissions) ready(ctx context.Context, ref string) (*compiled, error) {
	r, err := p.compiled.Get(ctx, ref)
	return r.Value, err
}

// load is the cache's: it reads a store whole, at one revision.
func (p *Permissions) load(ctx context.Context, ref string) (cache.Loaded[*compiled], error) {
	for range 10 {
		s, err := p.Store(ctx, ref)
		if err != nil {
			return cache.Loaded[*compiled]{}, err
		}
		c := p.memory.get(s.ID)
		if c == nil || c.store.Revision != s.Revision || !c.store.CreatedAt.Equal(s.CreatedAt) {
			if c, err = p.compile(ctx, s, c); err != nil {
				return cache.Loaded[*compiled]{}, err
			}
			after, err := p.Stores.PolicyStore(ctx, s.ID)
			if err != nil {
				return cache.Loaded[*compiled]{}, err
			}
			if after == nil || after.Revision != s.Revision {
				continue // somebody was faster
			}
			p.memory.put(c)
		}
		return cache.Loaded[*compiled]{Value: c, Found: true, Tags: []string{s.ID}}, nil
	}
	return cache.Loaded[*compiled]{}, fmt.Errorf("read policy store %s: it changes all the time", ref)
}

// compile reads what is in a store; before is what it was, or nil.
func (p *Permissions) compile(ctx context.Context, s *PolicyStore, before *compiled) (*compiled, error) {
	c := &compiled{store: s, policies: map[string]parsed{}}
	schema, err := p.Stores.PolicyStoreSchema(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	if schema != nil {
		if c.schema, err = cedar.ParseSchema(schema.Text); err != nil {
			return nil, err
		}
	}
	sources, err := p.Rows.PermissionRows(ctx, RowQuery{StoreID: s.ID, Kind: SourceRow})
	if err != nil {
		return nil, err
	}
	for _, r := range sources {
		if c.source, err = sourceOf(r); err != nil {
			return nil, err
		}
	}
	if err := p.compilePolicies(ctx, c, before); err != nil {
		return nil, err
	}
	set := make(map[string]*cedar.Policy, len(c.policies))
	for id, one := range c.policies {
		set[id] = one.policy
	}
	c.set = cedar.NewSet(set, c.schema)
	return c, nil
}

func (p *Permissions) compilePolicies(ctx context.Context, c, before *compiled) error {
	templates, texts := map[string]*cedar.Template{}, map[string]string{}
	rows, err := p.Rows.PermissionRows(ctx, RowQuery{StoreID: c.store.ID, Kind: TemplateRow})
	if err != nil {
		return err
	}
	for _, r := range rows {
		t, err := templateOf(r)
		if err != nil {
			return err
		}
		texts[t.ID] = t.Statement
		if templates[t.ID], err = cedar.ParseTemplate(t.Statement); err != nil {
			return fmt.Errorf("policy template %s: %w", t.ID, err)
		}
	}
	if rows, err = p.Rows.PermissionRows(ctx, RowQuery{StoreID: c.store.ID, Kind: PolicyRow}); err != nil {
		return err
	}
	for _, r := range rows {
		stored, err := policyOf(r)
		if err != nil {
			return err
		}
		one := parsed{statement: stored.Statement}
		t := templates[stored.TemplateID]
		if stored.TemplateID != "" {
			if t == nil {
				continue // it has just gone: another revision follows
			}
			one = parsed{statement: texts[stored.TemplateID], principal: r.Principal, resource: r.Resource}
		}
		if before != nil {
			if was, ok := before.policies[r.ID]; ok && was.statement == one.statement && was.principal == one.principal && was.resource == one.resource {
				c.policies[r.ID] = was
				continue
			}
		}
		if t != nil {
			one.policy, err = t.Link(slot(t.HasPrincipal, stored.Principal), slot(t.HasResource, stored.Resource))
		} else {
			one.policy, err = cedar.ParsePolicy(stored.Statement)
		}
		if err != nil {
			return fmt.Errorf("policy %s: %w", r.ID, err)
		}
		c.policies[r.ID] = one
	}
	return nil
}
