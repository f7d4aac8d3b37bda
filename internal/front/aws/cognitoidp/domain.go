package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/domain"
	"cognate.dev/cognate/internal/front/aws/cognitoidp/shape"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
)

func (s *Service) createUserPoolDomain(ctx context.Context, in *idp.CreateUserPoolDomainRequest) (*idp.CreateUserPoolDomainResponse, error) {
	spec, err := s.domainSpec(ctx, in)
	if err != nil {
		return nil, err
	}
	d, err := s.Domains.Create(ctx, spec)
	if err != nil {
		return nil, err
	}
	return &idp.CreateUserPoolDomainResponse{
		ManagedLoginVersion: member.Number(d.ManagedLogin), CloudFrontDomain: s.domainTarget(d), Routing: shape.RoutingAnswer(d.Routing),
	}, nil
}

// describeUserPoolDomain answers an empty description for a domain that nobody has, as AWS does.
func (s *Service) describeUserPoolDomain(ctx context.Context, in *idp.DescribeUserPoolDomainRequest) (*idp.DescribeUserPoolDomainResponse, error) {
	d, err := s.Domains.Get(ctx, member.Text(in.Domain))
	if err != nil {
		return nil, err
	}
	out := &idp.DomainDescriptionType{}
	if d != nil {
		out = &idp.DomainDescriptionType{
			UserPoolId: new(d.PoolID), AWSAccountId: new(s.Account), Domain: new(d.Name), Version: new(d.Version()),
			Status: new(idp.DomainStatusTypeActive), CloudFrontDistribution: new(s.Domains.Target()),
			CustomDomainConfig:  &idp.CustomDomainConfigType{CertificateArn: member.Given(d.CertificateARN), SecurityPolicy: member.Given(d.SecurityPolicy)},
			ManagedLoginVersion: member.Number(d.ManagedLogin), Routing: shape.RoutingAnswer(d.Routing),
		}
	}
	return &idp.DescribeUserPoolDomainResponse{DomainDescription: out}, nil
}

func (s *Service) updateUserPoolDomain(ctx context.Context, in *idp.UpdateUserPoolDomainRequest) (*idp.UpdateUserPoolDomainResponse, error) {
	spec, err := s.domainSpec(ctx, &idp.CreateUserPoolDomainRequest{
		Domain: in.Domain, UserPoolId: in.UserPoolId, ManagedLoginVersion: in.ManagedLoginVersion,
		CustomDomainConfig: in.CustomDomainConfig, Routing: in.Routing,
	})
	if err != nil {
		return nil, err
	}
	d, err := s.Domains.Update(ctx, spec)
	if err != nil {
		return nil, err
	}
	return &idp.UpdateUserPoolDomainResponse{
		ManagedLoginVersion: member.Number(d.ManagedLogin), CloudFrontDomain: s.domainTarget(d), Routing: shape.RoutingAnswer(d.Routing),
	}, nil
}

func (s *Service) deleteUserPoolDomain(ctx context.Context, in *idp.DeleteUserPoolDomainRequest) (*idp.DeleteUserPoolDomainResponse, error) {
	return nil, s.Domains.Delete(ctx, member.Text(in.UserPoolId), member.Text(in.Domain))
}

// domainSpec reads a request for a domain of a pool that exists.
func (s *Service) domainSpec(ctx context.Context, in *idp.CreateUserPoolDomainRequest) (domain.Spec, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return domain.Spec{}, err
	}
	spec := domain.Spec{
		PoolID: pool.ID, Name: member.Text(in.Domain), ClassicOnly: pool.Tier == idp.UserPoolTierTypeLite,
		Settings: domain.Settings{ManagedLogin: member.Count(in.ManagedLoginVersion)},
	}
	if in.ManagedLoginVersion != nil && spec.ManagedLogin == 0 {
		spec.ManagedLogin = -1 // given, and wrong: absent would be 0
	}
	if c := in.CustomDomainConfig; c != nil {
		spec.Custom, spec.CertificateARN, spec.SecurityPolicy = true, member.Text(c.CertificateArn), member.Text(c.SecurityPolicy)
	}
	if r := in.Routing; r != nil && r.Failover != nil {
		spec.Routing = &domain.Routing{SecondaryRegion: member.Text(r.Failover.SecondaryRegion), HealthCheckID: member.Text(r.Failover.PrimaryRoute53HealthCheckId)}
	}
	return spec, nil
}

// domainTarget is where the DNS record of a custom domain must point; a prefix needs none.
func (s *Service) domainTarget(d *domain.Domain) *string {
	if !d.Custom {
		return nil
	}
	return new(s.Domains.Target())
}
