package verifiedpermissions_test

import (
	"fmt"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/verifiedpermissions"
	"github.com/aws/aws-sdk-go-v2/service/verifiedpermissions/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cognate.dev/cognate/internal/decision"
	"cognate.dev/cognate/internal/permission"
)

func TestADecisionNamesThePoliciesThatMadeIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	store := w.store("OFF")
	w.decides(question(store), "DENY")
	all := w.policy(store, `permit(principal, action, resource);`)
	w.decides(question(store), "ALLOW", *all)
	w.policy(store, `permit(principal, action, resource) when { context.nothing };`)
	out := w.decides(question(store), "ALLOW", *all)
	if len(out.Errors) != 1 || !strings.Contains(*out.Errors[0].ErrorDescription, "nothing") {
		t.Errorf("%+v", out.Errors)
	}
	not := w.policy(store, `forbid(principal, action == Shop::Action::"view", resource);`)
	w.decides(question(store), "DENY", *not)
	_, err := w.DeletePolicy(t.Context(), &sdk.DeletePolicyInput{PolicyStoreId: store, PolicyId: not})
	w.check(err)
	w.decides(question(store), "ALLOW", *all) // what was changed counts at once
	w.decided.Lock()
	defer w.decided.Unlock()
	e := w.decisions[len(w.decisions)-1]
	in, effect := e.GetCheckResources().GetInputs()[0], e.GetCheckResources().GetOutputs()[0].GetActions()[`Shop::Action::"view"`]
	if in.GetPrincipal().GetId() != `Shop::User::"alice"` || in.GetResource().GetKind() != "Shop::Order" || effect.GetPolicy() != "policy-store/"+*store+"/"+*all ||
		effect.GetEffect().String() != "EFFECT_ALLOW" || e.GetMetadata()[decision.MetaPolicyStore].GetValues()[0] != *store || e.GetMetadata()["cognate-method"].GetValues()[0] != "IsAuthorized" {
		t.Errorf("%v", e)
	}
}

// TestValuesOfEveryKindReachThePolicies sends each as a value and as JSON.
func TestValuesOfEveryKindReachThePolicies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	store := w.store("OFF")
	id := w.policy(store, `permit(principal in Shop::Group::"g", action, resource) when {
		principal.ok && principal.n == -7 && principal.s == "x" && principal.list.containsAll([1, "a"]) && principal.rec.inner.a == "b" && principal.boss == Shop::User::"b" &&
		principal.ip.isInRange(ip("10.0.0.0/8")) && principal.price.lessThan(decimal("2.0")) && principal.at < datetime("2026-01-01") && principal.age > duration("1h") &&
		principal.getTag("t").contains("u") && context.ok };`)
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberString{Value: s} }
	tag := &types.CedarTagValueMemberSet{Value: []types.CedarTagValue{&types.CedarTagValueMemberString{Value: "u"}}}
	in := question(store)
	in.Context = &types.ContextDefinitionMemberContextMap{Value: map[string]types.AttributeValue{"ok": &types.AttributeValueMemberBoolean{Value: true}}}
	in.Entities = &types.EntitiesDefinitionMemberEntityList{Value: []types.EntityItem{
		{Identifier: entity("Shop::User", "alice")}, // the last of two counts
		{
			Identifier: entity("Shop::User", "alice"), Parents: []types.EntityIdentifier{*entity("Shop::Group", "g")}, Tags: map[string]types.CedarTagValue{"t": tag},
			Attributes: map[string]types.AttributeValue{
				"ok": &types.AttributeValueMemberBoolean{Value: true}, "n": &types.AttributeValueMemberLong{Value: -7}, "s": text("x"),
				"list": &types.AttributeValueMemberSet{Value: []types.AttributeValue{&types.AttributeValueMemberLong{Value: 1}, text("a")}},
				"rec":  &types.AttributeValueMemberRecord{Value: map[string]types.AttributeValue{"inner": &types.AttributeValueMemberRecord{Value: map[string]types.AttributeValue{"a": text("b")}}}},
				"boss": &types.AttributeValueMemberEntityIdentifier{Value: *entity("Shop::User", "b")}, "ip": &types.AttributeValueMemberIpaddr{Value: "10.1.2.3"},
				"price": &types.AttributeValueMemberDecimal{Value: "1.5"}, "at": &types.AttributeValueMemberDatetime{Value: "2025-06-01"}, "age": &types.AttributeValueMemberDuration{Value: "2h"},
			},
		},
	}}
	w.decides(in, "ALLOW", *id)
	in.Context = &types.ContextDefinitionMemberCedarJson{Value: `{"ok": true}`}
	in.Entities = &types.EntitiesDefinitionMemberCedarJson{Value: `[{"uid": {"type": "Shop::User", "id": "alice"}, "parents": [{"type": "Shop::Group", "id": "g"}], "tags": {"t": ["u"]},
		"attrs": {"ok": true, "n": -7, "s": "x", "list": [1, "a"], "rec": {"inner": {"a": "b"}}, "boss": {"__entity": {"type": "Shop::User", "id": "b"}}, "ip": {"__extn": {"fn": "ip", "arg": "10.1.2.3"}},
			"price": {"__extn": {"fn": "decimal", "arg": "1.5"}}, "at": {"__extn": {"fn": "datetime", "arg": "2025-06-01"}}, "age": {"__extn": {"fn": "duration", "arg": "2h"}}}}]`}
	w.decides(in, "ALLOW", *id)
}

