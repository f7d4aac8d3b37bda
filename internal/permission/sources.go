package permission

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/policy/cedar"
)

// The entity types of principals and groups that nobody has named.
const (
	defaultPrincipal = "AWS::Cognito"
	defaultGroup     = "AWS::CognitoGroup"
)

// SourceSpec asks for an identity source.
type SourceSpec struct {
	PrincipalType string
	Pool          *PoolSource
	OpenID        *OpenIDSource
}

type sourceDoc struct {
	PrincipalType string
	Pool          *PoolSource
	OpenID        *OpenIDSource
}

// settle checks a configuration and fills in what was left out.
func (p *Permissions) settle(ctx context.Context, path string, spec *SourceSpec) error {
	spec.PrincipalType = cmp.Or(spec.PrincipalType, defaultPrincipal)
	if !cedar.IsType(spec.PrincipalType) {
		return invalid("principalEntityType", fmt.Sprintf("%q is no entity type", spec.PrincipalType))
	}
	if (spec.Pool == nil) == (spec.OpenID == nil) {
		return invalid(path, "exactly one of cognitoUserPoolConfiguration and openIdConnectConfiguration must be given")
	}
	if pool := spec.Pool; pool != nil {
		pool.GroupType = cmp.Or(pool.GroupType, defaultGroup)
		_, err := p.Pools.Issuer(ctx, pool.PoolID)
		switch {
		case fault.Is(err, fault.Missing, ""):
			return invalid(path+".cognitoUserPoolConfiguration.userPoolArn", "the user pool does not exist")
		case err != nil:
			return err
		}
	} else {
		spec.OpenID.IDClaim = cmp.Or(spec.OpenID.IDClaim, "sub")
	}
	return nil
}

// groupType is the entity type of the groups; empty: there are none.
func (s *Source) groupType() string {
	if s.Pool != nil {
		return s.Pool.GroupType
	}
	return s.OpenID.GroupType
}

// CreateSource gives a store its identity source, of which there is one at most.
func (p *Permissions) CreateSource(ctx context.Context, token, ref string, spec SourceSpec) (*Source, error) {
	if err := p.settle(ctx, "configuration", &spec); err != nil {
		return nil, err
	}
	return once(ctx, p, "CreateIdentitySource/"+ref, token, spec, func(ctx context.Context) (out *Source, err error) {
		_, err = p.change(ctx, ref, func(ctx context.Context, s *PolicyStore) error {
			n, err := p.Rows.CountPermissionRows(ctx, s.ID, SourceRow)
			if err != nil {
				return err
			}
			if n > 0 {
				return limited(SourceThing, "", "A policy store can have one identity source.")
			}
			now := p.moment()
			out = &Source{
				StoreID: s.ID, ID: random.Alnum(idLength), PrincipalType: spec.PrincipalType, Pool: spec.Pool, OpenID: spec.OpenID, CreatedAt: now, ModifiedAt: now,
			}
			return p.saveSource(ctx, out)
		})
		return out, err
	})
}

func (p *Permissions) saveSource(ctx context.Context, s *Source) error {
	if s.groupType() == s.PrincipalType {
		return invalid("principalEntityType", "groups and principals must be of different entity types")
	}
	raw, err := json.Marshal(sourceDoc{s.PrincipalType, s.Pool, s.OpenID})
	if err != nil {
		return err
	}
	return p.Rows.PutPermissionRow(ctx, &Row{
		StoreID: s.StoreID, Kind: SourceRow, ID: s.ID, Principal: s.PrincipalType, Doc: string(raw), CreatedAt: s.CreatedAt, ModifiedAt: s.ModifiedAt,
	})
}

func sourceOf(r *Row) (*Source, error) {
	var doc sourceDoc
	if err := json.Unmarshal([]byte(r.Doc), &doc); err != nil {
		return nil, err
	}
	return &Source{
		StoreID: r.StoreID, ID: r.ID, PrincipalType: doc.PrincipalType, Pool: doc.Pool, OpenID: doc.OpenID, CreatedAt: r.CreatedAt, ModifiedAt: r.ModifiedAt,
	}, nil
}

// issued fills in the issuer of a source's tokens. A pool that is gone has none.
func (p *Permissions) issued(ctx context.Context, s *Source) (*Source, error) {
	if s.Pool == nil {
		return s, nil
	}
	var err error
	if s.Pool.Issuer, err = p.Pools.Issuer(ctx, s.Pool.PoolID); fault.Is(err, fault.Missing, "") {
		return s, nil
	}
	return s, err
}

// Source finds an identity source.
func (p *Permissions) Source(ctx context.Context, ref, id string) (*Source, error) {
	s, err := p.Store(ctx, ref)
	if err != nil {
		return nil, err
	}
	r, err := p.row(ctx, s.ID, SourceRow, SourceThing, id)
	if err != nil {
		return nil, err
	}
	out, err := sourceOf(r)
	if err != nil {
		return nil, err
	}
	return p.issued(ctx, out)
}

// UpdateSource replaces the configuration of an identity source. An empty principal type stays as it is.
func (p *Permissions) UpdateSource(ctx context.Context, ref, id string, spec SourceSpec) (out *Source, err error) {
	keep := spec.PrincipalType == ""
	if err := p.settle(ctx, "updateConfiguration", &spec); err != nil {
		return nil, err
	}
	_, err = p.change(ctx, ref, func(ctx context.Context, s *PolicyStore) error {
		r, err := p.row(ctx, s.ID, SourceRow, SourceThing, id)
		if err != nil {
			return err
		}
		if out, err = sourceOf(r); err != nil {
			return err
		}
		if !keep {
			out.PrincipalType = spec.PrincipalType
		}
		out.Pool, out.OpenID, out.ModifiedAt = spec.Pool, spec.OpenID, p.moment()
		return p.saveSource(ctx, out)
	})
	return out, err
}

// DeleteSource removes an identity source. One that is not there is no error.
func (p *Permissions) DeleteSource(ctx context.Context, ref, id string) error {
	return p.remove(ctx, ref, id, SourceRow)
}

// ListSources pages through the identity sources of a store, those of some principal types if any are named.
func (p *Permissions) ListSources(ctx context.Context, ref string, types []string, size int, token string) (Page[*Source], error) {
	s, err := p.Store(ctx, ref)
	if err != nil {
		return Page[*Source]{}, err
	}
	list, err := rowsPage(ctx, p, RowQuery{StoreID: s.ID, Kind: SourceRow}, sourceOf, []string{"ListIdentitySources", s.ID}, size, token)
	if err != nil {
		return list, err
	}
	if len(types) > 0 { // there is one at most
		list.Items = slices.DeleteFunc(list.Items, func(s *Source) bool { return !slices.Contains(types, s.PrincipalType) })
	}
	for _, one := range list.Items {
		if _, err := p.issued(ctx, one); err != nil {
			return list, err
		}
	}
	return list, nil
}
