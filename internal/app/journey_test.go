package app

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const appCallback = "https://app.example.com/cb"

// broker is a workspace with one connection to a peer and one client.
type broker struct {
	*bureau
	peer   *upstream
	client map[string]any
	idp    map[string]any
}

func newBroker(t *testing.T) *broker {
	t.Helper()
	b := &broker{bureau: newBureau(t), peer: newUpstream(t)}
	b.must(201, "POST", adminAPI+"/servers", map[string]any{"id": "work", "name": "Work", "user_pool_id": testPool})
	b.client = b.app("App")
	b.idp = b.connect("Corp", nil)
	return b
}

func (b *broker) app(name string, scopes ...string) map[string]any {
	b.t.Helper()
	return b.must(201, "POST", adminAPI+"/clients", map[string]any{
		"authorization_server_id": "work", "client_name": name, "redirect_uris": []string{appCallback}, "scopes": scopes, "trusted": true,
	})
}

// connect makes a connection to the peer.
func (b *broker) connect(name string, change func(map[string]any)) map[string]any {
	b.t.Helper()
	body := map[string]any{
		"name": name, "settings": map[string]any{"client_id": "broker", "issuer_url": b.peer.server.URL}, "credentials": map[string]any{"client_secret": "hush"},
	}
	if change != nil {
		change(body)
	}
	return b.must(201, "POST", adminAPI+"/servers/work/idps/oidc", body)
}

// change changes the connection.
func (b *broker) change(change func(map[string]any)) {
	b.t.Helper()
	id := b.idp["id"].(string)
	now := b.must(200, "GET", adminAPI+"/servers/work/idps/oidc/"+id, nil)
	change(now)
	b.idp = b.must(200, "PUT", adminAPI+"/servers/work/idps/oidc/"+id, now)
}

// newBrowser is a browser with cookies that follows no redirect by itself.
func (b *broker) newBrowser() *http.Client {
	jar, err := cookiejar.New(nil)
	b.check(err)
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// ask is the URL of an authorization request of the client.
func (b *broker) ask(more ...string) string {
	q := url.Values{
		"response_type": {"code"}, "client_id": {b.client["client_id"].(string)}, "redirect_uri": {appCallback}, "scope": {"openid email profile"}, "state": {"s1"}, "nonce": {"n1"},
	}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return b.server.URL + "/default/work/oauth2/authorize?" + q.Encode()
}

// follow goes where a browser is sent until it is at the client, or at a page; the answer is the client's query, or the page.
func (b *broker) follow(browser *http.Client, address string) (url.Values, string) {
	b.t.Helper()
	for range 12 {
		if strings.HasPrefix(address, appCallback) {
			u, err := url.Parse(address)
			b.check(err)
			return u.Query(), ""
		}
		r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, address, http.NoBody)
		b.check(err)
		answer, err := browser.Do(r)
		b.check(err)
		text, err := io.ReadAll(answer.Body)
		b.check(err)
		b.check(answer.Body.Close())
		next, err := answer.Location()
		if err != nil {
			return nil, string(text)
		}
		address = next.String()
	}
	b.t.Fatal("the browser is sent around without end")
	return nil, ""
}

// tokens are what a code gives: the answer, and the claims of both tokens.
func (b *broker) tokens(form url.Values) (answer, id, access map[string]any) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.server.URL+"/default/work/oauth2/token", strings.NewReader(form.Encode()))
	b.check(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(b.client["client_id"].(string), b.client["client_secret"].(string))
	got, err := http.DefaultClient.Do(r)
	b.check(err)
	defer got.Body.Close()
	b.check(json.NewDecoder(got.Body).Decode(&answer))
	return answer, claimsOf(b.t, answer["id_token"]), claimsOf(b.t, answer["access_token"])
}

