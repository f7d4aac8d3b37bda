package app

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// codeHost is a provider as GitHub is one: OAuth 2.0 without ID tokens, a profile, and a list of addresses.
type codeHost struct {
	t      *testing.T
	server *httptest.Server

	mu        sync.Mutex
	challenge map[string]string // by code
	profile   map[string]any
	teams     []any
	issuer    string // iss of its answers; empty: none
}

func newCodeHost(t *testing.T) *codeHost {
	t.Helper()
	p := &codeHost{t: t, challenge: map[string]string{}, profile: map[string]any{"id": 583231, "login": "alice", "name": "Alice", "email": "shown@example.com"}}
	mux := http.NewServeMux()
	say := func(w http.ResponseWriter, body any) {
		if err := json.NewEncoder(w).Encode(body); err != nil {
			t.Error(err)
		}
	}
	mux.HandleFunc("GET /login/oauth/authorize", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		q := r.URL.Query()
		code := "code-" + q.Get("state")
		p.challenge[code] = q.Get("code_challenge")
		back := url.Values{"code": {code}, "state": {q.Get("state")}}
		if p.issuer != "" {
			back.Set("iss", p.issuer)
		}
		http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
	})
	mux.HandleFunc("POST /login/oauth/access_token", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		code := r.PostFormValue("code")
		if want, known := p.challenge[code]; !known || want != base64.RawURLEncoding.EncodeToString(sum[:]) || r.PostFormValue("client_secret") != "hush" {
			say(w, map[string]any{"error": "bad_verification_code"}) // it says so with 200
			return
		}
		delete(p.challenge, code)
		say(w, map[string]any{"access_token": "at", "token_type": "bearer", "scope": "read:user,user:email"})
	})
	authorized := func(give func() any) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer at" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			p.mu.Lock()
			defer p.mu.Unlock()
			say(w, give())
		}
	}
	mux.HandleFunc("GET /api/v3/user", authorized(func() any { return p.profile }))
	mux.HandleFunc("GET /api/v3/user/emails", authorized(func() any {
		return []any{map[string]any{"email": "alice@example.com", "primary": true, "verified": true}}
	}))
	mux.HandleFunc("GET /api/v3/user/teams", authorized(func() any { return p.teams }))
	p.server = httptest.NewServer(mux)
	t.Cleanup(p.server.Close)
	return p
}

// TestSomebodyComesFromAHostOfCode signs in through the template github, twice: a new login is the same person, and the old login
// of one person that another has taken is not that person.
func TestSomebodyComesFromAHostOfCode(t *testing.T) {
	t.Parallel()
	b, host := newBroker(t), newCodeHost(t)
	b.must(204, "DELETE", adminAPI+"/servers/work/idps/oidc/"+b.idp["id"].(string), nil)
	b.must(422, "POST", adminAPI+"/servers/work/idps/github", map[string]any{"name": "Hub", "settings": map[string]any{"client_id": "c", "issuer_url": host.server.URL}, "credentials": map[string]any{"client_secret": "hush"}})
	b.must(422, "POST", adminAPI+"/servers/work/idps/github", map[string]any{"name": "Hub", "settings": map[string]any{"client_id": "c", "base_url": "http://hub.example.com"}, "credentials": map[string]any{"client_secret": "hush"}})
	b.must(201, "POST", adminAPI+"/servers/work/idps/github", map[string]any{
		"id": "hub", "name": "Hub", "settings": map[string]any{"client_id": "c", "base_url": host.server.URL}, "credentials": map[string]any{"client_secret": "hush"},
	})
	_, first, _ := b.signIn(b.newBrowser())
	if first["email"] != "alice@example.com" || first["email_verified"] != true || first["preferred_username"] != "alice" || first["name"] != "Alice" {
		t.Errorf("the ID token is %v", first)
	}
	set := func(id any, login string) {
		host.mu.Lock()
		defer host.mu.Unlock()
		host.profile["id"], host.profile["login"] = id, login
	}
	set(583231, "alice-now")
	if _, again, _ := b.signIn(b.newBrowser()); again["sub"] != first["sub"] || again["preferred_username"] != "alice-now" {
		t.Errorf("with another login they are %v, and were %v", again, first)
	}
	set(99, "alice")
	if _, other, _ := b.signIn(b.newBrowser()); other["sub"] == first["sub"] || other["sub"] == nil {
		t.Errorf("who has taken the login is %v", other)
	}
	set(nil, "alice")
	b.refused("a profile without a number", b.newBrowser(), b.ask(), "invalid_request")
	set("../x y", "alice")
	b.refused("a number that is none", b.newBrowser(), b.ask(), "invalid_request")
	set(583231, "alice")
	for issuer, want := range map[string]bool{host.server.URL + "/login/oauth": true, host.server.URL: false, "https://github.com/login/oauth": false} {
		host.mu.Lock()
		host.issuer = issuer
		host.mu.Unlock()
		if code, _ := b.follow(b.newBrowser(), b.ask()); (code.Get("code") != "") != want {
			t.Errorf("an answer of %s: the client hears %v", issuer, code)
		}
	}
}

