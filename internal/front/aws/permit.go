package aws

import (
	"context"
	"fmt"

	"cognate.dev/cognate/internal/gen/verifiedpermissions"
	"cognate.dev/cognate/internal/kit/awsjson"
	"cognate.dev/cognate/internal/kit/iampolicy"
	"cognate.dev/cognate/internal/sts"
)

// Decide says whether a principal may do something to a resource; *sts.Authority does. Keys are condition keys, in lower case.
type Decide func(p sts.Principal, action, resource string, keys map[string][]string) iampolicy.Effect

// opened are the signed operations that a role may open to temporary credentials, by the action that its policy names. All
// others administer, and stay closed whatever a role says: whoever has signed in to an app is no administrator.
var opened = map[string]map[string]string{
	verifiedpermissions.Service: {
		"IsAuthorized": "IsAuthorized", "BatchIsAuthorized": "IsAuthorized",
		"IsAuthorizedWithToken": "IsAuthorizedWithToken", "BatchIsAuthorizedWithToken": "IsAuthorizedWithToken",
	},
}

// permit refuses temporary credentials what their role does not say they may do.
func (f *Front) permit(ctx context.Context, p sts.Principal, spec *awsjson.Spec, c *Call, body []byte) error {
	if !p.Temporary() {
		return nil
	}
	action, resource := spec.Service+":"+spec.Name, "*"
	if name := opened[spec.Service][spec.Name]; name != "" {
		store, known := f.policyStoreOf(ctx, body)
		action, resource = spec.Service+":"+name, "arn:aws:verifiedpermissions::"+p.Account+":policy-store/"+store
		if known && f.Decide != nil && f.Decide(p, action, resource, map[string][]string{"aws:sourceip": {c.RemoteAddr}}) == iampolicy.Allow {
			return nil
		}
	}
	return &awsjson.Failure{Status: 400, Name: accessDenied, Message: fmt.Sprintf("User: %s is not authorized to perform: %s on "+
		"resource: %s because no identity-based policy allows the %[2]s action", p.ARN, action, resource)}
}

// storeNamed reads the policy store that a request names as its operation will: a reader that minds case less, or another of two members,
// could be shown one store and lead to another.
type storeNamed struct {
	PolicyStoreID *string `json:"policyStoreId"`
}

// policyStoreOf is the id of the policy store that a request names, by its id or by an alias, and whether it could be told.
func (f *Front) policyStoreOf(ctx context.Context, body []byte) (id string, known bool) {
	in, err := f.stores.Decode(body)
	if err != nil || in.PolicyStoreID == nil {
		return "", false
	}
	if f.PolicyStore == nil {
		return *in.PolicyStoreID, true
	}
	if id, err = f.PolicyStore(ctx, *in.PolicyStoreID); err != nil {
		return *in.PolicyStoreID, false
	}
	return id, true
}
