package cognitoidentity_test

import (
	"encoding/base64"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"
	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/identitypool"
)

// why asks what would become of a login, by the claims of its token.
func (w *world) why(q identitypool.Question) *identitypool.Why {
	w.t.Helper()
	got, err := w.room.Identities.Explain(w.t.Context(), q)
	w.check(err)
	return got
}

// claimsOf are those of a token.
func (w *world) claimsOf(token string) []byte {
	w.t.Helper()
	claims, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	w.check(err)
	return claims
}

// TestWhatIsToldOfARoleIsWhatComesOfTheToken has an operator ask about claims, and then somebody come with a token of them. It fails when
// the two get different answers.
func TestWhatIsToldOfARoleIsWhatComesOfTheToken(t *testing.T) {
	t.Parallel()
	const elsewhere = "arn:aws:iam::123456789012:role/elsewhere"
	w := newWorld(t, withRoles, func(o *options) {
		o.roles = append(o.roles, trusting(elsewhere, "authenticated", "eu-west-1:11111111-0000-0000-0000-000000000000"))
	})
	w.person(w.pool, "bob")
	w.group("admins", adminRole, 1, "bob")
	one := func(claim, match, value, role string) types.MappingRule {
		return types.MappingRule{Claim: &claim, MatchType: types.MappingRuleMatchType(match), Value: &value, RoleARN: &role}
	}
	rules := func(ambiguous types.AmbiguousRoleResolutionType, list ...types.MappingRule) map[string]types.RoleMapping {
		return map[string]types.RoleMapping{provider + ":" + client: {Type: "Rules", AmbiguousRoleResolution: ambiguous, RulesConfiguration: &types.RulesConfigurationType{Rules: list}}}
	}
	tokens := map[string]types.RoleMapping{provider + ":" + client: {Type: "Token", AmbiguousRoleResolution: "Deny"}}
	two := rules("Deny", one("cognito:username", "Equals", "ann", elsewhere), one("cognito:username", "StartsWith", "b", adminRole), one("sub", "Contains", "-", memberRole))
	for _, c := range []struct {
		what     string
		mappings map[string]types.RoleMapping
		who      string // empty: a guest
		wish     string
		way      string
		holds    []bool
	}{
		{"no mapping", nil, "bob", "", identitypool.AsUsual, nil},
		{"a guest", nil, "", "", identitypool.AsUsual, nil},
		{"a guest who wishes", nil, "", adminRole, "", nil},
		{"the first rule that fits", two, "bob", "", identitypool.ByMapping, []bool{false, true, true}},
		{"the only rule that fits", two, "alice", "", identitypool.ByMapping, []bool{false, false, true}},
		{"another rule that fits, by wish", two, "bob", memberRole, identitypool.ByWish, []bool{false, true, true}},
		{"a rule that does not fit, by wish", two, "alice", adminRole, "", []bool{false, false, true}},
		{"a role that does not trust the pool", rules("Deny", one("cognito:username", "Equals", "bob", elsewhere)), "bob", "", identitypool.ByMapping, []bool{true}},
		{"a role that nobody has made", rules("Deny", one("cognito:username", "Equals", "bob", "arn:aws:iam::123456789012:role/none")), "bob", "", identitypool.ByMapping, []bool{true}},
		{"no rule fits", rules("Deny", one("cognito:username", "Equals", "ann", adminRole)), "bob", "", "", []bool{false}},
		{"no rule fits, the usual role", rules("AuthenticatedRole", one("cognito:username", "Equals", "ann", adminRole)), "bob", "", identitypool.AsUsual, []bool{false}},
		{"by token", tokens, "bob", "", identitypool.ByMapping, nil},
		{"by a token that names none", tokens, "alice", "", "", nil},
	} {
		pool := w.identityPool(guests)
		w.setRoles(pool, c.mappings)
		_, err := w.SetPrincipalTagAttributeMap(t.Context(), &sdk.SetPrincipalTagAttributeMapInput{
			IdentityPoolId: pool, IdentityProviderName: new(provider), PrincipalTags: map[string]string{"name": "cognito:username", "team": "custom:team"}})
		w.check(err)
		q := identitypool.Question{Pool: *pool, Role: c.wish}
		var logins map[string]string
		if c.who != "" {
			logins = w.logins(c.who)
			q.Provider, q.Claims = provider, w.claimsOf(logins[provider])
		}
		told := w.why(q)
		var holds []bool
		for _, r := range told.Rules {
			holds = append(holds, r.Holds)
		}
		if told.Way != c.way || !cmp.Equal(holds, c.holds) || told.Identity != "" {
			t.Errorf("%s: by %q, rules %v, identity %q", c.what, told.Way, holds, told.Identity)
		}
		in := &sdk.GetCredentialsForIdentityInput{IdentityId: w.id(pool, logins), Logins: logins}
		if c.wish != "" {
			in.CustomRoleArn = &c.wish
		}
		out, err := w.GetCredentialsForIdentity(t.Context(), in)
		if told.Refused != nil {
			if err == nil || !strings.HasSuffix(err.Error(), told.Refused.Text) {
				t.Errorf("%s: told %q, refused with %v", c.what, told.Refused.Text, err)
			}
			continue
		}
		w.check(err)
		who, err := w.authority.Session(*out.Credentials.AccessKeyId, *out.Credentials.SessionToken)
		w.check(err)
		if who.Role != told.Role || !told.Known || !told.Trusts || len(who.Tags) != len(told.Tags) || who.Tags["name"] != told.Tags["name"] {
			t.Errorf("%s: told %+v, became %s with %v", c.what, told, who.Role, who.Tags)
		}
		if again := w.why(q); c.who != "" && again.Identity != *in.IdentityId {
			t.Errorf("%s: the identity of the login is said to be %q", c.what, again.Identity)
		}
	}
}

