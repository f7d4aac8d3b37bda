package login_test

import (
	"context"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/front/login"
	"cognate.dev/cognate/internal/front/login/frame"
	"cognate.dev/cognate/internal/front/oauth"
	"cognate.dev/cognate/internal/front/oauth/grant"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/limit"
	"cognate.dev/cognate/internal/message"
	"cognate.dev/cognate/internal/message/mailbox"
	"cognate.dev/cognate/internal/message/outbox"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/risk"
	"cognate.dev/cognate/internal/signin"
	"cognate.dev/cognate/internal/signin/challenge/choice"
	"cognate.dev/cognate/internal/signin/challenge/mfasetup"
	"cognate.dev/cognate/internal/signin/challenge/newpassword"
	"cognate.dev/cognate/internal/signin/challenge/otp"
	"cognate.dev/cognate/internal/signin/challenge/passkey"
	passwordchallenge "cognate.dev/cognate/internal/signin/challenge/password"
	"cognate.dev/cognate/internal/signin/challenge/selectmfa"
	"cognate.dev/cognate/internal/signin/challenge/totp"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/token"
	"cognate.dev/cognate/internal/workspace/journey"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	poolID = "eu-west-1_Pool00001"
	right  = "Correct-Horse1"
	app    = "http://localhost:3000/callback"
	web    = "web"
)

// world is a server with the endpoints and the pages of one pool, on a database of its own.
type world struct {
	t       testing.TB
	store   *store.Store
	clock   *clock.Fake
	keys    *secret.Keyring
	dir     *directory.Directory
	box     *mailbox.Box
	risks   *risk.Risks
	history *risk.History
	auth    *authorize.Authorizer
	looks   *looks
	hooks   *signin.Hooks
	post    *outbox.Outbox
	acc     *account.Accounts
	pool    *directory.Pool
	url     string // of the site
	handler http.Handler
	space   string // the workspace that the site is; empty: none
	logins  *journey.Logins
}

type option func(*directory.PoolSpec, *directory.ClientSettings)

func newWorld(t testing.TB, options ...option) *world {
	t.Helper()
	w := &world{t: t, clock: clock.NewFake(time.Now().UTC().Truncate(time.Second)), box: mailbox.New(0), looks: &looks{}, hooks: &signin.Hooks{}}
	var err error
	w.keys, err = secret.NewKeyring(secret.Key{ID: "a", Secret: [32]byte{1}}, secret.Key{ID: "mac", Secret: [32]byte{2}})
	w.check(err)
	w.store, err = store.Open(t.Context(), "sqlite::memory:", store.Options{Sealer: w.keys})
	w.check(err)
	w.dir = directory.New(directory.Parts{
		Pools: w.store, Clients: w.store, Groups: w.store, Users: w.store, Credentials: w.store, Resources: w.store, Providers: w.store, Changes: quiet{},
		OnCommit: w.store.OnCommit, Keys: w.keys, Hasher: password.NewHasher(password.Params{MemoryKiB: 8, Time: 1, Threads: 1}, 1),
		Now: w.clock.Now,
	})
	w.furnish(options)
	return w
}

