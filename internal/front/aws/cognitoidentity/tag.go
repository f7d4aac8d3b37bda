package cognitoidentity

import (
	"context"

	"cognate.dev/cognate/internal/front/aws/member"
	ci "cognate.dev/cognate/internal/gen/cognitoidentity"
	"cognate.dev/cognate/internal/identitypool"
)

// tagged finds the pool that an ARN names. An ARN of another account or region names nothing here.
func (s *Service) tagged(ctx context.Context, arn *string) (*identitypool.Pool, error) {
	id, err := identitypool.PoolOfARN(member.Text(arn))
	if err != nil {
		return nil, err
	}
	pool, err := s.Pools.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if identitypool.ARN(s.Account, pool) != member.Text(arn) {
		return nil, identitypool.NoPool(id)
	}
	return pool, nil
}

func (s *Service) tagResource(ctx context.Context, in *ci.TagResourceInput) (*ci.TagResourceResponse, error) {
	pool, err := s.tagged(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return nil, s.Pools.Tag(ctx, pool.ID, in.Tags)
}

func (s *Service) untagResource(ctx context.Context, in *ci.UntagResourceInput) (*ci.UntagResourceResponse, error) {
	pool, err := s.tagged(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return nil, s.Pools.Untag(ctx, pool.ID, in.TagKeys)
}

func (s *Service) listTagsForResource(ctx context.Context, in *ci.ListTagsForResourceInput) (*ci.ListTagsForResourceResponse, error) {
	pool, err := s.tagged(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return &ci.ListTagsForResourceResponse{Tags: poolAnswer(pool).IdentityPoolTags}, nil
}
