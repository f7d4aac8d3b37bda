package login_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/branding"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/login"
	"cognate.dev/cognate/internal/front/login/frame"
	"cognate.dev/cognate/internal/signin"
)

// forms leads a browser to the form of each page.
func forms() map[string]func(t *testing.T) *browser {
	sms := directory.MFAConfig{SMS: true}
	begin := func(t *testing.T, status directory.Status, options ...option) *browser {
		w := newWorld(t, options...)
		w.user("alice", status, "phone_number", phone)
		return w.browser()
	}
	signedIn := func(t *testing.T, status directory.Status, options ...option) *browser {
		b := begin(t, status, options...)
		b.signIn("alice", right)
		return b
	}
	named := func(t *testing.T, options ...option) *browser {
		b := begin(t, directory.Confirmed, append([]option{choices}, options...)...)
		b.open("/login", ask())
		b.submit("username", "alice")
		return b
	}
	opened := func(path string) func(t *testing.T) *browser {
		return func(t *testing.T) *browser {
			b := begin(t, directory.Confirmed)
			b.open(path, ask())
			return b
		}
	}
	return map[string]func(t *testing.T) *browser{
		"signin": opened("/login"), "signup": opened("/signup"), "forgot": opened("/forgotPassword"), "confirm": opened("/confirmUser"),
		"reset": func(t *testing.T) *browser {
			b := opened("/forgotPassword")(t)
			b.submit("username", "alice")
			return b
		},
		"newpassword": func(t *testing.T) *browser { return signedIn(t, directory.ForceChangePassword) },
		"code":        func(t *testing.T) *browser { return signedIn(t, directory.Confirmed, mfa(sms)) },
		"choose": func(t *testing.T) *browser {
			return signedIn(t, directory.Confirmed, mfa(directory.MFAConfig{SMS: true, Email: &directory.EmailMFA{}}))
		},
		"enrol": func(t *testing.T) *browser {
			return signedIn(t, directory.Confirmed, mfa(directory.MFAConfig{SoftwareToken: true}))
		},
		"way": func(t *testing.T) *browser { return named(t) },
		"password": func(t *testing.T) *browser {
			b := named(t)
			b.submit("way", "PASSWORD")
			return b
		},
		"addpasskey": func(t *testing.T) *browser {
			b := begin(t, directory.Confirmed, passkeys)
			b.open("/passkeys/add", ask("response_type", ""))
			b.submit("username", "alice")
			b.submit("password", right)
			return b
		},
		"device": func(t *testing.T) *browser {
			b := signedIn(t, directory.Confirmed, mfa(sms), devices)
			b.submit("code", b.code(phone))
			return b
		},
		"feedback": func(t *testing.T) *browser {
			b := begin(t, directory.Confirmed, guarded("AUDIT"))
			b.open("/feedback", url.Values{"client_id": {web}, "token": {"x"}, "value": {"Valid"}})
			return b
		},
		"signout": func(t *testing.T) *browser {
			b := signedIn(t, directory.Confirmed, func(_ *directory.PoolSpec, c *directory.ClientSettings) { c.LogoutURLs = []string{app} })
			b.open("/signout", url.Values{"client_id": {ask().Get("client_id")}, "post_logout_redirect_uri": {app}})
			return b
		},
		"consent": func(t *testing.T) *browser {
			b, _ := newWorld(t).asked("openid", "email")
			return b
		},
		"account": func(t *testing.T) *browser {
			b := signedIn(t, directory.Confirmed)
			b.open("/login", ask())
			return b
		},
	}
}

// TestEveryFormIsReached fails when a page with a form is missing from forms, and so from the attacks below. The form of the portal
// is attacked where there are workspaces, in internal/app.
func TestEveryFormIsReached(t *testing.T) {
	t.Parallel()
	pages, _ := book(t)
	reached := forms()
	for _, path := range pages.Stories() {
		name := strings.Split(strings.TrimPrefix(path, login.StorybookPath+"/story/"), "/")[0]
		if !slices.Contains([]string{"done", "failure", "passkey", "portal", "demo"}, name) && reached[name] == nil {
			t.Errorf("nothing attacks the form of %s", name)
		}
	}
}