// TestWhyARoleIsRefusedIsTold fails when an operator is not told what somebody would be told who comes in a way that does not count, or
// whether it is the role or its trust that is missing.
func TestWhyARoleIsRefusedIsTold(t *testing.T) {
	t.Parallel()
	const elsewhere = "arn:aws:iam::123456789012:role/elsewhere"
	w := newWorld(t, withRoles, func(o *options) { o.roles = append(o.roles, trusting(elsewhere, "authenticated", "eu-west-1:x")) })
	pool := w.identityPool()
	w.setRoles(pool, nil)
	for what, c := range map[string]struct{ provider, claims, want string }{
		"a guest":                {"", ``, "Unauthenticated access is not supported for this identity pool."},
		"another provider":       {"accounts.google.com", `{"sub":"a"}`, "Token is not from a supported provider of this identity pool."},
		"a token of another app": {provider, `{"sub":"a","aud":"client2"}`, "Token is not from a supported provider of this identity pool."},
		"nobody's token":         {provider, `{"aud":"client1"}`, fault.NoIDToken().Text},
	} {
		got := w.why(identitypool.Question{Pool: *pool, Provider: c.provider, Claims: []byte(c.claims)})
		if got.Refused == nil || got.Refused.Text != c.want || got.Role != "" {
			t.Errorf("%s: %+v", what, got)
		}
	}
	for role, want := range map[string][2]bool{memberRole: {true, true}, elsewhere: {true, false}, "arn:aws:iam::123456789012:role/none": {false, false}} {
		_, err := w.SetIdentityPoolRoles(t.Context(), &sdk.SetIdentityPoolRolesInput{IdentityPoolId: pool, Roles: map[string]string{"authenticated": role}})
		w.check(err)
		got := w.why(identitypool.Question{Pool: *pool, Provider: provider, Claims: []byte(`{"sub":"a","aud":"client1"}`)})
		if got.Known != want[0] || got.Trusts != want[1] || (got.Refused == nil) != want[1] {
			t.Errorf("%s: %+v", role, got)
		}
	}
	for what, c := range map[string]struct {
		q    identitypool.Question
		kind fault.Kind
	}{
		"no such pool": {identitypool.Question{Pool: "eu-west-1:none"}, fault.Missing},
		"no claims":    {identitypool.Question{Pool: *pool, Provider: provider, Claims: []byte(`[]`)}, fault.Invalid},
	} {
		if _, err := w.room.Identities.Explain(t.Context(), c.q); !fault.Is(err, c.kind, "") {
			t.Errorf("%s: %v", what, err)
		}
	}
	list, err := w.ListIdentities(t.Context(), &sdk.ListIdentitiesInput{IdentityPoolId: pool, MaxResults: new(int32(1))})
	w.check(err)
	if len(list.Identities) != 0 {
		t.Error("a question made an identity")
	}
}
