package verifiedpermissions

import (
	"context"
	"errors"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/aws/member"
	avp "cognate.dev/cognate/internal/gen/verifiedpermissions"
	"cognate.dev/cognate/internal/kit/awsjson"
	"cognate.dev/cognate/internal/permission"
	"cognate.dev/cognate/internal/policy/cedar"
)

const (
	static         = "STATIC"
	templateLinked = "TEMPLATE_LINKED"
)

func (s *Service) createPolicy(ctx context.Context, in *avp.CreatePolicyInput) (*avp.CreatePolicyOutput, error) {
	spec := permission.PolicySpec{Name: member.Text(in.Name)}
	switch d := in.Definition; {
	case (d.Static == nil) == (d.TemplateLinked == nil):
		return nil, invalid("definition", "exactly one of static and templateLinked must be given")
	case d.Static != nil:
		spec.Statement, spec.Description = d.Static.Statement, member.Text(d.Static.Description)
	default:
		spec.Template, spec.Principal, spec.Resource = member.Text(d.TemplateLinked.PolicyTemplateId), uidOf(d.TemplateLinked.Principal), uidOf(d.TemplateLinked.Resource)
	}
	p, err := s.Permissions.CreatePolicy(ctx, member.Text(in.ClientToken), member.Text(in.PolicyStoreId), spec)
	if err != nil {
		return nil, err
	}
	out := avp.CreatePolicyOutput(changedPolicy(p))
	return &out, nil
}

// changedPolicy is what is said of a policy that was made or changed.
func changedPolicy(p *permission.Policy) avp.UpdatePolicyOutput {
	return avp.UpdatePolicyOutput{
		PolicyStoreId: &p.StoreID, PolicyId: &p.ID, PolicyType: policyType(p), Principal: entityAnswer(p.Principal), Resource: entityAnswer(p.Resource),
		Actions: actionsAnswer(p.Actions), CreatedDate: awsjson.AtDateTime(p.CreatedAt), LastUpdatedDate: awsjson.AtDateTime(p.ModifiedAt),
		Effect: new(string(p.Effect)),
	}
}

func policyType(p *permission.Policy) *string {
	if p.TemplateID != "" {
		return new(templateLinked)
	}
	return new(static)
}

func definitionAnswer(p *permission.Policy) *avp.PolicyDefinitionDetail {
	if p.TemplateID != "" {
		return &avp.PolicyDefinitionDetail{TemplateLinked: &avp.TemplateLinkedPolicyDefinitionDetail{
			PolicyTemplateId: &p.TemplateID, Principal: entityAnswer(p.Principal), Resource: entityAnswer(p.Resource),
		}}
	}
	return &avp.PolicyDefinitionDetail{Static: &avp.StaticPolicyDefinitionDetail{Statement: &p.Statement, Description: member.Given(p.Description)}}
}

func (s *Service) getPolicy(ctx context.Context, in *avp.GetPolicyInput) (*avp.GetPolicyOutput, error) {
	p, err := s.Permissions.Policy(ctx, member.Text(in.PolicyStoreId), member.Text(in.PolicyId))
	if err != nil {
		return nil, err
	}
	return &avp.GetPolicyOutput{
		PolicyStoreId: &p.StoreID, PolicyId: &p.ID, PolicyType: policyType(p), Principal: entityAnswer(p.Principal), Resource: entityAnswer(p.Resource),
		Actions: actionsAnswer(p.Actions), Definition: definitionAnswer(p), CreatedDate: awsjson.AtDateTime(p.CreatedAt),
		LastUpdatedDate: awsjson.AtDateTime(p.ModifiedAt), Effect: new(string(p.Effect)), Name: member.Given(p.Name),
	}, nil
}

// notThere is how a batch says what of an item is not there.
var notThere = map[permission.Thing]string{
	permission.StoreThing: "POLICY_STORE_NOT_FOUND", permission.PolicyThing: "POLICY_NOT_FOUND", permission.AliasThing: "POLICY_STORE_ALIAS_NOT_FOUND",
}

