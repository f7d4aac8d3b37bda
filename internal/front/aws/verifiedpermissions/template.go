package verifiedpermissions

import (
	"context"

	"cognate.dev/cognate/internal/front/aws/member"
	avp "cognate.dev/cognate/internal/gen/verifiedpermissions"
	"cognate.dev/cognate/internal/kit/awsjson"
	"cognate.dev/cognate/internal/permission"
)

func (s *Service) createPolicyTemplate(ctx context.Context, in *avp.CreatePolicyTemplateInput) (*avp.CreatePolicyTemplateOutput, error) {
	t, err := s.Permissions.CreateTemplate(ctx, member.Text(in.ClientToken), member.Text(in.PolicyStoreId), permission.TemplateSpec{
		Name: member.Text(in.Name), Statement: member.Text(in.Statement), Description: member.Text(in.Description),
	})
	if err != nil {
		return nil, err
	}
	return &avp.CreatePolicyTemplateOutput{
		PolicyStoreId: &t.StoreID, PolicyTemplateId: &t.ID, CreatedDate: awsjson.AtDateTime(t.CreatedAt), LastUpdatedDate: awsjson.AtDateTime(t.ModifiedAt),
	}, nil
}

func (s *Service) getPolicyTemplate(ctx context.Context, in *avp.GetPolicyTemplateInput) (*avp.GetPolicyTemplateOutput, error) {
	t, err := s.Permissions.Template(ctx, member.Text(in.PolicyStoreId), member.Text(in.PolicyTemplateId))
	if err != nil {
		return nil, err
	}
	return &avp.GetPolicyTemplateOutput{
		PolicyStoreId: &t.StoreID, PolicyTemplateId: &t.ID, Description: member.Given(t.Description), Statement: &t.Statement,
		CreatedDate: awsjson.AtDateTime(t.CreatedAt), LastUpdatedDate: awsjson.AtDateTime(t.ModifiedAt), Name: member.Given(t.Name),
	}, nil
}

func (s *Service) updatePolicyTemplate(ctx context.Context, in *avp.UpdatePolicyTemplateInput) (*avp.UpdatePolicyTemplateOutput, error) {
	t, err := s.Permissions.UpdateTemplate(ctx, member.Text(in.PolicyStoreId), member.Text(in.PolicyTemplateId), permission.TemplateChange{
		Name: in.Name, Description: in.Description, Statement: member.Text(in.Statement),
	})
	if err != nil {
		return nil, err
	}
	return &avp.UpdatePolicyTemplateOutput{
		PolicyStoreId: &t.StoreID, PolicyTemplateId: &t.ID, CreatedDate: awsjson.AtDateTime(t.CreatedAt), LastUpdatedDate: awsjson.AtDateTime(t.ModifiedAt),
	}, nil
}

func (s *Service) deletePolicyTemplate(ctx context.Context, in *avp.DeletePolicyTemplateInput) (*avp.DeletePolicyTemplateOutput, error) {
	return nil, s.Permissions.DeleteTemplate(ctx, member.Text(in.PolicyStoreId), member.Text(in.PolicyTemplateId))
}

func (s *Service) listPolicyTemplates(ctx context.Context, in *avp.ListPolicyTemplatesInput) (*avp.ListPolicyTemplatesOutput, error) {
	page, err := s.Permissions.ListTemplates(ctx, member.Text(in.PolicyStoreId), member.Count(in.MaxResults), member.Text(in.NextToken))
	if err != nil {
		return nil, err
	}
	out := &avp.ListPolicyTemplatesOutput{PolicyTemplates: make([]avp.PolicyTemplateItem, 0, len(page.Items)), NextToken: member.Given(page.Next)}
	for _, t := range page.Items {
		out.PolicyTemplates = append(out.PolicyTemplates, avp.PolicyTemplateItem{
			PolicyStoreId: &t.StoreID, PolicyTemplateId: &t.ID, Description: member.Given(t.Description),
			CreatedDate: awsjson.AtDateTime(t.CreatedAt), LastUpdatedDate: awsjson.AtDateTime(t.ModifiedAt), Name: member.Given(t.Name),
		})
	}
	return out, nil
}
