package cognitoidp_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/aws/cognitoidp/shape"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/store/storetest"
)

// awsPool is a pool as AWS shows one, with members that nobody here knows.
const awsPool = `{"Id":"us-east-1_AbCdEfGhI","Name":"shop","Arn":"arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_AbCdEfGhI",
"CreationDate":1548271708.512,"LastModifiedDate":1.548271708512E9,"Status":"Enabled","EstimatedNumberOfUsers":12,"SomethingNew":{"a":[1]},
"Policies":{"PasswordPolicy":{"MinimumLength":10,"RequireUppercase":true,"RequireLowercase":true,"RequireNumbers":false,"RequireSymbols":false,"TemporaryPasswordValidityDays":7},"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD"]}},
"DeletionProtection":"ACTIVE","LambdaConfig":{"PreSignUp":"arn:aws:lambda:us-east-1:123456789012:function:a","PreTokenGeneration":"arn:aws:lambda:us-east-1:123456789012:function:b","PreTokenGenerationConfig":{"LambdaVersion":"V2_0","LambdaArn":"arn:aws:lambda:us-east-1:123456789012:function:b"}},
"SchemaAttributes":[{"Name":"sub","AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":false,"Required":true,"StringAttributeConstraints":{"MinLength":"1","MaxLength":"2048"}},
{"Name":"name","AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Required":true,"StringAttributeConstraints":{"MinLength":"0","MaxLength":"2048"}},
{"Name":"email","AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Required":true,"StringAttributeConstraints":{"MinLength":"0","MaxLength":"2048"}},
{"Name":"email_verified","AttributeDataType":"Boolean","DeveloperOnlyAttribute":false,"Mutable":true,"Required":false},
{"Name":"birthdate","AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Required":false,"StringAttributeConstraints":{"MinLength":"10","MaxLength":"10"}},
{"Name":"updated_at","AttributeDataType":"Number","DeveloperOnlyAttribute":false,"Mutable":true,"Required":false,"NumberAttributeConstraints":{"MinValue":"0"}},
{"Name":"identities","AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Required":false,"StringAttributeConstraints":{}},
{"Name":"custom:tier","AttributeDataType":"Number","DeveloperOnlyAttribute":false,"Mutable":false,"Required":false,"NumberAttributeConstraints":{"MinValue":"1","MaxValue":"9"}},
{"Name":"dev:custom:note","AttributeDataType":"String","DeveloperOnlyAttribute":true,"Mutable":true,"Required":false,"StringAttributeConstraints":{}}],
"AutoVerifiedAttributes":["email"],"UsernameAttributes":["email"],"UsernameConfiguration":{"CaseSensitive":false},
"VerificationMessageTemplate":{"DefaultEmailOption":"CONFIRM_WITH_CODE"},"UserAttributeUpdateSettings":{"AttributesRequireVerificationBeforeUpdate":[]},
"MfaConfiguration":"ON","EmailConfiguration":{"EmailSendingAccount":"COGNITO_DEFAULT"},"UserPoolTags":{"team":"a"},
"AdminCreateUserConfig":{"AllowAdminCreateUserOnly":false,"UnusedAccountValidityDays":7},"AccountRecoverySetting":{"RecoveryMechanisms":[{"Priority":1,"Name":"verified_email"}]},"UserPoolTier":"ESSENTIALS"}`

