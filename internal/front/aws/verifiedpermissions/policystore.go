package verifiedpermissions

import (
	"context"
	"strings"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/aws"
	"cognate.dev/cognate/internal/front/aws/member"
	avp "cognate.dev/cognate/internal/gen/verifiedpermissions"
	"cognate.dev/cognate/internal/kit/awsjson"
	"cognate.dev/cognate/internal/permission"
)

const (
	enabled  = "ENABLED"
	disabled = "DISABLED"
)

// arnPrefix is what the ARNs of policy stores begin with: they name no region.
func (s *Service) arnPrefix() string {
	return "arn:aws:verifiedpermissions::" + s.Account + ":policy-store/"
}

func (s *Service) createPolicyStore(ctx context.Context, in *avp.CreatePolicyStoreInput) (*avp.CreatePolicyStoreOutput, error) {
	spec := permission.StoreSpec{
		Region: aws.CallFrom(ctx).Region, Description: member.Text(in.Description), Mode: permission.Mode(member.Text(in.ValidationSettings.Mode)),
		Protected: member.Text(in.DeletionProtection) == enabled, Tags: in.Tags,
	}
	if e := in.EncryptionSettings; e != nil {
		switch {
		case (e.Default == nil) == (e.KmsEncryptionSettings == nil):
			return nil, invalid("encryptionSettings", "exactly one of default and kmsEncryptionSettings must be given")
		case e.KmsEncryptionSettings != nil:
			spec.Key = &permission.Key{ID: member.Text(e.KmsEncryptionSettings.Key), Context: e.KmsEncryptionSettings.EncryptionContext}
		}
	}
	store, err := s.Permissions.CreateStore(ctx, member.Text(in.ClientToken), spec)
	if err != nil {
		return nil, err
	}
	return &avp.CreatePolicyStoreOutput{
		PolicyStoreId: &store.ID, Arn: new(s.arnPrefix() + store.ID),
		CreatedDate: awsjson.AtDateTime(store.CreatedAt), LastUpdatedDate: awsjson.AtDateTime(store.ModifiedAt),
	}, nil
}

func (s *Service) getPolicyStore(ctx context.Context, in *avp.GetPolicyStoreInput) (*avp.GetPolicyStoreOutput, error) {
	store, err := s.Permissions.Store(ctx, member.Text(in.PolicyStoreId))
	if err != nil {
		return nil, err
	}
	out := &avp.GetPolicyStoreOutput{
		PolicyStoreId: &store.ID, Arn: new(s.arnPrefix() + store.ID), ValidationSettings: &avp.ValidationSettings{Mode: new(string(store.Mode))},
		CreatedDate: awsjson.AtDateTime(store.CreatedAt), LastUpdatedDate: awsjson.AtDateTime(store.ModifiedAt), Description: member.Given(store.Description),
		DeletionProtection: new(disabled), CedarVersion: new("CEDAR_4"), EncryptionState: &avp.EncryptionState{Default: &avp.Unit{}},
	}
	if store.Protected {
		out.DeletionProtection = new(enabled)
	}
	if k := store.Key; k != nil {
		context := k.Context
		if context == nil {
			context = map[string]string{}
		}
		out.EncryptionState = &avp.EncryptionState{KmsEncryptionState: &avp.KmsEncryptionState{Key: &k.ID, EncryptionContext: context}}
	}
	if in.Tags != nil && *in.Tags {
		out.Tags = tagsOf(store)
	}
	return out, nil
}

func tagsOf(store *permission.PolicyStore) map[string]string {
	if store.Tags == nil {
		return map[string]string{}
	}
	return store.Tags
}

func (s *Service) updatePolicyStore(ctx context.Context, in *avp.UpdatePolicyStoreInput) (*avp.UpdatePolicyStoreOutput, error) {
	change := permission.StoreChange{Mode: permission.Mode(member.Text(in.ValidationSettings.Mode)), Description: in.Description}
	if in.DeletionProtection != nil {
		change.Protected = new(*in.DeletionProtection == enabled)
	}
	store, err := s.Permissions.UpdateStore(ctx, member.Text(in.PolicyStoreId), change)
	if err != nil {
		return nil, err
	}
	return &avp.UpdatePolicyStoreOutput{
		PolicyStoreId: &store.ID, Arn: new(s.arnPrefix() + store.ID),
		CreatedDate: awsjson.AtDateTime(store.CreatedAt), LastUpdatedDate: awsjson.AtDateTime(store.ModifiedAt),
	}, nil
}

func (s *Service) deletePolicyStore(ctx context.Context, in *avp.DeletePolicyStoreInput) (*avp.DeletePolicyStoreOutput, error) {
	return nil, s.Permissions.DeleteStore(ctx, member.Text(in.PolicyStoreId))
}

func (s *Service) listPolicyStores(ctx context.Context, in *avp.ListPolicyStoresInput) (*avp.ListPolicyStoresOutput, error) {
	page, err := s.Permissions.ListStores(ctx, member.Count(in.MaxResults), member.Text(in.NextToken))
	if err != nil {
		return nil, err
	}
	out := &avp.ListPolicyStoresOutput{PolicyStores: make([]avp.PolicyStoreItem, 0, len(page.Items)), NextToken: member.Given(page.Next)}
	for _, store := range page.Items {
		out.PolicyStores = append(out.PolicyStores, avp.PolicyStoreItem{
			PolicyStoreId: &store.ID, Arn: new(s.arnPrefix() + store.ID), CreatedDate: awsjson.AtDateTime(store.CreatedAt),
			LastUpdatedDate: awsjson.AtDateTime(store.ModifiedAt), Description: member.Given(store.Description),
		})
	}
	return out, nil
}

// tagged finds the policy store that an ARN names. One of another account names nothing here.
func (s *Service) tagged(ctx context.Context, arn *string) (*permission.PolicyStore, error) {
	id, ok := strings.CutPrefix(member.Text(arn), s.arnPrefix())
	if !ok || id == "" || strings.Contains(id, "/") {
		return nil, &permission.Error{Fault: fault.Missingf("There is no policy store %s.", member.Text(arn)), Thing: permission.StoreThing, ID: member.Text(arn)}
	}
	return s.Permissions.Store(ctx, id)
}

func (s *Service) tagResource(ctx context.Context, in *avp.TagResourceInput) (*avp.TagResourceOutput, error) {
	store, err := s.tagged(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return nil, s.Permissions.Tag(ctx, store.ID, member.Text(in.ResourceArn), in.Tags)
}

func (s *Service) untagResource(ctx context.Context, in *avp.UntagResourceInput) (*avp.UntagResourceOutput, error) {
	store, err := s.tagged(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return nil, s.Permissions.Untag(ctx, store.ID, in.TagKeys)
}

func (s *Service) listTagsForResource(ctx context.Context, in *avp.ListTagsForResourceInput) (*avp.ListTagsForResourceOutput, error) {
	store, err := s.tagged(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return &avp.ListTagsForResourceOutput{Tags: tagsOf(store)}, nil
}
