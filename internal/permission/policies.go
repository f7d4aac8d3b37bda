package permission

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"

	"cognate.dev/cognate/internal/kit/cursor"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/policy/cedar"
)

// PolicySpec asks for a policy: with a statement it is static, else linked to a template.
type PolicySpec struct {
	Name                string
	Statement           *string
	Description         string
	Template            string
	Principal, Resource *cedar.UID // of a linked policy
}

// policyDoc is what the row of a policy holds besides what lists are narrowed by.
type policyDoc struct {
	Statement, Description string
	Principal, Resource    *cedar.UID
	Effect                 cedar.Effect
	Actions                []cedar.UID
}

// The members of requests that hold a text of Cedar.
const (
	staticPath = "definition.static.statement"
	linkedPath = "definition.templateLinked"
)

// CreatePolicy adds a policy to a store.
func (p *Permissions) CreatePolicy(ctx context.Context, token, ref string, spec PolicySpec) (*Policy, error) {
	if err := checkName(spec.Name); err != nil {
		return nil, err
	}
	return once(ctx, p, "CreatePolicy/"+ref, token, spec, func(ctx context.Context) (out *Policy, err error) {
		_, err = p.change(ctx, ref, func(ctx context.Context, s *PolicyStore) error {
			n, err := p.Rows.CountPermissionRows(ctx, s.ID, PolicyRow)
			if err != nil {
				return err
			}
			if n >= cmp.Or(p.Config.MaxPolicies, 20_000) {
				return limited(PolicyThing, "", "The policy store has too many policies.")
			}
			now := p.moment()
			out = &Policy{StoreID: s.ID, ID: random.Alnum(idLength), Name: spec.Name, Description: spec.Description, CreatedAt: now, ModifiedAt: now}
			if spec.Statement != nil {
				err = p.writeStatic(ctx, s, out, *spec.Statement)
			} else {
				err = p.link(ctx, s, out, spec)
			}
			if err != nil {
				return err
			}
			return p.savePolicy(ctx, out)
		})
		return out, err
	})
}

// writeStatic gives a policy its text, once that is found to be right.
func (p *Permissions) writeStatic(ctx context.Context, s *PolicyStore, out *Policy, statement string) error {
	if len(statement) > maxPolicySize {
		return limited(PolicyThing, "", "A policy has at most 10000 bytes.")
	}
	parsed, err := cedar.ParsePolicy(statement)
	if err != nil {
		return invalid(staticPath, err.Error())
	}
	if err := p.checked(ctx, s, staticPath, func(schema *cedar.Schema) []cedar.Problem { return schema.Check(parsed) }); err != nil {
		return err
	}
	out.Statement = statement
	out.describe(parsed)
	return nil
}

// describe takes from a parsed policy what lists show of it.
func (o *Policy) describe(parsed *cedar.Policy) {
	o.Effect, o.Principal, o.Resource, o.Actions = parsed.Effect, parsed.Principal, parsed.Resource, parsed.Actions
}

// link makes a policy of a template.
func (p *Permissions) link(ctx context.Context, s *PolicyStore, out *Policy, spec PolicySpec) error {
	t, err := p.template(ctx, s.ID, spec.Template)
	if err != nil {
		return err
	}
	parsed, err := cedar.ParseTemplate(t.Statement)
	if err != nil {
		return err // it was read when it was stored
	}
	linked, err := parsed.Link(spec.Principal, spec.Resource)
	if err != nil {
		return invalid(linkedPath, err.Error())
	}
	if err := p.checked(ctx, s, linkedPath, func(schema *cedar.Schema) []cedar.Problem { return schema.Check(linked) }); err != nil {
		return err
	}
	out.TemplateID = t.ID
	out.describe(linked)
	return nil
}

// savePolicy writes a policy, unless another has its name.
func (p *Permissions) savePolicy(ctx context.Context, o *Policy) error {
	if err := p.nameIsFree(ctx, o.StoreID, PolicyRow, PolicyThing, o.Name, o.ID); err != nil {
		return err
	}
	doc := policyDoc{Statement: o.Statement, Description: o.Description, Effect: o.Effect, Actions: o.Actions, Principal: o.Principal, Resource: o.Resource}
	raw, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	return p.Rows.PutPermissionRow(ctx, &Row{
		StoreID: o.StoreID, Kind: PolicyRow, ID: o.ID, Name: o.Name, Template: o.TemplateID, Principal: shown(o.Principal), Resource: shown(o.Resource),
		Doc: string(raw), CreatedAt: o.CreatedAt, ModifiedAt: o.ModifiedAt,
	})
}

// shown is how a row names an entity; empty: none.
func shown(u *cedar.UID) string {
	if u == nil {
		return ""
	}
	return u.String()
}

func (p *Permissions) nameIsFree(ctx context.Context, storeID string, kind RowKind, thing Thing, name, id string) error {
	if name == "" {
		return nil
	}
	other, err := p.Rows.PermissionRowNamed(ctx, storeID, kind, name)
	if err == nil && other != nil && other.ID != id {
		err = conflict(thing, other.ID, "The name "+name+" is taken.")
	}
	return err
}

// row finds a row by its id or name.
func (p *Permissions) row(ctx context.Context, storeID string, kind RowKind, thing Thing, ref string) (r *Row, err error) {
	if strings.HasPrefix(ref, namePrefix) {
		r, err = p.Rows.PermissionRowNamed(ctx, storeID, kind, ref)
	} else {
		r, err = p.Rows.PermissionRow(ctx, storeID, kind, ref)
	}
	if err == nil && r == nil {
		err = missing(thing, ref)
	}
	return r, err
}

