package story

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// TestTemporaryCredentialsOpenTheGateway leads from a sign-in through an identity pool to a route that asks for a signature: the
// role's policy says what may be called.
func TestTemporaryCredentialsOpenTheGateway(t *testing.T) {
	t.Parallel()
	backend := newBackend(t)
	d := openDoor(t, fmt.Sprintf(`
apis:
  - {id: orders, type: rest, authorizers: [{name: keys, type: iam}], authorizer: keys, routes: [{path: "/{proxy+}", to: {url: %q}}]}
`, backend), `
roles:
  - arn: arn:aws:iam::000000000000:role/member
    trust: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringLike":{"cognito-identity.amazonaws.com:aud":"us-east-1:*"}}}]}'
    policy: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:orders/prod/GET/${cognito-identity.amazonaws.com:sub}/*"}]}'`)
	const login = "cognito-idp.us-east-1.amazonaws.com/us-east-1_Cognate01"
	dev := aws.Credentials{AccessKeyID: "dev", SecretAccessKey: "dev"}
	identity := func(operation string, body map[string]any, who *aws.Credentials) map[string]any {
		t.Helper()
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		req := d.request(t, http.MethodPost, d.cognito+"/", string(raw))
		req.Header.Set("Content-Type", "application/x-amz-json-1.1")
		req.Header.Set("X-Amz-Target", "AWSCognitoIdentityService."+operation)
		if who != nil {
			sign(t, req, string(raw), *who, "cognito-identity")
		}
		status, answer := got(t, req)
		var out map[string]any
		if err := json.Unmarshal([]byte(answer), &out); status != http.StatusOK && answer != "" || err != nil && answer != "" {
			t.Fatalf("%s: %d %s", operation, status, answer)
		}
		return out
	}
	pool := identity("CreateIdentityPool", map[string]any{
		"IdentityPoolName": "orders", "AllowUnauthenticatedIdentities": false,
		"CognitoIdentityProviders": []any{map[string]any{"ProviderName": login, "ClientId": "contactsweb0000000000000000"}},
	}, &dev)["IdentityPoolId"]
	identity("SetIdentityPoolRoles", map[string]any{"IdentityPoolId": pool, "Roles": map[string]any{"authenticated": "arn:aws:iam::000000000000:role/member"}}, &dev)
	logins := map[string]any{login: d.tokenOf(t, "alice", "Correct-Horse1", "IdToken")}
	id := identity("GetId", map[string]any{"IdentityPoolId": pool, "Logins": logins}, nil)["IdentityId"].(string)
	c := identity("GetCredentialsForIdentity", map[string]any{"IdentityId": id, "Logins": logins}, nil)["Credentials"].(map[string]any)
	alice := aws.Credentials{AccessKeyID: c["AccessKeyId"].(string), SecretAccessKey: c["SecretKey"].(string), SessionToken: c["SessionToken"].(string)}
	other := alice
	other.SecretAccessKey = "x" + alice.SecretAccessKey
	for _, call := range []struct {
		name, method, path string
		who                aws.Credentials
		want               string
	}{
		{"her own", http.MethodGet, "/" + id + "/x", alice, "200 sub=arn:aws:sts::000000000000:assumed-role/member/CognitoIdentityCredentials"},
		{"another method", http.MethodPut, "/" + id + "/x", alice, `403 {"Message":"User: arn:aws:sts::000000000000:assumed-role/member/CognitoIdentityCredentials is not authorized to perform: execute-api:Invoke`},
		{"somebody else's", http.MethodGet, "/us-east-1:somebody/x", alice, `403 {"Message":"User: arn:aws:sts`},
		{"another secret", http.MethodGet, "/" + id + "/x", other, `403 {"message":"The request signature we calculated does not match`},
	} {
		req := d.request(t, call.method, d.gateway+call.path, "")
		sign(t, req, "", call.who, "execute-api")
		status, body := got(t, req)
		if have := fmt.Sprintf("%d %s", status, body); !strings.HasPrefix(have, call.want) {
			t.Errorf("%s: %s\n%s", call.name, have, d.Log)
		}
	}
}

func (d *door) request(t *testing.T, method, url, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(soon(t), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// sign lets AWS's SDK sign a request.
func sign(t *testing.T, req *http.Request, body string, who aws.Credentials, service string) {
	t.Helper()
	sum := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(t.Context(), who, req, hex.EncodeToString(sum[:]), service, "us-east-1", time.Now()); err != nil {
		t.Fatal(err)
	}
}
