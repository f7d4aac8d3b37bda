package story

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/test/started"
)

const clonedSeed = `pools:
  - id: us-east-1_Cloned001
    name: shop
    alias_attributes: [email]
    auto_verified: [email]
    mfa: OPTIONAL
    case_sensitive: false
    attributes:
      - {name: team, type: String}
      - {name: level, type: Number}
    resource_servers:
      - {identifier: orders, scopes: [read, write]}
    clients:
      - {id: clonedweb, name: web, auth_flows: [ALLOW_USER_PASSWORD_AUTH, ALLOW_REFRESH_TOKEN_AUTH]}
      - {id: clonedjob, name: job, secret: a_secret_of_the_old_pool_1, oauth_flows: [client_credentials], oauth_scopes: [orders/read]}
    groups:
      - {name: admin, precedence: 1, description: all}
      - {name: user, precedence: 10}
    triggers:
      PreSignUp: arn:aws:lambda:us-east-1:000000000000:function:check
`

// TestAPoolIsClonedFromAnotherCognito copies a pool between two servers through a line that breaks in the middle. It fails
// when a setting, a client, a secret, a group, a user or a membership is lost or doubled, or what is left behind is not said.
func TestAPoolIsClonedFromAnotherCognito(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("SKIPPED: starts servers")
	}
	const users, pool = 150, "us-east-1_Cloned001"
	ctx, cancel := context.WithTimeout(t.Context(), 2*started.Patience)
	defer cancel()
	dir := t.TempDir()
	seeds, list := filepath.Join(dir, "seeds.yaml"), filepath.Join(dir, "users.ndjson")
	var lines strings.Builder
	for i := range users {
		group := ""
		if i%3 == 0 {
			group = `,"groups":["user"]`
		}
		fmt.Fprintf(&lines, `{"username":"p%d","attributes":{"email":"p%d@example.com","email_verified":true,"custom:team":"t%d","custom:level":%d},"password":{"hash":"%s"}%s}`+"\n",
			i, i, i, i, movedHash, group)
	}
	lines.WriteString(`{"username":"off","enabled":false,"attributes":{"email":"off@example.com"},"groups":["user","admin"]}` + "\n")
	lines.WriteString(`{"username":"new","status":"UNCONFIRMED","attributes":{"email":"new@example.com"}}` + "\n")
	for path, content := range map[string]string{seeds: clonedSeed, list: lines.String()} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	old := serve(t, "dev", "--seeds", seeds)
	typed(t, ctx, "import", list, "--pool", pool, "--data", filepath.Join(old.Dir(), "data"))

	// The line lets the second page of users through once it has been tried twice.
	var pages atomic.Int32
	to, err := url.Parse(old.cognito)
	if err != nil {
		t.Fatal(err)
	}
	onward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }}
	line := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".ListUsers") && pages.Add(1) == 2 {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"__type":"AccessDeniedException","message":"the line is cut"}`)
			return
		}
		onward.ServeHTTP(w, r)
	}))
	defer line.Close()

	fresh := serve(t, "dev")
	clone := func() (string, error) {
		cmd := exec.CommandContext(ctx, binary, "clone", "--from", line.URL+"/us-east-1/"+pool, "--data", filepath.Join(fresh.Dir(), "data"))
		cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=dev", "AWS_SECRET_ACCESS_KEY=dev")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := clone(); err == nil || !strings.Contains(out, "the line is cut") {
		t.Fatalf("the first run: %v\n%s", err, out)
	}
	out, err := clone()
	if err != nil {
		t.Fatalf("the second run: %v\n%s", err, out)
	}
	for _, want := range []string{
		fmt.Sprintf("copied the pool into %s: %d users, %d memberships", pool, users+2, users/3+2), fmt.Sprintf("%d users must choose a new password", users+1),
		"not copied: the trigger PreSignUp (arn:aws:lambda:us-east-1:000000000000:function:check)", "not copied: passwords",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	samePool(t, ctx, old.sdk(), fresh.sdk(), pool)
	for _, name := range []string{"p0", "p149", "off", "new"} {
		a, b := shownUser(t, ctx, old.sdk(), pool, name), shownUser(t, ctx, fresh.sdk(), pool, name)
		if a.UserStatus == "CONFIRMED" {
			a.UserStatus = "RESET_REQUIRED"
		}
		if diff := cmp.Diff(a, b); diff != "" {
			t.Errorf("%s (-there +here):\n%s", name, diff)
		}
	}
	var reset *types.PasswordResetRequiredException
	_, err = fresh.sdk().InitiateAuth(ctx, &idp.InitiateAuthInput{ClientId: aws.String("clonedweb"), AuthFlow: "USER_PASSWORD_AUTH",
		AuthParameters: map[string]string{"USERNAME": "p1", "PASSWORD": "Correct-Horse1"}})
	if !errors.As(err, &reset) {
		t.Errorf("who has no password here is told %v", err)
	}
	if out, err := clone(); err != nil || !strings.Contains(out, fmt.Sprintf("%d users, %d memberships", users+2, users/3+2)) {
		t.Errorf("once more: %v\n%s", err, out)
	}
	third := serve(t, "dev", "--seeds", seeds)
	cmd := exec.CommandContext(ctx, binary, "clone", "--from", line.URL+"/us-east-1/"+pool, "--data", filepath.Join(third.Dir(), "data"))
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=dev", "AWS_SECRET_ACCESS_KEY=dev")
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "a pool of this id exists already") {
		t.Errorf("over a pool that is there: %v\n%s", err, out)
	}
}

// samePool compares what two servers show of a pool and its parts.
func samePool(t *testing.T, ctx context.Context, a, b *idp.Client, pool string) {
	t.Helper()
	show := func(c *idp.Client) (out []any) {
		p, err := c.DescribeUserPool(ctx, &idp.DescribeUserPoolInput{UserPoolId: &pool})
		if err != nil {
			t.Fatal(err)
		}
		p.UserPool.CreationDate, p.UserPool.LastModifiedDate, p.UserPool.LambdaConfig = nil, nil, nil
		out = append(out, p.UserPool)
		m, err := c.GetUserPoolMfaConfig(ctx, &idp.GetUserPoolMfaConfigInput{UserPoolId: &pool})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, m.MfaConfiguration, m.SoftwareTokenMfaConfiguration)
		for _, id := range []string{"clonedweb", "clonedjob"} {
			got, err := c.DescribeUserPoolClient(ctx, &idp.DescribeUserPoolClientInput{UserPoolId: &pool, ClientId: &id})
			if err != nil {
				t.Fatal(err)
			}
			got.UserPoolClient.CreationDate, got.UserPoolClient.LastModifiedDate = nil, nil
			out = append(out, got.UserPoolClient)
		}
		servers, err := c.ListResourceServers(ctx, &idp.ListResourceServersInput{UserPoolId: &pool, MaxResults: aws.Int32(50)})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, servers.ResourceServers)
		groups, err := c.ListGroups(ctx, &idp.ListGroupsInput{UserPoolId: &pool})
		if err != nil {
			t.Fatal(err)
		}
		for i := range groups.Groups {
			groups.Groups[i].CreationDate, groups.Groups[i].LastModifiedDate = nil, nil
			out = append(out, groups.Groups[i], membersOf(t, ctx, c, pool, *groups.Groups[i].GroupName))
		}
		return out
	}
	quiet := cmp.FilterPath(func(p cmp.Path) bool {
		f, ok := p.Last().(cmp.StructField)
		return ok && f.Name() == "noSmithyDocumentSerde"
	}, cmp.Ignore())
	if diff := cmp.Diff(show(a), show(b), quiet); diff != "" {
		t.Errorf("the pool (-there +here):\n%s", diff)
	}
}

func membersOf(t *testing.T, ctx context.Context, c *idp.Client, pool, group string) (names []string) {
	t.Helper()
	for pages := idp.NewListUsersInGroupPaginator(c, &idp.ListUsersInGroupInput{UserPoolId: &pool, GroupName: &group}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range page.Users {
			names = append(names, *u.Username)
		}
	}
	slices.Sort(names)
	return names
}

// shown is a user without the times, which the wire rounds.
type shown struct {
	Username   string
	Attributes map[string]string
	Enabled    bool
	UserStatus string
	Created    string
}

func shownUser(t *testing.T, ctx context.Context, c *idp.Client, pool, name string) shown {
	t.Helper()
	u, err := c.AdminGetUser(ctx, &idp.AdminGetUserInput{UserPoolId: &pool, Username: &name})
	if err != nil {
		t.Fatal(err)
	}
	out := shown{*u.Username, map[string]string{}, u.Enabled, string(u.UserStatus), u.UserCreateDate.Format(time.RFC3339)}
	for _, a := range u.UserAttributes {
		out.Attributes[*a.Name] = *a.Value
	}
	return out
}
