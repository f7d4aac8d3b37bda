package enrich

import (
	"context"

	"cognate.dev/cognate/internal/directory"
)

// Directory makes People of the directory.
func Directory(d *directory.Directory) People { return people{d} }

type people struct{ *directory.Directory }

func (p people) PoolIDs(ctx context.Context) ([]string, error) {
	var ids []string
	for token := ""; ; {
		page, err := p.Pools.List(ctx, directory.MaxPage, token)
		if err != nil {
			return nil, err
		}
		for _, pool := range page.Items {
			ids = append(ids, pool.ID)
		}
		if token = page.Next; token == "" {
			return ids, nil
		}
	}
}

func (p people) BySub(ctx context.Context, poolID, sub string) (*directory.User, error) {
	return p.Users.Get(ctx, poolID, sub)
}

func (p people) ByName(ctx context.Context, poolID, name string) (*directory.User, error) {
	pool, err := p.Pools.Get(ctx, poolID)
	if err != nil {
		return nil, err
	}
	return p.Users.Find(ctx, pool, name)
}

func (p people) Describe(ctx context.Context, u *directory.User) (*directory.Pool, []*directory.Group, error) {
	pool, err := p.Pools.Get(ctx, u.PoolID)
	if err != nil {
		return nil, nil, err
	}
	groups, err := p.Groups.OfUser(ctx, u.PoolID, u.ID)
	return pool, groups, err
}