func (w *world) furnish(options []option) {
	w.t.Helper()
	pool := directory.PoolSpec{ID: poolID, Region: "eu-west-1", Settings: directory.Settings{Name: "people", AutoVerified: []string{"email"}}}
	client := directory.ClientSettings{
		Name: web, TokenRevocation: true, IdentityProviders: []string{"COGNITO"}, OAuthEnabled: true, OAuthFlows: []string{"code"},
		OAuthScopes: []string{"openid", "email", "profile"}, CallbackURLs: []string{app}, ExplicitAuthFlows: []string{"ALLOW_REFRESH_TOKEN_AUTH"},
	}
	for _, o := range options {
		o(&pool, &client)
	}
	var err error
	w.pool, err = w.dir.Pools.Create(w.t.Context(), pool)
	w.check(err)
	_, err = w.dir.Clients.Create(w.t.Context(), directory.ClientSpec{ID: web, PoolID: poolID, GenerateSecret: true, ClientSettings: client})
	w.check(err)
	w.lendKeys()
	ring := key.NewRing(w.store, w.keys, w.clock.Now)
	mux := http.NewServeMux()
	w.handler = mux
	server := httptest.NewServer(mux)
	location := func(p *directory.Pool) string { return server.URL + "/" + p.ID }
	parts := token.Parts{
		Keys: ring, Sealer: w.keys, Sessions: w.store, Pools: w.dir.Pools, Clients: w.dir.Clients, People: w.store,
		Issuer: location, Now: w.clock.Now,
	}
	minter, sessions := token.NewMinter(parts), token.NewSessions(parts)
	w.auth = authorize.New(authorize.Parts{
		Store: w.store, Clients: w.dir.Clients, People: w.store, Tokens: minter, Ended: sessions, Scopes: w.dir.Resources, Providers: w.providers(),
		Sealer: w.keys, Now: w.clock.Now,
		Strict: &authorize.Strict{Store: w.store, Hints: token.NewVerifier(parts), OpenID: authorize.OpenIDConfig{}.Of},
	})
	endpoints := oauth.Handler(oauth.Config{
		Authorizer: w.auth, Tokens: token.NewVerifier(parts), Sessions: sessions, Keys: ring, Issuer: location,
		Grants:    []grant.Grant{grant.Code{Codes: w.auth.Codes}, grant.Refresh{Tokens: minter}},
		Registrar: authorize.NewRegistrar(w.dir.Clients, w.auth.Scopes),
		Location:  location, Home: func(_ context.Context, p *directory.Pool) (string, error) { return location(p), nil },
	})
	gate, _, err := limit.New(limit.Parts{Store: w.store, Now: w.clock.Now})
	w.check(err)
	pages, err := login.New(frame.Parts{Rooms: w.rooms(minter), Sealer: w.keys, Looks: w.looks, Now: w.clock.Now, Gate: gate})
	w.check(err)
	w.url = server.URL + "/" + poolID
	mux.Handle("/"+poolID+"/", http.StripPrefix("/"+poolID, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		p, err := w.dir.Pools.Get(r.Context(), poolID)
		w.check(err)
		issuer := map[string]string{"/signout": w.url}[r.URL.Path] // a page that only strict sites have
		space := map[string]string{"/consent": w.space}[r.URL.Path]
		r = r.WithContext(authorize.WithSite(r.Context(), authorize.Site{Pool: p, Base: w.url, Prefix: "/" + poolID, Issuer: issuer, Workspace: space}))
		if pages.Serves(r.URL.Path) {
			pages.ServeHTTP(rw, r)
			return
		}
		endpoints.ServeHTTP(rw, r)
	})))
	w.t.Cleanup(func() {
		server.Close()
		http.DefaultClient.CloseIdleConnections()
		w.post.Wait()
		w.check(w.store.Close())
	})
}

