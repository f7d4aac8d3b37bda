package verifiedpermissions_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/verifiedpermissions"
	"github.com/aws/aws-sdk-go-v2/service/verifiedpermissions/types"
	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/permission"
)

// TestAPolicyStoreLives takes one through CreatePolicyStore, GetPolicyStore, UpdatePolicyStore and DeletePolicyStore.
func TestAPolicyStoreLives(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made, err := w.CreatePolicyStore(t.Context(), &sdk.CreatePolicyStoreInput{
		ValidationSettings: &types.ValidationSettings{Mode: "STRICT"}, Description: new("shop"), DeletionProtection: "ENABLED", Tags: map[string]string{"team": "a"},
		EncryptionSettings: &types.EncryptionSettingsMemberKmsEncryptionSettings{Value: types.KmsEncryptionSettings{Key: new("alias/k"), EncryptionContext: map[string]string{"a": "b"}}},
	})
	w.check(err)
	if *made.Arn != "arn:aws:verifiedpermissions::123456789012:policy-store/"+*made.PolicyStoreId || len(*made.PolicyStoreId) != 22 || !made.CreatedDate.Equal(born) {
		t.Errorf("%s, %s, %s", *made.Arn, *made.PolicyStoreId, made.CreatedDate)
	}
	got, err := w.GetPolicyStore(t.Context(), &sdk.GetPolicyStoreInput{PolicyStoreId: made.PolicyStoreId, Tags: true})
	w.check(err)
	kms, ok := got.EncryptionState.(*types.EncryptionStateMemberKmsEncryptionState)
	if got.ValidationSettings.Mode != "STRICT" || *got.Description != "shop" || got.DeletionProtection != "ENABLED" || got.CedarVersion != "CEDAR_4" ||
		got.Tags["team"] != "a" || !ok || *kms.Value.Key != "alias/k" || kms.Value.EncryptionContext["a"] != "b" {
		t.Errorf("%+v", got)
	}
	if got, err = w.GetPolicyStore(t.Context(), &sdk.GetPolicyStoreInput{PolicyStoreId: made.PolicyStoreId}); err != nil || got.Tags != nil {
		t.Errorf("tags that nobody asked for: %v %v", got.Tags, err)
	}
	_, err = w.DeletePolicyStore(t.Context(), &sdk.DeletePolicyStoreInput{PolicyStoreId: made.PolicyStoreId})
	w.refused("protected", err, "InvalidStateException")
	w.now.Advance(time.Minute)
	changed, err := w.UpdatePolicyStore(t.Context(), &sdk.UpdatePolicyStoreInput{
		PolicyStoreId: made.PolicyStoreId, ValidationSettings: &types.ValidationSettings{Mode: "OFF"}, DeletionProtection: "DISABLED", Description: new("other"),
	})
	w.check(err)
	if !changed.CreatedDate.Equal(born) || !changed.LastUpdatedDate.Equal(born.Add(time.Minute)) {
		t.Errorf("%s %s", changed.CreatedDate, changed.LastUpdatedDate)
	}
	got, err = w.GetPolicyStore(t.Context(), &sdk.GetPolicyStoreInput{PolicyStoreId: made.PolicyStoreId})
	w.check(err)
	if got.ValidationSettings.Mode != "OFF" || got.DeletionProtection != "DISABLED" || *got.Description != "other" {
		t.Errorf("%+v", got)
	}
	for range 2 { // deleting what is not there is no error
		_, err = w.DeletePolicyStore(t.Context(), &sdk.DeletePolicyStoreInput{PolicyStoreId: made.PolicyStoreId})
		w.check(err)
	}
	_, err = w.GetPolicyStore(t.Context(), &sdk.GetPolicyStoreInput{PolicyStoreId: made.PolicyStoreId})
	var missing *types.ResourceNotFoundException
	if !errors.As(err, &missing) || *missing.ResourceId != *made.PolicyStoreId || missing.ResourceType != "POLICY_STORE" {
		t.Errorf("%v", err)
	}
}

