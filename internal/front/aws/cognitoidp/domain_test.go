package cognitoidp_test

import (
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/google/go-cmp/cmp"
)

const certificate = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-4000-8000-000000000001"

// TestDomainsOfAPoolAreTold fails when a domain is described otherwise than it was made, or not in its pool.
func TestDomainsOfAPoolAreTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	made, err := w.CreateUserPoolDomain(t.Context(), &sdk.CreateUserPoolDomainInput{UserPoolId: pool, Domain: new("people"), ManagedLoginVersion: new(int32(2))})
	w.check(err)
	if *made.ManagedLoginVersion != 2 || made.CloudFrontDomain != nil {
		t.Errorf("prefix: %s", w.wire.last())
	}
	made, err = w.CreateUserPoolDomain(t.Context(), &sdk.CreateUserPoolDomainInput{
		UserPoolId: pool, Domain: new("login.example.org"), CustomDomainConfig: &types.CustomDomainConfigType{CertificateArn: new(certificate)},
	})
	w.check(err)
	if *made.ManagedLoginVersion != 1 || *made.CloudFrontDomain != "localhost" {
		t.Errorf("custom: %s", w.wire.last())
	}
	want := map[string]*types.DomainDescriptionType{
		"people": {
			UserPoolId: pool, AWSAccountId: new(accountID), Domain: new("people"), Status: "ACTIVE", ManagedLoginVersion: new(int32(2)),
			CloudFrontDistribution: new("localhost"), Version: new(born.Format("20060102150405")), CustomDomainConfig: &types.CustomDomainConfigType{},
		},
		"login.example.org": {
			UserPoolId: pool, AWSAccountId: new(accountID), Domain: new("login.example.org"), Status: "ACTIVE", ManagedLoginVersion: new(int32(1)),
			CloudFrontDistribution: new("localhost"), Version: new(born.Format("20060102150405")),
			CustomDomainConfig: &types.CustomDomainConfigType{CertificateArn: new(certificate)},
		},
		"nobody": {},
	}
	for name, want := range want {
		got, err := w.DescribeUserPoolDomain(t.Context(), &sdk.DescribeUserPoolDomainInput{Domain: &name})
		w.check(err)
		if diff := cmp.Diff(want, got.DomainDescription, ignoreUnexported); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	described, err := w.DescribeUserPool(t.Context(), &sdk.DescribeUserPoolInput{UserPoolId: pool})
	w.check(err)
	if p := described.UserPool; *p.Domain != "people" || *p.CustomDomain != "login.example.org" {
		t.Errorf("pool: %s", w.wire.last())
	}
}

// TestDomainRulesAreTold fails when a wrong domain is not refused in Cognito's words.
func TestDomainRulesAreTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool, other := w.pool(), w.pool(func(in *sdk.CreateUserPoolInput) { in.UserPoolTier = "LITE" })
	create := func(pool *string, name string, change ...func(*sdk.CreateUserPoolDomainInput)) error {
		in := &sdk.CreateUserPoolDomainInput{UserPoolId: pool, Domain: &name}
		for _, c := range change {
			c(in)
		}
		_, err := w.CreateUserPoolDomain(t.Context(), in)
		return err
	}
	w.check(create(pool, "people"))
	version := func(n int32) func(*sdk.CreateUserPoolDomainInput) {
		return func(in *sdk.CreateUserPoolDomainInput) { in.ManagedLoginVersion = &n }
	}
	w.refused(create(other, "people"), "InvalidParameterException", "Domain already associated with another user pool.")
	w.refused(create(other, "mycognito"), "InvalidParameterException", "Domain cannot contain reserved word: cognito")
	w.refused(create(other, "more", version(2)), "FeatureUnavailableInTierException", "Managed login is not available in the tier of this user pool.")
	w.refused(create(other, "more", version(0)), "InvalidParameterException", "ManagedLoginVersion must be 1 or 2.")
	w.refused(create(pool, "more"), "InvalidParameterException", "User pool already has a domain configured.")
	w.refused(create(new("eu-west-1_unknown00"), "more"), "ResourceNotFoundException", "User pool eu-west-1_unknown00 does not exist.")
	w.refused(create(pool, "Upper"), "InvalidParameterException", "1 validation error detected: Value 'Upper' at 'domain' failed to satisfy constraint: "+
		`Member must satisfy regular expression pattern: ^[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?$`)
	_, err := w.UpdateUserPoolDomain(t.Context(), &sdk.UpdateUserPoolDomainInput{UserPoolId: other, Domain: new("people"), ManagedLoginVersion: new(int32(1))})
	w.refused(err, "InvalidParameterException", "No such domain or user pool exists.")
	out, err := w.UpdateUserPoolDomain(t.Context(), &sdk.UpdateUserPoolDomainInput{UserPoolId: pool, Domain: new("people"), ManagedLoginVersion: new(int32(2))})
	w.check(err)
	if *out.ManagedLoginVersion != 2 {
		t.Errorf("updated to %s", w.wire.last())
	}
}

// TestPoolWithADomainStays fails when a pool is deleted while people may be at its pages.
func TestPoolWithADomainStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	_, err := w.CreateUserPoolDomain(t.Context(), &sdk.CreateUserPoolDomainInput{UserPoolId: pool, Domain: new("people")})
	w.check(err)
	_, err = w.DeleteUserPool(t.Context(), &sdk.DeleteUserPoolInput{UserPoolId: pool})
	w.refused(err, "InvalidParameterException", "User pool cannot be deleted. It has a domain configured that should be deleted first.")
	for range 2 {
		_, err = w.DeleteUserPoolDomain(t.Context(), &sdk.DeleteUserPoolDomainInput{UserPoolId: pool, Domain: new("people")})
	}
	w.refused(err, "InvalidParameterException", "No such domain or user pool exists.")
	_, err = w.DeleteUserPool(t.Context(), &sdk.DeleteUserPoolInput{UserPoolId: pool})
	w.check(err)
}
