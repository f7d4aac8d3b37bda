package permission

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/policy/cedar"
)

// PutSchema gives a store a schema, or takes it away with {}. Policies that are there are not looked at.
func (p *Permissions) PutSchema(ctx context.Context, ref, text string) (*Schema, error) {
	if len(text) > maxSchemaSize {
		return nil, limited(SchemaThing, ref, "A schema has at most 100000 bytes.")
	}
	out := &Schema{Text: text, Namespaces: []string{}}
	if !empty(text) {
		parsed, err := cedar.ParseSchema(text)
		if err == nil {
			err = checkNamespaces(parsed.Namespaces)
		}
		if err != nil {
			return nil, invalid("definition.cedarJson", err.Error())
		}
		out.Namespaces = parsed.Namespaces
	} else {
		out.Text = ""
	}
	_, err := p.change(ctx, ref, func(ctx context.Context, s *PolicyStore) error {
		out.StoreID = s.ID
		out.CreatedAt, out.ModifiedAt = p.moment(), p.moment()
		before, err := p.Stores.PolicyStoreSchema(ctx, s.ID)
		if err != nil {
			return err
		}
		if before != nil {
			out.CreatedAt = before.CreatedAt
		}
		return p.Stores.PutPolicyStoreSchema(ctx, out)
	})
	return out, err
}

func empty(text string) bool {
	var object map[string]json.RawMessage
	return json.Unmarshal([]byte(text), &object) == nil && object != nil && len(object) == 0
}

// checkNamespaces refuses those that Verified Permissions does.
func checkNamespaces(names []string) error {
	if len(names) > maxNamespaces {
		return &cedar.SyntaxError{Text: "a schema has at most 100 namespaces"}
	}
	for _, name := range names {
		first, _, _ := strings.Cut(name, "::")
		switch {
		case name == "":
			return &cedar.SyntaxError{Text: "a namespace has a name"}
		case slices.Contains([]string{"aws", "amazon", "cedar"}, strings.ToLower(first)):
			return &cedar.SyntaxError{Text: "the namespace " + first + " is reserved"}
		case !cedar.IsType(name):
			return &cedar.SyntaxError{Text: name + " is no namespace"}
		}
	}
	return nil
}

// GetSchema gives the schema of a store.
func (p *Permissions) GetSchema(ctx context.Context, ref string) (*Schema, error) {
	s, err := p.Store(ctx, ref)
	if err != nil {
		return nil, err
	}
	schema, err := p.Stores.PolicyStoreSchema(ctx, s.ID)
	if err == nil && schema == nil {
		err = missing(SchemaThing, s.ID)
	}
	return schema, err
}

// checked refuses a policy or template that does not fit the schema, where the store is strict.
func (p *Permissions) checked(ctx context.Context, s *PolicyStore, path string, check func(*cedar.Schema) []cedar.Problem) error {
	if s.Mode != Strict {
		return nil
	}
	schema, err := p.Stores.PolicyStoreSchema(ctx, s.ID)
	if err != nil {
		return err
	}
	if schema == nil {
		return invalid(path, "No schema present - automatically failing all validation.")
	}
	parsed, err := cedar.ParseSchema(schema.Text)
	if err != nil {
		return err
	}
	return wrong(path, check(parsed))
}
