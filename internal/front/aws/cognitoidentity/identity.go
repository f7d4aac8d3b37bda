package cognitoidentity

import (
	"context"
	"log/slog"

	"cognate.dev/cognate/internal/front/aws"
	"cognate.dev/cognate/internal/front/aws/member"
	ci "cognate.dev/cognate/internal/gen/cognitoidentity"
	"cognate.dev/cognate/internal/identitypool"
	"cognate.dev/cognate/internal/kit/awsjson"
	"cognate.dev/cognate/internal/telemetry"
)

func (s *Service) getId(ctx context.Context, in *ci.GetIdInput) (*ci.GetIdResponse, error) {
	if in.AccountId != nil && *in.AccountId != s.Account {
		return nil, identitypool.NoPool(member.Text(in.IdentityPoolId))
	}
	found, err := s.Identities.ID(ctx, member.Text(in.IdentityPoolId), in.Logins)
	if err != nil {
		return nil, err
	}
	return &ci.GetIdResponse{IdentityId: &found.ID}, nil
}

func (s *Service) getOpenIdToken(ctx context.Context, in *ci.GetOpenIdTokenInput) (*ci.GetOpenIdTokenResponse, error) {
	id, token, err := s.Identities.Token(ctx, identitypool.Given{Identity: member.Text(in.IdentityId), Logins: in.Logins})
	if err != nil {
		return nil, err
	}
	return &ci.GetOpenIdTokenResponse{IdentityId: &id, Token: &token}, nil
}

func (s *Service) getCredentialsForIdentity(ctx context.Context, in *ci.GetCredentialsForIdentityInput) (*ci.GetCredentialsForIdentityResponse, error) {
	who := identitypool.Given{Identity: member.Text(in.IdentityId), Logins: in.Logins, Address: aws.CallFrom(ctx).RemoteAddr}
	id, c, err := s.Identities.Credentials(ctx, who, member.Text(in.CustomRoleArn))
	if err != nil {
		return nil, err
	}
	telemetry.Add(ctx, slog.String("given_access_key_id", c.AccessKeyID), slog.String("assumed", c.ARN))
	return &ci.GetCredentialsForIdentityResponse{IdentityId: &id, Credentials: &ci.Credentials{
		AccessKeyId: &c.AccessKeyID, SecretKey: &c.Secret, SessionToken: &c.Token, Expiration: awsjson.At(c.Expires),
	}}, nil
}

func (s *Service) unlinkIdentity(ctx context.Context, in *ci.UnlinkIdentityInput) (*awsjson.Empty, error) {
	return nil, s.Identities.Unlink(ctx, identitypool.Given{Identity: member.Text(in.IdentityId), Logins: in.Logins}, in.LoginsToRemove)
}

func (s *Service) describeIdentity(ctx context.Context, in *ci.DescribeIdentityInput) (*ci.IdentityDescription, error) {
	found, err := s.Identities.Describe(ctx, member.Text(in.IdentityId))
	if err != nil {
		return nil, err
	}
	return new(identityAnswer(found)), nil
}

func (s *Service) listIdentities(ctx context.Context, in *ci.ListIdentitiesInput) (*ci.ListIdentitiesResponse, error) {
	list, next, err := s.Identities.List(ctx, member.Text(in.IdentityPoolId), member.Count(in.MaxResults), member.Text(in.NextToken), in.HideDisabled != nil && *in.HideDisabled)
	if err != nil {
		return nil, err
	}
	out := &ci.ListIdentitiesResponse{IdentityPoolId: in.IdentityPoolId, Identities: make([]ci.IdentityDescription, 0, len(list)), NextToken: member.Given(next)}
	for _, one := range list {
		out.Identities = append(out.Identities, identityAnswer(one))
	}
	return out, nil
}

// deleteIdentities removes what it can and names the rest.
func (s *Service) deleteIdentities(ctx context.Context, in *ci.DeleteIdentitiesInput) (*ci.DeleteIdentitiesResponse, error) {
	out := &ci.DeleteIdentitiesResponse{UnprocessedIdentityIds: []ci.UnprocessedIdentityId{}}
	for _, id := range in.IdentityIdsToDelete {
		if err := s.Identities.Delete(ctx, id); err != nil {
			telemetry.Fail(ctx, err)
			out.UnprocessedIdentityIds = append(out.UnprocessedIdentityIds,
				ci.UnprocessedIdentityId{IdentityId: &id, ErrorCode: new(ci.ErrorCodeInternalServerError)})
		}
	}
	return out, nil
}

// identityAnswer shows an identity: of its logins only the providers.
func identityAnswer(i *identitypool.Identity) ci.IdentityDescription {
	out := ci.IdentityDescription{IdentityId: &i.ID, CreationDate: awsjson.At(i.Created), LastModifiedDate: awsjson.At(i.Modified)}
	for n, l := range i.Logins {
		if n == 0 || l.Provider != i.Logins[n-1].Provider {
			out.Logins = append(out.Logins, l.Provider)
		}
	}
	return out
}
