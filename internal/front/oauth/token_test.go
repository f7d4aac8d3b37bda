package oauth_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/directory"
)

func TestACodeBecomesTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.client("client", "")
	w.clock.Advance(-time.Minute)
	cookie := w.signIn()
	signedIn := float64(w.clock.Now().Unix())
	w.clock.Advance(time.Minute)
	u := location(t, w.get("/oauth2/authorize", ask("client", "nonce", "n1", "resource", "https://api.example.com"), cookie))
	res := w.exchange("client", u.Query().Get("code"))
	got := tokens(t, res)
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "Pragma": "no-cache", "Content-Type": "application/json", "Access-Control-Allow-Origin": "*",
	} {
		if res.Header().Get(name) != want {
			t.Errorf("%s is %q", name, res.Header().Get(name))
		}
	}
	id, access := claims(t, got["id_token"]), claims(t, got["access_token"])
	for name, c := range map[string]struct{ got, want any }{
		"type": {got["token_type"], "Bearer"}, "life": {got["expires_in"], 3600.0}, "scope member": {got["scope"], nil},
		"nonce": {id["nonce"], "n1"}, "auth_time": {id["auth_time"], signedIn}, "audience": {id["aud"], "client"},
		"email": {id["email"], "alice@example.com"}, "a name without profile": {id["name"], nil},
		"resource": {access["aud"], "https://api.example.com"}, "version": {access["version"], 2.0},
		"scope": {access["scope"], "openid email"}, "username": {access["username"], "alice"},
	} {
		if c.got != c.want {
			t.Errorf("%s is %v, want %v", name, c.got, c.want)
		}
	}
	if got["refresh_token"] == nil {
		t.Error("there is no refresh token")
	}
}

// TestTheTutorialsClientPutsEverythingIntoTheQuery is the request of the python-cognito-cerbos tutorial.
func TestTheTutorialsClientPutsEverythingIntoTheQuery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.client("client", "")
	query := url.Values{"grant_type": {"authorization_code"}, "client_id": {"client"}, "code": {w.code("client")}, "redirect_uri": {app}}
	for _, header := range [][]string{{"Content-Type", "application/x-www-form-urlencoded"}, nil} {
		res := w.send(http.MethodPost, "/oauth2/token?"+query.Encode(), "", nil, header...)
		if tokens(t, res)["id_token"] == nil {
			t.Errorf("%s", res.Body)
		}
		query.Set("code", w.code("client"))
	}
}

func TestARefreshKeepsScopesAndAudience(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.client("client", "")
	first := tokens(t, w.exchange("client", w.code("client", "resource", "https://api.example.com")))
	form := url.Values{"grant_type": {"refresh_token"}, "client_id": {"client"}, "refresh_token": {first["refresh_token"].(string)}, "scope": {"openid profile"}}
	got := tokens(t, w.post("/oauth2/token", form))
	access := claims(t, got["access_token"])
	if access["scope"] != "openid email" || access["aud"] != "https://api.example.com" || got["refresh_token"] != nil || got["id_token"] == nil {
		t.Errorf("got %v, access %v", got, access)
	}
	w.client("other", "")
	form.Set("client_id", "other")
	refused(t, w.post("/oauth2/token", form), http.StatusBadRequest, "invalid_grant")
}

