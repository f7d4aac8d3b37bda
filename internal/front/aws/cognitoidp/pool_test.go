package cognitoidp_test

import (
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/google/go-cmp/cmp"
)

// TestMinimalPoolHasCognitosDefaults fails when a member that AWS returns is missing, or one that AWS omits is there.
func TestMinimalPoolHasCognitosDefaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	out, err := w.CreateUserPool(t.Context(), &sdk.CreateUserPoolInput{PoolName: new("people")})
	w.check(err)
	created := w.wire.last()
	golden(t, "testdata/pool_minimal.json", []byte(strings.ReplaceAll(string(created), *out.UserPool.Id, "eu-west-1_POOL")))
	_, err = w.DescribeUserPool(t.Context(), &sdk.DescribeUserPoolInput{UserPoolId: out.UserPool.Id})
	w.check(err)
	described := string(w.wire.last())
	for _, more := range []string{`"UserPoolTags":{},`, `,{"Name":"identities","AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Required":false,"StringAttributeConstraints":{}}`} {
		if !strings.Contains(described, more) {
			t.Errorf("Describe does not show %s", more)
		}
		described = strings.Replace(described, more, "", 1)
	}
	if diff := cmp.Diff(string(created), described); diff != "" {
		t.Errorf("Describe differs from Create:\n%s", diff)
	}
}

// TestPoolTakesTheRegionOfTheCall fails when the id of a pool does not say where its maker wanted it.
func TestPoolTakesTheRegionOfTheCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	out, err := w.CreateUserPool(t.Context(), &sdk.CreateUserPoolInput{PoolName: new("people")}, func(o *sdk.Options) { o.Region = "ap-south-1" })
	w.check(err)
	if want := "arn:aws:cognito-idp:ap-south-1:" + accountID + ":userpool/ap-south-1_"; !strings.HasPrefix(*out.UserPool.Arn, want) {
		t.Errorf("got %s", *out.UserPool.Arn)
	}
}

// TestUpdateUserPoolReplacesEverything fails when an omitted setting survives an update.
func TestUpdateUserPoolReplacesEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool(func(in *sdk.CreateUserPoolInput) {
		in.Policies = &types.UserPoolPolicyType{PasswordPolicy: &types.PasswordPolicyType{MinimumLength: new(int32(20))}}
		in.DeletionProtection = types.DeletionProtectionTypeActive
		in.UserPoolTags = map[string]string{"a": "b"}
		in.AliasAttributes = []types.AliasAttributeType{"email"}
		in.UsernameConfiguration = &types.UsernameConfigurationType{CaseSensitive: new(false)}
		in.EmailVerificationSubject = new("Hello")
	})
	_, err := w.UpdateUserPool(t.Context(), &sdk.UpdateUserPoolInput{UserPoolId: pool})
	w.check(err)
	out, err := w.DescribeUserPool(t.Context(), &sdk.DescribeUserPoolInput{UserPoolId: pool})
	w.check(err)
	p := out.UserPool
	if *p.Policies.PasswordPolicy.MinimumLength != 8 || !p.Policies.PasswordPolicy.RequireSymbols || p.DeletionProtection != "INACTIVE" ||
		p.AutoVerifiedAttributes != nil || p.EmailVerificationSubject != nil {
		t.Errorf("kept what an update resets: %s", w.wire.last())
	}
	if p.UserPoolTags["a"] != "b" || *p.Name != "people" || len(p.AliasAttributes) != 1 || *p.UsernameConfiguration.CaseSensitive {
		t.Errorf("lost what an update does not change: %s", w.wire.last())
	}
}

// TestProtectedPoolIsNotDeleted fails when deletion protection does not protect.
func TestProtectedPoolIsNotDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool(func(in *sdk.CreateUserPoolInput) { in.DeletionProtection = types.DeletionProtectionTypeActive })
	_, err := w.DeleteUserPool(t.Context(), &sdk.DeleteUserPoolInput{UserPoolId: pool})
	w.refused(err, "InvalidParameterException", "The user pool cannot be deleted because deletion protection is activated. "+
		"Deletion protection must be inactivated first.")
	_, err = w.UpdateUserPool(t.Context(), &sdk.UpdateUserPoolInput{UserPoolId: pool})
	w.check(err)
	_, err = w.DeleteUserPool(t.Context(), &sdk.DeleteUserPoolInput{UserPoolId: pool})
	w.check(err)
	_, err = w.DescribeUserPool(t.Context(), &sdk.DescribeUserPoolInput{UserPoolId: pool})
	w.refused(err, "ResourceNotFoundException", "User pool "+*pool+" does not exist.")
}

