package app

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
)

// hall is a bureau with a workspace whose portal is on, and a client of it.
type hall struct {
	*bureau
	client string
}

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"

func newHall(t *testing.T) *hall {
	t.Helper()
	b := newBureau(t)
	b.must(201, "POST", adminAPI+"/servers", map[string]any{
		"id": "work", "name": "Work", "user_pool_id": testPool, "enable_user_portal": true, "enable_demo_app": true,
	})
	h := &hall{b, ""}
	h.client = h.make("Calendar", "https://calendar.example.com/start")
	return h
}

// make makes a client that signs people in.
func (h *hall) make(name, uri string) string {
	h.t.Helper()
	made := h.must(201, "POST", adminAPI+"/clients", map[string]any{
		"authorization_server_id": "work", "client_name": name, "redirect_uris": []string{callback}, "client_uri": uri, "token_endpoint_auth_method": "none",
	})
	return made["client_id"].(string)
}

const callback = "http://localhost:3000/callback"

func (h *hall) site() authorize.Site {
	h.t.Helper()
	pool, err := h.h.rooms.Load().directory.Pools.Get(h.t.Context(), testPool)
	h.check(err)
	base := h.server.URL + "/default/work"
	return authorize.Site{Pool: pool, Base: base, Issuer: base, Prefix: "/default/work", Workspace: "work"}
}

// person adds somebody who came through a connection.
func (h *hall) person(name string) *directory.User {
	h.t.Helper()
	d := h.h.rooms.Load().directory
	u, err := d.Users.Create(h.t.Context(), h.site().Pool, directory.NewUser{
		Username: name, Attributes: map[string]string{"email": name + "@example.com", "email_verified": "true"}, Status: directory.ExternalProvider, By: directory.BySystem,
	}, false)
	h.check(err)
	return u
}

// guest is a browser in which somebody is signed in at the workspace, as a connection would leave it.
type guest struct {
	*hall
	user    *directory.User
	session *authorize.Session
	http    *http.Client
	page    string
	status  int
	at      string // Location of the last answer
}

func (h *hall) guest(u *directory.User, agent string) *guest {
	h.t.Helper()
	jar, err := cookiejar.New(nil)
	h.check(err)
	g := &guest{hall: h, user: u, http: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	var secret string
	g.session, secret, err = h.h.rooms.Load().authorizer.Browser.Begin(h.t.Context(), authorize.Proof{
		Pool: h.site().Pool, User: u, Provider: "elsewhere", UserAgent: agent, Address: "192.0.2.7",
	})
	h.check(err)
	base, err := url.Parse(h.site().Base + "/")
	h.check(err)
	jar.SetCookies(base, []*http.Cookie{h.site().Cookie(secret, g.session.ExpiresAt)})
	return g
}

func (g *guest) do(method, path string, form url.Values, header ...string) {
	g.t.Helper()
	r, err := http.NewRequestWithContext(g.t.Context(), method, g.server.URL+path, strings.NewReader(form.Encode()))
	g.check(err)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := g.http.Do(r)
	g.check(err)
	body, err := io.ReadAll(answer.Body)
	g.check(err)
	g.check(answer.Body.Close())
	g.page, g.status, g.at = string(body), answer.StatusCode, answer.Header.Get("Location")
}

// answer lets the workspace answer a request for which the guest is signed in, and gives where that leads.
func (g *guest) answer(location string) string {
	g.t.Helper()
	u, err := url.Parse(location)
	g.check(err)
	a := g.h.rooms.Load().authorizer
	r, err := a.Requests.Parse(g.t.Context(), g.site(), u.Query())
	g.check(err)
	to, err := a.Complete(g.t.Context(), r, g.session)
	g.check(err)
	return to
}

// enter signs the guest in to the portal, and shows it.
func (g *guest) enter() {
	g.t.Helper()
	g.do("GET", "/default/work/portal?login=1", nil)
	if g.status != http.StatusFound || !strings.HasPrefix(g.at, "/default/work/oauth2/authorize?") {
		g.t.Fatalf("the portal answered %d %s", g.status, g.at)
	}
	to := g.answer(g.at)
	if !strings.HasPrefix(to, g.site().Base+"/portal?") {
		g.t.Fatalf("the workspace sends people to %s", to)
	}
	g.do("GET", strings.TrimPrefix(to, g.server.URL), nil)
	if g.status != http.StatusFound || g.at != "/default/work/portal" {
		g.t.Fatalf("the portal answered %d %s\n%s", g.status, g.at, g.page)
	}
	g.do("GET", g.at, nil)
}

var formState = regexp.MustCompile(`name="state" value="([^"]*)"`)

// press sends a form of the page that is shown.
func (g *guest) press(name, value string) {
	g.t.Helper()
	found := formState.FindStringSubmatch(g.page)
	if found == nil {
		g.t.Fatalf("there is no form: %d\n%s", g.status, g.page)
	}
	g.do("POST", "/default/work/portal", url.Values{"state": {html.UnescapeString(found[1])}, name: {value}})
}

func (g *guest) sees(want bool, texts ...string) {
	g.t.Helper()
	for _, text := range texts {
		if strings.Contains(html.UnescapeString(g.page), text) != want {
			g.t.Errorf("the page shows %q: %t\n%s", text, !want, g.page)
		}
	}
}

// tokens are those that a client gets for the guest.
func (g *guest) tokens(client, scope string) map[string]any {
	g.t.Helper()
	proof := oauth2.GenerateVerifier()
	to, err := url.Parse(g.answer("?" + url.Values{
		"response_type": {"code"}, "client_id": {client}, "redirect_uri": {callback}, "scope": {scope}, "state": {"s"},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(proof)}, "code_challenge_method": {"S256"},
	}.Encode()))
	g.check(err)
	g.do("POST", "/default/work/oauth2/token", url.Values{
		"grant_type": {"authorization_code"}, "client_id": {client}, "redirect_uri": {callback}, "code": {to.Query().Get("code")}, "code_verifier": {proof},
	})
	var out map[string]any
	g.check(json.Unmarshal([]byte(g.page), &out))
	if g.status != http.StatusOK {
		g.t.Fatalf("no tokens: %d %v", g.status, out)
	}
	return out
}

// renews tells whether a refresh token still works.
func (g *guest) renews(client string, set map[string]any) bool {
	g.t.Helper()
	token, _ := set["refresh_token"].(string)
	g.do("POST", "/default/work/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "client_id": {client}, "refresh_token": {token}})
	return g.status == http.StatusOK
}

// request is one of the guest's browser, with its cookies.
func (g *guest) request() *http.Request {
	r, err := http.NewRequestWithContext(g.t.Context(), "GET", g.site().Base+"/", nil)
	g.check(err)
	for _, c := range g.http.Jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	return r
}