func (s *Service) batchGetPolicy(ctx context.Context, in *avp.BatchGetPolicyInput) (*avp.BatchGetPolicyOutput, error) {
	out := &avp.BatchGetPolicyOutput{Results: []avp.BatchGetPolicyOutputItem{}, Errors: []avp.BatchGetPolicyErrorItem{}}
	for _, item := range in.Requests {
		p, err := s.Permissions.Policy(ctx, member.Text(item.PolicyStoreId), member.Text(item.PolicyId))
		var about *permission.Error
		switch {
		case errors.As(err, &about) && about.Kind == fault.Missing:
			out.Errors = append(out.Errors, avp.BatchGetPolicyErrorItem{
				Code: new(notThere[about.Thing]), PolicyStoreId: item.PolicyStoreId, PolicyId: item.PolicyId, Message: &about.Text,
			})
		case err != nil:
			return nil, err
		default:
			out.Results = append(out.Results, avp.BatchGetPolicyOutputItem{
				PolicyStoreId: &p.StoreID, PolicyId: &p.ID, PolicyType: policyType(p), Definition: definitionAnswer(p),
				CreatedDate: awsjson.AtDateTime(p.CreatedAt), LastUpdatedDate: awsjson.AtDateTime(p.ModifiedAt), Name: member.Given(p.Name),
			})
		}
	}
	return out, nil
}

func (s *Service) updatePolicy(ctx context.Context, in *avp.UpdatePolicyInput) (*avp.UpdatePolicyOutput, error) {
	change := permission.PolicyChange{Name: in.Name}
	if in.Definition != nil {
		if in.Definition.Static == nil {
			return nil, invalid("definition", "static must be given")
		}
		change.Statement, change.Description = in.Definition.Static.Statement, in.Definition.Static.Description
	}
	p, err := s.Permissions.UpdatePolicy(ctx, member.Text(in.PolicyStoreId), member.Text(in.PolicyId), change)
	if err != nil {
		return nil, err
	}
	out := changedPolicy(p)
	return &out, nil
}

func (s *Service) deletePolicy(ctx context.Context, in *avp.DeletePolicyInput) (*avp.DeletePolicyOutput, error) {
	return nil, s.Permissions.DeletePolicy(ctx, member.Text(in.PolicyStoreId), member.Text(in.PolicyId))
}

func (s *Service) listPolicies(ctx context.Context, in *avp.ListPoliciesInput) (*avp.ListPoliciesOutput, error) {
	filter, err := filterOf(in.Filter)
	if err != nil {
		return nil, err
	}
	page, err := s.Permissions.ListPolicies(ctx, member.Text(in.PolicyStoreId), filter, member.Count(in.MaxResults), member.Text(in.NextToken))
	if err != nil {
		return nil, err
	}
	out := &avp.ListPoliciesOutput{Policies: make([]avp.PolicyItem, 0, len(page.Items)), NextToken: member.Given(page.Next)}
	for _, p := range page.Items {
		item := avp.PolicyItem{
			PolicyStoreId: &p.StoreID, PolicyId: &p.ID, PolicyType: policyType(p), Principal: entityAnswer(p.Principal), Resource: entityAnswer(p.Resource),
			Actions: actionsAnswer(p.Actions), CreatedDate: awsjson.AtDateTime(p.CreatedAt), LastUpdatedDate: awsjson.AtDateTime(p.ModifiedAt),
			Effect: new(string(p.Effect)), Name: member.Given(p.Name),
		}
		if p.TemplateID != "" {
			item.Definition = &avp.PolicyDefinitionItem{TemplateLinked: &avp.TemplateLinkedPolicyDefinitionItem{
				PolicyTemplateId: &p.TemplateID, Principal: entityAnswer(p.Principal), Resource: entityAnswer(p.Resource),
			}}
		} else {
			item.Definition = &avp.PolicyDefinitionItem{Static: &avp.StaticPolicyDefinitionItem{Description: member.Given(p.Description)}}
		}
		out.Policies = append(out.Policies, item)
	}
	return out, nil
}

func filterOf(in *avp.PolicyFilter) (f permission.PolicyFilter, err error) {
	if in == nil {
		return f, nil
	}
	if f.Principal, err = referenceOf("filter.principal", in.Principal); err != nil {
		return f, err
	}
	if f.Resource, err = referenceOf("filter.resource", in.Resource); err != nil {
		return f, err
	}
	if in.PolicyType != nil {
		f.Linked = new(*in.PolicyType == templateLinked)
	}
	f.Template = member.Text(in.PolicyTemplateId)
	return f, nil
}

// referenceOf reads an entity, or the zero UID: none.
func referenceOf(path string, in *avp.EntityReference) (*cedar.UID, error) {
	switch {
	case in == nil:
		return nil, nil
	case (in.Unspecified == nil) == (in.Identifier == nil), in.Unspecified != nil && !*in.Unspecified:
		return nil, invalid(path, "exactly one of unspecified, which is true, and identifier must be given")
	case in.Identifier != nil:
		return uidOf(in.Identifier), nil
	}
	return &cedar.UID{}, nil
}
