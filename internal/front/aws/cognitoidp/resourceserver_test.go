package cognitoidp_test

import (
	"fmt"
	"slices"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/google/go-cmp/cmp"
)

// scopes names scopes that describe themselves.
func scopes(names ...string) (list []types.ResourceServerScopeType) {
	for _, n := range names {
		list = append(list, types.ResourceServerScopeType{ScopeName: new(n), ScopeDescription: new("may " + n)})
	}
	return list
}

// TestResourceServerKeepsWhatItWasGiven fails when a resource server loses a member, or an update keeps an old scope.
func TestResourceServerKeepsWhatItWasGiven(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	const id = "https://api.example.com/v1"
	out, err := w.CreateResourceServer(t.Context(), &sdk.CreateResourceServerInput{
		UserPoolId: pool, Identifier: new(id), Name: new("contacts"), Scopes: scopes("read", "write"),
	})
	w.check(err)
	want := &types.ResourceServerType{UserPoolId: pool, Identifier: new(id), Name: new("contacts"), Scopes: scopes("read", "write")}
	if diff := cmp.Diff(want, out.ResourceServer, ignoreUnexported); diff != "" {
		t.Errorf("created (-want +got):\n%s", diff)
	}
	_, err = w.CreateResourceServer(t.Context(), &sdk.CreateResourceServerInput{UserPoolId: pool, Identifier: new(id), Name: new("again")})
	w.refused(err, "InvalidParameterException", id+" already exists in user pool "+*pool+".")
	_, err = w.CreateResourceServer(t.Context(), &sdk.CreateResourceServerInput{
		UserPoolId: pool, Identifier: new("twice"), Name: new("twice"), Scopes: scopes("read", "read"),
	})
	w.refused(err, "InvalidParameterException", "The scope read is given more than once.")
	_, err = w.UpdateResourceServer(t.Context(), &sdk.UpdateResourceServerInput{
		UserPoolId: pool, Identifier: new(id), Name: new("people"), Scopes: scopes("delete"),
	})
	w.check(err)
	got, err := w.DescribeResourceServer(t.Context(), &sdk.DescribeResourceServerInput{UserPoolId: pool, Identifier: new(id)})
	w.check(err)
	want.Name, want.Scopes = new("people"), scopes("delete")
	if diff := cmp.Diff(want, got.ResourceServer, ignoreUnexported); diff != "" {
		t.Errorf("updated (-want +got):\n%s", diff)
	}
	_, err = w.DeleteResourceServer(t.Context(), &sdk.DeleteResourceServerInput{UserPoolId: pool, Identifier: new(id)})
	w.check(err)
	_, err = w.DescribeResourceServer(t.Context(), &sdk.DescribeResourceServerInput{UserPoolId: pool, Identifier: new(id)})
	w.refused(err, "ResourceNotFoundException", "Resource server "+id+" does not exist.")
	_, err = w.DescribeResourceServer(t.Context(), &sdk.DescribeResourceServerInput{UserPoolId: new("eu-west-1_unknown00"), Identifier: new(id)})
	w.refused(err, "ResourceNotFoundException", "User pool eu-west-1_unknown00 does not exist.")
}

// TestResourceServersComeInPages fails when a page repeats or forgets a resource server.
func TestResourceServersComeInPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	var want, got []string
	for i := range 5 {
		id := fmt.Sprintf("api%d", i)
		_, err := w.CreateResourceServer(t.Context(), &sdk.CreateResourceServerInput{UserPoolId: pool, Identifier: &id, Name: new("api")})
		w.check(err)
		want = append(want, id)
	}
	pages := sdk.NewListResourceServersPaginator(w, &sdk.ListResourceServersInput{UserPoolId: pool, MaxResults: new(int32(2))})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		w.check(err)
		for _, r := range page.ResourceServers {
			got = append(got, *r.Identifier)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("listed %v, want %v", got, want)
	}
}

// TestClientTakesOnlyScopesThatExist fails when an app client gets a scope of no resource server, or a machine client
// one that belongs to people.
func TestClientTakesOnlyScopesThatExist(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	_, err := w.CreateResourceServer(t.Context(), &sdk.CreateResourceServerInput{
		UserPoolId: pool, Identifier: new("https://api.example.com/"), Name: new("api"), Scopes: scopes("read"),
	})
	w.check(err)
	with := func(flow types.OAuthFlowType, scopes ...string) error {
		_, err := w.CreateUserPoolClient(t.Context(), &sdk.CreateUserPoolClientInput{
			UserPoolId: pool, ClientName: new("app"), GenerateSecret: true, AllowedOAuthFlowsUserPoolClient: true,
			AllowedOAuthFlows: []types.OAuthFlowType{flow}, AllowedOAuthScopes: scopes,
		})
		return err
	}
	w.check(with("client_credentials", "https://api.example.com//read"))
	w.check(with("code", "openid", "https://api.example.com//read"))
	for _, unknown := range []string{"https://api.example.com//write", "https://api.example.com/read", "read", "other/read", "/"} {
		w.refused(with("code", unknown), "ScopeDoesNotExistException", "Invalid scope requested: "+unknown)
	}
	w.refused(with("client_credentials", "openid"), "InvalidOAuthFlowException",
		"client_credentials flow can only use the scopes of resource servers.")
	client := w.client(pool)
	_, err = w.UpdateUserPoolClient(t.Context(), &sdk.UpdateUserPoolClientInput{
		UserPoolId: pool, ClientId: client, AllowedOAuthScopes: []string{"api/read"},
	})
	w.refused(err, "ScopeDoesNotExistException", "Invalid scope requested: api/read")
}
