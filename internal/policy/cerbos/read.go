package cerbos

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"

	policyv1 "github.com/cerbos/cerbos/api/genpb/cerbos/policy/v1"
	cerbospolicy "github.com/cerbos/cerbos/private/policy"

	"cognate.dev/cognate/internal/policy"
	"cognate.dev/cognate/internal/policy/stored"
)

// Shelf reads the policies of a source as they are written, for whoever wants to look at them.
type Shelf struct{ Source policy.Source }

// All gives every policy, in the order of the files. A file that is no policy is left out: loading reports it.
func (s Shelf) All(ctx context.Context) (list []*policyv1.Policy, err error) {
	fsys, err := s.Source.Files(ctx)
	if err != nil {
		return nil, err
	}
	err = eachPolicy(ctx, fsys, func(p *policyv1.Policy) error {
		list = append(list, p)
		return nil
	})
	return list, err
}

func eachPolicy(ctx context.Context, fsys fs.FS, visit func(*policyv1.Policy) error) error {
	return policy.Walk(ctx, fsys, func(name string, _ fs.DirEntry) error {
		if strings.HasPrefix(name, schemaFolder) {
			return nil
		}
		return guard("read", func() error {
			p, err := cerbospolicy.ReadFromFile(fsys, name)
			var missing *fs.PathError
			switch {
			case errors.As(err, &missing):
				return err
			case err != nil:
				return nil //nolint:nilerr // loading reports it
			}
			return visit(p)
		})
	})
}

// Schemas gives every schema, by id.
func (s Shelf) Schemas(ctx context.Context) (list []stored.Schema, err error) {
	fsys, err := s.Source.Files(ctx)
	if err != nil {
		return nil, err
	}
	err = policy.Walk(ctx, fsys, func(name string, _ fs.DirEntry) error {
		id, isSchema := strings.CutPrefix(name, schemaFolder)
		if !isSchema || path.Ext(id) != ".json" {
			return nil
		}
		raw, err := fs.ReadFile(fsys, name)
		list = append(list, stored.Schema{ID: id, Definition: raw})
		return err
	})
	return list, err
}

const schemaFolder = "_schemas/"
