package permission

import (
	"cmp"
	"context"
	"maps"
	"strings"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/cursor"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/kit/tag"
)

// idLength is how many characters ids have, as AWS's.
const idLength = 22

// StoreSpec asks for a policy store.
type StoreSpec struct {
	Region, Description string
	Mode                Mode
	Protected           bool
	Key                 *Key
	Tags                map[string]string
}

// CreateStore makes a policy store.
func (p *Permissions) CreateStore(ctx context.Context, token string, spec StoreSpec) (*PolicyStore, error) {
	if err := checkTags("", spec.Tags); err != nil {
		return nil, err
	}
	return once(ctx, p, "CreatePolicyStore", token, spec, func(ctx context.Context) (*PolicyStore, error) {
		n, err := p.Stores.CountPolicyStores(ctx)
		if err != nil {
			return nil, err
		}
		if n >= cmp.Or(p.Config.MaxStores, 30_000) {
			return nil, limited(StoreThing, "", "There are too many policy stores.")
		}
		now := p.moment()
		s := &PolicyStore{
			ID: random.Alnum(idLength), Region: spec.Region, Description: spec.Description, Mode: spec.Mode, Protected: spec.Protected,
			Key: spec.Key, Tags: spec.Tags, CreatedAt: now, ModifiedAt: now,
		}
		return s, p.Stores.InsertPolicyStore(ctx, s)
	})
}

// Resolve gives the id of a store by its id or by an alias.
func (p *Permissions) Resolve(ctx context.Context, ref string) (string, error) {
	if !strings.HasPrefix(ref, AliasPrefix) {
		return ref, nil
	}
	a, err := p.Aliases.PolicyStoreAlias(ctx, ref)
	switch {
	case err != nil:
		return "", err
	case a == nil, !a.DeletedAt.IsZero():
		return "", missing(AliasThing, ref)
	}
	return a.StoreID, nil
}

// Store finds a policy store by its id or an alias.
func (p *Permissions) Store(ctx context.Context, ref string) (*PolicyStore, error) {
	id, err := p.Resolve(ctx, ref)
	if err != nil {
		return nil, err
	}
	s, err := p.Stores.PolicyStore(ctx, id)
	if err == nil && s == nil {
		err = missing(StoreThing, ref)
	}
	return s, err
}

// change does something to a store or to what is in it, in one transaction, and makes everybody read it anew.
func (p *Permissions) change(ctx context.Context, ref string, do func(ctx context.Context, s *PolicyStore) error) (*PolicyStore, error) {
	var changed *PolicyStore
	err := p.Stores.InTx(ctx, func(ctx context.Context) error {
		id, err := p.Resolve(ctx, ref)
		if err != nil {
			return err
		}
		changed, err = p.Stores.ChangePolicyStore(ctx, id, func(s *PolicyStore) error { return do(ctx, s) })
		if err == nil && changed == nil {
			return missing(StoreThing, ref)
		}
		p.forgetOnCommit(ctx, id)
		return err
	})
	return changed, err
}

// StoreChange is what of a store is to be another; nil stays.
type StoreChange struct {
	Mode        Mode
	Protected   *bool
	Description *string
}

// UpdateStore changes a policy store. Policies that are there are not looked at.
func (p *Permissions) UpdateStore(ctx context.Context, ref string, c StoreChange) (*PolicyStore, error) {
	return p.change(ctx, ref, func(_ context.Context, s *PolicyStore) error {
		s.Mode, s.ModifiedAt = c.Mode, p.moment()
		if c.Protected != nil {
			s.Protected = *c.Protected
		}
		if c.Description != nil {
			s.Description = *c.Description
		}
		return nil
	})
}

// DeleteStore removes a policy store with all that is in it, unless it is protected. One that is not there is no error.
func (p *Permissions) DeleteStore(ctx context.Context, id string) error {
	if strings.HasPrefix(id, AliasPrefix) {
		return invalid("policyStoreId", "a policy store is deleted by its id, not by an alias")
	}
	return p.Stores.InTx(ctx, func(ctx context.Context) error {
		_, err := p.Stores.ChangePolicyStore(ctx, id, func(s *PolicyStore) error {
			if s.Protected {
				return fault.New(fault.Precondition, "", "The policy store is protected from deletion.")
			}
			return nil
		})
		if err != nil {
			return err
		}
		p.forgetOnCommit(ctx, id)
		return p.Stores.DeletePolicyStore(ctx, id)
	})
}

// ListStores pages through all policy stores, oldest first.
func (p *Permissions) ListStores(ctx context.Context, size int, token string) (Page[*PolicyStore], error) {
	return page(ctx, p, cursor.List[*PolicyStore, Place]{
		Fetch: p.Stores.PolicyStores,
		Place: func(s *PolicyStore) Place { return Place{s.CreatedAt.UnixMilli(), s.ID} },
		Scope: []string{"ListPolicyStores"},
	}, size, 10, token)
}

// Tag adds tags to a policy store, replacing those with the same key.
func (p *Permissions) Tag(ctx context.Context, id, arn string, tags map[string]string) error {
	_, err := p.change(ctx, id, func(_ context.Context, s *PolicyStore) error {
		merged := maps.Clone(s.Tags)
		if merged == nil {
			merged = map[string]string{}
		}
		maps.Copy(merged, tags)
		s.Tags = merged
		return checkTags(arn, merged)
	})
	return err
}

// Untag removes tags from a policy store. Unknown keys are ignored.
func (p *Permissions) Untag(ctx context.Context, id string, keys []string) error {
	_, err := p.change(ctx, id, func(_ context.Context, s *PolicyStore) error {
		for _, key := range keys {
			delete(s.Tags, key)
		}
		return nil
	})
	return err
}

func checkTags(arn string, tags map[string]string) error {
	switch problem := tag.Check(tags); problem {
	case "":
		return nil
	case tag.Many:
		return &Error{Fault: fault.New(fault.Limited, fault.Tags, string(problem)), Thing: StoreThing, ID: arn}
	default:
		return invalid("tags", string(problem))
	}
}
