package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/branding"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/aws/cognitoidp/shape"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
)

func (s *Service) createTerms(ctx context.Context, in *idp.CreateTermsRequest) (*idp.CreateTermsResponse, error) {
	pool, client, err := s.signed(ctx, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	terms, err := s.Branding.Terms.Create(ctx, branding.Terms{PoolID: pool.ID, ClientID: client.ID, Name: member.Text(in.TermsName), Links: in.Links})
	if err != nil {
		return nil, err
	}
	return &idp.CreateTermsResponse{Terms: shape.TermsAnswer(terms)}, nil
}

func (s *Service) describeTerms(ctx context.Context, in *idp.DescribeTermsRequest) (*idp.DescribeTermsResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	terms, err := s.Branding.Terms.Get(ctx, pool.ID, member.Text(in.TermsId))
	if err != nil {
		return nil, err
	}
	return &idp.DescribeTermsResponse{Terms: shape.TermsAnswer(terms)}, nil
}

func (s *Service) describeTermsByClient(ctx context.Context, in *idp.DescribeTermsByClientRequest) (*idp.DescribeTermsByClientResponse, error) {
	pool, client, err := s.signed(ctx, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	terms, err := s.Branding.Terms.Of(ctx, pool.ID, client.ID, member.Text(in.TermsName))
	if err != nil {
		return nil, err
	}
	return &idp.DescribeTermsByClientResponse{Terms: shape.TermsAnswer(terms)}, nil
}

func (s *Service) updateTerms(ctx context.Context, in *idp.UpdateTermsRequest) (*idp.UpdateTermsResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	terms, err := s.Branding.Terms.Update(ctx, pool.ID, member.Text(in.TermsId), member.Text(in.TermsName), in.Links)
	if err != nil {
		return nil, err
	}
	return &idp.UpdateTermsResponse{Terms: shape.TermsAnswer(terms)}, nil
}

func (s *Service) deleteTerms(ctx context.Context, in *idp.DeleteTermsRequest) (*awsjson.Empty, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return nil, s.Branding.Terms.Delete(ctx, pool.ID, member.Text(in.TermsId))
}

func (s *Service) listTerms(ctx context.Context, in *idp.ListTermsRequest) (*idp.ListTermsResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	limit := member.Count(in.MaxResults)
	if limit == 0 {
		limit = directory.MaxPage
	}
	list, next, err := s.Branding.Terms.List(ctx, pool.ID, limit, member.Text(in.NextToken))
	if err != nil {
		return nil, err
	}
	out := &idp.ListTermsResponse{Terms: make([]idp.TermsDescriptionType, 0, len(list)), NextToken: member.Given(next)}
	for _, t := range list {
		out.Terms = append(out.Terms, idp.TermsDescriptionType{
			TermsId: new(t.ID), TermsName: new(t.Name), Enforcement: new(idp.TermsEnforcementTypeNone),
			CreationDate: awsjson.At(t.CreatedAt), LastModifiedDate: awsjson.At(t.ModifiedAt),
		})
	}
	return out, nil
}