// rooms are what the pages ask.
func (w *world) rooms(minter *token.Minter) frame.Rooms {
	w.t.Helper()
	w.post = outbox.New(outbox.Parts{
		Store: w.store, Keys: w.keys, Delivery: w.box, Now: w.clock.Now,
		Failed: func(_ context.Context, _ message.Message, err error, _ bool) { w.check(err) },
	})
	factors := factor.New(factor.Parts{Store: w.store, DeviceStore: w.store, Tx: w.store, Users: w.dir.Users, Sealer: w.keys, Now: w.clock.Now})
	hook := func(ctx context.Context, e signin.Event) error {
		if w.hooks.PreAuthentication == nil {
			return nil
		}
		return w.hooks.PreAuthentication(ctx, e)
	}
	w.history = risk.NewHistory(w.store, w.keys, w.clock.Now)
	w.risks = risk.New(w.store, w.clock.Now)
	judge := risk.NewProtection(risk.Means{
		Risks: w.risks, Events: w.store, History: w.history, Sender: w.box, Now: w.clock.Now,
		Home:  func(context.Context, *directory.Pool) (string, error) { return w.url, nil },
		Watch: risk.Watch{Failed: func(_ context.Context, err error) { w.check(err) }},
	})
	machine, err := signin.New(signin.Parts{
		Store: w.store, Users: w.dir.Users, Passwords: w.dir.Passwords, Factors: factors, Apps: factors, Devices: factors, Tokens: minter, Sealer: w.keys,
		Hooks: signin.Hooks{PreAuthentication: hook}, Now: w.clock.Now, Judge: judge.SignIns(),
		Challenges: []signin.Challenge{
			passwordchallenge.New(w.dir.Passwords), newpassword.New(w.store, w.dir.Passwords, w.dir.Users), selectmfa.New(),
			choice.Select(), mfasetup.New(w.dir.Users), totp.New(factors), passkey.New(factors), otp.SMS(w.post.Sender(), w.keys, w.dir.Users),
			otp.Email(w.post.Sender(), w.post.Behind(), w.keys, w.dir.Users), otp.FirstSMS(w.post.Sender(), w.post.Behind(), w.keys, w.dir.Users),
		},
	})
	w.check(err)
	w.acc = account.New(account.Parts{
		Directory: w.dir, Tx: w.store, Codes: w.store, Sessions: w.store, Post: w.post, Keys: w.keys, Now: w.clock.Now,
		Judge: judge.Accounts(), Browsers: w.auth.Browser,
	})
	return frame.Rooms{Authorizer: w.auth, SignIn: machine, Accounts: w.acc, Factors: factors, Clients: w.dir.Clients, Feedback: w.history, Outside: w.elsewhere(), Consents: w.consents()}
}

// lendKeys gives a world the signing keys that the first one made: finding primes takes longer than any test.
func (w *world) lendKeys() {
	lent.Do(func() {
		_, err := key.NewRing(w.store, w.keys, w.clock.Now).Public(w.t.Context(), poolID)
		w.check(err)
		lentKeys, err = w.store.Keys(w.t.Context(), poolID, w.clock.Now())
		w.check(err)
	})
	for _, k := range lentKeys {
		_, err := w.store.PutActiveKey(w.t.Context(), k, "", time.Time{})
		w.check(err)
	}
}

var (
	lent     sync.Once
	lentKeys []key.Stored
)

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// user makes a user with the right password; a temporary one for FORCE_CHANGE_PASSWORD.
func (w *world) user(name string, status directory.Status, attributes ...string) *directory.User {
	w.t.Helper()
	values := map[string]string{"email": name + "@example.com", "email_verified": "true"}
	for i := 0; i+1 < len(attributes); i += 2 {
		values[attributes[i]] = attributes[i+1]
	}
	u, err := w.dir.Users.Draft(w.pool, directory.NewUser{Username: name, Status: status, By: directory.ByAdmin, Attributes: values})
	w.check(err)
	w.check(w.dir.Users.Insert(w.t.Context(), w.pool, u, false))
	w.check(w.dir.Passwords.Set(w.t.Context(), w.pool, u, right, status == directory.ForceChangePassword))
	return u
}

// code is the newest code that was sent to somebody.
func (w *world) code(to string) string {
	w.t.Helper()
	w.post.Wait()
	found := w.box.List(mailbox.Query{To: to, Limit: 1})
	if len(found) == 0 {
		w.t.Fatalf("nothing was sent to %s", to)
	}
	return found[0].Code
}

// ask is a good authorization request, changed.
func ask(change ...string) url.Values {
	q := url.Values{
		"client_id": {web}, "redirect_uri": {app}, "response_type": {"code"}, "state": {"s t&te"}, "scope": {"openid email"},
	}
	for i := 0; i+1 < len(change); i += 2 {
		if q.Del(change[i]); change[i+1] != "" {
			q.Set(change[i], change[i+1])
		}
	}
	return q
}

