package verifiedpermissions

import (
	"context"

	"cognate.dev/cognate/internal/front/aws"
	"cognate.dev/cognate/internal/front/aws/member"
	avp "cognate.dev/cognate/internal/gen/verifiedpermissions"
	"cognate.dev/cognate/internal/kit/awsjson"
	"cognate.dev/cognate/internal/permission"
)

// aliasARN names an alias; unlike that of a policy store it has a region.
func (s *Service) aliasARN(a *permission.Alias) *string {
	return new("arn:aws:verifiedpermissions:" + a.Region + ":" + s.Account + ":" + a.Name)
}

func aliasState(a *permission.Alias) *string {
	if a.DeletedAt.IsZero() {
		return new("Active")
	}
	return new("PendingDeletion")
}

func (s *Service) createPolicyStoreAlias(ctx context.Context, in *avp.CreatePolicyStoreAliasInput) (*avp.CreatePolicyStoreAliasOutput, error) {
	a, err := s.Permissions.CreateAlias(ctx, aws.CallFrom(ctx).Region, member.Text(in.AliasName), member.Text(in.PolicyStoreId))
	if err != nil {
		return nil, err
	}
	return &avp.CreatePolicyStoreAliasOutput{
		AliasName: &a.Name, PolicyStoreId: &a.StoreID, AliasArn: s.aliasARN(a), CreatedAt: awsjson.AtDateTime(a.CreatedAt),
	}, nil
}

func (s *Service) getPolicyStoreAlias(ctx context.Context, in *avp.GetPolicyStoreAliasInput) (*avp.GetPolicyStoreAliasOutput, error) {
	a, err := s.Permissions.Alias(ctx, member.Text(in.AliasName))
	if err != nil {
		return nil, err
	}
	return &avp.GetPolicyStoreAliasOutput{
		AliasName: &a.Name, PolicyStoreId: &a.StoreID, AliasArn: s.aliasARN(a), CreatedAt: awsjson.AtDateTime(a.CreatedAt), State: aliasState(a),
	}, nil
}

func (s *Service) deletePolicyStoreAlias(ctx context.Context, in *avp.DeletePolicyStoreAliasInput) (*avp.DeletePolicyStoreAliasOutput, error) {
	return nil, s.Permissions.DeleteAlias(ctx, member.Text(in.AliasName), member.Text(in.DeletionMode))
}

func (s *Service) listPolicyStoreAliases(ctx context.Context, in *avp.ListPolicyStoreAliasesInput) (*avp.ListPolicyStoreAliasesOutput, error) {
	of := ""
	if in.Filter != nil {
		of = member.Text(in.Filter.PolicyStoreId)
	}
	page, err := s.Permissions.ListAliases(ctx, of, member.Count(in.MaxResults), member.Text(in.NextToken))
	if err != nil {
		return nil, err
	}
	out := &avp.ListPolicyStoreAliasesOutput{PolicyStoreAliases: make([]avp.PolicyStoreAliasItem, 0, len(page.Items)), NextToken: member.Given(page.Next)}
	for _, a := range page.Items {
		out.PolicyStoreAliases = append(out.PolicyStoreAliases, avp.PolicyStoreAliasItem{
			AliasName: &a.Name, PolicyStoreId: &a.StoreID, AliasArn: s.aliasARN(a), CreatedAt: awsjson.AtDateTime(a.CreatedAt), State: aliasState(a),
		})
	}
	return out, nil
}