// TestWhatIsWrongWithARequestIsSaid has one row for each mistake; none is a decision.
func TestWhatIsWrongWithARequestIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	store := w.store("OFF")
	w.policy(store, `permit(principal, action, resource);`)
	for name, c := range map[string]struct {
		change func(*sdk.IsAuthorizedInput)
		path   string
	}{
		"no principal": {func(in *sdk.IsAuthorizedInput) { in.Principal = nil }, "principal"},
		"no action":    {func(in *sdk.IsAuthorizedInput) { in.Action = nil }, "action"},
		"no resource":  {func(in *sdk.IsAuthorizedInput) { in.Resource = nil }, "resource"},
		"a bad type":   {func(in *sdk.IsAuthorizedInput) { in.Principal = entity(`User::"a`, "x") }, "principal"},
		"a bad context": {func(in *sdk.IsAuthorizedInput) {
			in.Context = &types.ContextDefinitionMemberCedarJson{Value: `{"a": null}`}
		}, "context.cedarJson"},
		"bad entities": {func(in *sdk.IsAuthorizedInput) {
			in.Entities = &types.EntitiesDefinitionMemberCedarJson{Value: `{}`}
		}, "entities.cedarJson"},
		"an address that is none": {func(in *sdk.IsAuthorizedInput) {
			in.Context = &types.ContextDefinitionMemberContextMap{Value: map[string]types.AttributeValue{"ip": &types.AttributeValueMemberIpaddr{Value: "1.2.3.4.5"}}}
		}, "context.contextMap.ip"},
		"an entity of a bad type": {func(in *sdk.IsAuthorizedInput) {
			in.Entities = &types.EntitiesDefinitionMemberEntityList{Value: []types.EntityItem{{Identifier: entity("a b", "x")}}}
		}, "entities.entityList.1.identifier.entityType"},
	} {
		in := question(store)
		c.change(in)
		_, err := w.IsAuthorized(t.Context(), in)
		w.invalid(name, err, c.path, "")
	}
	in := question(store)
	in.Context = &types.ContextDefinitionMemberCedarJson{Value: `{"a": "` + strings.Repeat("x", 2<<20) + `"}`}
	_, err := w.IsAuthorized(t.Context(), in)
	w.refused("two megabytes", err, "RequestEntityTooLargeException")
	if len(w.decisions) != 0 {
		t.Errorf("%d decisions were made", len(w.decisions))
	}
}

func TestBatchIsAuthorizedEchoesEachRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	store := w.store("OFF")
	id := w.policy(store, `permit(principal, action == Shop::Action::"view", resource) when { context.n == 1 };`)
	item := func(name string, n int64) types.BatchIsAuthorizedInputItem {
		return types.BatchIsAuthorizedInputItem{
			Principal: entity("Shop::User", "alice"), Action: action(name), Resource: entity("Shop::Order", fmt.Sprint(n)),
			Context: &types.ContextDefinitionMemberContextMap{Value: map[string]types.AttributeValue{"n": &types.AttributeValueMemberLong{Value: n}}},
		}
	}
	in := &sdk.BatchIsAuthorizedInput{PolicyStoreId: store, Requests: []types.BatchIsAuthorizedInputItem{item("view", 1), item("view", 2), item("edit", 1)}}
	out, err := w.BatchIsAuthorized(t.Context(), in)
	w.check(err)
	for i, r := range out.Results {
		if diff := cmp.Diff(in.Requests[i], *r.Request, cmpopts.IgnoreUnexported(types.BatchIsAuthorizedInputItem{}, types.EntityIdentifier{}, types.ActionIdentifier{},
			types.ContextDefinitionMemberContextMap{}, types.AttributeValueMemberLong{})); diff != "" {
			t.Error(diff)
		}
		if (r.Decision == "ALLOW") != (i == 0) || i == 0 && *r.DeterminingPolicies[0].PolicyId != *id {
			t.Errorf("%d: %s %v", i, r.Decision, r.DeterminingPolicies)
		}
	}
	in.Requests = nil
	for i := range 31 {
		in.Requests = append(in.Requests, item("view", int64(i)))
	}
	_, err = w.BatchIsAuthorized(t.Context(), in)
	w.invalid("31 requests", err, "requests", "")
	other := item("view", 2)
	other.Principal = entity("Shop::User", "bob")
	in.Requests = []types.BatchIsAuthorizedInputItem{item("view", 1), other}
	_, err = w.BatchIsAuthorized(t.Context(), in)
	w.invalid("two principals and two resources", err, "requests", "")
	in.Requests[1].Resource = entity("Shop::Order", "1")
	_, err = w.BatchIsAuthorized(t.Context(), in)
	w.check(err)
}

func TestRequestsAreValidatedWhereThatIsSet(t *testing.T) {
	t.Parallel()
	for _, validate := range []bool{false, true} {
		w := newWorld(t, func(p *permission.Parts) { p.Config.ValidateRequests = validate })
		store := w.store("STRICT")
		w.schema(store, shop)
		w.policy(store, `permit(principal, action, resource);`)
		good := question(store)
		w.decides(good, "ALLOW", *w.onlyPolicy(store))
		for name, change := range map[string]func(*sdk.IsAuthorizedInput){
			"an unknown type":   func(in *sdk.IsAuthorizedInput) { in.Resource = entity("Shop::Nothing", "1") },
			"an unknown action": func(in *sdk.IsAuthorizedInput) { in.Action = action("buy") },
			"an unknown attribute": func(in *sdk.IsAuthorizedInput) {
				in.Context = &types.ContextDefinitionMemberCedarJson{Value: `{"nothing": 1}`}
			},
			"an entity with an unknown attribute": func(in *sdk.IsAuthorizedInput) {
				in.Entities = &types.EntitiesDefinitionMemberCedarJson{Value: `[{"uid": {"type": "Shop::Order", "id": "1"}, "attrs": {"nothing": 1}}]`}
			},
		} {
			in := question(store)
			change(in)
			_, err := w.IsAuthorized(t.Context(), in)
			if validate {
				w.invalid(name, err, "request", "")
			} else if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// onlyPolicy is the id of the only policy of a store.
func (w *world) onlyPolicy(store *string) *string {
	w.t.Helper()
	list, err := w.ListPolicies(w.t.Context(), &sdk.ListPoliciesInput{PolicyStoreId: store})
	w.check(err)
	return list.Policies[0].PolicyId
}
