package story

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"github.com/google/go-cmp/cmp"
)

// walkProvider signs people in whom another pool of the server vouches for: an OpenID Connect provider to this one.
func (w *fired) walkProvider() {
	w.t.Helper()
	in := w.do("CreateUserPool", `"PoolName":"corp"`)
	corp := w.text(in, "UserPool.Id")
	w.do("AdminCreateUser", `"UserPoolId":"`+corp+`","Username":"frank","MessageAction":"SUPPRESS","UserAttributes":[{"Name":"email","Value":"frank@example.com"},{"Name":"name","Value":"Frank"}]`)
	w.do("AdminSetUserPassword", `"UserPoolId":"`+corp+`","Username":"frank","Password":"Correct-Horse9","Permanent":true`)
	back := w.cognito + "/" + w.pool + "/oauth2/idpresponse"
	in = w.do("CreateUserPoolClient", fmt.Sprintf(`"UserPoolId":%q,"ClientName":"people","GenerateSecret":true,"AllowedOAuthFlowsUserPoolClient":true,"AllowedOAuthFlows":["code"],
		"AllowedOAuthScopes":["openid","email","profile"],"CallbackURLs":[%q],"SupportedIdentityProviders":["COGNITO"]`, corp, back))
	w.do("CreateIdentityProvider", fmt.Sprintf(`"UserPoolId":POOL,"ProviderName":"Corp","ProviderType":"OIDC","AttributeMapping":{"email":"email","name":"name"},
		"ProviderDetails":{"client_id":%q,"client_secret":%q,"oidc_issuer":%q,"authorize_scopes":"openid email profile","attributes_request_method":"GET"}`,
		w.text(in, "UserPoolClient.ClientId"), w.text(in, "UserPoolClient.ClientSecret"), w.cognito+"/"+corp))
	w.do("UpdateUserPoolClient", `"UserPoolId":POOL,"ClientId":CLIENT,"ClientName":"app","AllowedOAuthFlowsUserPoolClient":true,"AllowedOAuthFlows":["code"],
		"AllowedOAuthScopes":["openid"],"CallbackURLs":["https://app.example.com/cb"],"SupportedIdentityProviders":["COGNITO","Corp"]`)

	w.answer("PreSignUp", func(e map[string]any) { e["throw"] = "We are full" })
	to := w.comes("frank")
	if q := to.Query(); q.Get("error") != "invalid_request" || q.Get("error_description") != "PreSignUp failed with error We are full." {
		w.t.Errorf("the client hears %v", q)
	}
	name, _ := w.fired("InboundFederation_ExternalProvider", "PreSignUp_ExternalProvider")["userName"].(string)
	if !strings.HasPrefix(name, "Corp_") {
		w.t.Errorf("who comes is called %q", name)
	}
	w.answer("PreSignUp", func(e map[string]any) { e["response"].(map[string]any)["autoVerifyEmail"] = true })
	w.answer("TokenGeneration", func(e map[string]any) {
		e["response"] = map[string]any{"claimsAndScopeOverrideDetails": map[string]any{"idTokenGeneration": map[string]any{
			"claimsToAddOrOverride": map[string]any{"came_as": e["userName"]},
		}}}
	})
	to = w.comes("frank")
	w.fired("InboundFederation_ExternalProvider", "PreSignUp_ExternalProvider", "PostConfirmation_ConfirmSignUp")
	claims := w.exchanged(to)
	w.fired("TokenGeneration_HostedAuth")
	got := map[string]any{}
	for _, claim := range []string{"cognito:username", "came_as", "email", "email_verified", "name"} {
		got[claim] = claims[claim]
	}
	want := map[string]any{"cognito:username": name, "came_as": name, "email": "frank@example.com", "email_verified": true, "name": "Frank"}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("the ID token (-want +got):\n%s", diff)
	}

	w.answer("InboundFederation", func(e map[string]any) {
		asked := e["request"].(map[string]any)
		said := asked["attributes"].(map[string]any)["idToken"].(map[string]any)
		if e["userName"] != name || asked["providerName"] != "Corp" || asked["providerType"] != "OIDC" || said["cognito:username"] != "frank" {
			w.t.Errorf("InboundFederation sees %v", e)
		}
		e["response"] = map[string]any{"userAttributesToMap": map[string]any{"name": "Frank of " + asked["providerName"].(string), "email": said["email"]}}
	})
	to = w.comes("frank")
	w.fired("InboundFederation_ExternalProvider", "PreAuthentication_Authentication", "PostAuthentication_Authentication")
	if claims := w.exchanged(to); claims["name"] != "Frank of Corp" {
		w.t.Errorf("later: %v", claims)
	}
	w.fired("TokenGeneration_HostedAuth")
	w.answer("PreAuthentication", func(e map[string]any) { e["throw"] = "Not today" })
	if q := w.comes("frank").Query(); q.Get("error_description") != "PreAuthentication failed with error Not today." {
		w.t.Errorf("the client hears %v", q)
	}
	w.fired("InboundFederation_ExternalProvider", "PreAuthentication_Authentication")
	w.answer("PreAuthentication", nil)
	w.walkHistory(name)
}