// TestListUserPoolsPages fails when paging loses a pool or shows one twice.
func TestListUserPoolsPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.ListUserPools(t.Context(), &sdk.ListUserPoolsInput{MaxResults: new(int32(2))})
	w.check(err)
	golden(t, "testdata/pools_none.json", w.wire.last())
	want := map[string]bool{*w.pool(): true, *w.pool(): true, *w.pool(): true}
	pages := sdk.NewListUserPoolsPaginator(w, &sdk.ListUserPoolsInput{MaxResults: new(int32(2))})
	for n := 1; pages.HasMorePages(); n++ {
		page, err := pages.NextPage(t.Context())
		w.check(err)
		for _, p := range page.UserPools {
			if !want[*p.Id] {
				t.Errorf("%s came twice or from nowhere", *p.Id)
			}
			delete(want, *p.Id)
		}
		if n > 2 {
			t.Fatal("three pools on more than two pages of two")
		}
	}
	if len(want) > 0 {
		t.Errorf("never came: %v", want)
	}
	_, err = w.ListUserPools(t.Context(), &sdk.ListUserPoolsInput{MaxResults: new(int32(2)), NextToken: new("made-up")})
	w.refused(err, "InvalidParameterException", "Invalid pagination token")
	_, err = w.ListUserPools(t.Context(), &sdk.ListUserPoolsInput{MaxResults: new(int32(61))})
	w.refused(err, "InvalidParameterException", "1 validation error detected: Value '61' at 'maxResults' failed to satisfy constraint: "+
		"Member must have value less than or equal to 60")
}

// TestCustomAttributesJoinTheSchema fails when AddCustomAttributes does not extend the schema of its pool.
func TestCustomAttributesJoinTheSchema(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	add := func(a types.SchemaAttributeType) error {
		_, err := w.AddCustomAttributes(t.Context(), &sdk.AddCustomAttributesInput{UserPoolId: pool, CustomAttributes: []types.SchemaAttributeType{a}})
		return err
	}
	w.check(add(types.SchemaAttributeType{Name: new("tier"), AttributeDataType: "String", Mutable: new(false)}))
	out, err := w.DescribeUserPool(t.Context(), &sdk.DescribeUserPoolInput{UserPoolId: pool})
	w.check(err)
	last := out.UserPool.SchemaAttributes[len(out.UserPool.SchemaAttributes)-1]
	if *last.Name != "custom:tier" || *last.Mutable || *last.Required {
		t.Errorf("got %+v", last)
	}
	w.refused(add(types.SchemaAttributeType{Name: new("age"), AttributeDataType: "Number", Required: new(true)}),
		"InvalidParameterException", "Required custom attributes are not supported currently.")
}

// TestTagsOfAPool fails when tags are lost, or found under an ARN that is not this pool's.
func TestTagsOfAPool(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	arn := "arn:aws:cognito-idp:" + region + ":" + accountID + ":userpool/" + *pool
	_, err := w.ListTagsForResource(t.Context(), &sdk.ListTagsForResourceInput{ResourceArn: &arn})
	w.check(err)
	golden(t, "testdata/tags_none.json", w.wire.last())
	_, err = w.TagResource(t.Context(), &sdk.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{"a": "1", "b": "2"}})
	w.check(err)
	_, err = w.UntagResource(t.Context(), &sdk.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{"a", "never"}})
	w.check(err)
	out, err := w.ListTagsForResource(t.Context(), &sdk.ListTagsForResourceInput{ResourceArn: &arn})
	w.check(err)
	if diff := cmp.Diff(map[string]string{"b": "2"}, out.Tags); diff != "" {
		t.Error(diff)
	}
	_, err = w.TagResource(t.Context(), &sdk.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{"aws:x": "1"}})
	w.refused(err, "InvalidParameterException", "Tag keys that begin with aws: are reserved.")
	other := strings.Replace(arn, accountID, "999999999999", 1)
	_, err = w.ListTagsForResource(t.Context(), &sdk.ListTagsForResourceInput{ResourceArn: &other})
	w.refused(err, "ResourceNotFoundException", "User pool "+*pool+" does not exist.")
}
