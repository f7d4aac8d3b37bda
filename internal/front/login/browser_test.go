package login_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/directory"
)

// TestABrowserComesHomeThroughRedirects signs in with Chromium and follows the client on to another host: the policy
// for forms must not stop the browser on the way, which it would do without a word to the person.
func TestABrowserComesHomeThroughRedirects(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes a while")
	}
	home := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("home"))
	}))
	t.Cleanup(home.Close)
	client := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("code") == "" {
			http.NotFound(w, r)
			return
		}
		http.Redirect(w, r, home.URL+"/", http.StatusFound)
	}))
	t.Cleanup(client.Close)
	callback := strings.Replace(client.URL, "127.0.0.1", "localhost", 1) + "/callback"
	w := newWorld(t, func(_ *directory.PoolSpec, c *directory.ClientSettings) { c.CallbackURLs = []string{callback} })
	w.user("alice", directory.Confirmed)
	home.URL = strings.Replace(home.URL, "127.0.0.1", "localhost", 1)
	c := startChromium(t)
	c.visit(w.url+"/oauth2/authorize?"+ask("redirect_uri", callback).Encode(), 400)
	if found := c.ask(flaws); found != "" {
		t.Errorf("the sign-in page: %v", found)
	}
	c.ask(`username.value = "alice"; password.value = "` + right + `"; document.querySelector(".go").click()`)
	for c.next().Method != "Page.loadEventFired" {
	}
	if text := c.ask(`document.body.textContent`); text != "home" {
		t.Errorf("the browser is at %v: %v", c.ask(`location.href`), text)
	}
	for _, complaint := range c.errors {
		if !strings.Contains(complaint, "favicon.ico") {
			t.Errorf("the browser complains: %s", complaint)
		}
	}
}