func TestRotationGivesANewRefreshTokenAndReuseEndsTheFamily(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.client("client", "", func(s *directory.ClientSettings) {
		s.Rotation, s.ExplicitAuthFlows = &directory.Rotation{Feature: "ENABLED"}, []string{"ALLOW_USER_SRP_AUTH"}
	})
	first := tokens(t, w.exchange("client", w.code("client")))
	renew := func(refresh any) *httptest.ResponseRecorder {
		text, _ := refresh.(string)
		return w.post("/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "client_id": {"client"}, "refresh_token": {text}})
	}
	second := tokens(t, renew(first["refresh_token"]))
	if second["refresh_token"] == nil {
		t.Fatal("no new refresh token")
	}
	refused(t, renew(first["refresh_token"]), http.StatusBadRequest, "invalid_grant")
	refused(t, renew(second["refresh_token"]), http.StatusBadRequest, "invalid_grant")
}

func TestClientsAuthenticate(t *testing.T) {
	t.Parallel()
	good := func(f url.Values) {}
	for name, c := range map[string]struct {
		client string
		form   func(url.Values)
		header []string
		code   string
	}{
		"public by its id":              {client: "public", form: good},
		"public with a secret":          {client: "public", form: func(f url.Values) { f.Set("client_secret", secret1) }, code: "invalid_client"},
		"public by Basic":               {client: "public", form: func(f url.Values) { f.Del("client_id") }, header: basic("public", "")},
		"post":                          {client: "web", form: func(f url.Values) { f.Set("client_secret", secret1) }},
		"post, the second secret":       {client: "web", form: func(f url.Values) { f.Set("client_secret", "second-is-generated") }},
		"post, wrong":                   {client: "web", form: func(f url.Values) { f.Set("client_secret", secret1+"x") }, code: "invalid_client"},
		"no secret":                     {client: "web", form: good, code: "invalid_client"},
		"Basic":                         {client: "web", form: func(f url.Values) { f.Del("client_id") }, header: basic("web", secret1)},
		"Basic, form-encoded":           {client: "web", form: func(f url.Values) { f.Del("client_id") }, header: basic("web", url.QueryEscape(secret1))},
		"Basic and the id":              {client: "web", form: good, header: basic("web", secret1)},
		"Basic and another id":          {client: "web", form: func(f url.Values) { f.Set("client_id", "public") }, header: basic("web", secret1), code: "invalid_request"},
		"Basic and a secret":            {client: "web", form: func(f url.Values) { f.Set("client_secret", secret1) }, header: basic("web", secret1), code: "invalid_request"},
		"Basic, wrong":                  {client: "web", form: func(f url.Values) { f.Del("client_id") }, header: basic("web", "wrong"), code: "invalid_client"},
		"Basic, unknown":                {client: "web", form: func(f url.Values) { f.Del("client_id") }, header: basic("nobody", secret1), code: "invalid_client"},
		"Basic that is no base64":       {client: "web", form: good, header: []string{"Authorization", "Basic §§"}, code: "invalid_client"},
		"another scheme":                {client: "public", form: good, header: []string{"Authorization", "Bearer x"}, code: "invalid_client"},
		"nobody":                        {client: "public", form: func(f url.Values) { f.Del("client_id") }, code: "invalid_request"},
		"a client of another user pool": {client: "public", form: func(f url.Values) { f.Set("client_id", "stranger") }, code: "invalid_client"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.client("public", "")
			w.client("web", secret1)
			w.stranger()
			second, err := w.dir.Clients.AddSecret(t.Context(), poolID, "web", "")
			w.check(err)
			form := url.Values{"grant_type": {"authorization_code"}, "client_id": {c.client}, "redirect_uri": {app}}
			form.Set("code", w.code(c.client))
			c.form(form)
			if form.Get("client_secret") == "second-is-generated" {
				form.Set("client_secret", second.Value)
			}
			res := w.post("/oauth2/token", form, c.header...)
			if c.code != "" {
				refused(t, res, http.StatusBadRequest, c.code)
				return
			}
			tokens(t, res)
		})
	}
}

func TestTheTokenEndpointRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		form url.Values
		code string
	}{
		"no grant type":             {url.Values{"client_id": {"client"}}, "invalid_request"},
		"the password grant":        {url.Values{"client_id": {"client"}, "grant_type": {"password"}, "username": {"alice"}}, "unsupported_grant_type"},
		"a grant twice":             {url.Values{"client_id": {"client"}, "grant_type": {"refresh_token", "refresh_token"}}, "invalid_request"},
		"no code":                   {url.Values{"client_id": {"client"}, "grant_type": {"authorization_code"}}, "invalid_request"},
		"an unknown code":           {url.Values{"client_id": {"client"}, "grant_type": {"authorization_code"}, "code": {"x"}, "redirect_uri": {app}}, "invalid_grant"},
		"no refresh token":          {url.Values{"client_id": {"client"}, "grant_type": {"refresh_token"}}, "invalid_request"},
		"a strange refresh token":   {url.Values{"client_id": {"client"}, "grant_type": {"refresh_token"}, "refresh_token": {"x"}}, "invalid_grant"},
		"a grant it may not use":    {url.Values{"client_id": {"client"}, "grant_type": {"client_credentials"}}, "unauthorized_client"},
		"a client without OAuth":    {url.Values{"client_id": {"off"}, "grant_type": {"authorization_code"}, "code": {"x"}}, "unauthorized_client"},
		"implicit only has no code": {url.Values{"client_id": {"implicit"}, "grant_type": {"authorization_code"}, "code": {"x"}}, "unauthorized_client"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.client("client", "")
			w.client("off", "", func(s *directory.ClientSettings) { s.OAuthEnabled = false })
			w.client("implicit", "", func(s *directory.ClientSettings) { s.OAuthFlows = []string{"implicit"} })
			refused(t, w.post("/oauth2/token", c.form), http.StatusBadRequest, c.code)
		})
	}
	t.Run("bodies that are no form", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		for _, c := range []struct{ kind, body string }{
			{"application/json", `{"grant_type":"authorization_code"}`}, {"", "grant_type=authorization_code"},
			{"application/x-www-form-urlencoded", "grant_type=%zz"}, {"application/x-www-form-urlencoded", "a=1;b=2"},
			{"application/x-www-form-urlencoded", "x=" + string(slices.Repeat([]byte("a"), 70000))},
			{"multipart/form-data; boundary=x", "--x--"},
		} {
			refused(t, w.send(http.MethodPost, "/oauth2/token", c.body, nil, "Content-Type", c.kind), http.StatusBadRequest, "invalid_request")
		}
	})
}

func TestAMachineGetsATokenWithCustomScopes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.machine()
	form := url.Values{"grant_type": {"client_credentials"}}
	all := tokens(t, w.post("/oauth2/token", form, basic("machine", secret1)...))
	if diff := cmp.Diff([]string{"access_token", "expires_in", "token_type"}, keys(all)); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	if got := claims(t, all["access_token"]); got["scope"] != "api/read api/write" || got["sub"] != "machine" || got["username"] != nil {
		t.Errorf("claims %v", got)
	}
	form.Set("scope", "api/read")
	one := tokens(t, w.post("/oauth2/token", form, basic("machine", secret1)...))
	if got := claims(t, one["access_token"]); got["scope"] != "api/read" {
		t.Errorf("claims %v", got)
	}
	for scope, code := range map[string]string{"api/admin": "invalid_grant", "api/nothing": "invalid_scope", "openid": "invalid_scope", "api/read none/x": "invalid_scope"} {
		form.Set("scope", scope)
		refused(t, w.post("/oauth2/token", form, basic("machine", secret1)...), http.StatusBadRequest, code)
	}
	form.Set("scope", "api/read")
	form.Set("aws_client_metadata", `{"a":1}`)
	refused(t, w.post("/oauth2/token", form, basic("machine", secret1)...), http.StatusBadRequest, "invalid_request")
	form.Set("aws_client_metadata", `{"a":"1"}`)
	tokens(t, w.post("/oauth2/token", form, basic("machine", secret1)...))
	res := w.get("/oauth2/userInfo", nil, nil, "Authorization", "Bearer "+one["access_token"].(string))
	if res.Code != http.StatusUnauthorized {
		t.Errorf("userInfo of a machine: %d %s", res.Code, res.Body)
	}
}

func keys(m map[string]any) []string {
	var list []string
	for name := range m {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}