// TestForgedFormsAreRefused: a form counts only from the browser and the page that it was made for, and only from our site.
func TestForgedFormsAreRefused(t *testing.T) {
	t.Parallel()
	for name, reach := range forms() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := reach(t)
			action, good := b.form()
			stranger := b.world.browser()
			stranger.open("/login", ask()) // has a token of its own
			_, theirs := stranger.form()
			refused := func(what string, p page) {
				t.Helper()
				if p.status != http.StatusForbidden || !strings.Contains(p.body, "This page has expired") || p.location != "" {
					t.Errorf("%s: %d %s", what, p.status, p.location)
				}
			}
			without := url.Values{"username": {"alice"}, "password": {right}, "code": {"123456"}}
			refused("no state", b.post(action, without))
			other := url.Values{"state": {theirs.Get("state")}, "username": {"alice"}, "password": {right}}
			refused("the state of another browser", b.post(action, other))
			refused("another browser", stranger.post(action, good))
			refused("no cookie", b.world.browser().post(action, good))
			refused("from another site", b.post(action, good, "Sec-Fetch-Site", "cross-site"))
			refused("from a neighbour", b.post(action, good, "Sec-Fetch-Site", "same-site"))
			elsewhere := "/" + poolID + "/forgotPassword"
			if name == "forgot" {
				elsewhere = "/" + poolID + "/signup"
			}
			refused("the state of another page", b.post(elsewhere, good))
			broken := url.Values{"state": {good.Get("state") + "A"}}
			refused("a broken state", b.post(action, broken))
			b.world.clock.Advance(61 * 60e9)
			late := b.post(action, good)
			again := strings.Contains(late.body, "That took too long.") || strings.Contains(late.body, "This code no longer works.")
			if name == "signout" || name == "feedback" || name == "consent" { // there is nothing to begin again
				refused("an old state", late)
			} else if late.status != http.StatusBadRequest || !again || late.location != "" {
				t.Errorf("an old state: %d %s", late.status, late.location)
			}
		})
	}
}

// TestNoPageCanBeFramedCachedOrTapped checks the headers of every answer.
func TestNoPageCanBeFramedCachedOrTapped(t *testing.T) {
	t.Parallel()
	for name, reach := range forms() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := reach(t)
			for header, want := range map[string]string{
				"Cache-Control": "no-store", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
				"Cross-Origin-Resource-Policy": "same-origin", "X-Robots-Tag": "noindex", "Access-Control-Allow-Origin": "",
				"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self' http://localhost:*; " +
					"base-uri 'none'; frame-ancestors 'none'",
			} {
				if name == "feedback" { // no client waits behind it
					want = strings.Replace(want, " http://localhost:*", "", 1)
				}
				if got := b.page.header.Get(header); got != want {
					t.Errorf("%s: %q, want %q", header, got, want)
				}
			}
			if id := b.page.header.Get("X-Amz-Cognito-Request-Id"); len(id) != 36 {
				t.Errorf("the answer has the request id %q", id)
			}
			if inline := regexp.MustCompile(`(?i)<script>|<style| style="| on[a-z]+="|javascript:`).FindString(b.page.body); inline != "" {
				t.Errorf("the page has inline code: %s", inline)
			}
			for _, c := range b.client.Jar.Cookies(mustParse(b.url + "/login")) {
				if c.Name != "XSRF-TOKEN" && c.Name != "csrf-state" && c.Name != authorize.CookieName {
					t.Errorf("an unknown cookie %s", c.Name)
				}
			}
		})
	}
}

func mustParse(text string) *url.URL {
	u, err := url.Parse(text)
	if err != nil {
		panic(err)
	}
	return u
}

func TestCookiesAreForThisSiteAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("alice", directory.Confirmed)
	b := w.browser()
	b.open("/login", ask("lang", "de"))
	set := b.page.header.Values("Set-Cookie")
	b.submit("username", "alice", "password", right)
	set = append(set, b.page.header.Values("Set-Cookie")...)
	if len(set) != 3 {
		t.Fatalf("cookies %q", set)
	}
	for _, c := range set {
		for _, trait := range []string{"HttpOnly", "SameSite=Lax", "Path=/" + poolID + "/"} {
			if !strings.Contains(c, trait) {
				t.Errorf("%s lacks %s", c, trait)
			}
		}
	}
}

