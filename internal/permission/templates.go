package permission

import (
	"cmp"
	"context"
	"encoding/json"

	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/policy/cedar"
)

type templateDoc struct{ Statement, Description string }

// TemplateSpec asks for a template.
type TemplateSpec struct{ Name, Statement, Description string }

// CreateTemplate adds a template to a store.
func (p *Permissions) CreateTemplate(ctx context.Context, token, ref string, spec TemplateSpec) (*Template, error) {
	if err := checkName(spec.Name); err != nil {
		return nil, err
	}
	return once(ctx, p, "CreatePolicyTemplate/"+ref, token, spec, func(ctx context.Context) (out *Template, err error) {
		_, err = p.change(ctx, ref, func(ctx context.Context, s *PolicyStore) error {
			n, err := p.Rows.CountPermissionRows(ctx, s.ID, TemplateRow)
			if err != nil {
				return err
			}
			if n >= cmp.Or(p.Config.MaxTemplates, 1000) {
				return limited(TemplateThing, "", "The policy store has too many templates.")
			}
			now := p.moment()
			out = &Template{
				StoreID: s.ID, ID: random.Alnum(idLength), Name: spec.Name, Statement: spec.Statement, Description: spec.Description,
				CreatedAt: now, ModifiedAt: now,
			}
			if _, err := p.readTemplate(ctx, s, spec.Statement); err != nil {
				return err
			}
			return p.saveTemplate(ctx, out)
		})
		return out, err
	})
}

// readTemplate reads the text of a template and refuses what is wrong with it.
func (p *Permissions) readTemplate(ctx context.Context, s *PolicyStore, statement string) (*cedar.Template, error) {
	if len(statement) > maxPolicySize {
		return nil, limited(TemplateThing, "", "A policy template has at most 10000 bytes.")
	}
	parsed, err := cedar.ParseTemplate(statement)
	if err != nil {
		return nil, invalid("statement", err.Error())
	}
	if clause := parsed.Unconstrained(); clause != "" {
		return nil, invalid("statement", "the "+clause+" of a policy template must be constrained")
	}
	return parsed, p.checked(ctx, s, "statement", func(schema *cedar.Schema) []cedar.Problem { return schema.CheckTemplate(parsed) })
}

func (p *Permissions) saveTemplate(ctx context.Context, t *Template) error {
	if err := p.nameIsFree(ctx, t.StoreID, TemplateRow, TemplateThing, t.Name, t.ID); err != nil {
		return err
	}
	raw, err := json.Marshal(templateDoc{t.Statement, t.Description})
	if err != nil {
		return err
	}
	return p.Rows.PutPermissionRow(ctx, &Row{
		StoreID: t.StoreID, Kind: TemplateRow, ID: t.ID, Name: t.Name, Doc: string(raw), CreatedAt: t.CreatedAt, ModifiedAt: t.ModifiedAt,
	})
}

func templateOf(r *Row) (*Template, error) {
	var doc templateDoc
	if err := json.Unmarshal([]byte(r.Doc), &doc); err != nil {
		return nil, err
	}
	return &Template{
		StoreID: r.StoreID, ID: r.ID, Name: r.Name, Statement: doc.Statement, Description: doc.Description, CreatedAt: r.CreatedAt, ModifiedAt: r.ModifiedAt,
	}, nil
}

func (p *Permissions) template(ctx context.Context, storeID, ref string) (*Template, error) {
	r, err := p.row(ctx, storeID, TemplateRow, TemplateThing, ref)
	if err != nil {
		return nil, err
	}
	return templateOf(r)
}

// Template finds a template by its id or name.
func (p *Permissions) Template(ctx context.Context, ref, id string) (*Template, error) {
	s, err := p.Store(ctx, ref)
	if err != nil {
		return nil, err
	}
	return p.template(ctx, s.ID, id)
}

// TemplateChange is what of a template is to be another; nil stays. An empty name takes the name away.
type TemplateChange struct {
	Name, Description *string
	Statement         string
}

// UpdateTemplate changes a template, and so every policy that is linked to it. Effect, principal and resource stay.
func (p *Permissions) UpdateTemplate(ctx context.Context, ref, id string, c TemplateChange) (out *Template, err error) {
	if c.Name != nil {
		if err := checkName(*c.Name); err != nil {
			return nil, err
		}
	}
	_, err = p.change(ctx, ref, func(ctx context.Context, s *PolicyStore) error {
		if out, err = p.template(ctx, s.ID, id); err != nil {
			return err
		}
		before, err := cedar.ParseTemplate(out.Statement)
		if err != nil {
			return err
		}
		after, err := p.readTemplate(ctx, s, c.Statement)
		if err != nil {
			return err
		}
		if differs := before.Same(after); differs != "" {
			return invalid("statement", "the "+differs+" of a policy template cannot be changed")
		}
		out.Statement, out.ModifiedAt = c.Statement, p.moment()
		if c.Description != nil {
			out.Description = *c.Description
		}
		if c.Name != nil {
			out.Name = *c.Name
		}
		if err := p.saveTemplate(ctx, out); err != nil {
			return err
		}
		return p.relink(ctx, out.StoreID, out.ID, after)
	})
	return out, err
}

// relink writes what lists show of the policies of a template: its actions may be others now.
func (p *Permissions) relink(ctx context.Context, storeID, templateID string, t *cedar.Template) error {
	rows, err := p.Rows.PermissionRows(ctx, RowQuery{StoreID: storeID, Kind: PolicyRow, Template: &templateID})
	if err != nil {
		return err
	}
	for _, r := range rows {
		linked, err := policyOf(r)
		if err != nil {
			return err
		}
		parsed, err := t.Link(slot(t.HasPrincipal, linked.Principal), slot(t.HasResource, linked.Resource))
		if err != nil {
			return err
		}
		linked.describe(parsed)
		if err := p.savePolicy(ctx, linked); err != nil {
			return err
		}
	}
	return nil
}

// slot is the entity of a policy that fills a slot; nil: there is no slot.
func slot(has bool, with *cedar.UID) *cedar.UID {
	if has {
		return with
	}
	return nil
}

// DeleteTemplate removes a template and the policies that are linked to it. One that is not there is no error.
func (p *Permissions) DeleteTemplate(ctx context.Context, ref, id string) error {
	return p.remove(ctx, ref, id, TemplateRow)
}

// ListTemplates pages through the templates of a store, oldest first.
func (p *Permissions) ListTemplates(ctx context.Context, ref string, size int, token string) (Page[*Template], error) {
	s, err := p.Store(ctx, ref)
	if err != nil {
		return Page[*Template]{}, err
	}
	return rowsPage(ctx, p, RowQuery{StoreID: s.ID, Kind: TemplateRow}, templateOf, []string{"ListPolicyTemplates", s.ID}, size, token)
}
