package cedar_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cognate.dev/cognate/internal/policy/cedar"
)

func policy(t testing.TB, text string) *cedar.Policy {
	t.Helper()
	p, err := cedar.ParsePolicy(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return p
}

var (
	alice = cedar.NewUID("User", "alice")
	view  = cedar.NewUID("Action", "view")
	photo = cedar.NewUID("Photo", "1")
)

func question(r cedar.Request) cedar.Request {
	r.Principal, r.Action, r.Resource = alice, view, photo
	return r
}

func TestAScopeSaysWhatItComparesWith(t *testing.T) {
	t.Parallel()
	p := policy(t, `@id("x
y") forbid (principal in Group::"g", action in [Action::"view", Action::"edit"], resource is Photo in Album::"a") unless { "a
b" == "a\nb" };`)
	want := []cedar.UID{view, cedar.NewUID("Action", "edit")}
	if p.Effect != cedar.Forbid || *p.Principal != cedar.NewUID("Group", "g") || *p.Resource != cedar.NewUID("Album", "a") || !cmp.Equal(p.Actions, want) {
		t.Errorf("%+v", p)
	}
	if p := policy(t, `permit (principal is User, action, resource);`); p.Principal != nil || p.Resource != nil || p.Actions != nil {
		t.Errorf("%+v", p)
	}
}

func TestWhatIsNoPolicyIsRefused(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing": "", "two": "permit(principal,action,resource);permit(principal,action,resource);", "a slot": `permit(principal == ?principal, action, resource);`,
		"rubbish": "let me in", "an open text": `permit(principal, action, resource) when { "`, "not ended": "permit(principal,action,resource)",
	} {
		if _, err := cedar.ParsePolicy(text); err == nil {
			t.Errorf("%s is taken for a policy", name)
		}
	}
}