func policyOf(r *Row) (*Policy, error) {
	var doc policyDoc
	if err := json.Unmarshal([]byte(r.Doc), &doc); err != nil {
		return nil, err
	}
	return &Policy{
		StoreID: r.StoreID, ID: r.ID, Name: r.Name, TemplateID: r.Template, Principal: doc.Principal, Resource: doc.Resource, Effect: doc.Effect,
		Actions: doc.Actions, Statement: doc.Statement, Description: doc.Description, CreatedAt: r.CreatedAt, ModifiedAt: r.ModifiedAt,
	}, nil
}

// Policy finds a policy by its id or name.
func (p *Permissions) Policy(ctx context.Context, ref, id string) (*Policy, error) {
	s, err := p.Store(ctx, ref)
	if err != nil {
		return nil, err
	}
	return p.policy(ctx, s.ID, id)
}

func (p *Permissions) policy(ctx context.Context, storeID, ref string) (*Policy, error) {
	r, err := p.row(ctx, storeID, PolicyRow, PolicyThing, ref)
	if err != nil {
		return nil, err
	}
	return policyOf(r)
}

// PolicyChange is what of a policy is to be another; nil stays. An empty name takes the name away.
type PolicyChange struct{ Name, Statement, Description *string }

// UpdatePolicy changes a policy. Of a static one the effect, the principal and the resource stay, a linked one has no text.
func (p *Permissions) UpdatePolicy(ctx context.Context, ref, id string, c PolicyChange) (out *Policy, err error) {
	if c.Name != nil {
		if err := checkName(*c.Name); err != nil {
			return nil, err
		}
	}
	_, err = p.change(ctx, ref, func(ctx context.Context, s *PolicyStore) error {
		if out, err = p.policy(ctx, s.ID, id); err != nil {
			return err
		}
		if c.Statement != nil {
			if out.TemplateID != "" {
				return invalid("definition.static", "a policy of a template changes with its template")
			}
			before, err := cedar.ParsePolicy(out.Statement)
			if err != nil {
				return err
			}
			if err := p.writeStatic(ctx, s, out, *c.Statement); err != nil {
				return err
			}
			after, err := cedar.ParsePolicy(*c.Statement)
			if err != nil {
				return err
			}
			if differs := before.Same(after); differs != "" {
				return invalid(staticPath, "the "+differs+" of a policy cannot be changed")
			}
		}
		if c.Description != nil {
			out.Description = *c.Description
		}
		if c.Name != nil {
			out.Name = *c.Name
		}
		out.ModifiedAt = p.moment()
		return p.savePolicy(ctx, out)
	})
	return out, err
}

// DeletePolicy removes a policy. One that is not there is no error.
func (p *Permissions) DeletePolicy(ctx context.Context, ref, id string) error {
	return p.remove(ctx, ref, id, PolicyRow)
}

func (p *Permissions) remove(ctx context.Context, ref, id string, kind RowKind) error {
	_, err := p.change(ctx, ref, func(ctx context.Context, s *PolicyStore) error {
		if strings.HasPrefix(id, namePrefix) {
			named, err := p.Rows.PermissionRowNamed(ctx, s.ID, kind, id)
			if named == nil || err != nil {
				return err
			}
			id = named.ID
		}
		if kind == TemplateRow { // its policies go with it
			if err := p.Rows.DeletePermissionRows(ctx, s.ID, PolicyRow, "", id); err != nil {
				return err
			}
		}
		return p.Rows.DeletePermissionRows(ctx, s.ID, kind, id, "")
	})
	return err
}

// PolicyFilter narrows a list of policies; the zero value does not. The zero UID asks for policies that compare with none.
type PolicyFilter struct {
	Principal, Resource *cedar.UID
	Linked              *bool
	Template            string
}

// ListPolicies pages through the policies of a store, oldest first.
func (p *Permissions) ListPolicies(ctx context.Context, ref string, f PolicyFilter, size int, token string) (Page[*Policy], error) {
	s, err := p.Store(ctx, ref)
	if err != nil {
		return Page[*Policy]{}, err
	}
	q := RowQuery{StoreID: s.ID, Kind: PolicyRow, Linked: f.Linked, Principal: filter(f.Principal), Resource: filter(f.Resource)}
	if f.Template != "" {
		id := f.Template
		if strings.HasPrefix(id, namePrefix) {
			t, err := p.template(ctx, s.ID, id)
			if err != nil {
				return Page[*Policy]{}, err
			}
			id = t.ID
		}
		q.Template = &id
	}
	scope, err := json.Marshal(q)
	if err != nil {
		return Page[*Policy]{}, err
	}
	return rowsPage(ctx, p, q, policyOf, []string{"ListPolicies", string(scope)}, size, token)
}

func filter(u *cedar.UID) *string {
	switch {
	case u == nil:
		return nil
	case *u == cedar.UID{}:
		return new("")
	}
	return new(u.String())
}

// rowsPage reads a page of rows as what they are.
func rowsPage[T any](ctx context.Context, p *Permissions, q RowQuery, read func(*Row) (*T, error), scope []string, size int, token string) (Page[*T], error) {
	rows, err := page(ctx, p, cursor.List[*Row, Place]{
		Fetch: func(ctx context.Context, after Place, limit int) ([]*Row, error) {
			q.After, q.Limit = after, limit
			return p.Rows.PermissionRows(ctx, q)
		},
		Place: func(r *Row) Place { return Place{r.CreatedAt.UnixMilli(), r.ID} },
		Scope: scope,
	}, size, 10, token)
	if err != nil {
		return Page[*T]{}, err
	}
	out := Page[*T]{Items: make([]*T, len(rows.Items)), Next: rows.Next}
	for i, r := range rows.Items {
		if out.Items[i], err = read(r); err != nil {
			return Page[*T]{}, err
		}
	}
	return out, nil
}