// TestANameOfATeamIsNoTeam has somebody take the name of an organization that was given up, and make a team in it that is called as one
// was before. Fails when that puts them into the group of those who were in it.
func TestANameOfATeamIsNoTeam(t *testing.T) {
	t.Parallel()
	b, host := sourced(t, "groups:string_array", "group_names:string_array"), newCodeHost(t)
	b.must(204, "DELETE", adminAPI+"/servers/work/idps/oidc/"+b.idp["id"].(string), nil)
	b.must(201, "POST", adminAPI+"/servers/work/idps/github", map[string]any{
		"id": "hub", "name": "Hub", "settings": map[string]any{"client_id": "c", "base_url": host.server.URL, "fetch_groups": true},
		"credentials": map[string]any{"client_secret": "hush"},
	})
	in := func(person, organization, team int) map[string]any {
		t.Helper()
		host.mu.Lock()
		host.profile["id"] = person
		host.teams = []any{map[string]any{"id": team, "slug": "admins", "organization": map[string]any{"id": organization, "login": "acme"}}}
		host.mu.Unlock()
		_, id, _ := b.signIn(b.newBrowser())
		return id
	}
	was, is := in(583231, 7, 1001), in(99, 4711, 2002)
	for name, want := range map[string][2]any{"groups": {"7.1001", "4711.2002"}, "group_names": {"acme.admins", "acme.admins"}} {
		if diff := cmp.Diff([]any{[]any{want[0]}, []any{want[1]}}, []any{was[name], is[name]}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestAnyProviderWithoutIDTokens signs in through the template oauth2, whose profile says who somebody is inside of an object.
func TestAnyProviderWithoutIDTokens(t *testing.T) {
	t.Parallel()
	b, host := newBroker(t), newCodeHost(t)
	b.must(204, "DELETE", adminAPI+"/servers/work/idps/oidc/"+b.idp["id"].(string), nil)
	settings := map[string]any{
		"client_id": "c", "authorization_url": host.server.URL + "/login/oauth/authorize", "token_url": host.server.URL + "/login/oauth/access_token",
		"userinfo_url": host.server.URL + "/api/v3/user", "subject_path": "data..id",
	}
	body := map[string]any{
		"name": "Other", "settings": settings, "credentials": map[string]any{"client_secret": "hush"},
		"attributes": []any{attribute("userinfo", "data.email", "string")}, "mappings": []any{mapTo("data.email", "email")},
	}
	b.must(422, "POST", adminAPI+"/servers/work/idps/oauth2", body)
	settings["subject_path"] = "data.id"
	made := b.must(201, "POST", adminAPI+"/servers/work/idps/oauth2", body)
	host.profile = map[string]any{"data": map[string]any{"id": "u-1", "email": "alice@example.com", "email_verified": true}, "id": "impostor"}
	_, id, _ := b.signIn(b.newBrowser())
	if id["email"] != "alice@example.com" || id["email_verified"] != nil {
		t.Errorf("the ID token is %v", id)
	}
	settings["token_url"] = host.server.URL + "/elsewhere"
	delete(made, "redirect_url")
	made["settings"] = settings
	b.must(422, "PUT", adminAPI+"/servers/work/idps/oauth2/"+made["id"].(string), made) // the secret would go elsewhere
}