// TestAPoolOfAWSCanBeMadeHere fails when what AWS shows of a pool cannot be read, loses something, or makes no pool.
func TestAPoolOfAWSCanBeMadeHere(t *testing.T) {
	t.Parallel()
	spec, notes, err := shape.Reader{}.Pool([]byte(awsPool))
	if err != nil {
		t.Fatal(err)
	}
	if len(notes) != 2 || !slices.ContainsFunc(notes, func(n string) bool {
		return strings.Contains(n, "PreSignUp (arn:aws:lambda:us-east-1:123456789012:function:a)")
	}) {
		t.Errorf("left behind: %v", notes)
	}
	if spec.Lambda.ARNs != nil || spec.Lambda.Versioned != nil {
		t.Errorf("triggers came along unasked: %+v", spec.Lambda)
	}
	spec.ID, spec.MFA = "us-east-1_AbCdEfGhI", directory.MFAConfig{Mode: "OFF"}
	db := storetest.Memory(t)
	dir := directory.New(directory.Parts{
		Pools: db, Clients: db, Groups: db, Users: db, Credentials: db, Resources: db, Changes: quiet{}, OnCommit: db.OnCommit,
		Keys: storetest.Sealer(t), Hasher: password.NewHasher(password.Params{}, 1), Now: clock.NewFake(born).Now,
	})
	pool, err := dir.Pools.Create(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	if pool.Name != "shop" || !pool.DeletionProtection || pool.PasswordPolicy.MinimumLength != 10 || pool.PasswordPolicy.RequireNumbers || !pool.IgnoresCase() ||
		!slices.Equal(pool.UsernameAttributes, []string{"email"}) || pool.Tags["team"] != "a" || len(pool.Recovery) != 1 || pool.TemporaryDays() != 7 {
		t.Errorf("%+v", pool)
	}
	for name, want := range map[string]directory.Attribute{
		"name":            {Name: "name", Type: "String", Mutable: true, Required: true, HasString: true, MinLength: "0", MaxLength: "2048"},
		"custom:tier":     {Name: "custom:tier", Type: "Number", HasNumber: true, MinValue: "1", MaxValue: "9"},
		"dev:custom:note": {Name: "dev:custom:note", Type: "String", DeveloperOnly: true, Mutable: true, HasString: true},
	} {
		got, _ := pool.Attribute(name)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	withTriggers, notes, err := shape.Reader{Triggers: true}.Pool([]byte(awsPool))
	if err != nil || len(notes) != 0 || withTriggers.Lambda.ARNs["PreSignUp"] == "" || withTriggers.Lambda.Versioned["PreTokenGenerationConfig"].Version != "V2_0" {
		t.Errorf("%+v, %v, %v", withTriggers.Lambda, notes, err)
	}
	mfa, err := shape.Reader{}.MFA([]byte(`{"MfaConfiguration":"ON","SoftwareTokenMfaConfiguration":{"Enabled":true},"Unknown":1}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dir.Pools.SetMFA(t.Context(), pool.ID, mfa); err != nil {
		t.Error(err)
	}
}

// TestAClientOfAWSKeepsItsIDAndSecret fails when applications would have to change more than the endpoint.
func TestAClientOfAWSKeepsItsIDAndSecret(t *testing.T) {
	t.Parallel()
	spec, notes, err := shape.Reader{}.Client([]byte(`{"UserPoolId":"us-east-1_AbCdEfGhI","ClientName":"web","ClientId":"1example23456789","ClientSecret":"13ka4h7u28d9oo44tqpq9djqsfvhvu8rk4d2ighvpu0k8fj1c2r9",
		"LastModifiedDate":1548271708.512,"CreationDate":1548271708.512,"RefreshTokenValidity":30,"TokenValidityUnits":{"RefreshToken":"days"},"ExplicitAuthFlows":["ALLOW_USER_SRP_AUTH"],
		"SupportedIdentityProviders":["COGNITO","Google"],"AllowedOAuthFlowsUserPoolClient":false,"EnableTokenRevocation":false,"AuthSessionValidity":3,"SomethingNew":true}`))
	if err != nil || spec.ID != "1example23456789" || !strings.HasPrefix(spec.Secret, "13ka") || spec.TokenRevocation || spec.Units.Refresh != "days" ||
		!slices.Equal(spec.IdentityProviders, []string{"COGNITO"}) || len(notes) != 1 {
		t.Errorf("%+v, %v, %v", spec, notes, err)
	}
}
