package clients

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// workspaces asks the administration API of a development server, which believes whoever names a key.
type workspaces struct {
	t    *testing.T
	base string
}

func (w workspaces) must(status int, method, path string, body any) map[string]any {
	w.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.base+"/api/admin/default"+path, bytes.NewReader(raw))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=dev/20260101/us-east-1/cognate/aws4_request, SignedHeaders=host;x-amz-date, Signature=00")
	r.Header.Set("X-Amz-Date", "20260101T000000Z")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(answer.Body).Decode(&out); err != nil || answer.StatusCode != status {
		w.t.Fatalf("%s %s answered %d %v, %v", method, path, answer.StatusCode, out, err)
	}
	return out
}

const workCallback = "https://app.example.com/cb"

// wander follows redirects and fills in the forms of pages until a browser is at the client; the answer is what the client hears.
func wander(t *testing.T, browser *http.Client, address string, fill url.Values) url.Values {
	t.Helper()
	method, form := http.MethodGet, ""
	for range 25 {
		if strings.HasPrefix(address, workCallback) {
			u, err := url.Parse(address)
			if err != nil {
				t.Fatal(err)
			}
			return u.Query()
		}
		r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form))
		if err != nil {
			t.Fatal(err)
		}
		if method == http.MethodPost {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		answer, err := browser.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		page, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if next, err := answer.Location(); err == nil {
			method, form, address = http.MethodGet, "", next.String()
			continue
		}
		action, fields := formOf(string(page))
		if fields == nil {
			t.Fatalf("the browser stays at %s: %d %.600s", address, answer.StatusCode, page)
		}
		for name := range fields {
			if value := fill.Get(name); value != "" {
				fields.Set(name, value)
			}
		}
		to, err := answer.Request.URL.Parse(action)
		if err != nil {
			t.Fatal(err)
		}
		method, form, address = http.MethodPost, fields.Encode(), to.String()
	}
	t.Fatal("the browser is sent around without end")
	return nil
}

// formOf reads the first form of a page that is sent by POST.
func formOf(page string) (action string, fields url.Values) {
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return action, fields
		}
		tag := z.Token()
		attribute := func(name string) string {
			for _, a := range tag.Attr {
				if a.Key == name {
					return a.Val
				}
			}
			return ""
		}
		switch {
		case tag.Data == "form" && kind == html.StartTagToken && fields == nil && strings.EqualFold(attribute("method"), "post"):
			action, fields = attribute("action"), url.Values{}
		case tag.Data == "form" && kind == html.EndTagToken && fields != nil:
			return action, fields
		case tag.Data == "input" && fields != nil && attribute("name") != "":
			fields.Set(attribute("name"), attribute("value"))
		}
	}
}

