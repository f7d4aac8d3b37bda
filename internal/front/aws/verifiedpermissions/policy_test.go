package verifiedpermissions_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/verifiedpermissions"
	"github.com/aws/aws-sdk-go-v2/service/verifiedpermissions/types"
	"github.com/google/go-cmp/cmp"
)

// shop is the schema of most tests.
const shop = `{"Shop": {
	"commonTypes": {"Token": {"type": "Record", "attributes": {"scope": {"type": "Set", "element": {"type": "String"}, "required": false}}}},
	"entityTypes": {
		"User": {"memberOfTypes": ["Group"], "shape": {"type": "Record", "attributes": {
			"email": {"type": "String", "required": false}, "tier": {"type": "Long", "required": false}, "custom:plan": {"type": "String", "required": false}}}},
		"Group": {}, "Order": {"shape": {"type": "Record", "attributes": {"owner": {"type": "Entity", "name": "User", "required": false}}}}},
	"actions": {"view": {"appliesTo": {"principalTypes": ["User"], "resourceTypes": ["Order"], "context": {"type": "Record", "attributes": {
		"token": {"type": "Token", "required": false}, "ip": {"type": "Extension", "name": "ipaddr", "required": false}}}}}}}}`

func (w *world) schema(store *string, text string) {
	w.t.Helper()
	_, err := w.PutSchema(w.t.Context(), &sdk.PutSchemaInput{PolicyStoreId: store, Definition: &types.SchemaDefinitionMemberCedarJson{Value: text}})
	w.check(err)
}

// TestASchemaIsKept covers PutSchema and GetSchema.
func TestASchemaIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	store := w.store("STRICT")
	_, err := w.GetSchema(t.Context(), &sdk.GetSchemaInput{PolicyStoreId: store})
	w.refused("before", err, "ResourceNotFoundException")
	w.schema(store, shop)
	w.now.Advance(time.Hour)
	put, err := w.PutSchema(t.Context(), &sdk.PutSchemaInput{PolicyStoreId: store, Definition: &types.SchemaDefinitionMemberCedarJson{Value: shop}})
	w.check(err)
	got, err := w.GetSchema(t.Context(), &sdk.GetSchemaInput{PolicyStoreId: store})
	w.check(err)
	var want, is any
	if json.Unmarshal([]byte(shop), &want) != nil || json.Unmarshal([]byte(*got.Schema), &is) != nil || !cmp.Equal(want, is) {
		t.Error("the schema is another one")
	}
	if !cmp.Equal(put.Namespaces, []string{"Shop"}) || !cmp.Equal(got.Namespaces, put.Namespaces) || !got.CreatedDate.Equal(born) || !got.LastUpdatedDate.Equal(born.Add(time.Hour)) {
		t.Errorf("%v %v %s %s", put.Namespaces, got.Namespaces, got.CreatedDate, got.LastUpdatedDate)
	}
	for name, text := range map[string]string{
		"no JSON": "x", "a list": "[]", "no namespace": `{"": {"entityTypes": {}, "actions": {}}}`, "reserved": `{"AWS::X": {"entityTypes": {}, "actions": {}}}`,
		"an unknown type": `{"A": {"entityTypes": {"U": {"memberOfTypes": ["X"]}}, "actions": {}}}`, "a bad name": `{"a b": {"entityTypes": {}, "actions": {}}}`,
	} {
		_, err = w.PutSchema(t.Context(), &sdk.PutSchemaInput{PolicyStoreId: store, Definition: &types.SchemaDefinitionMemberCedarJson{Value: text}})
		w.invalid(name, err, "definition.cedarJson", "")
	}
	w.schema(store, "{}")
	_, err = w.GetSchema(t.Context(), &sdk.GetSchemaInput{PolicyStoreId: store})
	w.refused("removed", err, "ResourceNotFoundException")
}