var hostile = []string{
	`"><img src=x onerror=alert(1)></title><svg onload=alert(1)>`, `'-alert(1)-'<script>alert(1)</script>` + "{{.}}\u2028</form>",
}

// harmless fails when a text from outside is on the page as it came.
func harmless(t *testing.T, where string, p page) {
	t.Helper()
	for _, raw := range []string{"<script>alert", "<img src=x", "<svg onload", `"-alert`, "'-alert(1)-'", `href="javascript`, "</form>\n<b"} {
		if strings.Contains(p.body, raw) {
			t.Errorf("%s: %s is on the page\n%s", where, raw, p.body)
		}
	}
}

// TestTextsFromOutsideStayTexts tries scripts in every parameter, field, attribute and look.
func TestTextsFromOutsideStayTexts(t *testing.T) {
	t.Parallel()
	for _, bad := range hostile {
		w := newWorld(t, func(p *directory.PoolSpec, c *directory.ClientSettings) {
			p.Name, c.Name = "people", "app"
			p.Schema = []directory.AttributeSpec{{Name: "name", Required: true}, {Name: "x", Type: "String"}}
		})
		picture := &branding.Picture{Path: bad}
		image := branding.Image{Light: picture, Dark: &branding.Picture{Path: `");}body{display:none}`}}
		w.looks.look = frame.Look{Look: branding.Look{
			Mode: bad, Light: branding.Palette{"accent": bad, "card": "red;}body{display:none}", "x:url(//evil.example.com)": "#000000"},
			Radii: map[string]float64{bad: 1}, Across: bad, Down: bad, Page: image, Form: image, Icons: []*branding.Picture{picture},
			Logo: &branding.Emblem{Image: image, Side: bad}, Header: &branding.Band{Logo: &branding.Emblem{Image: image, Side: bad}, Background: image},
			Footer: &branding.Band{Background: image}, Graphics: map[string]branding.Image{"password": image},
		}}
		w.user("alice", directory.Confirmed, "name", bad)
		b := w.browser()
		for _, name := range []string{"state", "nonce", "login_hint", "scope", "lang", "resource", "prompt", "client_id", "redirect_uri", "response_type", bad} {
			for _, path := range []string{"/login", "/signup", "/forgotPassword", "/confirmUser", "/error", "/signedOut", "/oauth2/authorize", "/logout"} {
				harmless(t, path+" "+name, b.open(path, ask(name, bad)))
			}
		}
		for _, name := range []string{"error", "client_id", "user_name", "confirmation_code", "lang", "error_description"} {
			for _, path := range []string{"/error", "/confirmUser", "/signedOut"} {
				harmless(t, path+" "+name, b.open(path, url.Values{"client_id": {web}, name: {bad}}))
			}
		}
		b.open("/login", ask("login_hint", bad))
		harmless(t, "sign-in", b.submit("username", bad, "password", bad))
		b.open("/signup", ask())
		harmless(t, "sign-up", b.submit("username", bad, "attribute.name", bad, "attribute.email", bad, "password", right))
		b.open("/forgotPassword", ask())
		harmless(t, "reset", b.submit("username", bad))
		harmless(t, "reset code", b.submit("code", bad, "password", right))
		w.hooks.PreAuthentication = func(context.Context, signin.Event) error { return fault.New(fault.Invalid, fault.Lambda, bad) }
		b.open("/login", ask())
		harmless(t, "trigger", b.submit("username", "alice", "password", right))
		w.hooks.PreAuthentication = nil
		b.submit("username", "alice", "password", right)
		harmless(t, "account", b.open("/login", ask("prompt", "select_account")))
		style := b.open("/assets/look.css", url.Values{"client_id": {web}})
		if strings.Contains(style.body, "alert(") || strings.Contains(style.body, "display") || strings.Contains(style.body, "evil") || strings.Contains(style.body, "url(") {
			t.Errorf("a colour that is none is in the style: %s", style.body)
		}
	}
}

