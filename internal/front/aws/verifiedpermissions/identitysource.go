package verifiedpermissions

import (
	"context"
	"strings"

	"cognate.dev/cognate/internal/front/aws/member"
	avp "cognate.dev/cognate/internal/gen/verifiedpermissions"
	"cognate.dev/cognate/internal/kit/awsjson"
	"cognate.dev/cognate/internal/permission"
)

func (s *Service) createIdentitySource(ctx context.Context, in *avp.CreateIdentitySourceInput) (*avp.CreateIdentitySourceOutput, error) {
	spec := permission.SourceSpec{PrincipalType: member.Text(in.PrincipalEntityType)}
	if c := in.Configuration.CognitoUserPoolConfiguration; c != nil {
		var group *string
		if c.GroupConfiguration != nil {
			group = c.GroupConfiguration.GroupEntityType
		}
		pool, err := s.poolSource("configuration", c.UserPoolArn, c.ClientIds, group)
		if err != nil {
			return nil, err
		}
		spec.Pool = pool
	}
	if c := in.Configuration.OpenIdConnectConfiguration; c != nil {
		out, err := openIDSource("configuration", c)
		if err != nil {
			return nil, err
		}
		spec.OpenID = out
	}
	source, err := s.Permissions.CreateSource(ctx, member.Text(in.ClientToken), member.Text(in.PolicyStoreId), spec)
	if err != nil {
		return nil, err
	}
	out := avp.CreateIdentitySourceOutput(changedSource(source))
	return &out, nil
}

func changedSource(s *permission.Source) avp.UpdateIdentitySourceOutput {
	return avp.UpdateIdentitySourceOutput{
		IdentitySourceId: &s.ID, PolicyStoreId: &s.StoreID, CreatedDate: awsjson.AtDateTime(s.CreatedAt), LastUpdatedDate: awsjson.AtDateTime(s.ModifiedAt),
	}
}

// poolSource reads a user pool by its ARN, which must be of this account.
func (s *Service) poolSource(path string, arn *string, clients []string, group *string) (*permission.PoolSource, error) {
	parts := strings.SplitN(member.Text(arn), ":", 6)
	if len(parts) != 6 || parts[4] != s.Account || !strings.HasPrefix(parts[5], "userpool/"+parts[3]+"_") {
		return nil, invalid(path+".cognitoUserPoolConfiguration.userPoolArn", "the user pool does not exist")
	}
	return &permission.PoolSource{ARN: member.Text(arn), PoolID: strings.TrimPrefix(parts[5], "userpool/"), ClientIDs: clients, GroupType: member.Text(group)}, nil
}

func openIDSource(path string, c *avp.OpenIdConnectConfiguration) (*permission.OpenIDSource, error) {
	out := &permission.OpenIDSource{Issuer: member.Text(c.Issuer), Prefix: member.Text(c.EntityIdPrefix)}
	if g := c.GroupConfiguration; g != nil {
		out.GroupClaim, out.GroupType = member.Text(g.GroupClaim), member.Text(g.GroupEntityType)
	}
	switch t := c.TokenSelection; {
	case (t.AccessTokenOnly == nil) == (t.IdentityTokenOnly == nil):
		return nil, invalid(path+".openIdConnectConfiguration.tokenSelection", "exactly one of accessTokenOnly and identityTokenOnly must be given")
	case t.AccessTokenOnly != nil:
		out.Access, out.IDClaim, out.Audiences = true, member.Text(t.AccessTokenOnly.PrincipalIdClaim), t.AccessTokenOnly.Audiences
	default:
		out.IDClaim, out.Audiences = member.Text(t.IdentityTokenOnly.PrincipalIdClaim), t.IdentityTokenOnly.ClientIds
	}
	return out, nil
}

func (s *Service) updateIdentitySource(ctx context.Context, in *avp.UpdateIdentitySourceInput) (*avp.UpdateIdentitySourceOutput, error) {
	spec := permission.SourceSpec{PrincipalType: member.Text(in.PrincipalEntityType)}
	if c := in.UpdateConfiguration.CognitoUserPoolConfiguration; c != nil {
		var group *string
		if c.GroupConfiguration != nil {
			group = c.GroupConfiguration.GroupEntityType
		}
		pool, err := s.poolSource("updateConfiguration", c.UserPoolArn, c.ClientIds, group)
		if err != nil {
			return nil, err
		}
		spec.Pool = pool
	}
	if c := in.UpdateConfiguration.OpenIdConnectConfiguration; c != nil {
		same := &avp.OpenIdConnectConfiguration{
			Issuer: c.Issuer, EntityIdPrefix: c.EntityIdPrefix, GroupConfiguration: (*avp.OpenIdConnectGroupConfiguration)(c.GroupConfiguration),
			TokenSelection: &avp.OpenIdConnectTokenSelection{
				AccessTokenOnly:   (*avp.OpenIdConnectAccessTokenConfiguration)(c.TokenSelection.AccessTokenOnly),
				IdentityTokenOnly: (*avp.OpenIdConnectIdentityTokenConfiguration)(c.TokenSelection.IdentityTokenOnly),
			},
		}
		out, err := openIDSource("updateConfiguration", same)
		if err != nil {
			return nil, err
		}
		spec.OpenID = out
	}
	source, err := s.Permissions.UpdateSource(ctx, member.Text(in.PolicyStoreId), member.Text(in.IdentitySourceId), spec)
	if err != nil {
		return nil, err
	}
	out := changedSource(source)
	return &out, nil
}