// TestStrictStoresTakeWhatFitsTheSchema covers CreatePolicy, UpdatePolicy and CreatePolicyTemplate in both modes.
func TestStrictStoresTakeWhatFitsTheSchema(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	strict, off := w.store("STRICT"), w.store("OFF")
	const path = "definition.static.statement"
	_, err := w.CreatePolicy(t.Context(), static(strict, `permit(principal, action, resource);`))
	w.invalid("no schema", err, path, "No schema present - automatically failing all validation.")
	w.schema(strict, shop)
	w.schema(off, shop)
	for statement, text := range map[string]string{
		`permit(principal == Shop::Usr::"a", action, resource);`:                                         "UnrecognizedEntityType: unrecognized entity type `Shop::Usr`",
		`permit(principal, action == Shop::Action::"buy", resource);`:                                    "",
		`permit(principal, action == Shop::Action::"view", resource) when { principal.tier == 1 };`:      "",
		`permit(principal, action == Shop::Action::"view", resource) when { principal.nothing == "x" };`: "",
		`permit(principal, action == Shop::Action::"view", resource) when { context.ip == "10.0.0.1" };`: "",
	} {
		_, err = w.CreatePolicy(t.Context(), static(strict, statement))
		w.invalid(statement, err, path, text)
		w.policy(off, statement) // nobody looks there
	}
	_, err = w.CreatePolicy(t.Context(), static(off, `permit(principal, action, resource)`))
	w.invalid("no Cedar", err, path, "")
	id := w.policy(strict, `permit(principal, action == Shop::Action::"view", resource) when { principal has tier && principal.tier > 1 };`)
	_, err = w.UpdatePolicy(t.Context(), &sdk.UpdatePolicyInput{PolicyStoreId: strict, PolicyId: id, Definition: &types.UpdatePolicyDefinitionMemberStatic{
		Value: types.UpdateStaticPolicyDefinition{Statement: new(`permit(principal, action == Shop::Action::"view", resource) when { principal.tier > 1 };`)},
	}})
	w.invalid("updated to what does not fit", err, path, "")
	_, err = w.CreatePolicyTemplate(t.Context(), &sdk.CreatePolicyTemplateInput{PolicyStoreId: strict, Statement: new(`permit(principal == ?principal, action == Shop::Action::"view", resource is Shop::Ordr);`)})
	w.invalid("a template", err, "statement", "")
	template := w.template(strict, `permit(principal == ?principal, action == Shop::Action::"view", resource is Shop::Order);`)
	_, err = w.CreatePolicy(t.Context(), linked(strict, template, entity("Shop::Nobody", "a"), nil))
	w.invalid("linked to what there is not", err, "definition.templateLinked", "")
	// What is there is not looked at again: neither for a new mode nor for a new schema.
	_, err = w.UpdatePolicyStore(t.Context(), &sdk.UpdatePolicyStoreInput{PolicyStoreId: off, ValidationSettings: &types.ValidationSettings{Mode: "STRICT"}})
	w.check(err)
	_, err = w.CreatePolicy(t.Context(), static(off, `permit(principal == Shop::Usr::"a", action, resource);`))
	w.invalid("strict from now on", err, path, "")
}

