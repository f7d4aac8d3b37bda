package login_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/branding"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/front/login/frame"
)

// providers know the outside providers of the pool.
func (w *world) providers() *federation.Providers {
	return federation.New(federation.Parts{Providers: w.store, Links: w.store, Groups: w.dir.Groups, Keys: w.keys, Now: w.clock.Now}).Providers
}

// provider is one that the pool knows, with an identifier.
func (w *world) provider(name string, identifiers ...string) {
	w.t.Helper()
	w.check(w.store.InsertProvider(w.t.Context(), &federation.Provider{
		PoolID: poolID, Name: name, Type: federation.OIDC, Identifiers: identifiers, CreatedAt: w.clock.Now(), ModifiedAt: w.clock.Now(),
	}, 10))
}

// lends makes the client offer providers beside the pool itself, by name first if so.
func lends(w *world, nameFirst bool, names ...string) {
	w.t.Helper()
	w.check(w.store.UpdateClient(w.t.Context(), poolID, web, func(c *directory.Client) error {
		c.IdentityProviders = names
		if nameFirst {
			c.ExplicitAuthFlows = []string{"ALLOW_USER_AUTH"}
		}
		return nil
	}))
	w.dir.Clients.Forget(poolID, web)
}

var providerLink = regexp.MustCompile(`<a class="provider" href="([^"]*)">`)

// TestProvidersHaveButtons fails when a person cannot choose a provider, or when the button forgets what the client asked.
func TestProvidersHaveButtons(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.provider("Corp")
	lends(w, false, "COGNITO", "Google", "Corp")
	b := w.browser()
	b.open("/login", ask("nonce", "n&1"))
	b.shows("Sign in", "Continue with Google", "Continue with Corp")
	links := providerLink.FindAllStringSubmatch(b.page.body, -1)
	if len(links) != 2 {
		t.Fatalf("links %v", links)
	}
	u, err := url.Parse(html.UnescapeString(links[1][1]))
	w.check(err)
	want := ask("nonce", "n&1", "identity_provider", "Corp")
	if u.Path != "/"+poolID+"/oauth2/authorize" || u.Query().Encode() != want.Encode() {
		t.Errorf("leads to %s, want %s", u, want.Encode())
	}
	if strings.Contains(b.page.header.Get("Content-Security-Policy"), "https:") {
		t.Errorf("forms may lead anywhere: %s", b.page.header.Get("Content-Security-Policy"))
	}
	lends(w, false, "Google", "Corp")
	if b.open("/login", ask()); strings.Contains(b.page.body, `name="password"`) || !strings.Contains(b.page.body, "Continue with Corp") {
		t.Errorf("a client without the pool's own people shows\n%s", b.page.body)
	}
}

// TestTheOnlyProviderIsNotAskedFor fails when people have to press the only button there is.
func TestTheOnlyProviderIsNotAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.provider("Corp")
	lends(w, false, "Corp")
	b := w.browser()
	b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if page := b.open("/login", ask()); page.location != "/"+poolID+"/oauth2/authorize?"+ask().Encode() {
		t.Errorf("%d %s", page.status, page.location)
	}
}

// TestAnAddressLeadsToItsProvider fails when people of a company do not get to their company's provider by their address.
func TestAnAddressLeadsToItsProvider(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.provider("Corp", "example.com")
	w.provider("Other", "example.org")
	lends(w, true, "COGNITO", "Corp")
	b := w.browser()
	b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	b.open("/login", ask())
	if policy := b.page.header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' https:") {
		t.Errorf("the browser will not follow: %s", policy)
	}
	action, form := b.form()
	form.Set("username", "dana@Example.com")
	want := "/" + poolID + "/oauth2/authorize?" + ask("identity_provider", "Corp", "login_hint", "dana@Example.com").Encode()
	if page := b.post(action, form); page.location != want {
		t.Errorf("%d %s, want %s", page.status, page.location, want)
	}
	b.open("/login", ask())
	if b.submit("username", "dana@example.org"); b.page.location != "" {
		t.Errorf("the provider of another client: %s", b.page.location)
	}
}

// TestButtonsHaveIcons fails when a provider's icon is missing or on another's button, when a button without an icon lacks its
// initial, or when one of the two shows although icons are off.
func TestButtonsHaveIcons(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.provider("Corp")
	lends(w, false, "COGNITO", "Google", "Corp")
	icon := &branding.Picture{Path: "/_cognate/branding/p/c/icon/1"}
	const initial, picture = `<span class="initial" aria-hidden="true">G</span>Continue with Google`,
		`<img class="icon" src="/_cognate/branding/p/c/icon/1" alt="" loading="lazy">Continue with Corp`
	b := w.browser()
	for what, c := range map[string]struct {
		look branding.Look
		want [2]bool
	}{
		"no look":   {branding.Look{}, [2]bool{true, false}},
		"an icon":   {branding.Look{Providers: map[string]branding.Image{"Corp": {Light: icon, Dark: icon}}}, [2]bool{true, true}},
		"for all":   {branding.Look{Providers: map[string]branding.Image{"": {Light: icon, Dark: icon}}}, [2]bool{false, true}},
		"icons off": {branding.Look{PlainButtons: true}, [2]bool{false, false}},
	} {
		w.looks.look = frame.Look{Look: c.look}
		b.open("/login", ask())
		if got := [2]bool{strings.Contains(b.page.body, initial), strings.Contains(b.page.body, picture)}; got != c.want {
			t.Errorf("%s: initial and icon %v, want %v\n%s", what, got, c.want, b.page.body)
		}
	}
}
