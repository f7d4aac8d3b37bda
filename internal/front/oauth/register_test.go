package oauth_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/directory"
)

// registers lets clients be registered in the pool.
func (w *world) registers(r *directory.Registration) {
	w.t.Helper()
	err := w.dir.Pools.Update(w.t.Context(), poolID, directory.Settings{Name: "people", Registration: r})
	w.check(err)
	w.pool, err = w.dir.Pools.Get(w.t.Context(), poolID)
	w.check(err)
	w.site.Pool = w.pool
}

func open() *directory.Registration {
	return &directory.Registration{
		Status: "ENABLED", Open: true, OpenGrants: []string{"authorization_code", "refresh_token"},
		AuthenticatedGrants: []string{"authorization_code", "client_credentials"}, Scopes: []string{"openid", "email", "api/read"},
	}
}

func (w *world) register(metadata string, header ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	return w.send(http.MethodPost, "/oauth2/register", metadata, nil, append([]string{"Content-Type", "application/json"}, header...)...)
}

// TestARegisteredClientSignsPeopleIn registers a public client, as an agent would, and goes through a sign-in with it.
func TestARegisteredClientSignsPeopleIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.machine()
	w.registers(open())
	if got := body(t, w.get("/.well-known/openid-configuration", nil, nil))["registration_endpoint"]; got != "https://people.auth.example.com/oauth2/register" {
		t.Errorf("discovery names %v", got)
	}
	res := w.register(`{"redirect_uris": ["` + app + `"], "token_endpoint_auth_method": "none", "client_name": "Agent",
		"grant_types": ["authorization_code", "refresh_token"], "scope": "openid email", "logo_uri": "ignored"}`)
	got := body(t, res)
	id, _ := got["client_id"].(string)
	delete(got, "client_id")
	want := map[string]any{
		"redirect_uris": []any{app}, "token_endpoint_auth_method": "none", "client_name": "Agent", "scope": "openid email",
		"grant_types": []any{"authorization_code", "refresh_token"}, "response_types": []any{"code"},
		"client_id_issued_at": float64(w.clock.Now().Unix()),
	}
	if diff := cmp.Diff(want, got); diff != "" || res.Code != http.StatusCreated || res.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%d (-want +got):\n%s", res.Code, diff)
	}
	tokens(t, w.exchange(id, w.code(id)))
	c, err := w.dir.Clients.Get(t.Context(), poolID, id)
	w.check(err)
	for _, flow := range []string{directory.FlowPassword, directory.FlowSRP, directory.FlowCustom, directory.FlowChoice} {
		if c.Allows(flow) {
			t.Errorf("a registered client may sign in by %s", flow)
		}
	}
}

func TestARegisteredClientWithASecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.machine()
	w.registers(open())
	got := body(t, w.register(`{"redirect_uris": ["`+app+`"]}`))
	id, _ := got["client_id"].(string)
	secret, _ := got["client_secret"].(string)
	if len(secret) < 24 || got["client_secret_expires_at"] != 0.0 || got["token_endpoint_auth_method"] != "client_secret_basic" ||
		got["scope"] != "openid email api/read" {
		t.Fatalf("got %v", got)
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {w.code(id)}, "redirect_uri": {app}}
	tokens(t, w.post("/oauth2/token", form, basic(id, secret)...))
}

// TestAMachineIsRegisteredWithAToken gets an initial access token and registers a client that acts for itself with it.
func TestAMachineIsRegisteredWithAToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.machine()
	rules := open()
	rules.Open = false
	w.registers(rules)
	w.client("registrar", secret1, func(s *directory.ClientSettings) {
		s.OAuthFlows, s.OAuthScopes = []string{"client_credentials"}, []string{directory.RegistrationScope, "api/read"}
	})
	bearer := func(scope string) []string {
		form := url.Values{"grant_type": {"client_credentials"}, "scope": {scope}}
		return []string{"Authorization", "Bearer " + tokens(t, w.post("/oauth2/token", form, basic("registrar", secret1)...))["access_token"].(string)}
	}
	good := bearer(directory.RegistrationScope)
	const machine = `{"grant_types": ["client_credentials"], "scope": "api/read"}`
	got := body(t, w.register(machine, good...))
	id, _ := got["client_id"].(string)
	secret, _ := got["client_secret"].(string)
	tokens(t, w.post("/oauth2/token", url.Values{"grant_type": {"client_credentials"}}, basic(id, secret)...))

	w.client("client", "")
	person := tokens(t, w.exchange("client", w.code("client")))
	for name, c := range map[string]struct {
		header []string
		status int
		code   string
	}{
		"no token":            {nil, 401, "invalid_token"},
		"no bearer":           {basic("registrar", secret1), 401, "invalid_token"},
		"a strange token":     {[]string{"Authorization", "Bearer x"}, 401, "invalid_token"},
		"a person's token":    {[]string{"Authorization", "Bearer " + person["access_token"].(string)}, 401, "invalid_token"},
		"without the scope":   {bearer("api/read"), 403, "insufficient_scope"},
		"an ID token instead": {[]string{"Authorization", "Bearer " + person["id_token"].(string)}, 401, "invalid_token"},
	} {
		res := w.register(machine, c.header...)
		if refused(t, res, c.status, c.code); res.Header().Get("WWW-Authenticate") != `Bearer error="`+c.code+`"` {
			t.Errorf("%s: %v", name, res.Header())
		}
	}
	w.check(w.dir.Clients.Delete(t.Context(), poolID, "registrar"))
	refused(t, w.register(machine, good...), 401, "invalid_token")
}

func TestRegistrationRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.machine()
	ok := func(more string) string { return `{"redirect_uris": ["` + app + `"]` + more + `}` }
	for _, rules := range []*directory.Registration{nil, {}, {Status: "DISABLED", Open: true}} {
		w.registers(rules)
		if res := w.register(ok("")); res.Code != http.StatusNotFound {
			t.Errorf("with %+v: %d %s", rules, res.Code, res.Body)
		}
		if body(t, w.get("/.well-known/openid-configuration", nil, nil))["registration_endpoint"] != nil {
			t.Errorf("discovery names the endpoint with %+v", rules)
		}
	}
	w.registers(open())
	for name, c := range map[string]struct{ metadata, code string }{
		"no JSON":                     {`redirect_uris=x`, "invalid_client_metadata"},
		"another type":                {`{"redirect_uris": "` + app + `"}`, "invalid_client_metadata"},
		"no redirect URI":             {`{}`, "invalid_redirect_uri"},
		"a fragment":                  {`{"redirect_uris": ["` + app + `#x"]}`, "invalid_redirect_uri"},
		"http":                        {`{"redirect_uris": ["http://app.example.com"]}`, "invalid_redirect_uri"},
		"javascript":                  {`{"redirect_uris": ["javascript:alert(1)"]}`, "invalid_redirect_uri"},
		"user information":            {`{"redirect_uris": ["https://app.example.com@evil.example.com/"]}`, "invalid_redirect_uri"},
		"a relative URI":              {`{"redirect_uris": ["/callback"]}`, "invalid_redirect_uri"},
		"a grant for tokens only":     {`{"grant_types": ["client_credentials"]}`, "invalid_client_metadata"},
		"implicit":                    {ok(`, "grant_types": ["implicit"]`), "invalid_client_metadata"},
		"the password grant":          {ok(`, "grant_types": ["password"]`), "invalid_client_metadata"},
		"refresh alone":               {ok(`, "grant_types": ["refresh_token"]`), "invalid_client_metadata"},
		"a response that needs more":  {ok(`, "response_types": ["token"]`), "invalid_client_metadata"},
		"a response that is unknown":  {ok(`, "response_types": ["id_token"]`), "invalid_client_metadata"},
		"a private key":               {ok(`, "token_endpoint_auth_method": "private_key_jwt"`), "invalid_client_metadata"},
		"a scope that is not allowed": {ok(`, "scope": "openid profile"`), "invalid_client_metadata"},
		"the registration scope":      {ok(`, "scope": "` + directory.RegistrationScope + `"`), "invalid_client_metadata"},
		"a name with a line break":    {ok(`, "client_name": "a\nb"`), "invalid_client_metadata"},
	} {
		t.Run(name, func(t *testing.T) { refused(t, w.register(c.metadata), http.StatusBadRequest, c.code) })
	}
	refused(t, w.send(http.MethodPost, "/oauth2/register", ok(""), nil, "Content-Type", "text/plain"), 400, "invalid_client_metadata")
}

// TestStrangersCannotFillThePool fails when open registration makes clients without end.
func TestStrangersCannotFillThePool(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.registers(open())
	w.check(w.store.InTx(t.Context(), func(ctx context.Context) error {
		for i := range directory.MaxClients {
			if err := w.store.InsertClient(ctx, &directory.Client{ID: fmt.Sprintf("client%d", i), PoolID: poolID}); err != nil {
				return err
			}
		}
		return nil
	}))
	refused(t, w.register(`{"redirect_uris": ["`+app+`"]}`), http.StatusBadRequest, "invalid_client_metadata")
}
