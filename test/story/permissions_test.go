package story

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// permissions is the example of policy stores.
type permissions struct{ *example }

// TestThePermissionsExample: customers, staff, machines and tenants, by what their tokens say.
func TestThePermissionsExample(t *testing.T) {
	t.Parallel()
	e := permissions{runExample(t, "examples/permissions/README.md", "aws", "curl")}
	rest := e.shown
	for _, word := range []string{"policy store customers", "ALLOW", "DENY", "DENY", "ALLOW", "DENY", "ALLOW", "DENY", "ValidationException"} {
		_, after, found := strings.Cut(rest, word)
		if !found {
			t.Fatalf("the README promises %q here:\n%s", word, rest)
		}
		rest = after
	}
	e.customers()
	e.staff()
	e.machines()
	e.tenants()
}

// asks is IsAuthorizedWithToken for a token of a kind: ALLOW, DENY or the name of an exception.
func (e permissions) asks(store, kind, token, action, resource, attributes, context string) string {
	e.t.Helper()
	actionType, actionID, _ := strings.Cut(action, "#")
	body := fmt.Sprintf(`{"policyStoreId": "policy-store-alias/%s", %q: %q, "action": {"actionType": %q, "actionId": %q}, "resource": {"entityType": %q, "entityId": "1"},
		"entities": {"entityList": [{"identifier": {"entityType": %q, "entityId": "1"}, "attributes": {%s}}]}, "context": {"contextMap": {%s}}}`,
		store, kind, token, actionType, actionID, resource, resource, attributes, context)
	req, err := http.NewRequestWithContext(soon(e.t), http.MethodPost, e.cognito, strings.NewReader(body))
	if err != nil {
		e.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.0")
	req.Header.Set("X-Amz-Target", "VerifiedPermissions.IsAuthorizedWithToken")
	req.Header.Set("X-Amz-Date", "20260101T000000Z")
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=dev/20260101/us-east-1/verifiedpermissions/aws4_request, SignedHeaders=host, Signature=00")
	got, err := send(req)
	if err != nil {
		e.t.Fatal(err)
	}
	if got.status != http.StatusOK {
		kind := fmt.Sprint(got.body["__type"])
		return kind[strings.LastIndex(kind, "#")+1:]
	}
	return fmt.Sprint(got.body["decision"])
}

// idToken signs in with a password.
func (e permissions) idToken(client, username, password string) string {
	e.t.Helper()
	_, _, got := e.signIn(client, username, password)
	token, err := got.at("AuthenticationResult.IdToken")
	if err != nil {
		e.t.Fatalf("%s: %v: %s", username, err, got.raw)
	}
	return token
}

func (e permissions) is(what, got, want string) {
	e.t.Helper()
	if got != want {
		e.t.Errorf("%s: %s, want %s", what, got, want)
	}
}

// customers has a row for each thing that must hold.
func (e permissions) customers() {
	e.t.Helper()
	const client, acme, read, move = "permcustomers0000000000000", `"tenant_id": {"string": "acme"}`, "Bank::Action#get /transactions/{id}", "Bank::Action#post /transfers"
	amount := func(n int) string { return fmt.Sprintf(`"amount": {"long": %d}`, n) }
	for _, c := range []struct{ who, password, action, of, context, want string }{
		{"ana", "Correct-Horse1", read, acme, "", "ALLOW"}, {"ana", "Correct-Horse1", read, `"tenant_id": {"string": "other"}`, "", "DENY"},
		{"ana", "Correct-Horse1", move, acme, amount(5000), "ALLOW"}, {"ana", "Correct-Horse1", move, acme, amount(5001), "DENY"},
		{"ana", "Correct-Horse1", move, acme, "", "DENY"},        // an amount that is missing is no small one
		{"ben", "Correct-Horse2", read, acme, "", "ALLOW"},       // a viewer
		{"ben", "Correct-Horse2", move, acme, amount(1), "DENY"}, // may not move
		{"eve", "Correct-Horse3", move, acme, amount(1), "DENY"}, // a personal account, without a limit
		{"kim", "Correct-Horse4", read, acme, "", "ALLOW"},       // an owner
		{"kim", "Correct-Horse4", move, acme, amount(1), "DENY"}, // from where money does not move
	} {
		token := e.idToken(client, c.who, c.password)
		e.is(c.who+" "+c.action+" "+c.of+" "+c.context, e.asks("customers", "identityToken", token, c.action, "Bank::Account", c.of, c.context), c.want)
	}
	other := e.idToken("permcustomersother00000000", "ana", "Correct-Horse1")
	e.is("another app's token", e.asks("customers", "identityToken", other, read, "Bank::Account", acme, ""), "ValidationException")
}

// staff come through another pool, which is Okta here.
func (e permissions) staff() {
	e.t.Helper()
	const read, eu = "Staff::Action#read", `"region": {"string": "eu"}`
	w := &fired{server: e.server, t: e.t, pool: "us-east-1_PermStaff", client: "permstaffportal00000000000"}
	okta := w.text(w.do("CreateUserPool", `"PoolName":"okta"`), "UserPool.Id")
	for _, name := range []string{"mia", "max"} {
		w.do("AdminCreateUser", fmt.Sprintf(`"UserPoolId":%q,"Username":%q,"MessageAction":"SUPPRESS","UserAttributes":[{"Name":"email","Value":"%s@example.com"}]`, okta, name, name))
		w.do("AdminSetUserPassword", fmt.Sprintf(`"UserPoolId":%q,"Username":%q,"Password":"Correct-Horse9","Permanent":true`, okta, name))
	}
	in := w.do("CreateUserPoolClient", fmt.Sprintf(`"UserPoolId":%q,"ClientName":"people","GenerateSecret":true,"AllowedOAuthFlowsUserPoolClient":true,"AllowedOAuthFlows":["code"],
		"AllowedOAuthScopes":["openid","email"],"CallbackURLs":[%q],"SupportedIdentityProviders":["COGNITO"]`, okta, e.cognito+"/"+w.pool+"/oauth2/idpresponse"))
	w.do("CreateIdentityProvider", fmt.Sprintf(`"UserPoolId":POOL,"ProviderName":"Okta","ProviderType":"OIDC","AttributeMapping":{"email":"email"},
		"ProviderDetails":{"client_id":%q,"client_secret":%q,"oidc_issuer":%q,"authorize_scopes":"openid email","attributes_request_method":"GET"}`,
		w.text(in, "UserPoolClient.ClientId"), w.text(in, "UserPoolClient.ClientSecret"), e.cognito+"/"+okta))
	w.do("UpdateUserPoolClient", `"UserPoolId":POOL,"ClientId":CLIENT,"ClientName":"staff-portal","AllowedOAuthFlowsUserPoolClient":true,"AllowedOAuthFlows":["code"],
		"AllowedOAuthScopes":["openid","email"],"CallbackURLs":["https://app.example.com/cb"],"SupportedIdentityProviders":["COGNITO","Okta"],"ExplicitAuthFlows":["ALLOW_USER_PASSWORD_AUTH"]`)
	for who, want := range map[string]string{"mia": "ALLOW", "max": "DENY"} { // max is of another region
		code := w.comesBy("Okta", who).Query().Get("code")
		answer := w.read(http.PostForm(e.cognito+"/"+w.pool+"/oauth2/token", url.Values{
			"grant_type": {"authorization_code"}, "client_id": {w.client}, "code": {code}, "redirect_uri": {"https://app.example.com/cb"},
		}))
		var set struct {
			ID string `json:"id_token"`
		}
		if err := json.Unmarshal([]byte(answer.body), &set); err != nil {
			e.t.Fatal(err)
		}
		e.is(who, e.asks("staff", "identityToken", set.ID, read, "Staff::Case", eu, ""), want)
		e.is(who+" writes", e.asks("staff", "identityToken", set.ID, "Staff::Action#write", "Staff::Case", eu, ""), "DENY")
	}
	local := e.idToken(w.client, "local", "Correct-Horse1")
	e.is("a local account", e.asks("staff", "identityToken", local, read, "Staff::Case", eu, ""), "DENY")
}

func (e permissions) machines() {
	e.t.Helper()
	token := func(client, secret, scope string) string {
		req, err := http.NewRequestWithContext(soon(e.t), http.MethodPost, e.cognito+"/us-east-1_PermServ1/oauth2/token",
			strings.NewReader(url.Values{"grant_type": {"client_credentials"}, "scope": {scope}}.Encode()))
		if err != nil {
			e.t.Fatal(err)
		}
		req.SetBasicAuth(client, secret)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		got, err := send(req)
		if err != nil {
			e.t.Fatal(err)
		}
		return fmt.Sprint(got.body["access_token"])
	}
	const billing, reports, get = "permbilling000000000000000", "permreports000000000000000", "Pay::Action#GET /payments"
	for scope, want := range map[string]string{"payments/read": "ALLOW", "payments/read payments/write": "ALLOW", "payments/readonly": "DENY", "payments/write": "DENY"} {
		e.is(scope, e.asks("services", "accessToken", token(billing, "only_for_development_000", scope), get, "Pay::Api", "", ""), want)
	}
	other := token(reports, "only_for_development_111", "payments/read")
	e.is("another machine", e.asks("services", "accessToken", other, get, "Pay::Api", "", ""), "ValidationException")
	e.is("an access token for an ID token", e.asks("services", "identityToken", token(billing, "only_for_development_000", "payments/read"), get, "Pay::Api", "", ""), "ValidationException")
}

func (e permissions) tenants() {
	e.t.Helper()
	red, blue := e.idToken("permred0000000000000000000", "rita", "Correct-Horse1"), e.idToken("permblue000000000000000000", "bela", "Correct-Horse2")
	for _, c := range []struct{ store, token, of, want string }{
		{"tenant-red", red, "red", "ALLOW"}, {"tenant-blue", blue, "blue", "ALLOW"}, {"tenant-red", red, "blue", "DENY"},
		{"tenant-red", blue, "red", "ValidationException"}, {"tenant-blue", red, "blue", "ValidationException"}, {"tenant-green", red, "red", "ResourceNotFoundException"},
	} {
		e.is(c.store+" "+c.of, e.asks(c.store, "identityToken", c.token, "App::Action#read", "App::Document", fmt.Sprintf(`"tenant_id": {"string": %q}`, c.of), ""), c.want)
	}
}
