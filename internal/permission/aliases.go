package permission

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/kit/cursor"
)

// AliasRest is how long the name of a deleted alias stays taken.
const AliasRest = 24 * time.Hour

// CreateAlias gives a store another name. The same again is no error.
func (p *Permissions) CreateAlias(ctx context.Context, region, name, storeID string) (a *Alias, err error) {
	if len(name) <= len(AliasPrefix) || name[:len(AliasPrefix)] != AliasPrefix {
		return nil, invalid("aliasName", "the name of an alias begins with "+AliasPrefix)
	}
	if len(storeID) >= len(AliasPrefix) && storeID[:len(AliasPrefix)] == AliasPrefix {
		return nil, invalid("policyStoreId", "an alias is given to a policy store by its id")
	}
	_, err = p.change(ctx, storeID, func(ctx context.Context, s *PolicyStore) error {
		now := p.moment()
		if a, err = p.Aliases.PolicyStoreAlias(ctx, name); err != nil {
			return err
		}
		switch {
		case a != nil && a.DeletedAt.IsZero() && a.StoreID == s.ID:
			return nil
		case a != nil && a.DeletedAt.IsZero():
			return conflict(AliasThing, name, "The alias belongs to another policy store.")
		case a != nil && now.Sub(a.DeletedAt) < AliasRest:
			return conflict(AliasThing, name, "The alias was deleted less than 24 hours ago.")
		}
		n, err := p.Aliases.CountPolicyStoreAliases(ctx, s.ID)
		if err != nil {
			return err
		}
		if n >= maxAliases {
			return limited(AliasThing, name, "A policy store can have at most 10 aliases.")
		}
		a = &Alias{Name: name, StoreID: s.ID, Region: region, CreatedAt: now}
		p.forgetOnCommit(ctx, name)
		return p.Aliases.PutPolicyStoreAlias(ctx, a)
	})
	return a, err
}

// Alias finds an alias, one that was deleted less than a day ago, too.
func (p *Permissions) Alias(ctx context.Context, name string) (*Alias, error) {
	a, err := p.Aliases.PolicyStoreAlias(ctx, name)
	if err == nil && (a == nil || !a.DeletedAt.IsZero() && p.moment().Sub(a.DeletedAt) >= AliasRest) {
		err = missing(AliasThing, name)
	}
	return a, err
}

// DeleteAlias takes an alias out of use. Its name stays taken for a day, unless it is to be free at once. One that is not there
// is no error.
func (p *Permissions) DeleteAlias(ctx context.Context, name, mode string) error {
	if mode != "" && mode != "SoftDelete" && mode != "HardDelete" {
		return invalid("deletionMode", "the mode is SoftDelete or HardDelete")
	}
	return p.Stores.InTx(ctx, func(ctx context.Context) error {
		a, err := p.Aliases.PolicyStoreAlias(ctx, name)
		if a == nil || err != nil {
			return err
		}
		p.forgetOnCommit(ctx, name)
		if mode == "HardDelete" {
			return p.Aliases.DeletePolicyStoreAlias(ctx, name)
		}
		if a.DeletedAt.IsZero() {
			a.DeletedAt = p.moment()
		}
		return p.Aliases.PutPolicyStoreAlias(ctx, a)
	})
}

// ListAliases pages through the aliases of a store, or of all when the reference is empty.
func (p *Permissions) ListAliases(ctx context.Context, ref string, size int, token string) (Page[*Alias], error) {
	id := ""
	if ref != "" {
		var err error
		if id, err = p.Resolve(ctx, ref); err != nil {
			return Page[*Alias]{}, err
		}
	}
	return page(ctx, p, cursor.List[*Alias, Place]{
		Fetch: func(ctx context.Context, after Place, limit int) ([]*Alias, error) {
			return p.Aliases.PolicyStoreAliases(ctx, id, after, limit)
		},
		Place: func(a *Alias) Place { return Place{a.CreatedAt.UnixMilli(), a.Name} },
		Scope: []string{"ListPolicyStoreAliases", id},
	}, size, 5, token)
}
