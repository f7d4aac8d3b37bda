package cognitoidentity_test

import (
	"maps"
	"slices"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cognate.dev/cognate/internal/identitypool"
)

var bare = cmp.Options{cmpopts.IgnoreUnexported(types.CognitoIdentityProvider{}, types.RoleMapping{}, types.RulesConfigurationType{}, types.MappingRule{}), cmpopts.EquateEmpty()}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, bare); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func oktaKnown(o *options) {
	o.providers = []identitypool.Provider{{Issuer: "https://okta.example.com/oauth2", Clients: []string{"a"}}}
}

const okta = "arn:aws:iam::123456789012:oidc-provider/okta.example.com/oauth2"

func TestAnIdentityPoolIsMadeReadChangedAndDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, oktaKnown)
	made, err := w.CreateIdentityPool(t.Context(), &sdk.CreateIdentityPoolInput{
		IdentityPoolName: new("my app"), AllowUnauthenticatedIdentities: true, AllowClassicFlow: new(true), DeveloperProviderName: new(developer),
		SupportedLoginProviders:   map[string]string{"accounts.google.com": "id.apps.googleusercontent.com"},
		CognitoIdentityProviders:  []types.CognitoIdentityProvider{{ProviderName: new(provider), ClientId: new(client), ServerSideTokenCheck: new(true)}},
		OpenIdConnectProviderARNs: []string{okta}, IdentityPoolTags: map[string]string{"team": "blue"},
	})
	w.check(err)
	if id := *made.IdentityPoolId; len(id) != len("eu-west-1:")+36 || id[:10] != "eu-west-1:" {
		t.Errorf("the id is %s", id)
	}
	read, err := w.DescribeIdentityPool(t.Context(), &sdk.DescribeIdentityPoolInput{IdentityPoolId: made.IdentityPoolId})
	w.check(err)
	for what, pair := range map[string][2]any{
		"name": {read.IdentityPoolName, made.IdentityPoolName}, "guests": {read.AllowUnauthenticatedIdentities, true}, "classic": {read.AllowClassicFlow, new(true)},
		"developer": {read.DeveloperProviderName, new(developer)}, "social": {read.SupportedLoginProviders, map[string]string{"accounts.google.com": "id.apps.googleusercontent.com"}},
		"pools": {read.CognitoIdentityProviders, []types.CognitoIdentityProvider{{ProviderName: new(provider), ClientId: new(client), ServerSideTokenCheck: new(true)}}},
		"oidc":  {read.OpenIdConnectProviderARNs, []string{okta}}, "tags": {read.IdentityPoolTags, map[string]string{"team": "blue"}},
	} {
		same(t, what, pair[0], pair[1])
	}
	changed, err := w.UpdateIdentityPool(t.Context(), &sdk.UpdateIdentityPoolInput{IdentityPoolId: made.IdentityPoolId, IdentityPoolName: new("other")})
	w.check(err)
	same(t, "what was not given is gone", []any{changed.AllowClassicFlow, changed.SupportedLoginProviders, changed.CognitoIdentityProviders, changed.OpenIdConnectProviderARNs},
		[]any{(*bool)(nil), map[string]string(nil), []types.CognitoIdentityProvider(nil), []string(nil)})
	_, err = w.UpdateIdentityPool(t.Context(), &sdk.UpdateIdentityPoolInput{IdentityPoolId: made.IdentityPoolId, IdentityPoolName: new("other"), DeveloperProviderName: new("another")})
	w.refused("another developer provider", err, "InvalidParameterException", "The developer provider name cannot be changed once it is set.")
	_, err = w.DeleteIdentityPool(t.Context(), &sdk.DeleteIdentityPoolInput{IdentityPoolId: made.IdentityPoolId})
	w.check(err)
	_, err = w.DescribeIdentityPool(t.Context(), &sdk.DescribeIdentityPoolInput{IdentityPoolId: made.IdentityPoolId})
	w.refused("a deleted pool", err, "ResourceNotFoundException", "IdentityPool '"+*made.IdentityPoolId+"' not found.")
}

