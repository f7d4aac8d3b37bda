package cognitoidp

import (
	"context"
	"slices"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/aws"
	"cognate.dev/cognate/internal/front/aws/cognitoidp/shape"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
)

// pool finds the pool that a signed operation names.
func (s *Service) pool(ctx context.Context, id *string) (*directory.Pool, error) {
	return s.Directory.Pools.Get(ctx, member.Text(id))
}

// settings reads the settings of a pool and refuses what nothing here would obey.
func (s *Service) settings(in *idp.CreateUserPoolRequest) (directory.Settings, error) {
	settings := shape.SettingsOf(in)
	return settings, s.askable(settings.MFA)
}

func (s *Service) createUserPool(ctx context.Context, in *idp.CreateUserPoolRequest) (*idp.CreateUserPoolResponse, error) {
	settings, err := s.settings(in)
	if err != nil {
		return nil, err
	}
	spec := directory.PoolSpec{
		Region: aws.CallFrom(ctx).Region, Settings: settings, Schema: shape.SchemaOf(in.Schema),
		AliasAttributes: member.Some(in.AliasAttributes), UsernameAttributes: member.Some(in.UsernameAttributes),
	}
	if in.UsernameConfiguration != nil {
		spec.CaseSensitive = in.UsernameConfiguration.CaseSensitive
	}
	pool, err := s.Directory.Pools.Create(ctx, spec)
	if err != nil {
		return nil, err
	}
	out := shape.PoolAnswer(pool, directory.ARN(s.Account, pool), 0)
	// Only Describe shows the attribute that names a person's outside accounts.
	out.SchemaAttributes = slices.DeleteFunc(out.SchemaAttributes, func(a idp.SchemaAttributeType) bool { return member.Text(a.Name) == "identities" })
	return &idp.CreateUserPoolResponse{UserPool: out}, nil
}

func (s *Service) describeUserPool(ctx context.Context, in *idp.DescribeUserPoolRequest) (*idp.DescribeUserPoolResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	users, err := s.Directory.Pools.EstimatedUsers(ctx, pool.ID)
	if err != nil {
		return nil, err
	}
	out := shape.PoolAnswer(pool, directory.ARN(s.Account, pool), users)
	if out.UserPoolTags == nil { // only Create leaves them out
		out.UserPoolTags = map[string]string{}
	}
	prefix, custom, err := s.Domains.Of(ctx, pool.ID)
	if err != nil {
		return nil, err
	}
	if prefix != nil {
		out.Domain = new(prefix.Name)
	}
	if custom != nil {
		out.CustomDomain = new(custom.Name)
	}
	return &idp.DescribeUserPoolResponse{UserPool: out}, nil
}

func (s *Service) updateUserPool(ctx context.Context, in *idp.UpdateUserPoolRequest) (*idp.UpdateUserPoolResponse, error) {
	settings, err := s.settings(shape.PoolRequest(in))
	if err != nil {
		return nil, err
	}
	return nil, s.Directory.Pools.Update(ctx, member.Text(in.UserPoolId), settings)
}

func (s *Service) deleteUserPool(ctx context.Context, in *idp.DeleteUserPoolRequest) (*awsjson.Empty, error) {
	return nil, s.Directory.Pools.Delete(ctx, member.Text(in.UserPoolId))
}

func (s *Service) listUserPools(ctx context.Context, in *idp.ListUserPoolsRequest) (*idp.ListUserPoolsResponse, error) {
	page, err := s.Directory.Pools.List(ctx, member.Count(in.MaxResults), member.Text(in.NextToken))
	if err != nil {
		return nil, err
	}
	out := &idp.ListUserPoolsResponse{UserPools: make([]idp.UserPoolDescriptionType, 0, len(page.Items)), NextToken: member.Given(page.Next)}
	for _, pool := range page.Items {
		out.UserPools = append(out.UserPools, shape.PoolDescription(pool))
	}
	return out, nil
}

func (s *Service) addCustomAttributes(ctx context.Context, in *idp.AddCustomAttributesRequest) (*idp.AddCustomAttributesResponse, error) {
	return nil, s.Directory.Pools.AddAttributes(ctx, member.Text(in.UserPoolId), shape.SchemaOf(in.CustomAttributes))
}
