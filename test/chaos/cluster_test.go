package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"cognate.dev/cognate/test/started"
)

const right = "Correct-Horse1"

// cluster is three nodes on one database, with nginx in front of them.
type cluster struct {
	t     *testing.T
	nodes []*node
	apis  []*idp.Client // of each node
	api   *idp.Client   // through nginx
	url   string
	post  *post
	key   string
	pass  string

	pool, client     string
	master, policies string
}

// newCluster starts three nodes. The first makes the schema and the root's key.
func newCluster(t *testing.T, database string, settings ...string) *cluster {
	t.Helper()
	return newClusterOf(t, [3]string{binary, binary, binary}, database, settings...)
}

// newClusterOf is newCluster of these programs.
func newClusterOf(t *testing.T, programs [3]string, database string, settings ...string) *cluster {
	t.Helper()
	policies, err := filepath.Abs("../../examples/policies")
	must(t, err)
	data, port := t.TempDir(), started.Port(t)
	c := &cluster{t: t, post: newPost(t), master: filepath.Join(data, "master.key"), policies: policies}
	settings = append(c.post.settings(), settings...)
	var addresses []string
	for i, program := range programs {
		cmd := command(filepath.Join(data, fmt.Sprint(i)), append(settings, "COGNATE_MASTER_KEY="+c.master),
			"--database", database, "--policies", policies, "--public-url", "http://127.0.0.1:"+port)
		cmd.Path, cmd.Args[0] = program, program
		n, err := ready(cmd)
		must(t, err)
		t.Cleanup(func() {
			if err := n.Stop(); err != nil {
				t.Errorf("stop: %v\n%s", err, n.Log)
			}
		})
		c.nodes, addresses = append(c.nodes, n), append(addresses, n.cognito)
		if n.key != "" {
			if c.key != "" {
				t.Error("two nodes made a root access key")
			}
			c.key, c.pass = n.key, n.secret
		}
	}
	for _, n := range c.nodes {
		c.apis = append(c.apis, root(n.cognito, c.key, c.pass))
	}
	c.url = balance(t, port, addresses)
	c.api = root(c.url, c.key, c.pass)
	c.furnish()
	return c
}

// furnish makes a pool and a client.
func (c *cluster) furnish() {
	c.t.Helper()
	ctx := patience(c.t)
	pool, err := c.apis[0].CreateUserPool(ctx, &idp.CreateUserPoolInput{PoolName: aws.String("people"),
		AutoVerifiedAttributes: []types.VerifiedAttributeType{types.VerifiedAttributeTypeEmail}})
	must(c.t, err)
	c.pool = *pool.UserPool.Id
	client, err := c.apis[1].CreateUserPoolClient(ctx, &idp.CreateUserPoolClientInput{
		UserPoolId: &c.pool, ClientName: aws.String("web"),
		ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"},
		AllowedOAuthFlows: []types.OAuthFlowType{"code"}, AllowedOAuthFlowsUserPoolClient: true,
		AllowedOAuthScopes: []string{"openid", "email", "aws.cognito.signin.user.admin"}, CallbackURLs: []string{callback}, SupportedIdentityProviders: []string{"COGNITO"},
	})
	must(c.t, err)
	c.client = *client.UserPoolClient.ClientId
}

// person makes a confirmed user with the right password and gives the sub.
func (c *cluster) person(name string) string {
	c.t.Helper()
	ctx := patience(c.t)
	u, err := c.apis[0].AdminCreateUser(ctx, &idp.AdminCreateUserInput{UserPoolId: &c.pool, Username: &name, MessageAction: "SUPPRESS",
		UserAttributes: []types.AttributeType{{Name: aws.String("email"), Value: aws.String(name + "@example.com")}, {Name: aws.String("email_verified"), Value: aws.String("true")}}})
	must(c.t, err)
	_, err = c.apis[1].AdminSetUserPassword(ctx, &idp.AdminSetUserPasswordInput{UserPoolId: &c.pool, Username: &name, Password: aws.String(right), Permanent: true})
	must(c.t, err)
	for _, a := range u.User.Attributes {
		if *a.Name == "sub" {
			return *a.Value
		}
	}
	c.t.Fatal("a user without a sub")
	return ""
}

// signIn gives tokens.
func (c *cluster) signIn(api *idp.Client, name string) *types.AuthenticationResultType {
	c.t.Helper()
	out, err := api.InitiateAuth(patience(c.t), &idp.InitiateAuthInput{ClientId: &c.client, AuthFlow: "USER_PASSWORD_AUTH",
		AuthParameters: map[string]string{"USERNAME": name, "PASSWORD": right}})
	must(c.t, err)
	return out.AuthenticationResult
}

// may asks a node's decision point whether somebody may do something with a contact of somebody else.
func may(ctx context.Context, n *node, principal, action string) (bool, error) {
	return mayThrough(ctx, http.DefaultClient, n, principal, action)
}

func mayThrough(ctx context.Context, client *http.Client, n *node, principal, action string) (bool, error) {
	body, err := json.Marshal(map[string]any{
		"principal": map[string]any{"id": principal, "roles": []string{}},
		"resources": []any{map[string]any{"actions": []string{action}, "resource": map[string]any{"kind": "contact", "id": "c1", "attr": map[string]any{"owner": "nobody"}}}},
	})
	if err != nil {
		return false, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, n.pdp+"/api/check/resources", bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := client.Do(req)
	if err != nil {
		return false, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return false, err
	}
	var got struct {
		Results []struct{ Actions map[string]string }
	}
	if res.StatusCode != http.StatusOK || json.Unmarshal(raw, &got) != nil || len(got.Results) != 1 {
		return false, fmt.Errorf("status %d: %s", res.StatusCode, raw)
	}
	return got.Results[0].Actions[action] == "EFFECT_ALLOW", nil
}
