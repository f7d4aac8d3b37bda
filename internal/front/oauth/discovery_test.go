package oauth_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
)

// TestKeySetHoldsTwoKeysThatOthersRead fails when a JOSE library that is not ours cannot use the published keys.
func TestKeySetHoldsTwoKeysThatOthersRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	res := w.get("/.well-known/jwks.json", nil, nil)
	var set jose.JSONWebKeySet
	w.check(json.Unmarshal(res.Body.Bytes(), &set))
	if len(set.Keys) != 2 {
		t.Fatalf("%d keys: %s", len(set.Keys), res.Body)
	}
	for _, k := range set.Keys {
		if !k.Valid() || k.Algorithm != "RS256" || k.Use != "sig" || len(k.KeyID) != 44 || !k.IsPublic() {
			t.Errorf("key %+v", k)
		}
	}
}

// TestDiscoveryNamesIssuerAndHome fails when issuer, key set and endpoints are confused.
func TestDiscoveryNamesIssuerAndHome(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	home, place := "https://people.auth.example.com", "https://id.example.com/"+poolID
	want := map[string]any{
		"issuer": place, "jwks_uri": place + "/.well-known/jwks.json",
		"authorization_endpoint": home + "/oauth2/authorize", "token_endpoint": home + "/oauth2/token",
		"userinfo_endpoint": home + "/oauth2/userInfo", "revocation_endpoint": home + "/oauth2/revoke",
		"end_session_endpoint":                  home + "/logout",
		"id_token_signing_alg_values_supported": []any{"RS256"}, "subject_types_supported": []any{"public"},
		"response_types_supported": []any{"code", "token"}, "scopes_supported": []any{"openid", "email", "phone", "profile"},
		"code_challenge_methods_supported":      []any{"S256"},
		"grant_types_supported":                 []any{"authorization_code", "implicit", "refresh_token", "client_credentials"},
		"token_endpoint_auth_methods_supported": []any{"client_secret_basic", "client_secret_post"},
	}
	for _, path := range []string{"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"} {
		if diff := cmp.Diff(want, body(t, w.get(path, nil, nil))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

// TestDocumentsAreForEveryOriginAndBriefCaches fails when a browser cannot read the documents or a cache keeps them
// without end.
func TestDocumentsAreForEveryOriginAndBriefCaches(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const path = "/.well-known/openid-configuration"
	res := w.get(path, nil, nil)
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": "*", "Content-Type": "application/json", "Cache-Control": "public, max-age=60",
	} {
		if got := res.Header().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	again := w.get(path, nil, nil, "If-None-Match", res.Header().Get("ETag"))
	if again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("the same document again: %d", again.Code)
	}
	head := w.send(http.MethodHead, path, "", nil)
	if head.Code != http.StatusOK || head.Body.Len() != 0 || head.Header().Get("Content-Length") != res.Header().Get("Content-Length") {
		t.Errorf("HEAD: %d, %d bytes, %v", head.Code, head.Body.Len(), head.Header())
	}
}

func TestWhatIsNotThereIsRefusedInJSON(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/.well-known/other", 404}, {"GET", "/.well-known/jwks.json/", 404}, {"GET", "/", 404},
		{"GET", "/OAuth2/token", 404}, {"POST", "/.well-known/jwks.json", 405}, {"GET", "/oauth2/token", 405},
		{"GET", "/oauth2/revoke", 405}, {"PUT", "/oauth2/userInfo", 405}, {"HEAD", "/oauth2/authorize", 405},
		{"OPTIONS", "/oauth2/authorize", 405}, {"POST", "/logout", 405},
	} {
		res := w.send(c.method, c.path, "", nil)
		if res.Code != c.status || body(t, res)["message"] == "" || res.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s %s: %d %s %v", c.method, c.path, res.Code, res.Body, res.Header())
		}
	}
}

// TestScriptsMayUseWhatReadsNoCookie fails when a single-page app cannot get tokens, or could read what a cookie opens.
func TestScriptsMayUseWhatReadsNoCookie(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for path, open := range map[string]bool{
		"/oauth2/token": true, "/oauth2/userInfo": true, "/oauth2/revoke": true, "/oauth2/authorize": false, "/logout": false,
	} {
		res := w.send(http.MethodOptions, path, "", nil, "Origin", "https://spa.example.com", "Access-Control-Request-Method", "POST")
		got := res.Code == http.StatusNoContent && res.Header().Get("Access-Control-Allow-Origin") == "*" &&
			res.Header().Get("Access-Control-Allow-Credentials") == ""
		if got != open {
			t.Errorf("%s: %d %v, want open: %v", path, res.Code, res.Header(), open)
		}
	}
}

// TestLibrariesMayAddTheirOwnHeaders fails when Amplify cannot get tokens: it names itself in a header.
func TestLibrariesMayAddTheirOwnHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for asked, want := range map[string]string{
		"x-amz-user-agent, content-type": "x-amz-user-agent, content-type", "": "Authorization, Content-Type, DPoP", "a\x01": "Authorization, Content-Type, DPoP",
	} {
		res := w.send(http.MethodOptions, "/oauth2/token", "", nil, "Origin", "https://spa.example.com", "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", asked)
		if got := res.Header().Get("Access-Control-Allow-Headers"); got != want {
			t.Errorf("%q: %q", asked, got)
		}
	}
}

// TestBrokenStoreSaysNothingOfItself fails when the cause of an internal error reaches the caller.
func TestBrokenStoreSaysNothingOfItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.check(w.store.Close())
	refused(t, w.exchange("client", "code"), http.StatusInternalServerError, "server_error")
	if got := location(t, w.get("/oauth2/authorize", ask("client"), nil)).String(); got != "/error?error=server_error" {
		t.Errorf("the browser goes to %s", got)
	}
}