func claimsOf(t testing.TB, token any) map[string]any {
	t.Helper()
	text, ok := token.(string)
	if !ok {
		return nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(text, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// signIn goes all the way, and fails the test where no code comes.
func (b *broker) signIn(browser *http.Client, more ...string) (answer, id, access map[string]any) {
	b.t.Helper()
	code, page := b.follow(browser, b.ask(more...))
	if code.Get("code") == "" || code.Get("state") != "s1" {
		b.t.Fatalf("the client hears %v; page %.300s", code, page)
	}
	answer, id, access = b.tokens(url.Values{"grant_type": {"authorization_code"}, "code": {code.Get("code")}, "redirect_uri": {appCallback}})
	if id == nil {
		b.t.Fatalf("no tokens: %v", answer)
	}
	return answer, id, access
}

// get asks an endpoint with an access token.
func (b *broker) userInfo(answer map[string]any) map[string]any {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.server.URL+"/default/work/oauth2/userInfo", http.NoBody)
	b.check(err)
	r.Header.Set("Authorization", "Bearer "+answer["access_token"].(string))
	got, err := http.DefaultClient.Do(r)
	b.check(err)
	defer got.Body.Close()
	out := map[string]any{"status": got.StatusCode}
	_ = json.NewDecoder(got.Body).Decode(&out)
	return out
}

// TestSomebodyComesThroughAConnection goes from the client's request to tokens, userinfo, refresh and sign-out.
func TestSomebodyComesThroughAConnection(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	b.peer.set(func(p *upstream) {
		p.id = map[string]any{"name": "Up", "email_verified": "true", "cognito:groups": []string{"admins"}, "groups": []string{"admins"}, "amr": []string{"pwd"}, "acr": "gold", "secret": "x"}
	})
	browser := b.newBrowser()
	answer, id, access := b.signIn(browser)
	asked := b.peer.last()
	if asked.Get("code_challenge_method") != "S256" || len(asked.Get("nonce")) < 40 || asked.Get("redirect_uri") != b.server.URL+"/default/work/oauth2/idpresponse" || asked.Has("login_hint") {
		t.Errorf("the provider was asked %v", asked)
	}
	want := map[string]any{"email": "up@example.com", "email_verified": true, "name": "Up", "nonce": "n1", "iss": b.server.URL + "/default/work", "aud": b.client["client_id"], "acr": "gold"}
	for name, value := range want {
		if id[name] != value {
			t.Errorf("%s of the ID token is %v, want %v", name, id[name], value)
		}
	}
	if diff := cmp.Diff([]any{"pwd"}, id["amr"]); diff != "" {
		t.Errorf("amr (-want +got):\n%s", diff)
	}
	for _, name := range []string{"cognito:groups", "groups", "identities", "cognito:username", "secret", "address"} {
		if id[name] != nil || access[name] != nil {
			t.Errorf("%s went out unasked: %v %v", name, id[name], access[name])
		}
	}
	if access["iss"] != b.server.URL+"/default/work" || access["scope"] != "openid email profile" || access["email"] != nil || access["cognito:groups"] != nil {
		t.Errorf("access token %v", access)
	}
	user, err := b.h.rooms.Load().directory.Users.Get(t.Context(), testPool, id["sub"].(string))
	b.check(err)
	if user.Username != b.idp["id"].(string)+"_up-1" || user.Attributes["email"] != "up@example.com" || user.Attributes["email_verified"] != "false" {
		t.Errorf("user %+v", user)
	}
	if info := b.userInfo(answer); info["sub"] != id["sub"] || info["email"] != "up@example.com" || info["email_verified"] != true {
		t.Errorf("userInfo %v", info)
	}
	renewed, again, _ := b.tokens(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {answer["refresh_token"].(string)}})
	if again["email"] != "up@example.com" || again["acr"] != "gold" || again["auth_time"] != id["auth_time"] {
		t.Errorf("refreshed %v %v", renewed, again)
	}
	if scarce, few, _ := b.signIn(b.newBrowser(), "scope", "openid"); few["email"] != nil || b.userInfo(scarce)["email"] != nil {
		t.Errorf("without its scope: %v", few)
	}
}

// TestWhatIsKeptIsAskedForOnce counts how often the provider is asked, with and without a cache.
func TestWhatIsKeptIsAskedForOnce(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	hits := func(browser *http.Client, want int, more ...string) map[string]any {
		t.Helper()
		before := b.peer.called("authorize")
		_, id, _ := b.signIn(browser, more...)
		if got := b.peer.called("authorize") - before; got != want {
			t.Errorf("%v: the provider was asked %d times, want %d", more, got, want)
		}
		return id
	}
	browser := b.newBrowser()
	hits(browser, 1)
	hits(browser, 1)
	b.change(func(c map[string]any) {
		c["config"] = map[string]any{"enable_stateful_ctx": true, "stateful_ctx_duration": "10m0s"}
	})
	first := hits(browser, 1)
	second := hits(browser, 0)
	if first["auth_time"] != second["auth_time"] || second["email"] != "up@example.com" || first["sub"] != second["sub"] {
		t.Errorf("the kept context is another: %v, %v", first, second)
	}
	hits(browser, 0, "scope", "openid")
	hits(browser, 1, "prompt", "login")
	hits(browser, 1, "prompt", "select_account")
	hits(browser, 0, "prompt", "none")
	hits(browser, 0, "max_age", "1000")
	hits(browser, 1, "acr_values", "gold")
	hits(b.newBrowser(), 1)
	b.change(func(c map[string]any) { c["name"] = "Corp, renamed" })
	hits(browser, 1)
	hits(browser, 0)
	b.ahead.Store(int64(11 * time.Minute))
	hits(browser, 1)
	b.change(func(c map[string]any) {
		c["config"] = map[string]any{"enable_stateful_ctx": true, "stateful_ctx_duration": "0s"}
	})
	hits(browser, 1)
	hits(browser, 1)
	if code, _ := b.follow(browser, b.ask("prompt", "none")); code.Get("error") != "login_required" {
		t.Errorf("prompt=none without a kept context: %v", code)
	}
}

// TestASingleSignOnKeepsPeople has the workspace keep contexts for clients, until nobody has used one for a while.
func TestASingleSignOnKeepsPeople(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	server := b.must(200, "GET", adminAPI+"/servers/work", nil)
	server["sso"] = map[string]any{"enabled": true, "max_idle": "5m0s", "max_age": "12m0s"}
	b.must(200, "PUT", adminAPI+"/servers/work", server)
	browser := b.newBrowser()
	hits := func(want int) {
		t.Helper()
		before := b.peer.called("authorize")
		b.signIn(browser)
		if got := b.peer.called("authorize") - before; got != want {
			t.Errorf("the provider was asked %d times, want %d", got, want)
		}
	}
	hits(1)
	b.client = b.app("Second")
	hits(0)
	for _, step := range []struct {
		after time.Duration
		asked int
	}{{4 * time.Minute, 0}, {8 * time.Minute, 0}, {13 * time.Minute, 1}, {17 * time.Minute, 0}, {23 * time.Minute, 1}} { // used in time, used in time, too old, used, idle for too long
		b.ahead.Store(int64(step.after))
		hits(step.asked)
	}
	b.change(func(c map[string]any) { c["sso_settings"] = map[string]any{"disabled": true} })
	hits(1)
	hits(1)
}