// browser keeps cookies, follows redirects within the site, and stops where one leads to the client.
type browser struct {
	*world
	client *http.Client
	page   page
	lang   string
}

// page is an answer.
type page struct {
	status   int
	header   http.Header
	body     string
	path     string // where it is
	location string // the redirect that leads away
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	w.check(err)
	b := &browser{world: w, lang: "en"}
	b.client = &http.Client{Jar: jar, Transport: &http.Transport{}, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if !strings.HasPrefix(r.URL.String(), w.url+"/") {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	w.t.Cleanup(b.client.CloseIdleConnections)
	return b
}

func (b *browser) do(r *http.Request) page {
	b.t.Helper()
	r.Header.Set("Accept-Language", b.lang)
	res, err := b.client.Do(r)
	b.check(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	b.check(err)
	b.page = page{res.StatusCode, res.Header, string(body), strings.TrimPrefix(res.Request.URL.Path, "/"+poolID), res.Header.Get("Location")}
	return b.page
}

// open asks for a path of the site.
func (b *browser) open(path string, query url.Values) page {
	b.t.Helper()
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.url+path, nil)
	b.check(err)
	return b.do(r)
}

var (
	formTag  = regexp.MustCompile(`(?s)<form method="post" action="([^"]*)".*?</form>`)
	inputTag = regexp.MustCompile(`(?s)<input ([^>]*)>`)
	nameAttr = regexp.MustCompile(`name="([^"]*)"`)
	valueAtt = regexp.MustCompile(`value="([^"]*)"`)
)

// form reads the form of the page that the browser shows: where it goes and what it holds.
func (b *browser) form() (action string, values url.Values) {
	b.t.Helper()
	found := formTag.FindStringSubmatch(b.page.body)
	if found == nil {
		b.t.Fatalf("no form on %s: %d\n%s", b.page.path, b.page.status, b.page.body)
	}
	values = url.Values{}
	for _, input := range inputTag.FindAllStringSubmatch(found[0], -1) {
		name, value := nameAttr.FindStringSubmatch(input[1]), valueAtt.FindStringSubmatch(input[1])
		if name != nil && value != nil {
			values.Set(name[1], html.UnescapeString(value[1]))
		}
	}
	return html.UnescapeString(found[1]), values
}

// submit fills in the form of the page and sends it.
func (b *browser) submit(pairs ...string) page {
	b.t.Helper()
	action, values := b.form()
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return b.post(action, values)
}

func (b *browser) post(action string, values url.Values, header ...string) page {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, strings.TrimSuffix(b.url, "/"+poolID)+action, strings.NewReader(values.Encode()))
	b.check(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return b.do(r)
}

// shows checks that a page has a heading and these texts.
func (b *browser) shows(heading string, texts ...string) {
	b.t.Helper()
	if !strings.Contains(b.page.body, "<h1>"+heading+"</h1>") {
		b.t.Fatalf("%s shows no %q: %d %s\n%s", b.page.path, heading, b.page.status, b.page.location, b.page.body)
	}
	for _, text := range texts {
		if !strings.Contains(html.UnescapeString(b.page.body), text) {
			b.t.Errorf("%s does not say %q\n%s", b.page.path, text, b.page.body)
		}
	}
}

// sentHome checks that the browser was sent to the client with a code, and gives the code.
func (b *browser) sentHome() string {
	b.t.Helper()
	u, err := url.Parse(b.page.location)
	if err != nil || !strings.HasPrefix(b.page.location, app+"?") || u.Query().Get("code") == "" || u.Query().Get("state") != "s t&te" {
		b.t.Fatalf("sent to %q, not to the client with a code: %d\n%s", b.page.location, b.page.status, b.page.body)
	}
	return u.Query().Get("code")
}

// signIn opens the sign-in page and fills it in.
func (b *browser) signIn(name, password string) page {
	b.t.Helper()
	b.open("/oauth2/authorize", ask())
	return b.submit("username", name, "password", password)
}

type quiet struct{}

func (quiet) Changed(context.Context, string, string) {}
