package cognitoidentity

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/front/aws/member"
	ci "cognate.dev/cognate/internal/gen/cognitoidentity"
	"cognate.dev/cognate/internal/identitypool"
	"cognate.dev/cognate/internal/kit/awsjson"
)

func (s *Service) getOpenIdTokenForDeveloperIdentity(ctx context.Context, in *ci.GetOpenIdTokenForDeveloperIdentityInput) (*ci.GetOpenIdTokenForDeveloperIdentityResponse, error) {
	wish := identitypool.DeveloperWish{
		Pool: member.Text(in.IdentityPoolId), Identity: member.Text(in.IdentityId), Logins: in.Logins, Tags: in.PrincipalTags,
	}
	if in.TokenDuration != nil {
		wish.Life = time.Duration(*in.TokenDuration) * time.Second
	}
	id, token, err := s.Identities.DeveloperToken(ctx, wish)
	if err != nil {
		return nil, err
	}
	return &ci.GetOpenIdTokenForDeveloperIdentityResponse{IdentityId: &id, Token: &token}, nil
}

// lookupDeveloperIdentity needs no pages: an identity has at most twenty logins.
func (s *Service) lookupDeveloperIdentity(ctx context.Context, in *ci.LookupDeveloperIdentityInput) (*ci.LookupDeveloperIdentityResponse, error) {
	id, users, err := s.Identities.Lookup(ctx, member.Text(in.IdentityPoolId), member.Text(in.IdentityId), member.Text(in.DeveloperUserIdentifier))
	if err != nil {
		return nil, err
	}
	if users == nil {
		users = []string{}
	}
	return &ci.LookupDeveloperIdentityResponse{IdentityId: &id, DeveloperUserIdentifierList: users}, nil
}

func (s *Service) mergeDeveloperIdentities(ctx context.Context, in *ci.MergeDeveloperIdentitiesInput) (*ci.MergeDeveloperIdentitiesResponse, error) {
	id, err := s.Identities.Merge(ctx, member.Text(in.IdentityPoolId), member.Text(in.DeveloperProviderName), member.Text(in.SourceUserIdentifier), member.Text(in.DestinationUserIdentifier))
	if err != nil {
		return nil, err
	}
	return &ci.MergeDeveloperIdentitiesResponse{IdentityId: &id}, nil
}

func (s *Service) unlinkDeveloperIdentity(ctx context.Context, in *ci.UnlinkDeveloperIdentityInput) (*awsjson.Empty, error) {
	return nil, s.Identities.UnlinkDeveloper(ctx, member.Text(in.IdentityPoolId), member.Text(in.DeveloperProviderName), member.Text(in.IdentityId), member.Text(in.DeveloperUserIdentifier))
}
