package cognitoidp_test

import (
	"encoding/json"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// program makes a client that may ask for tokens of its own, with one scope, and gives its id and secret.
func (w *world) program(pool *string) (id, secret *string) {
	w.t.Helper()
	_, err := w.CreateResourceServer(w.t.Context(), &sdk.CreateResourceServerInput{
		UserPoolId: pool, Identifier: new("orders"), Name: new("orders"),
		Scopes: []types.ResourceServerScopeType{{ScopeName: new("read"), ScopeDescription: new("read")}, {ScopeName: new("write"), ScopeDescription: new("write")}},
	})
	w.check(err)
	out, err := w.CreateUserPoolClient(w.t.Context(), &sdk.CreateUserPoolClientInput{
		UserPoolId: pool, ClientName: new("job"), GenerateSecret: true, AllowedOAuthScopes: []string{"orders/read"},
		ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_CLIENT_TOKEN_AUTH"},
	})
	w.check(err)
	return out.UserPoolClient.ClientId, out.UserPoolClient.ClientSecret
}

func TestGetClientTokenTellsItsScopesOnlyToWhoHasTheSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	id, secret := w.program(pool)
	people := w.client(pool, func(in *sdk.CreateUserPoolClientInput) { in.GenerateSecret = true })
	described, err := w.DescribeUserPoolClient(t.Context(), &sdk.DescribeUserPoolClientInput{UserPoolId: pool, ClientId: people})
	w.check(err)
	for name, c := range map[string]struct{ id, secret, scopes, want string }{
		"all scopes":      {*id, *secret, ``, ""},
		"one scope":       {*id, *secret, `"orders/read"`, ""},
		"not its scope":   {*id, *secret, `"orders/write"`, "InvalidParameterException: Invalid scope requested: orders/write"},
		"no such scope":   {*id, *secret, `"orders/eat"`, "InvalidParameterException: Invalid scope requested: orders/eat"},
		"of people":       {*id, *secret, `"openid"`, "InvalidParameterException: Invalid scope requested: openid"},
		"wrong secret":    {*id, strings.Repeat("x", 40), ``, "NotAuthorizedException: Unable to verify secret hash for client " + *id},
		"unknown":         {"nobody", *secret, ``, "ResourceNotFoundException: User pool client nobody does not exist."},
		"not this flow":   {*people, *described.UserPoolClient.ClientSecret, ``, "InvalidParameterException: CLIENT_TOKEN_AUTH flow not enabled for this client"},
		"nor its secret":  {*people, *secret, ``, "NotAuthorizedException: Unable to verify secret hash for client " + *people},
		"without secrets": {*w.client(pool), *secret, ``, "NotAuthorizedException: "},
	} {
		var got struct {
			Type                       string `json:"__type"`
			Message                    string
			ClientAuthenticationResult struct {
				AccessToken, TokenType string
				ExpiresIn              int
			}
		}
		body := w.raw("GetClientToken", `{"ClientId":"`+c.id+`","Secret":"`+c.secret+`","Scopes":[`+c.scopes+`]}`)
		w.check(json.Unmarshal(body, &got))
		if said := got.Type + ": " + got.Message; c.want != "" && !strings.HasPrefix(said, c.want) {
			t.Errorf("%s: got %s, want %s", name, said, c.want)
		}
		if r := got.ClientAuthenticationResult; c.want == "" {
			claims := w.claims(pool, r.AccessToken)
			if r.TokenType != "Bearer" || r.ExpiresIn != 3600 || claims["sub"] != c.id || claims["scope"] != "orders/read" || claims["username"] != nil {
				t.Errorf("%s: %s", name, body)
			}
		}
	}
}

func TestClientTokensExcludePeopleAndNeedASecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	for want, in := range map[string]sdk.CreateUserPoolClientInput{
		"ALLOW_CLIENT_TOKEN_AUTH must be the only value of ExplicitAuthFlows.": {GenerateSecret: true,
			ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_CLIENT_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"}},
		"ALLOW_CLIENT_TOKEN_AUTH needs an app client with a secret.": {ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_CLIENT_TOKEN_AUTH"}},
	} {
		in.UserPoolId, in.ClientName = pool, new("job")
		_, err := w.CreateUserPoolClient(t.Context(), &in)
		w.refused(err, "InvalidParameterException", want)
	}
	id, secret := w.program(pool)
	w.person(pool, "dana")
	_, err := w.InitiateAuth(t.Context(), &sdk.InitiateAuthInput{ClientId: id, AuthFlow: "USER_PASSWORD_AUTH", AuthParameters: map[string]string{
		"USERNAME": "dana", "PASSWORD": goodPass, "SECRET_HASH": *hash(*secret, "dana", *id),
	}})
	w.refused(err, "InvalidParameterException", "USER_PASSWORD_AUTH flow not enabled for this client")
}

func TestClientsAreListedByType(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	for range 3 {
		w.client(pool)
	}
	list := func(kind string) string {
		return string(w.raw("ListUserPoolClients", `{"UserPoolId":"`+*pool+`","MaxResults":2,"ClientType":"`+kind+`"}`))
	}
	if got := list("REGULAR"); strings.Count(got, `"ClientId"`) != 2 || !strings.Contains(got, "NextToken") {
		t.Errorf("REGULAR: %s", got)
	}
	if got := list("DCR"); strings.Contains(got, `"ClientId"`) {
		t.Errorf("DCR: %s", got)
	}
	if got := list("OTHER"); !strings.Contains(got, "InvalidParameterException") {
		t.Errorf("OTHER: %s", got)
	}
}