func TestSlotsStandInTheirOwnClauseOnly(t *testing.T) {
	t.Parallel()
	for text, good := range map[string]bool{
		`permit(principal == ?principal, action, resource in ?resource);`:                                          true,
		`permit(principal is User in ?principal, action, resource == Photo::"?resource");`:                         true,
		"permit(principal in ?principal, action, resource == Photo::\"1\"); // ?resource":                          true,
		`permit(principal == ?resource, action, resource == ?principal);`:                                          false,
		`permit(principal == User::"a", action, resource == Photo::"1") when { principal == ?principal };`:         false,
		`permit(principal == Slot::"?principal", action, resource == Photo::"1") when { resource == ?principal };`: false,
		`permit(principal == ?principal, action, resource == Photo::"1") when { principal == ?principal };`:        false,
		`permit(principal == ?other, action, resource == Photo::"1");`:                                             false,
		`permit(principal == User::"a", action == ?principal, resource == Photo::"1");`:                            false,
		`permit(principal == User::"a", action, resource == Photo::"1");`:                                          false,
	} {
		if _, err := cedar.ParseTemplate(text); (err == nil) != good {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestNoIDLeavesItsSlot fails when what somebody is called can change the policy that is linked for them.
func TestNoIDLeavesItsSlot(t *testing.T) {
	t.Parallel()
	template, err := cedar.ParseTemplate(`permit(principal == ?principal, action, resource == Photo::"1") when { context.ok };`)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
			`x", action, resource); permit(principal, action, resource); //`, `\`, `\"`, "a\nb", "a\x00b", "\u2028", `"`, `?resource`, "a//b",
		})).Draw(t, "id")
		if strings.ToValidUTF8(id, "") != id {
			return
		}
		uid := cedar.NewUID("User", id)
		linked, err := template.Link(&uid, nil)
		if err != nil {
			t.Fatalf("%q: %v", id, err)
		}
		if *linked.Principal != uid {
			t.Fatalf("%q became %v", id, linked.Principal)
		}
		set := cedar.NewSet(map[string]*cedar.Policy{"p": linked}, nil)
		r := question(cedar.Request{Context: cedar.NewRecord(cedar.Fields{"ok": cedar.Bool(true)})})
		if set.Decide(r).Allowed != (id == "alice") {
			t.Fatalf("%q lets alice in", id)
		}
		r.Principal = uid
		if !set.Decide(r).Allowed {
			t.Fatalf("%q does not let them in", id)
		}
	})
	for _, kind := range []string{`User::"x", action, resource); permit(principal == User`, "", "a b", "__cedar::User", "User::"} {
		uid := cedar.UID{Type: cedar.Type(kind), ID: "x"}
		if _, err := template.Link(&uid, nil); err == nil {
			t.Errorf("%q is taken for an entity type", kind)
		}
	}
}

func TestATemplateIsLinkedByAllItsSlots(t *testing.T) {
	t.Parallel()
	template, err := cedar.ParseTemplate(`permit(principal == ?principal, action, resource in ?resource);`)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ principal, resource *cedar.UID }{"nothing": {}, "one": {&alice, nil}, "the other": {nil, &photo}} {
		if _, err := template.Link(c.principal, c.resource); err == nil {
			t.Errorf("linked with %s", name)
		}
	}
	if _, err := template.Link(&alice, &photo); err != nil {
		t.Error(err)
	}
}

// TestTheIndexDecidesAsAllPoliciesWould compares a set with one where every policy is looked at.
func TestTheIndexDecidesAsAllPoliciesWould(t *testing.T) {
	t.Parallel()
	entity := rapid.Custom(func(t *rapid.T) cedar.UID {
		return cedar.NewUID(rapid.SampledFrom([]string{"User", "Group"}).Draw(t, "type"), rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "id"))
	})
	action := rapid.SampledFrom([]string{`action`, `action == Action::"r"`, `action in [Action::"r", Action::"w", Action::"all"]`, `action in Action::"all"`})
	clause := func(t *rapid.T, name string) string {
		switch uid := entity.Draw(t, name); rapid.IntRange(0, 4).Draw(t, name+" form") {
		case 0:
			return name + " == " + uid.String()
		case 1:
			return name + " in " + uid.String()
		case 2:
			return fmt.Sprintf("%s is %s in %s", name, "User", uid)
		case 3:
			return name + " is User"
		}
		return name
	}
	rapid.Check(t, func(t *rapid.T) {
		indexed, whole := map[string]*cedar.Policy{}, cedar.Decision{}
		r := cedar.Request{
			Principal: entity.Draw(t, "p"), Resource: entity.Draw(t, "r"), Action: cedar.NewUID("Action", rapid.SampledFrom([]string{"r", "w"}).Draw(t, "a")), Entities: cedar.Entities{},
		}
		for range rapid.IntRange(0, 4).Draw(t, "entities") {
			e := cedar.Entity{UID: entity.Draw(t, "entity"), Parents: cedar.NewParents(entity.Draw(t, "parent"), entity.Draw(t, "parent"))}
			r.Entities[e.UID] = e
		}
		r.Entities[r.Action] = cedar.Entity{UID: r.Action, Parents: cedar.NewParents(cedar.NewUID("Action", "all"))}
		var permits, forbids []string
		for i := range rapid.IntRange(0, 8).Draw(t, "policies") {
			id := fmt.Sprint(i)
			text := fmt.Sprintf(`%s(%s, %s, %s) when { %s };`, rapid.SampledFrom([]string{"permit", "forbid"}).Draw(t, "effect"), clause(t, "principal"),
				action.Draw(t, "action"), clause(t, "resource"), rapid.SampledFrom([]string{"true", "context.nothing", "false"}).Draw(t, "when"))
			p, err := cedar.ParsePolicy(text)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			indexed[id] = p
			// A policy alone, in a set that has nothing to find it by, is every policy's own decision.
			one := cedar.Alone(p).Decide(r)
			if len(one.Policies) > 0 && p.Effect == cedar.Permit {
				permits = append(permits, id)
			} else if len(one.Policies) > 0 {
				forbids = append(forbids, id)
			}
			for _, e := range one.Errors {
				whole.Errors = append(whole.Errors, cedar.EvaluationError{Policy: id, Text: e.Text})
			}
		}
		whole.Allowed, whole.Policies = len(forbids) == 0 && len(permits) > 0, permits
		if len(forbids) > 0 {
			whole.Policies = forbids
		}
		got := cedar.NewSet(indexed, nil).Decide(r)
		if got.Allowed != whole.Allowed || !cmp.Equal(got.Policies, append([]string{}, whole.Policies...)) || !cmp.Equal(got.Errors, whole.Errors) {
			t.Fatalf("got %+v\nwant %+v", got, whole)
		}
	})
}

func TestEntitiesInACircleEnd(t *testing.T) {
	t.Parallel()
	a, b := cedar.NewUID("Group", "a"), cedar.NewUID("Group", "b")
	entities := cedar.Entities{
		alice: {UID: alice, Parents: cedar.NewParents(a)}, a: {UID: a, Parents: cedar.NewParents(b)}, b: {UID: b, Parents: cedar.NewParents(a, alice)},
	}
	set := cedar.NewSet(map[string]*cedar.Policy{"p": policy(t, `permit(principal in Group::"b", action, resource);`)}, nil)
	if !set.Decide(question(cedar.Request{Entities: entities})).Allowed {
		t.Error("alice is in b")
	}
}

// TestANumberWithAPlusIsNone fails when a condition holds that is an error to every other Cedar, and so lets somebody in.
func TestANumberWithAPlusIsNone(t *testing.T) {
	t.Parallel()
	for text, allowed := range map[string]bool{
		`decimal("1.0").lessThan(decimal("2.0"))`: true, `decimal("-1.0").lessThan(decimal("2.0"))`: true, `"+1.0" like "+*"`: true,
		`decimal("+1.0").lessThan(decimal("2.0"))`: false, `true && {a: [decimal("+0.0")]}.a.contains(decimal("0.0"))`: false, `decimal("\u{2b}1.0") == decimal("1.0")`: false,
	} {
		set := cedar.NewSet(map[string]*cedar.Policy{"p": policy(t, "permit(principal, action, resource) when { "+text+" };")}, nil)
		if d := set.Decide(question(cedar.Request{})); d.Allowed != allowed || (len(d.Errors) == 1) == allowed {
			t.Errorf("%s: %+v", text, d)
		}
	}
	if _, err := cedar.ParseContext(`{"n":{"__extn":{"fn":"decimal","arg":"+1.0"}}}`, nil, view); err == nil {
		t.Error("a context has such a number")
	}
	schema, err := cedar.ParseSchema(`{"NS":{"entityTypes":{"User":{},"Photo":{}},"actions":{"view":{"appliesTo":{"principalTypes":["User"],"resourceTypes":["Photo"]}}}}}`)
	if err != nil {
		t.Fatal(err)
	}
	problems := schema.Check(policy(t, `permit(principal, action == NS::Action::"view", resource) when { decimal("+1.0").lessThan(decimal("2.0")) };`))
	if len(problems) != 1 || problems[0].Reason != "FunctionArgumentValidationError" {
		t.Errorf("%+v", problems)
	}
}