func TestALookTakesEffect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	logo := &branding.Picture{Path: "/assets/logo.png"}
	w.looks.look = frame.Look{CSS: "h1{color:red}", Look: branding.Look{
		Mode: "dark", Logo: &branding.Emblem{Image: branding.Image{Light: logo, Dark: logo}},
		Light: branding.Palette{"accent": "#aa0000"}, Dark: branding.Palette{"accent": "#ffaaaa"},
	}}
	b := w.browser()
	b.open("/login", ask())
	for _, want := range []string{`data-mode="dark"`, `<img class="logo" src="/assets/logo.png" alt=""`, `/assets/look.css?client_id=web"`} {
		if !strings.Contains(b.page.body, want) {
			t.Errorf("the page lacks %s\n%s", want, b.page.body)
		}
	}
	style := b.open("/assets/look.css", url.Values{"client_id": {web}})
	for _, want := range []string{":root{--accent:#aa0000;}", ":root[data-mode=dark]{--accent:#ffaaaa;}", "h1{color:red}"} {
		if !strings.Contains(style.body, want) {
			t.Errorf("the style lacks %s\n%s", want, style.body)
		}
	}
	if style.header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Error("the style is not served as one")
	}
}

// TestNobodyIsSentElsewhere: where the redirect URI is not the client's in every byte, the browser stays here.
func TestNobodyIsSentElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	for _, uri := range []string{
		"https://evil.example.com/", "//evil.example.com", app + "/", app + "?x=1", app + "#x", "HTTP://localhost:3000/callback",
		"http://localhost:3000@evil.example.com/callback", "http://localhost:3000/callback/../evil", "http://localhost:3000/%63allback",
		"javascript:alert(1)", "data:text/html,x", "http://localhost:3000\\@evil.example.com/callback", " " + app, app + "\r\nX: y", "http://lоcalhost:3000/callback",
	} {
		for _, path := range []string{"/login", "/signup", "/forgotPassword", "/oauth2/authorize", "/logout"} {
			b.open(path, ask("redirect_uri", uri))
			if b.page.location != "" || b.page.path != "/error" {
				t.Errorf("%s with %q leads to %s%s", path, uri, b.page.path, b.page.location)
			}
			if strings.Contains(b.page.body, "evil") {
				t.Errorf("%s with %q is told on the page", path, uri)
			}
		}
	}
}

// TestAPlantedCookieIsNoSession: whoever knew the cookie before somebody signed in knows nothing after.
func TestAPlantedCookieIsNoSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("alice", directory.Confirmed)
	w.user("mallory", directory.Confirmed)
	attacker := w.browser()
	attacker.signIn("mallory", right)
	var planted []*http.Cookie
	for _, c := range attacker.client.Jar.Cookies(mustParse(w.url + "/login")) {
		planted = append(planted, &http.Cookie{Name: c.Name, Value: c.Value, Path: "/" + poolID + "/"})
	}
	victim := w.browser()
	victim.client.Jar.SetCookies(mustParse(w.url+"/login"), planted)
	victim.open("/oauth2/authorize", ask("prompt", "login"))
	victim.submit("username", "alice", "password", right)
	victim.sentHome()
	attacker.open("/oauth2/authorize", ask())
	attacker.shows("Sign in") // the session that was planted is gone, and alice's is not the attacker's
}

// TestAFormThatIsTooLargeIsRefused keeps memory bounded.
func TestAFormThatIsTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.open("/login", ask())
	if p := b.submit("username", strings.Repeat("a", 200<<10), "password", "x"); p.status != http.StatusForbidden {
		t.Errorf("status %d", p.status)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, b.url+"/login", nil)
	w.check(err)
	if p := b.do(r); p.status != http.StatusMethodNotAllowed || p.header.Get("Allow") == "" {
		t.Errorf("DELETE: %d", p.status)
	}
}

// looks is the look that a test gives to every client.
type looks struct{ look frame.Look }

func (l *looks) Look(context.Context, *directory.Pool, *directory.Client) (frame.Look, error) {
	return l.look, nil
}
