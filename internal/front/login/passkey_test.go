package login_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/directory"
)

// passkeys lets people sign in with a password or a passkey of localhost.
func passkeys(p *directory.PoolSpec, c *directory.ClientSettings) {
	p.FirstAuthFactors = []string{"PASSWORD", "WEB_AUTHN"}
	p.MFA.WebAuthn = &directory.WebAuthn{RelyingPartyID: "localhost"}
	c.ExplicitAuthFlows = append(c.ExplicitAuthFlows, "ALLOW_USER_AUTH")
}

// authenticator gives the browser a security chip and a person who always agrees.
func (c *chromium) authenticator() {
	c.t.Helper()
	c.call("WebAuthn.enable", nil)
	c.call("WebAuthn.addVirtualAuthenticator", map[string]any{"options": map[string]any{
		"protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true, "isUserVerified": true,
		"automaticPresenceSimulation": true,
	}})
}

// press fills in a form of the page, sends it and waits for what follows.
func (c *chromium) press(script string) {
	c.t.Helper()
	c.ask(script + `; document.querySelector(".go").click()`)
	for c.next().Method != "Page.loadEventFired" {
	}
}

// TestAPasskeyIsAddedAndSignsIn goes the whole way in Chromium: a client leads to /passkeys/add, the person signs in there
// with a password, adds a passkey, comes home without tokens, and signs in with the passkey the next time.
func TestAPasskeyIsAddedAndSignsIn(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes a while")
	}
	home := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("home")) }))
	t.Cleanup(home.Close)
	callback := strings.Replace(home.URL, "127.0.0.1", "localhost", 1) + "/callback"
	w := newWorld(t, passkeys, func(_ *directory.PoolSpec, c *directory.ClientSettings) { c.CallbackURLs = []string{callback} })
	alice := w.user("alice", directory.Confirmed)
	site := strings.Replace(w.url, "127.0.0.1", "localhost", 1)
	c := startChromium(t)
	c.authenticator()
	c.visit(site+"/passkeys/add?"+url.Values{"client_id": {web}, "redirect_uri": {callback}, "state": {"s t"}}.Encode(), 400)
	c.press(`username.value = "alice"`)
	c.press(`password.value = "` + right + `"`)
	if title := c.ask(`document.querySelector("h1").textContent`); title != "Add a passkey" {
		t.Fatalf("after the sign-in: %v", title)
	}
	if found := c.ask(flaws); found != "" {
		t.Errorf("the page that adds a passkey: %v", found)
	}
	c.press("")
	if at := c.ask(`location.href`); at != callback+"?state=s+t" {
		t.Errorf("the browser came home to %v", at)
	}
	list, err := w.store.Passkeys(t.Context(), poolID, alice.ID)
	if err != nil || len(list) != 1 || list[0].RelyingPartyID != "localhost" {
		t.Fatalf("the passkeys of alice: %+v, %v", list, err)
	}
	c.visit(site+"/oauth2/authorize?"+ask("redirect_uri", callback, "prompt", "login").Encode(), 400)
	c.press(`username.value = "alice"`)
	if title := c.ask(`document.querySelector("h1").textContent`); title == "Choose how to sign in" {
		c.ask(`document.querySelector("[value=WEB_AUTHN]").click()`)
		for c.next().Method != "Page.loadEventFired" {
		}
	}
	c.press("")
	at, _ := c.ask(`location.href`).(string)
	if !strings.HasPrefix(at, callback+"?code=") {
		t.Errorf("the passkey led to %s", at)
	}
}

// TestAPasskeyIsOfferedUntilSomebodySaysNotNow keeps the offer from becoming a nuisance.
func TestAPasskeyIsOfferedUntilSomebodySaysNotNow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, passkeys)
	w.user("alice", directory.Confirmed)
	b := w.browser()
	enter := func() {
		b.open("/oauth2/authorize", ask("prompt", "login"))
		b.submit("username", "alice")
		b.submit("password", right)
	}
	enter()
	b.shows("Add a passkey")
	b.submit("credential", `{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"AA"}}`)
	b.shows("Add a passkey", "No passkey was added.")
	b.submit("later", "1")
	b.sentHome()
	enter()
	b.sentHome()
}

// TestAPoolWithoutPasskeysSaysSo: the person can only go on.
func TestAPoolWithoutPasskeysSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("alice", directory.Confirmed)
	b := w.browser()
	b.open("/passkeys/add", ask("response_type", ""))
	b.submit("username", "alice", "password", right)
	b.shows("Add a passkey", "Passkeys cannot be used here.")
	b.submit("later", "1")
	if b.page.location != app+"?state=s+t%26te" {
		t.Errorf("sent to %q", b.page.location)
	}
}
