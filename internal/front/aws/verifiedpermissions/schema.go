package verifiedpermissions

import (
	"context"

	"cognate.dev/cognate/internal/front/aws/member"
	avp "cognate.dev/cognate/internal/gen/verifiedpermissions"
	"cognate.dev/cognate/internal/kit/awsjson"
)

func (s *Service) putSchema(ctx context.Context, in *avp.PutSchemaInput) (*avp.PutSchemaOutput, error) {
	if in.Definition.CedarJson == nil {
		return nil, invalid("definition", "cedarJson must be given")
	}
	schema, err := s.Permissions.PutSchema(ctx, member.Text(in.PolicyStoreId), *in.Definition.CedarJson)
	if err != nil {
		return nil, err
	}
	return &avp.PutSchemaOutput{
		PolicyStoreId: &schema.StoreID, Namespaces: schema.Namespaces,
		CreatedDate: awsjson.AtDateTime(schema.CreatedAt), LastUpdatedDate: awsjson.AtDateTime(schema.ModifiedAt),
	}, nil
}

func (s *Service) getSchema(ctx context.Context, in *avp.GetSchemaInput) (*avp.GetSchemaOutput, error) {
	schema, err := s.Permissions.GetSchema(ctx, member.Text(in.PolicyStoreId))
	if err != nil {
		return nil, err
	}
	return &avp.GetSchemaOutput{
		PolicyStoreId: &schema.StoreID, Schema: &schema.Text, Namespaces: schema.Namespaces,
		CreatedDate: awsjson.AtDateTime(schema.CreatedAt), LastUpdatedDate: awsjson.AtDateTime(schema.ModifiedAt),
	}, nil
}
