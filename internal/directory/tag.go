package directory

import (
	"context"
	"maps"

	"cognate.dev/cognate/internal/directory/userpool"
)

// Tag adds tags to a pool, replacing those with the same key.
func (p *Pools) Tag(ctx context.Context, poolID string, tags map[string]string) error {
	return p.change(ctx, poolID, func(pool *Pool) error {
		merged := maps.Clone(pool.Tags)
		if merged == nil {
			merged = map[string]string{}
		}
		maps.Copy(merged, tags)
		pool.Tags = merged
		return userpool.CheckTags(merged)
	})
}

// Untag removes tags from a pool. Unknown keys are ignored.
func (p *Pools) Untag(ctx context.Context, poolID string, keys []string) error {
	return p.change(ctx, poolID, func(pool *Pool) error {
		for _, key := range keys {
			delete(pool.Tags, key)
		}
		return nil
	})
}

// Tags gives the tags of a pool.
func (p *Pools) Tags(ctx context.Context, poolID string) (map[string]string, error) {
	pool, err := p.Get(ctx, poolID)
	if err != nil {
		return nil, err
	}
	return pool.Tags, nil
}