// TestSettingsThatWouldHaveNoEffectAreRefused fails when somebody could believe that a provider's tokens count.
func TestSettingsThatWouldHaveNoEffectAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for what, change := range map[string]func(*sdk.CreateIdentityPoolInput){
		"Twitter": func(in *sdk.CreateIdentityPoolInput) {
			in.SupportedLoginProviders = map[string]string{"api.twitter.com": "1;2"}
		},
		"an unknown provider": func(in *sdk.CreateIdentityPoolInput) {
			in.SupportedLoginProviders = map[string]string{"example.com": "1"}
		},
		"SAML": func(in *sdk.CreateIdentityPoolInput) {
			in.SamlProviderARNs = []string{"arn:aws:iam::123456789012:saml-provider/a"}
		},
		"OIDC that nobody has named": func(in *sdk.CreateIdentityPoolInput) { in.OpenIdConnectProviderARNs = []string{okta} },
		"no user pool": func(in *sdk.CreateIdentityPoolInput) {
			in.CognitoIdentityProviders = []types.CognitoIdentityProvider{{ProviderName: new("example.com/pool"), ClientId: new("a")}}
		},
		"a client twice": func(in *sdk.CreateIdentityPoolInput) {
			in.CognitoIdentityProviders = slices.Repeat(in.CognitoIdentityProviders, 2)
		},
		"a developer who is Google": func(in *sdk.CreateIdentityPoolInput) { in.DeveloperProviderName = new("accounts.google.com") },
		"a developer who is us": func(in *sdk.CreateIdentityPoolInput) {
			in.DeveloperProviderName = new("cognito-identity.amazonaws.com")
		},
		"reserved tags": func(in *sdk.CreateIdentityPoolInput) { in.IdentityPoolTags = map[string]string{"aws:x": "y"} },
	} {
		in := &sdk.CreateIdentityPoolInput{IdentityPoolName: new("app"), CognitoIdentityProviders: []types.CognitoIdentityProvider{{ProviderName: new(provider), ClientId: new(client)}}}
		change(in)
		_, err := w.CreateIdentityPool(t.Context(), in)
		w.refused(what, err, "InvalidParameterException", "")
	}
	list, err := w.ListIdentityPools(t.Context(), &sdk.ListIdentityPoolsInput{MaxResults: new(int32(60))})
	w.check(err)
	if len(list.IdentityPools) != 0 {
		t.Errorf("%d pools were made all the same", len(list.IdentityPools))
	}
}

func TestIdentityPoolsComeInPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	want := map[string]bool{}
	for range 5 {
		want[*w.identityPool()] = true
	}
	pages := sdk.NewListIdentityPoolsPaginator(w.Client, &sdk.ListIdentityPoolsInput{MaxResults: new(int32(2))})
	got := map[string]bool{}
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		w.check(err)
		for _, one := range page.IdentityPools {
			got[*one.IdentityPoolId] = true
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("listed %v, want %v", got, want)
	}
	_, err := w.ListIdentityPools(t.Context(), &sdk.ListIdentityPoolsInput{MaxResults: new(int32(2)), NextToken: new("made-up")})
	w.refused("a made-up token", err, "InvalidParameterException", "Invalid pagination token")
}

func TestAnIdentityPoolIsTagged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	arn := "arn:aws:cognito-identity:eu-west-1:123456789012:identitypool/" + *w.identityPool()
	_, err := w.TagResource(t.Context(), &sdk.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{"a": "1", "b": "2"}})
	w.check(err)
	_, err = w.UntagResource(t.Context(), &sdk.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{"a", "x"}})
	w.check(err)
	got, err := w.ListTagsForResource(t.Context(), &sdk.ListTagsForResourceInput{ResourceArn: &arn})
	w.check(err)
	same(t, "tags", got.Tags, map[string]string{"b": "2"})
	for what, bad := range map[string]string{
		"another account": "arn:aws:cognito-identity:eu-west-1:999999999999:identitypool/" + arn[len(arn)-46:],
		"another region":  "arn:aws:cognito-identity:us-east-1:123456789012:identitypool/" + arn[len(arn)-46:],
	} {
		_, err = w.TagResource(t.Context(), &sdk.TagResourceInput{ResourceArn: &bad, Tags: map[string]string{"a": "1"}})
		w.refused(what, err, "ResourceNotFoundException", "")
	}
}

func TestRolesAndTheirMappingsAreSetAndRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.identityPool()
	rules := types.RoleMapping{Type: "Rules", AmbiguousRoleResolution: "Deny", RulesConfiguration: &types.RulesConfigurationType{
		Rules: []types.MappingRule{{Claim: new("custom:team"), MatchType: "Equals", Value: new("blue"), RoleARN: new(adminRole)}}}}
	w.setRoles(pool, map[string]types.RoleMapping{provider + ":" + client: rules})
	got, err := w.GetIdentityPoolRoles(t.Context(), &sdk.GetIdentityPoolRolesInput{IdentityPoolId: pool})
	w.check(err)
	same(t, "roles", got.Roles, map[string]string{"authenticated": memberRole, "unauthenticated": guestRole})
	same(t, "mappings", got.RoleMappings, map[string]types.RoleMapping{provider + ":" + client: rules})
	for what, bad := range map[string]map[string]types.RoleMapping{
		"a provider that is not the pool's":   {"accounts.google.com": rules},
		"a client that is not the pool's":     {provider + ":other": rules},
		"nothing for what is ambiguous":       {provider + ":" + client: {Type: "Token"}},
		"rules without rules":                 {provider + ":" + client: {Type: "Rules", AmbiguousRoleResolution: "Deny"}},
		"a rule without a role":               {provider + ":" + client: {Type: "Rules", AmbiguousRoleResolution: "Deny", RulesConfiguration: &types.RulesConfigurationType{Rules: []types.MappingRule{{Claim: new("a"), MatchType: "Equals", Value: new("b"), RoleARN: new("arn:aws:s3:::nothing-of-a-role")}}}}},
		"the user pool without its client id": {provider: rules},
	} {
		_, err := w.SetIdentityPoolRoles(t.Context(), &sdk.SetIdentityPoolRolesInput{IdentityPoolId: pool, Roles: map[string]string{}, RoleMappings: bad})
		w.refused(what, err, "InvalidParameterException", "")
	}
	_, err = w.SetIdentityPoolRoles(t.Context(), &sdk.SetIdentityPoolRolesInput{IdentityPoolId: pool, Roles: map[string]string{},
		RoleMappings: map[string]types.RoleMapping{"accounts.google.com": rules}})
	w.refused("the words of what is none of the pool's", err, "InvalidParameterException", "(accounts.google.com) is not a valid RoleMapping ProviderName or is not a configured provider.")
	_, err = w.SetIdentityPoolRoles(t.Context(), &sdk.SetIdentityPoolRolesInput{IdentityPoolId: pool, Roles: map[string]string{"authenticated": "the-name-of-a-role-alone"}})
	w.refused("a role by its name", err, "NotAuthorizedException", "Access to Role 'the-name-of-a-role-alone' is forbidden.")
	again, err := w.GetIdentityPoolRoles(t.Context(), &sdk.GetIdentityPoolRolesInput{IdentityPoolId: pool})
	w.check(err)
	same(t, "after refusals", again.Roles, got.Roles)
}

func TestPrincipalTagsAreSetAndRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.identityPool()
	set, err := w.SetPrincipalTagAttributeMap(t.Context(), &sdk.SetPrincipalTagAttributeMapInput{
		IdentityPoolId: pool, IdentityProviderName: new(provider), PrincipalTags: map[string]string{"team": "custom:team"}})
	w.check(err)
	got, err := w.GetPrincipalTagAttributeMap(t.Context(), &sdk.GetPrincipalTagAttributeMapInput{IdentityPoolId: pool, IdentityProviderName: new(provider)})
	w.check(err)
	same(t, "tags", got.PrincipalTags, set.PrincipalTags)
	_, err = w.SetPrincipalTagAttributeMap(t.Context(), &sdk.SetPrincipalTagAttributeMapInput{IdentityPoolId: pool, IdentityProviderName: new(provider), UseDefaults: new(true)})
	w.check(err)
	got, err = w.GetPrincipalTagAttributeMap(t.Context(), &sdk.GetPrincipalTagAttributeMapInput{IdentityPoolId: pool, IdentityProviderName: new(provider)})
	w.check(err)
	same(t, "defaults", []any{got.UseDefaults, got.PrincipalTags}, []any{new(true), map[string]string{"client": "aud", "username": "sub"}})
	_, err = w.SetPrincipalTagAttributeMap(t.Context(), &sdk.SetPrincipalTagAttributeMapInput{IdentityPoolId: pool, IdentityProviderName: new("accounts.google.com")})
	w.refused("a provider that is not the pool's", err, "ResourceNotFoundException", "")
}
