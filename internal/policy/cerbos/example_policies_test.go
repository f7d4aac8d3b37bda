package cerbos

import (
	"os"
	"slices"
	"strings"
	"testing"

	effectv1 "github.com/cerbos/cerbos/api/genpb/cerbos/effect/v1"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	"google.golang.org/protobuf/types/known/structpb"

	"cognate.dev/cognate/internal/policy"
)

func TestTheContactPolicySaysWhatItsTableSays(t *testing.T) {
	t.Parallel()
	c, err := New(policy.Config{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := c.Compile(t.Context(), os.DirFS("../../../examples/policies"))
	if err != nil {
		t.Fatal(err)
	}
	enabled, disabled := map[string]any{"enabled": true}, map[string]any{"enabled": false}
	for _, version := range []string{"", "default", "20210210"} {
		for _, who := range []struct {
			name    string
			roles   string
			account map[string]any
			owner   bool
			may     string
		}{
			{"an admin", "admin", enabled, false, "list read create update delete"},
			{"a user", "user", enabled, false, "list read create"},
			{"the owner", "user", enabled, true, "list read create update delete"},
			{"an admin who is a user too", "user admin", enabled, false, "list read create update delete"},
			{"a user with another role", "user auditor", enabled, true, "list read create update delete"},
			{"somebody else", "auditor", enabled, true, ""},
			{"a disabled admin", "admin", disabled, true, ""},
			{"a disabled user of many roles", "auditor user admin", disabled, true, ""},
			{"an admin whom only the caller knows", "admin", nil, true, "list read create update delete"},
			{"a user whom only the caller knows", "user", nil, false, "list read create"},
		} {
			actions := strings.Fields("list read create update delete export")
			if got := may(t, d, version, who.roles, who.account, who.owner, actions); got != who.may {
				t.Errorf("version %q: %s may %q, want %q", version, who.name, got, who.may)
			}
		}
	}
}

func may(t *testing.T, d policy.Decider, version, roles string, account map[string]any, owner bool, actions []string) string {
	t.Helper()
	attr := map[string]any{}
	if account != nil {
		attr["cognito"] = account
	}
	p, err := structpb.NewStruct(attr)
	if err != nil {
		t.Fatal(err)
	}
	holder := "bob"
	if owner {
		holder = "alice"
	}
	out, err := d.Check(t.Context(), []*enginev1.CheckInput{{
		Principal: &enginev1.Principal{Id: "alice", Roles: strings.Fields(roles), Attr: p.GetFields(), PolicyVersion: version},
		Resource:  &enginev1.Resource{Kind: "contact", Id: "1", PolicyVersion: version, Attr: map[string]*structpb.Value{"owner": structpb.NewStringValue(holder)}},
		Actions:   actions,
	}})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(slices.DeleteFunc(actions, func(a string) bool {
		return out[0].GetActions()[a].GetEffect() != effectv1.Effect_EFFECT_ALLOW
	}), " ")
}