func tokenClaims(t *testing.T, token any) map[string]any {
	t.Helper()
	parts := strings.Split(token.(string), ".")
	if len(parts) != 3 {
		t.Fatalf("%v is no token", token)
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// walk signs somebody in at a client of the workspace and gives the claims of their ID token.
func (w workspaces) walk(client map[string]any, hint string, fill url.Values) map[string]any {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	query := url.Values{
		"response_type": {"code"}, "client_id": {client["client_id"].(string)}, "redirect_uri": {workCallback}, "scope": {"openid email profile address"}, "state": {"s"}, "idp_hint": {hint},
	}
	heard := wander(w.t, browser, w.base+"/default/work/oauth2/authorize?"+query.Encode(), fill)
	if heard.Get("code") == "" {
		w.t.Fatalf("the client hears %v", heard)
	}
	answer, err := http.PostForm(w.base+"/default/work/oauth2/token", url.Values{
		"grant_type": {"authorization_code"}, "code": {heard.Get("code")}, "redirect_uri": {workCallback}, "client_id": {client["client_id"].(string)}, "client_secret": {client["client_secret"].(string)},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	var tokens map[string]any
	if err := json.NewDecoder(answer.Body).Decode(&tokens); err != nil || tokens["id_token"] == nil {
		w.t.Fatalf("tokens %v, %v", tokens, err)
	}
	return tokenClaims(w.t, tokens["id_token"])
}

// TestAWorkspaceTakesPeopleOfACertifiedProvider connects a workspace to oidc-provider, whose claims come by userinfo.
func TestAWorkspaceTakesPeopleOfACertifiedProvider(t *testing.T) {
	t.Parallel()
	needNode(t)
	s := serve(t)
	w := workspaces{t, s.cognito}
	w.must(201, "POST", "/servers", map[string]any{"id": "work", "name": "Work"})
	issuer := oidcProvider(t, s.cognito+"/default/work/oauth2/idpresponse")
	idp := w.must(201, "POST", "/servers/work/idps/oidc", map[string]any{
		"name": "Corp", "settings": map[string]any{"client_id": "cognate", "issuer_url": issuer, "scopes": []string{"openid", "email", "profile", "address"}, "get_user_info": true, "use_pkce": true},
		"credentials": map[string]any{"client_secret": "only-for-tests"}, "static_amr": []string{"mfa"},
	})
	attributes := idp["attributes"].([]any)
	for _, name := range []string{"email", "email_verified", "name", "updated_at", "address"} {
		attributes = append(attributes, map[string]any{"source": "userinfo", "name": name, "type": "any"})
	}
	idp["attributes"] = attributes
	w.must(200, "PUT", "/servers/work/idps/oidc/"+idp["id"].(string), idp)
	client := w.must(201, "POST", "/clients", map[string]any{
		"authorization_server_id": "work", "client_name": "App", "trusted": true, "redirect_uris": []string{workCallback},
	})
	claims := w.walk(client, "", url.Values{"login": {"dana"}, "password": {"anything"}})
	address, _ := claims["address"].(map[string]any)
	amr, _ := claims["amr"].([]any)
	if claims["email"] != "alice@example.com" || claims["email_verified"] != true || claims["name"] != "Alice Example" || claims["updated_at"] != 1.7e9 ||
		address["formatted"] != "1 Example Street" || len(amr) != 1 || amr[0] != "mfa" || claims["iss"] != s.cognito+"/default/work" {
		t.Errorf("ID token %v", claims)
	}
}

// brokerOf makes an app client of the pool of the examples for a callback.
func brokerOf(t *testing.T, s *server, callback string) (id, secret string) {
	t.Helper()
	raw, err := json.Marshal(map[string]any{
		"UserPoolId": "us-east-1_Cognate01", "ClientName": "broker", "GenerateSecret": true, "SupportedIdentityProviders": []string{"COGNITO"},
		"AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": []string{"code"}, "AllowedOAuthScopes": []string{"openid", "email", "profile"}, "CallbackURLs": []string{callback},
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.cognito+"/", bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.CreateUserPoolClient")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=dev/20260101/us-east-1/cognito-idp/aws4_request, SignedHeaders=host;x-amz-date, Signature=00")
	r.Header.Set("X-Amz-Date", "20260101T000000Z")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var out struct {
		UserPoolClient struct{ ClientId, ClientSecret string } //nolint:revive // AWS's names
	}
	if err := json.NewDecoder(answer.Body).Decode(&out); err != nil || out.UserPoolClient.ClientSecret == "" {
		t.Fatalf("the app client: %d %+v, %v", answer.StatusCode, out, err)
	}
	return out.UserPoolClient.ClientId, out.UserPoolClient.ClientSecret
}

// TestAWorkspaceTakesPeopleOfAnotherCognate connects a workspace to a user pool of a second server, on whose page somebody types
// name and password.
func TestAWorkspaceTakesPeopleOfAnotherCognate(t *testing.T) {
	t.Parallel()
	s, upstream := serve(t), serve(t)
	w := workspaces{t, s.cognito}
	w.must(201, "POST", "/servers", map[string]any{"id": "work", "name": "Work"})
	id, secret := brokerOf(t, upstream, s.cognito+"/default/work/oauth2/idpresponse")
	idp := w.must(201, "POST", "/servers/work/idps/cognito", map[string]any{
		"name": "Staff", "settings": map[string]any{"pool_id": "us-east-1_Cognate01", "region": "us-east-1", "client_id": id, "base_url": upstream.cognito, "scopes": []string{"openid", "email", "profile"}},
		"credentials": map[string]any{"client_secret": secret},
	})
	client := w.must(201, "POST", "/clients", map[string]any{"authorization_server_id": "work", "client_name": "App", "trusted": true, "redirect_uris": []string{workCallback}})
	claims := w.walk(client, idp["id"].(string), url.Values{"username": {"bob"}, "password": {"Correct-Horse2"}})
	if claims["email"] != "bob@example.com" || claims["iss"] != s.cognito+"/default/work" {
		t.Errorf("ID token %v", claims)
	}
}
