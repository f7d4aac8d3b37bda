package directory

import (
	"context"
	"maps"
	"strings"
	"unicode/utf8"

	"cognate.dev/cognate/internal/fault"
)

// maxTags is AWS's limit per resource.
const maxTags = 50

// Tag adds tags to a pool, replacing those with the same key.
func (p *Pools) Tag(ctx context.Context, poolID string, tags map[string]string) error {
	return p.change(ctx, poolID, func(pool *Pool) error {
		merged := maps.Clone(pool.Tags)
		if merged == nil {
			merged = map[string]string{}
		}
		maps.Copy(merged, tags)
		pool.Tags = merged
		return checkTags(merged)
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

// checkTags obeys https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html#tag-conventions
func checkTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return fault.Newf(fault.Invalid, fault.Tags, "A resource can have at most %d tags.", maxTags)
	}
	for key, value := range tags {
		switch {
		case key == "" || utf8.RuneCountInString(key) > 128:
			return fault.New(fault.Invalid, fault.Tags, "A tag key must have 1 to 128 characters.")
		case utf8.RuneCountInString(value) > 256:
			return fault.New(fault.Invalid, fault.Tags, "A tag value must have at most 256 characters.")
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return fault.New(fault.Invalid, fault.Tags, "Tag keys that begin with aws: are reserved.")
		}
	}
	return nil
}