// TestEveryOperationKnowsItsStore asks each operation about a policy store and an alias that do not exist.
func TestEveryOperationKnowsItsStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	configuration := &types.ConfigurationMemberCognitoUserPoolConfiguration{Value: types.CognitoUserPoolConfiguration{UserPoolArn: new(poolARN)}}
	update := &types.UpdateConfigurationMemberCognitoUserPoolConfiguration{Value: types.UpdateCognitoUserPoolConfiguration{UserPoolArn: new(poolARN)}}
	for _, id := range []string{"nowhere", "policy-store-alias/nowhere"} {
		s := &id
		for name, call := range map[string]func() error{
			"GetPolicyStore": func() error { _, err := w.GetPolicyStore(ctx, &sdk.GetPolicyStoreInput{PolicyStoreId: s}); return err },
			"UpdatePolicyStore": func() error {
				_, err := w.UpdatePolicyStore(ctx, &sdk.UpdatePolicyStoreInput{PolicyStoreId: s, ValidationSettings: &types.ValidationSettings{Mode: "OFF"}})
				return err
			},
			"PutSchema": func() error {
				_, err := w.PutSchema(ctx, &sdk.PutSchemaInput{PolicyStoreId: s, Definition: &types.SchemaDefinitionMemberCedarJson{Value: shop}})
				return err
			},
			"GetSchema": func() error { _, err := w.GetSchema(ctx, &sdk.GetSchemaInput{PolicyStoreId: s}); return err },
			"CreatePolicy": func() error {
				_, err := w.CreatePolicy(ctx, static(s, `permit(principal, action, resource);`))
				return err
			},
			"GetPolicy": func() error {
				_, err := w.GetPolicy(ctx, &sdk.GetPolicyInput{PolicyStoreId: s, PolicyId: new("p")})
				return err
			},
			"UpdatePolicy": func() error {
				_, err := w.UpdatePolicy(ctx, &sdk.UpdatePolicyInput{PolicyStoreId: s, PolicyId: new("p"), Name: new("name/x")})
				return err
			},
			"DeletePolicy": func() error {
				_, err := w.DeletePolicy(ctx, &sdk.DeletePolicyInput{PolicyStoreId: s, PolicyId: new("p")})
				return err
			},
			"ListPolicies": func() error { _, err := w.ListPolicies(ctx, &sdk.ListPoliciesInput{PolicyStoreId: s}); return err },
			"CreatePolicyTemplate": func() error {
				_, err := w.CreatePolicyTemplate(ctx, &sdk.CreatePolicyTemplateInput{PolicyStoreId: s, Statement: new(`permit(principal == ?principal, action, resource == A::"b");`)})
				return err
			},
			"GetPolicyTemplate": func() error {
				_, err := w.GetPolicyTemplate(ctx, &sdk.GetPolicyTemplateInput{PolicyStoreId: s, PolicyTemplateId: new("t")})
				return err
			},
			"UpdatePolicyTemplate": func() error {
				_, err := w.UpdatePolicyTemplate(ctx, &sdk.UpdatePolicyTemplateInput{PolicyStoreId: s, PolicyTemplateId: new("t"), Statement: new("x")})
				return err
			},
			"DeletePolicyTemplate": func() error {
				_, err := w.DeletePolicyTemplate(ctx, &sdk.DeletePolicyTemplateInput{PolicyStoreId: s, PolicyTemplateId: new("t")})
				return err
			},
			"ListPolicyTemplates": func() error {
				_, err := w.ListPolicyTemplates(ctx, &sdk.ListPolicyTemplatesInput{PolicyStoreId: s})
				return err
			},
			"CreateIdentitySource": func() error {
				_, err := w.CreateIdentitySource(ctx, &sdk.CreateIdentitySourceInput{PolicyStoreId: s, Configuration: configuration})
				return err
			},
			"GetIdentitySource": func() error {
				_, err := w.GetIdentitySource(ctx, &sdk.GetIdentitySourceInput{PolicyStoreId: s, IdentitySourceId: new("i")})
				return err
			},
			"UpdateIdentitySource": func() error {
				_, err := w.UpdateIdentitySource(ctx, &sdk.UpdateIdentitySourceInput{PolicyStoreId: s, IdentitySourceId: new("i"), UpdateConfiguration: update})
				return err
			},
			"DeleteIdentitySource": func() error {
				_, err := w.DeleteIdentitySource(ctx, &sdk.DeleteIdentitySourceInput{PolicyStoreId: s, IdentitySourceId: new("i")})
				return err
			},
			"ListIdentitySources": func() error {
				_, err := w.ListIdentitySources(ctx, &sdk.ListIdentitySourcesInput{PolicyStoreId: s})
				return err
			},
			"IsAuthorized": func() error { _, err := w.IsAuthorized(ctx, question(s)); return err },
			"IsAuthorizedWithToken": func() error {
				_, err := w.IsAuthorizedWithToken(ctx, &sdk.IsAuthorizedWithTokenInput{PolicyStoreId: s, IdentityToken: new("a.b.c")})
				return err
			},
			"BatchIsAuthorized": func() error {
				_, err := w.BatchIsAuthorized(ctx, &sdk.BatchIsAuthorizedInput{PolicyStoreId: s, Requests: []types.BatchIsAuthorizedInputItem{{}}})
				return err
			},
			"BatchIsAuthorizedWithToken": func() error {
				_, err := w.BatchIsAuthorizedWithToken(ctx, &sdk.BatchIsAuthorizedWithTokenInput{PolicyStoreId: s, IdentityToken: new("a.b.c"), Requests: []types.BatchIsAuthorizedWithTokenInputItem{{}}})
				return err
			},
		} {
			w.refused(name+" "+id, call(), "ResourceNotFoundException")
		}
	}
}

func TestAClientTokenMakesOneStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := &sdk.CreatePolicyStoreInput{ClientToken: new("token-1"), ValidationSettings: &types.ValidationSettings{Mode: "OFF"}}
	first, err := w.CreatePolicyStore(t.Context(), in)
	w.check(err)
	again, err := w.CreatePolicyStore(t.Context(), in)
	w.check(err)
	if *first.PolicyStoreId != *again.PolicyStoreId || !first.CreatedDate.Equal(*again.CreatedDate) {
		t.Errorf("%s and %s", *first.PolicyStoreId, *again.PolicyStoreId)
	}
	in.Description = new("another")
	_, err = w.CreatePolicyStore(t.Context(), in)
	w.refused("another request", err, "ConflictException")
	w.now.Advance(permission.RepeatMemory + time.Second)
	later, err := w.CreatePolicyStore(t.Context(), in)
	w.check(err)
	if *later.PolicyStoreId == *first.PolicyStoreId {
		t.Error("a token is remembered for ever")
	}
	// A policy is made once, too, and what was refused leaves the token free.
	bad := static(first.PolicyStoreId, "nonsense")
	bad.ClientToken = new("token-2")
	_, err = w.CreatePolicy(t.Context(), bad)
	w.refused("nonsense", err, "ValidationException")
	good := static(first.PolicyStoreId, `permit(principal, action, resource);`)
	good.ClientToken = bad.ClientToken
	one, err := w.CreatePolicy(t.Context(), good)
	w.check(err)
	two, err := w.CreatePolicy(t.Context(), good)
	w.check(err)
	if *one.PolicyId != *two.PolicyId || two.Effect != "Permit" {
		t.Errorf("%+v %+v", one, two)
	}
}

func TestListPolicyStoresInPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var want, got []string
	for range 12 {
		want = append(want, *w.store("OFF"))
		w.now.Advance(time.Second)
	}
	pages := sdk.NewListPolicyStoresPaginator(w, &sdk.ListPolicyStoresInput{})
	for n := 0; pages.HasMorePages(); n++ {
		page, err := pages.NextPage(t.Context())
		w.check(err)
		if n == 0 && len(page.PolicyStores) != 10 {
			t.Errorf("a page has %d", len(page.PolicyStores))
		}
		for _, s := range page.PolicyStores {
			got = append(got, *s.PolicyStoreId)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	_, err := w.ListPolicyStores(t.Context(), &sdk.ListPolicyStoresInput{MaxResults: new(int32(51))})
	w.invalid("too many", err, "maxResults", "")
	_, err = w.ListPolicyStores(t.Context(), &sdk.ListPolicyStoresInput{NextToken: new("madeup")})
	w.invalid("a made-up token", err, "nextToken", "")
}

func TestTagsOfPolicyStores(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	arn := new("arn:aws:verifiedpermissions::123456789012:policy-store/" + *w.store("OFF"))
	_, err := w.TagResource(t.Context(), &sdk.TagResourceInput{ResourceArn: arn, Tags: map[string]string{"a": "1", "b": "2"}})
	w.check(err)
	_, err = w.UntagResource(t.Context(), &sdk.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"a", "zzz"}})
	w.check(err)
	got, err := w.ListTagsForResource(t.Context(), &sdk.ListTagsForResourceInput{ResourceArn: arn})
	w.check(err)
	if diff := cmp.Diff(map[string]string{"b": "2"}, got.Tags); diff != "" {
		t.Error(diff)
	}
	many := map[string]string{}
	for i := range 50 {
		many[fmt.Sprint("k", i)] = ""
	}
	_, err = w.TagResource(t.Context(), &sdk.TagResourceInput{ResourceArn: arn, Tags: many})
	w.refused("51 tags", err, "TooManyTagsException")
	_, err = w.TagResource(t.Context(), &sdk.TagResourceInput{ResourceArn: arn, Tags: map[string]string{"AWS:x": "y"}})
	w.refused("a reserved key", err, "ValidationException")
	// Another account's ARN names nothing here, whatever its id.
	for _, other := range []string{strings.Replace(*arn, accountID, "999999999999", 1), *arn + "x", "arn:aws:verifiedpermissions::123456789012:policy-store/"} {
		_, err = w.ListTagsForResource(t.Context(), &sdk.ListTagsForResourceInput{ResourceArn: &other})
		w.refused(other, err, "ResourceNotFoundException")
	}
}

