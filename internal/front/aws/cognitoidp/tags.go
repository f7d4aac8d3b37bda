package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
)

// tagged finds the pool that an ARN names. An ARN of another account or region names nothing here.
func (s *Service) tagged(ctx context.Context, arn *string) (*directory.Pool, error) {
	id, err := directory.PoolOfARN(member.Text(arn))
	if err != nil {
		return nil, err
	}
	pool, err := s.Directory.Pools.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if directory.ARN(s.Account, pool) != member.Text(arn) {
		return nil, fault.NoPool(id)
	}
	return pool, nil
}

func (s *Service) tagResource(ctx context.Context, in *idp.TagResourceRequest) (*idp.TagResourceResponse, error) {
	pool, err := s.tagged(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return nil, s.Directory.Pools.Tag(ctx, pool.ID, in.Tags)
}

func (s *Service) untagResource(ctx context.Context, in *idp.UntagResourceRequest) (*idp.UntagResourceResponse, error) {
	pool, err := s.tagged(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return nil, s.Directory.Pools.Untag(ctx, pool.ID, in.TagKeys)
}

func (s *Service) listTagsForResource(ctx context.Context, in *idp.ListTagsForResourceRequest) (*idp.ListTagsForResourceResponse, error) {
	pool, err := s.tagged(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	tags := pool.Tags
	if tags == nil {
		tags = map[string]string{}
	}
	return &idp.ListTagsForResourceResponse{Tags: tags}, nil
}