// TestAPolicyLives takes one through GetPolicy, UpdatePolicy, ListPolicies and DeletePolicy.
func TestAPolicyLives(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	store := w.store("OFF")
	text := `// a comment stays
permit(principal in Shop::Group::"g", action in [Shop::Action::"view", Shop::Action::"edit"], resource == Shop::Order::"1");`
	made, err := w.CreatePolicy(t.Context(), &sdk.CreatePolicyInput{PolicyStoreId: store, Name: new("name/first"), Definition: &types.PolicyDefinitionMemberStatic{
		Value: types.StaticPolicyDefinition{Statement: &text, Description: new("the first")},
	}})
	w.check(err)
	if made.PolicyType != "STATIC" || made.Effect != "Permit" || *made.Principal.EntityId != "g" || *made.Resource.EntityType != "Shop::Order" || len(made.Actions) != 2 {
		t.Errorf("%+v", made)
	}
	for _, ref := range []*string{made.PolicyId, new("name/first")} {
		got, err := w.GetPolicy(t.Context(), &sdk.GetPolicyInput{PolicyStoreId: store, PolicyId: ref})
		w.check(err)
		definition := got.Definition.(*types.PolicyDefinitionDetailMemberStatic).Value
		if *definition.Statement != text || *definition.Description != "the first" || *got.Name != "name/first" || *got.PolicyId != *made.PolicyId {
			t.Errorf("%+v", got)
		}
	}
	update := func(statement string) error {
		_, err := w.UpdatePolicy(t.Context(), &sdk.UpdatePolicyInput{PolicyStoreId: store, PolicyId: new("name/first"), Definition: &types.UpdatePolicyDefinitionMemberStatic{
			Value: types.UpdateStaticPolicyDefinition{Statement: &statement},
		}})
		return err
	}
	for what, statement := range map[string]string{
		"effect":    strings.Replace(text, "permit", "forbid", 1),
		"principal": strings.Replace(text, `in Shop::Group::"g"`, `== Shop::Group::"g"`, 1),
		"resource":  strings.Replace(text, ` == Shop::Order::"1"`, "", 1),
	} {
		w.invalid(what, update(statement), "definition.static.statement", "the "+what+" of a policy cannot be changed")
	}
	w.check(update(strings.Replace(text, `, Shop::Action::"edit"`, "", 1)))
	_, err = w.CreatePolicy(t.Context(), &sdk.CreatePolicyInput{PolicyStoreId: store, Name: new("name/first"), Definition: static(store, text).Definition})
	w.refused("the name again", err, "ConflictException")
	_, err = w.CreatePolicy(t.Context(), &sdk.CreatePolicyInput{PolicyStoreId: store, Name: new("first"), Definition: static(store, text).Definition})
	w.invalid("a name without its prefix", err, "name", "")
	_, err = w.UpdatePolicy(t.Context(), &sdk.UpdatePolicyInput{PolicyStoreId: store, PolicyId: made.PolicyId, Name: new("")})
	w.check(err)
	_, err = w.GetPolicy(t.Context(), &sdk.GetPolicyInput{PolicyStoreId: store, PolicyId: new("name/first")})
	w.refused("the name is gone", err, "ResourceNotFoundException")
	got, err := w.GetPolicy(t.Context(), &sdk.GetPolicyInput{PolicyStoreId: store, PolicyId: made.PolicyId})
	w.check(err)
	if got.Name != nil || len(got.Actions) != 1 {
		t.Errorf("%+v", got)
	}
	_, err = w.CreatePolicy(t.Context(), static(store, text+"/*"+strings.Repeat("x", 10_000)))
	w.refused("too large", err, "ServiceQuotaExceededException")
	for range 2 {
		_, err = w.DeletePolicy(t.Context(), &sdk.DeletePolicyInput{PolicyStoreId: store, PolicyId: made.PolicyId})
		w.check(err)
	}
	list, err := w.ListPolicies(t.Context(), &sdk.ListPoliciesInput{PolicyStoreId: store})
	w.check(err)
	if len(list.Policies) != 0 {
		t.Errorf("left are %v", list.Policies)
	}
}