// walkHistory looks at what threat protection has kept of the sign-ins.
func (w *fired) walkHistory(name string) {
	w.t.Helper()
	history := w.do("AdminListUserAuthEvents", `"UserPoolId":POOL,"Username":"`+name+`"`)
	var list struct {
		AuthEvents []struct {
			EventType, EventResponse string
			EventRisk                struct{ RiskDecision string }
		}
	}
	if err := json.Unmarshal([]byte(history.raw), &list); err != nil {
		w.t.Fatal(err)
	}
	if len(list.AuthEvents) != 2 {
		w.t.Fatalf("the history is %s", history.raw)
	}
	for _, e := range list.AuthEvents {
		if e.EventType != "SignIn" || e.EventResponse != "Pass" || e.EventRisk.RiskDecision != "NoRisk" {
			w.t.Errorf("%+v", e)
		}
	}
}

// comes goes by way of the provider Corp.
func (w *fired) comes(login string) *url.URL {
	w.t.Helper()
	return w.comesBy("Corp", login)
}

// comesBy goes by way of a provider, in a browser of its own, and gives where the client is called.
func (w *fired) comesBy(provider, login string) *url.URL {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if r.URL.Host == "app.example.com" {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	page := w.read(browser.Get(w.cognito + "/" + w.pool + "/oauth2/authorize?" + url.Values{
		"client_id": {w.client}, "response_type": {"code"}, "redirect_uri": {"https://app.example.com/cb"}, "scope": {"openid"}, "identity_provider": {provider},
	}.Encode()))
	sent := w.read(browser.PostForm(page.at, filled(page, url.Values{"username": {login}, "password": {"Correct-Horse9"}})))
	to, err := url.Parse(sent.location)
	if err != nil || to.Host != "app.example.com" {
		w.t.Fatalf("the browser was sent to %q\n%s", sent.location, sent.body)
	}
	return to
}

// filled is the form of a page with what somebody has typed.
func filled(p page, typed url.Values) url.Values {
	for _, m := range hidden.FindAllStringSubmatch(p.body, -1) {
		if name := m[1] + m[3]; !typed.Has(name) {
			typed.Set(name, m[2]+m[4])
		}
	}
	return typed
}

// exchanged are the claims of the ID token for a code.
func (w *fired) exchanged(to *url.URL) map[string]any {
	w.t.Helper()
	token := w.read(http.PostForm(w.cognito+"/"+w.pool+"/oauth2/token", url.Values{
		"grant_type": {"authorization_code"}, "client_id": {w.client}, "code": {to.Query().Get("code")}, "redirect_uri": {"https://app.example.com/cb"},
	}))
	var set struct {
		ID string `json:"id_token"`
	}
	var claims map[string]any
	if err := json.Unmarshal([]byte(token.body), &set); err != nil {
		w.t.Fatal(err)
	}
	parts := strings.Split(set.ID, ".")
	if len(parts) != 3 {
		w.t.Fatal(token.body)
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(raw, &claims)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return claims
}
