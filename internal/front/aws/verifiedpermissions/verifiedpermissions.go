// Package verifiedpermissions answers the operations of Amazon Verified Permissions: it turns a request of the wire into the
// words of permission and policy/cedar, asks the room, and turns the answer back. It leaves protocol, signatures and exception
// names to front/aws and every decision to the room.
package verifiedpermissions

import (
	"context"
	"errors"

	"cognate.dev/cognate/internal/decision"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/aws"
	avp "cognate.dev/cognate/internal/gen/verifiedpermissions"
	"cognate.dev/cognate/internal/kit/awsjson"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/permission"
)

// Service holds what the operations ask. All but Record and Observe must be set before Register.
type Service struct {
	Account     string // the AWS account id in ARNs, 12 digits
	Permissions *permission.Permissions
	// Record takes what was decided into the decision log; nil: there is none.
	Record func(*decision.Entry)
	// Observe is told how a request was decided; nil: nobody is.
	Observe func(allowed, denied int)
	// Now is the time of decisions in the log.
	Now clock.Clock
}

// Register puts every operation that is served into the table.
func Register(table *awsjson.Table, s *Service) {
	handle(table, avp.CreatePolicyStore, s.createPolicyStore)
	handle(table, avp.GetPolicyStore, s.getPolicyStore)
	handle(table, avp.UpdatePolicyStore, s.updatePolicyStore)
	handle(table, avp.DeletePolicyStore, s.deletePolicyStore)
	handle(table, avp.ListPolicyStores, s.listPolicyStores)
	handle(table, avp.TagResource, s.tagResource)
	handle(table, avp.UntagResource, s.untagResource)
	handle(table, avp.ListTagsForResource, s.listTagsForResource)
	handle(table, avp.CreatePolicyStoreAlias, s.createPolicyStoreAlias)
	handle(table, avp.GetPolicyStoreAlias, s.getPolicyStoreAlias)
	handle(table, avp.DeletePolicyStoreAlias, s.deletePolicyStoreAlias)
	handle(table, avp.ListPolicyStoreAliases, s.listPolicyStoreAliases)
	handle(table, avp.PutSchema, s.putSchema)
	handle(table, avp.GetSchema, s.getSchema)
	handle(table, avp.CreatePolicy, s.createPolicy)
	handle(table, avp.GetPolicy, s.getPolicy)
	handle(table, avp.BatchGetPolicy, s.batchGetPolicy)
	handle(table, avp.UpdatePolicy, s.updatePolicy)
	handle(table, avp.DeletePolicy, s.deletePolicy)
	handle(table, avp.ListPolicies, s.listPolicies)
	handle(table, avp.CreatePolicyTemplate, s.createPolicyTemplate)
	handle(table, avp.GetPolicyTemplate, s.getPolicyTemplate)
	handle(table, avp.UpdatePolicyTemplate, s.updatePolicyTemplate)
	handle(table, avp.DeletePolicyTemplate, s.deletePolicyTemplate)
	handle(table, avp.ListPolicyTemplates, s.listPolicyTemplates)
	handle(table, avp.CreateIdentitySource, s.createIdentitySource)
	handle(table, avp.GetIdentitySource, s.getIdentitySource)
	handle(table, avp.UpdateIdentitySource, s.updateIdentitySource)
	handle(table, avp.DeleteIdentitySource, s.deleteIdentitySource)
	handle(table, avp.ListIdentitySources, s.listIdentitySources)
	handle(table, avp.IsAuthorized, s.isAuthorized)
	handle(table, avp.IsAuthorizedWithToken, s.isAuthorizedWithToken)
	handle(table, avp.BatchIsAuthorized, s.batchIsAuthorized)
	handle(table, avp.BatchIsAuthorizedWithToken, s.batchIsAuthorizedWithToken)
}

// handle is awsjson.Handle for a handler whose errors say what they are about.
func handle[In, Out any](t *awsjson.Table, op awsjson.Operation[In, Out], fn func(context.Context, *In) (*Out, error)) {
	awsjson.Handle(t, op, func(ctx context.Context, in *In) (*Out, error) {
		out, err := fn(ctx, in)
		return out, detailed(err)
	})
}

// detailed gives an exception the members that it has besides its message.
func detailed(err error) error {
	var about *permission.Error
	if !errors.As(err, &about) {
		return err
	}
	switch about.Kind {
	case fault.Missing:
		return aws.Detail(err, map[string]any{"resourceId": about.ID, "resourceType": about.Thing})
	case fault.Exists:
		resources := []map[string]any{}
		if about.Thing != "" {
			resources = append(resources, map[string]any{"resourceId": about.ID, "resourceType": about.Thing})
		}
		return aws.Detail(err, map[string]any{"resources": resources})
	case fault.Limited:
		if about.Subject == fault.Tags {
			return aws.Detail(err, map[string]any{"resourceName": about.ID})
		}
		members := map[string]any{"resourceType": about.Thing, "serviceCode": avp.Service}
		if about.ID != "" {
			members["resourceId"] = about.ID
		}
		return aws.Detail(err, members)
	case fault.Invalid:
		fields := make([]map[string]string, len(about.Fields))
		for i, f := range about.Fields {
			fields[i] = map[string]string{"path": f.Path, "message": f.Text}
		}
		return aws.Detail(err, map[string]any{"fieldList": fields})
	}
	return err
}

// invalid refuses a request for what a member says.
func invalid(path, text string) error {
	return &permission.Error{Fault: fault.Invalidf("Invalid input"), Fields: []permission.Field{{Path: path, Text: text}}}
}