// TestListPoliciesIsNarrowed has one row for each filter.
func TestListPoliciesIsNarrowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	store := w.store("OFF")
	template := w.template(store, `permit(principal == ?principal, action, resource in ?resource);`)
	names := map[string]string{}
	add := func(name string, in *sdk.CreatePolicyInput) {
		t.Helper()
		out, err := w.CreatePolicy(t.Context(), in)
		w.check(err)
		names[*out.PolicyId] = name
		w.now.Advance(time.Second)
	}
	add("all", static(store, `permit(principal, action, resource);`))
	add("alice", static(store, `permit(principal == Shop::User::"alice", action, resource);`))
	add("order", static(store, `forbid(principal, action, resource == Shop::Order::"1");`))
	add("linked", linked(store, template, entity("Shop::User", "alice"), entity("Shop::Order", "1")))
	none := &types.EntityReferenceMemberUnspecified{Value: true}
	for want, f := range map[string]*types.PolicyFilter{
		"all alice order linked": nil,
		"alice linked":           {Principal: &types.EntityReferenceMemberIdentifier{Value: *entity("Shop::User", "alice")}},
		"order linked":           {Resource: &types.EntityReferenceMemberIdentifier{Value: *entity("Shop::Order", "1")}},
		"all order":              {Principal: none},
		"all":                    {Principal: none, Resource: none},
		"all alice order":        {PolicyType: "STATIC"},
		"linked":                 {PolicyTemplateId: template},
		"":                       {PolicyType: "STATIC", PolicyTemplateId: template},
	} {
		var got []string
		pages := sdk.NewListPoliciesPaginator(w, &sdk.ListPoliciesInput{PolicyStoreId: store, Filter: f, MaxResults: new(int32(2))})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			w.check(err)
			for _, p := range page.Policies {
				got = append(got, names[*p.PolicyId])
				if item, ok := p.Definition.(*types.PolicyDefinitionItemMemberTemplateLinked); ok != (names[*p.PolicyId] == "linked") || ok && *item.Value.PolicyTemplateId != *template {
					t.Errorf("%+v", p.Definition)
				}
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	// A token of one list is nothing in another.
	page, err := w.ListPolicies(t.Context(), &sdk.ListPoliciesInput{PolicyStoreId: store, MaxResults: new(int32(1))})
	w.check(err)
	_, err = w.ListPolicies(t.Context(), &sdk.ListPoliciesInput{PolicyStoreId: store, NextToken: page.NextToken, Filter: &types.PolicyFilter{PolicyType: "STATIC"}})
	w.invalid("another list's token", err, "nextToken", "")
}

func TestBatchGetPolicyTellsWhatIsMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, two := w.store("OFF"), w.store("OFF")
	a, b := w.policy(one, `permit(principal, action, resource);`), w.policy(two, `forbid(principal, action, resource);`)
	got, err := w.BatchGetPolicy(t.Context(), &sdk.BatchGetPolicyInput{Requests: []types.BatchGetPolicyInputItem{
		{PolicyStoreId: one, PolicyId: a}, {PolicyStoreId: two, PolicyId: a}, {PolicyStoreId: new("nowhere"), PolicyId: a},
		{PolicyStoreId: new("policy-store-alias/nowhere"), PolicyId: a}, {PolicyStoreId: two, PolicyId: b},
	}})
	w.check(err)
	if len(got.Results) != 2 || *got.Results[0].PolicyId != *a || *got.Results[1].PolicyId != *b {
		t.Errorf("%+v", got.Results)
	}
	var codes []string
	for _, e := range got.Errors {
		codes = append(codes, string(e.Code))
	}
	if diff := cmp.Diff([]string{"POLICY_NOT_FOUND", "POLICY_STORE_NOT_FOUND", "POLICY_STORE_ALIAS_NOT_FOUND"}, codes); diff != "" {
		t.Error(diff)
	}
}

