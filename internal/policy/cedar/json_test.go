package cedar_test

import (
	"strings"
	"testing"

	"cognate.dev/cognate/internal/policy/cedar"
)

const shop = `{"Shop": {
	"entityTypes": {
		"User": {"memberOfTypes": ["Team"], "shape": {"type": "Record", "attributes": {
			"joined": {"type": "Extension", "name": "datetime", "required": false}, "boss": {"type": "Entity", "name": "User", "required": false},
			"limit": {"type": "Long", "required": false}}}},
		"Team": {"memberOfTypes": ["Org"]},
		"Org": {},
		"Order": {"tags": {"type": "Extension", "name": "decimal"}}
	},
	"actions": {
		"any": {},
		"pay": {"memberOf": [{"id": "any"}], "appliesTo": {"principalTypes": ["User"], "resourceTypes": ["Order"], "context": {"type": "Record", "attributes": {
			"ip": {"type": "Extension", "name": "ipaddr", "required": false}, "by": {"type": "Entity", "name": "User", "required": false},
			"list": {"type": "Set", "element": {"type": "Extension", "name": "decimal"}, "required": false}}}}}
	}}}`

func schema(t testing.TB, text string) *cedar.Schema {
	t.Helper()
	s, err := cedar.ParseSchema(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var pay = cedar.NewUID("Shop::Action", "pay")

// TestNothingIsReadAsSomethingElse fails when a value that a policy needs is read as another kind of value: a policy that
// forbids would fail over it, and let pass what it should stop.
func TestNothingIsReadAsSomethingElse(t *testing.T) {
	t.Parallel()
	s := schema(t, shop)
	forbid := map[string]string{
		"ip":   `forbid(principal, action, resource) when { context.ip.isInRange(ip("10.0.0.0/8")) };`,
		"by":   `forbid(principal, action, resource) when { context.by == Shop::User::"eve" };`,
		"list": `forbid(principal, action, resource) when { context.list.contains(decimal("1.0")) };`,
	}
	for _, c := range []struct {
		member, context string
		guided          bool // it can be understood with the schema only
	}{
		{"ip", `{"ip": {"__extn": {"fn": "ip", "arg": "10.1.2.3"}}}`, false}, {"ip", `{"ip": "10.1.2.3"}`, true}, {"ip", `{"ip": {"fn": "ip", "arg": "10.1.2.3"}}`, true},
		{"by", `{"by": {"__entity": {"type": "Shop::User", "id": "eve"}}}`, false}, {"by", `{"by": {"type": "Shop::User", "id": "eve"}}`, true},
		{"list", `{"list": ["2.0", "1.0"]}`, true}, {"list", `{"list": [{"__extn": {"fn": "decimal", "arg": "1.0"}}]}`, false},
	} {
		set := cedar.NewSet(map[string]*cedar.Policy{
			"all": policy(t, `permit(principal, action, resource);`), "not": policy(t, forbid[c.member]),
		}, s)
		context, err := cedar.ParseContext(c.context, s, pay)
		if err != nil {
			t.Errorf("%s: %v", c.context, err)
			continue
		}
		r := cedar.Request{Principal: cedar.NewUID("Shop::User", "a"), Action: pay, Resource: cedar.NewUID("Shop::Order", "1"), Context: context}
		if d := set.Decide(r); d.Allowed || len(d.Errors) > 0 {
			t.Errorf("%s: %+v", c.context, d)
		}
		if !c.guided {
			if context, err = cedar.ParseContext(c.context, nil, pay); err != nil || set.Decide(cedar.Request{Principal: r.Principal, Action: pay, Resource: r.Resource, Context: context}).Allowed {
				t.Errorf("%s without the schema: %v", c.context, err)
			}
		}
	}
	for _, bad := range []string{
		`{"x": {"__extn": {"fn": "offset", "args": []}}}`, `{"x": {"__extn": {"fn": "offset", "arg": "1"}}}`, `{"x": {"__extn": "1"}}`, `{"x": {"__expr": "1"}}`,
		`{"x": {"__extn": {"fn": "ip", "arg": "10.0.0.1"}, "y": 1}}`, `{"x": {"__entity": {"type": "A", "id": "b"}, "y": 1}}`, `{"x": {"__entity": {"type": "A b", "id": "b"}}}`,
		`{"x": null}`, `{"x": 1.5}`, `{"x": 9223372036854775808}`, `{"ip": "nowhere"}`, `[]`, `{} {}`, `{"x": [{"__extn": {"fn": "ip", "args": ["1"]}}]}`,
	} {
		if _, err := cedar.ParseContext(bad, s, pay); err == nil {
			t.Errorf("%s is taken for a context", bad)
		}
	}
}

func TestEntitiesAreReadByTheSchema(t *testing.T) {
	t.Parallel()
	s := schema(t, shop)
	entities, err := cedar.ParseEntities(`[
		{"uid": {"type": "Shop::User", "id": "a"}, "attrs": {"joined": "2020-01-01", "boss": {"type": "Shop::User", "id": "b"}, "limit": 1}, "parents": []},
		{"uid": {"__entity": {"type": "Shop::User", "id": "a"}}, "attrs": {"joined": "2021-01-01"}, "parents": [{"type": "Shop::Org", "id": "o"}]},
		{"uid": {"type": "Shop::Order", "id": "1"}, "attrs": {}, "parents": [], "tags": {"price": "1.5"}}]`, s)
	if err != nil {
		t.Fatal(err)
	}
	set := cedar.NewSet(map[string]*cedar.Policy{"p": policy(t, `permit(principal in Shop::Org::"o", action in Shop::Action::"any", resource)
		when { principal.joined > datetime("2020-06-01") && resource.getTag("price").lessThan(decimal("2.0")) };`)}, s)
	r := cedar.Request{Principal: cedar.NewUID("Shop::User", "a"), Action: pay, Resource: cedar.NewUID("Shop::Order", "1"), Entities: entities}
	if d := set.Decide(r); !d.Allowed {
		t.Errorf("%+v", d)
	}
	if err := s.CheckRequest(r); err != nil { // an Org is an ancestor, not a parent
		t.Error(err)
	}
	// What a caller says of actions does not count.
	entities[pay] = cedar.Entity{UID: pay, Parents: cedar.NewParents(cedar.NewUID("Shop::Action", "more"))}
	more := cedar.NewSet(map[string]*cedar.Policy{"p": policy(t, `permit(principal, action in Shop::Action::"more", resource);`)}, s)
	if more.Decide(r).Allowed {
		t.Error("an action is in a group that the schema does not know")
	}
	for _, bad := range []string{
		`{}`, `[{"attrs": {}}]`, `[{"uid": "User::\"a\"", "attrs": {}, "parents": []}]`, `[{"uid": {"type": "U", "id": "a"}, "attributes": {}}]`,
		`[{"uid": {"type": "U", "id": "a"}, "attrs": {}, "parents": [{"type": "U"}]}]`, `[{"uid": {"type": "Shop::User", "id": "a"}, "attrs": {"joined": "never"}}]`, `[] []`,
	} {
		if _, err := cedar.ParseEntities(bad, s); err == nil {
			t.Errorf("%s are taken for entities", bad)
		}
	}
}

func TestWhatBreaksTheSchemaHasAReason(t *testing.T) {
	t.Parallel()
	s := schema(t, shop)
	for text, reason := range map[string]string{
		`permit(principal == Shop::User::"a", action == Shop::Action::"pay", resource);`:                                     "",
		`permit(principal == Shop::Usr::"a", action == Shop::Action::"pay", resource);`:                                      "UnrecognizedEntityType",
		`permit(principal, action == Shop::Action::"buy", resource);`:                                                        "UnrecognizedActionId",
		`permit(principal == Shop::Team::"a", action == Shop::Action::"pay", resource);`:                                     "InvalidActionApplication",
		`permit(principal, action == Shop::Action::"pay", resource) when { 1 };`:                                             "UnexpectedType",
		`permit(principal, action == Shop::Action::"pay", resource) when { principal.nothing == 1 };`:                        "MissingAttribute",
		`permit(principal, action == Shop::Action::"pay", resource) when { principal.limit == 1 };`:                          "UnsafeOptionalAttributeAccess",
		`permit(principal, action == Shop::Action::"pay", resource) when { principal has limit && principal.limit == "1" };`: "IncompatibleTypes",
		`permit(principal, action == Shop::Action::"pay", resource) when { ip("nowhere").isLoopback() };`:                    "FunctionArgumentValidationError",
		`permit(principal, action == Shop::Action::"pay", resource) when { ip("1.1.1.1", "1").isLoopback() };`:               "WrongNumberArguments",
	} {
		p, err := cedar.ParsePolicy(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var got []string
		for _, problem := range s.Check(p) {
			got = append(got, problem.Reason+": "+problem.Text)
		}
		if reason == "" && len(got) > 0 || reason != "" && !strings.Contains(strings.Join(got, "\n"), reason+": ") {
			t.Errorf("%s: %q, want %q", text, got, reason)
		}
	}
}

func TestATemplateIsCheckedBeforeItIsLinked(t *testing.T) {
	t.Parallel()
	s := schema(t, shop)
	for text, good := range map[string]bool{
		`permit(principal == ?principal, action == Shop::Action::"pay", resource == ?resource) when { principal has limit && principal.limit > 1 };`: true,
		`permit(principal is Shop::User in ?principal, action == Shop::Action::"pay", resource == ?resource);`:                                       true,
		`permit(principal is Shop::Team in ?principal, action == Shop::Action::"pay", resource == ?resource);`:                                       false,
		`permit(principal == ?principal, action == Shop::Action::"pay", resource == ?resource) when { principal.nothing };`:                          false,
	} {
		template, err := cedar.ParseTemplate(text)
		if err != nil {
			t.Fatal(err)
		}
		if problems := s.CheckTemplate(template); (len(problems) == 0) != good {
			t.Errorf("%s: %v", text, problems)
		}
	}
}

func TestWhatIsNoSchemaIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "[]", `{"A": 1}`, `{"A": {"entityTypes": {"U": {"memberOfTypes": ["X"]}}, "actions": {}}}`, `{"A": {"entityTypes": {"U": {"shape": {"type": "Nothing"}}}, "actions": {}}}`} {
		if _, err := cedar.ParseSchema(text); err == nil {
			t.Errorf("%s is taken for a schema", text)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`permit(principal == ?principal, action, resource in ?resource) when { "?" like "\*" };`, `{"a": {"__extn": {"fn": "ip", "arg": "::1"}}}`)
	s := schema(f, shop)
	f.Fuzz(func(t *testing.T, text, json string) {
		if p, err := cedar.ParsePolicy(text); err == nil {
			s.Check(p)
			cedar.NewSet(map[string]*cedar.Policy{"p": p}, s).Decide(cedar.Request{Principal: alice, Action: pay, Resource: photo})
		}
		if template, err := cedar.ParseTemplate(text); err == nil {
			s.CheckTemplate(template)
		}
		_, _ = cedar.ParseContext(json, s, pay)
		_, _ = cedar.ParseEntities(json, s)
		_, _ = cedar.ParseSchema(json)
	})
}