func (s *Service) deleteIdentitySource(ctx context.Context, in *avp.DeleteIdentitySourceInput) (*avp.DeleteIdentitySourceOutput, error) {
	return nil, s.Permissions.DeleteSource(ctx, member.Text(in.PolicyStoreId), member.Text(in.IdentitySourceId))
}

func (s *Service) getIdentitySource(ctx context.Context, in *avp.GetIdentitySourceInput) (*avp.GetIdentitySourceOutput, error) {
	source, err := s.Permissions.Source(ctx, member.Text(in.PolicyStoreId), member.Text(in.IdentitySourceId))
	if err != nil {
		return nil, err
	}
	item := sourceItem(source)
	return &avp.GetIdentitySourceOutput{
		CreatedDate: item.CreatedDate, Details: (*avp.IdentitySourceDetails)(item.Details), IdentitySourceId: item.IdentitySourceId,
		LastUpdatedDate: item.LastUpdatedDate, PolicyStoreId: item.PolicyStoreId, PrincipalEntityType: item.PrincipalEntityType,
		Configuration: configurationDetail(item.Configuration),
	}, nil
}

func (s *Service) listIdentitySources(ctx context.Context, in *avp.ListIdentitySourcesInput) (*avp.ListIdentitySourcesOutput, error) {
	var types []string
	for _, f := range in.Filters {
		if f.PrincipalEntityType != nil {
			types = append(types, *f.PrincipalEntityType)
		}
	}
	page, err := s.Permissions.ListSources(ctx, member.Text(in.PolicyStoreId), types, member.Count(in.MaxResults), member.Text(in.NextToken))
	if err != nil {
		return nil, err
	}
	out := &avp.ListIdentitySourcesOutput{IdentitySources: make([]avp.IdentitySourceItem, 0, len(page.Items)), NextToken: member.Given(page.Next)}
	for _, source := range page.Items {
		out.IdentitySources = append(out.IdentitySources, sourceItem(source))
	}
	return out, nil
}

func sourceItem(s *permission.Source) avp.IdentitySourceItem {
	item := avp.IdentitySourceItem{
		CreatedDate: awsjson.AtDateTime(s.CreatedAt), IdentitySourceId: &s.ID, LastUpdatedDate: awsjson.AtDateTime(s.ModifiedAt),
		PolicyStoreId: &s.StoreID, PrincipalEntityType: &s.PrincipalType, Configuration: &avp.ConfigurationItem{},
	}
	if p := s.Pool; p != nil {
		clients := p.ClientIDs
		if clients == nil {
			clients = []string{}
		}
		item.Configuration.CognitoUserPoolConfiguration = &avp.CognitoUserPoolConfigurationItem{
			UserPoolArn: &p.ARN, ClientIds: clients, Issuer: &p.Issuer, GroupConfiguration: &avp.CognitoGroupConfigurationItem{GroupEntityType: &p.GroupType},
		}
		item.Details = &avp.IdentitySourceItemDetails{
			ClientIds: clients, UserPoolArn: &p.ARN, DiscoveryUrl: new(p.Issuer + "/.well-known/openid-configuration"), OpenIdIssuer: new("COGNITO"),
		}
		return item
	}
	o := s.OpenID
	c := &avp.OpenIdConnectConfigurationItem{Issuer: &o.Issuer, EntityIdPrefix: member.Given(o.Prefix), TokenSelection: &avp.OpenIdConnectTokenSelectionItem{}}
	if o.GroupClaim != "" {
		c.GroupConfiguration = &avp.OpenIdConnectGroupConfigurationItem{GroupClaim: &o.GroupClaim, GroupEntityType: &o.GroupType}
	}
	if o.Access {
		c.TokenSelection.AccessTokenOnly = &avp.OpenIdConnectAccessTokenConfigurationItem{PrincipalIdClaim: &o.IDClaim, Audiences: o.Audiences}
	} else {
		c.TokenSelection.IdentityTokenOnly = &avp.OpenIdConnectIdentityTokenConfigurationItem{PrincipalIdClaim: &o.IDClaim, ClientIds: o.Audiences}
	}
	item.Configuration.OpenIdConnectConfiguration = c
	return item
}

// configurationDetail is the same under the names that GetIdentitySource has for it.
func configurationDetail(in *avp.ConfigurationItem) *avp.ConfigurationDetail {
	out := &avp.ConfigurationDetail{}
	if c := in.CognitoUserPoolConfiguration; c != nil {
		out.CognitoUserPoolConfiguration = &avp.CognitoUserPoolConfigurationDetail{
			UserPoolArn: c.UserPoolArn, ClientIds: c.ClientIds, Issuer: c.Issuer, GroupConfiguration: (*avp.CognitoGroupConfigurationDetail)(c.GroupConfiguration),
		}
	}
	if c := in.OpenIdConnectConfiguration; c != nil {
		out.OpenIdConnectConfiguration = &avp.OpenIdConnectConfigurationDetail{
			Issuer: c.Issuer, EntityIdPrefix: c.EntityIdPrefix, GroupConfiguration: (*avp.OpenIdConnectGroupConfigurationDetail)(c.GroupConfiguration),
			TokenSelection: &avp.OpenIdConnectTokenSelectionDetail{
				AccessTokenOnly:   (*avp.OpenIdConnectAccessTokenConfigurationDetail)(c.TokenSelection.AccessTokenOnly),
				IdentityTokenOnly: (*avp.OpenIdConnectIdentityTokenConfigurationDetail)(c.TokenSelection.IdentityTokenOnly),
			},
		}
	}
	return out
}