// TestATemplateLives takes one through GetPolicyTemplate, UpdatePolicyTemplate, ListPolicyTemplates and DeletePolicyTemplate.
func TestATemplateLives(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	store := w.store("OFF")
	text := `permit(principal == ?principal, action == Shop::Action::"view", resource == ?resource);`
	made, err := w.CreatePolicyTemplate(t.Context(), &sdk.CreatePolicyTemplateInput{PolicyStoreId: store, Statement: &text, Name: new("name/viewer"), Description: new("may view")})
	w.check(err)
	for name, statement := range map[string]string{
		"a principal that may be anybody": `permit(principal, action, resource == ?resource);`, "a resource that may be anything": `permit(principal == ?principal, action, resource);`,
		"no slot": `permit(principal == Shop::User::"a", action, resource == Shop::Order::"1");`, "a slot in a condition": `permit(principal == ?principal, action, resource is Shop::Order) when { ?resource };`,
	} {
		_, err = w.CreatePolicyTemplate(t.Context(), &sdk.CreatePolicyTemplateInput{PolicyStoreId: store, Statement: &statement})
		w.invalid(name, err, "statement", "")
	}
	one, err := w.CreatePolicy(t.Context(), linked(store, new("name/viewer"), entity("Shop::User", "alice"), entity("Shop::Order", "1")))
	w.check(err)
	if one.PolicyType != "TEMPLATE_LINKED" || *one.Principal.EntityId != "alice" || *one.Resource.EntityId != "1" {
		t.Errorf("%+v", one)
	}
	for name, in := range map[string]*sdk.CreatePolicyInput{
		"without a resource": linked(store, made.PolicyTemplateId, entity("Shop::User", "alice"), nil),
		"a bad type":         linked(store, made.PolicyTemplateId, entity(`Shop::User::"x") ; permit(principal`, "alice"), entity("Shop::Order", "1")),
	} {
		_, err = w.CreatePolicy(t.Context(), in)
		w.invalid(name, err, "definition.templateLinked", "")
	}
	_, err = w.CreatePolicy(t.Context(), linked(store, new("nowhere"), entity("Shop::User", "alice"), entity("Shop::Order", "1")))
	w.refused("no such template", err, "ResourceNotFoundException")
	w.decides(question(store), "ALLOW", *one.PolicyId)
	_, err = w.UpdatePolicy(t.Context(), &sdk.UpdatePolicyInput{PolicyStoreId: store, PolicyId: one.PolicyId, Definition: &types.UpdatePolicyDefinitionMemberStatic{
		Value: types.UpdateStaticPolicyDefinition{Statement: new(`permit(principal, action, resource);`)},
	}})
	w.invalid("a linked policy gets a text", err, "definition.static", "")
	update := func(statement string) error {
		_, err := w.UpdatePolicyTemplate(t.Context(), &sdk.UpdatePolicyTemplateInput{PolicyStoreId: store, PolicyTemplateId: made.PolicyTemplateId, Statement: &statement})
		return err
	}
	w.invalid("another principal", update(strings.Replace(text, "== ?principal", "in ?principal", 1)), "statement", "the principal of a policy template cannot be changed")
	w.invalid("another effect", update(strings.Replace(text, "permit", "forbid", 1)), "statement", "the effect of a policy template cannot be changed")
	w.check(update(strings.Replace(text, "view", "edit", 1)))
	w.decides(question(store), "DENY") // every policy of the template changes with it
	got, err := w.GetPolicy(t.Context(), &sdk.GetPolicyInput{PolicyStoreId: store, PolicyId: one.PolicyId})
	w.check(err)
	if *got.Actions[0].ActionId != "edit" {
		t.Errorf("%+v", got.Actions)
	}
	list, err := w.ListPolicyTemplates(t.Context(), &sdk.ListPolicyTemplatesInput{PolicyStoreId: store})
	w.check(err)
	if len(list.PolicyTemplates) != 1 || *list.PolicyTemplates[0].Description != "may view" {
		t.Errorf("%+v", list.PolicyTemplates)
	}
	for range 2 {
		_, err = w.DeletePolicyTemplate(t.Context(), &sdk.DeletePolicyTemplateInput{PolicyStoreId: store, PolicyTemplateId: made.PolicyTemplateId})
		w.check(err)
	}
	_, err = w.GetPolicy(t.Context(), &sdk.GetPolicyInput{PolicyStoreId: store, PolicyId: one.PolicyId})
	w.refused("its policies go with it", err, "ResourceNotFoundException")
	_, err = w.GetPolicyTemplate(t.Context(), &sdk.GetPolicyTemplateInput{PolicyStoreId: store, PolicyTemplateId: made.PolicyTemplateId})
	w.refused("the template is gone", err, "ResourceNotFoundException")
}