// TestAliasesStandForTheirStore covers CreatePolicyStoreAlias, GetPolicyStoreAlias, ListPolicyStoreAliases and DeletePolicyStoreAlias.
func TestAliasesStandForTheirStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, two := w.store("OFF"), w.store("OFF")
	name := new("policy-store-alias/tenant-a")
	for range 2 { // the same again is no error
		made, err := w.CreatePolicyStoreAlias(t.Context(), &sdk.CreatePolicyStoreAliasInput{AliasName: name, PolicyStoreId: one})
		w.check(err)
		if *made.AliasArn != "arn:aws:verifiedpermissions:eu-west-1:123456789012:policy-store-alias/tenant-a" || *made.PolicyStoreId != *one {
			t.Errorf("%s %s", *made.AliasArn, *made.PolicyStoreId)
		}
	}
	id := w.policy(name, `permit(principal, action, resource);`)
	w.decides(question(name), "ALLOW", *id)
	w.decides(question(two), "DENY")
	_, err := w.CreatePolicyStoreAlias(t.Context(), &sdk.CreatePolicyStoreAliasInput{AliasName: name, PolicyStoreId: two})
	w.refused("taken", err, "ConflictException")
	_, err = w.CreatePolicyStoreAlias(t.Context(), &sdk.CreatePolicyStoreAliasInput{AliasName: new("tenant-a"), PolicyStoreId: two})
	w.invalid("no prefix", err, "aliasName", "")
	_, err = w.CreatePolicyStoreAlias(t.Context(), &sdk.CreatePolicyStoreAliasInput{AliasName: new("policy-store-alias/x"), PolicyStoreId: name})
	w.invalid("an alias of an alias", err, "policyStoreId", "")
	_, err = w.CreatePolicyStoreAlias(t.Context(), &sdk.CreatePolicyStoreAliasInput{AliasName: new("policy-store-alias/x"), PolicyStoreId: new("nowhere")})
	w.refused("no such store", err, "ResourceNotFoundException")
	_, err = w.DeletePolicyStore(t.Context(), &sdk.DeletePolicyStoreInput{PolicyStoreId: name})
	w.invalid("deleted by its alias", err, "policyStoreId", "")
	for i := range 9 {
		_, err = w.CreatePolicyStoreAlias(t.Context(), &sdk.CreatePolicyStoreAliasInput{AliasName: new(fmt.Sprint("policy-store-alias/more-", i)), PolicyStoreId: one})
		w.check(err)
	}
	_, err = w.CreatePolicyStoreAlias(t.Context(), &sdk.CreatePolicyStoreAliasInput{AliasName: new("policy-store-alias/eleventh"), PolicyStoreId: one})
	w.refused("an eleventh", err, "ServiceQuotaExceededException")
	list, err := w.ListPolicyStoreAliases(t.Context(), &sdk.ListPolicyStoreAliasesInput{Filter: &types.PolicyStoreAliasFilter{PolicyStoreId: one}})
	w.check(err)
	if len(list.PolicyStoreAliases) != 5 || list.NextToken == nil {
		t.Errorf("a page of %d", len(list.PolicyStoreAliases))
	}
	for range 2 {
		_, err = w.DeletePolicyStoreAlias(t.Context(), &sdk.DeletePolicyStoreAliasInput{AliasName: name})
		w.check(err)
	}
	got, err := w.GetPolicyStoreAlias(t.Context(), &sdk.GetPolicyStoreAliasInput{AliasName: name})
	w.check(err)
	if got.State != "PendingDeletion" {
		t.Error(got.State)
	}
	_, err = w.IsAuthorized(t.Context(), question(name))
	w.refused("by a deleted alias", err, "ResourceNotFoundException")
	_, err = w.CreatePolicyStoreAlias(t.Context(), &sdk.CreatePolicyStoreAliasInput{AliasName: name, PolicyStoreId: two})
	w.refused("too early", err, "ConflictException")
	w.now.Advance(permission.AliasRest)
	_, err = w.CreatePolicyStoreAlias(t.Context(), &sdk.CreatePolicyStoreAliasInput{AliasName: name, PolicyStoreId: two})
	w.check(err)
	w.decides(question(name), "DENY")
	_, err = w.DeletePolicyStore(t.Context(), &sdk.DeletePolicyStoreInput{PolicyStoreId: two})
	w.check(err)
	_, err = w.GetPolicyStoreAlias(t.Context(), &sdk.GetPolicyStoreAliasInput{AliasName: name})
	w.refused("gone with its store", err, "ResourceNotFoundException")
}
