package login_test

import (
	"net/url"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/directory"
)

// TestSigningOutIsAskedAndObeyed fails when the question does not lead to the client, or ends a session that nobody wanted
// to end.
func TestSigningOutIsAskedAndObeyed(t *testing.T) {
	t.Parallel()
	const bye = "https://app.example.com/bye"
	w := newWorld(t, func(_ *directory.PoolSpec, c *directory.ClientSettings) { c.LogoutURLs = []string{bye} })
	w.user("alice", directory.Confirmed)
	b := w.browser()
	b.signIn("alice", right)
	there := func() bool {
		b.open("/oauth2/authorize", ask())
		return strings.Contains(b.page.location, "code=")
	}
	query := url.Values{"client_id": {ask().Get("client_id")}, "post_logout_redirect_uri": {bye}, "state": {"s 1"}}
	b.open("/signout", query)
	if !strings.Contains(b.page.body, "Sign out?") || !there() {
		t.Fatalf("%d %s", b.page.status, b.page.body)
	}
	b.open("/signout", query)
	b.submit()
	if b.page.location != bye+"?state=s+1" || there() {
		t.Errorf("the browser goes to %q", b.page.location)
	}
	b.open("/signout", query)
	if b.page.location != bye+"?state=s+1" {
		t.Errorf("with nobody signed in: %q", b.page.location)
	}
	for name, uri := range map[string]string{"another": bye + "/x", "a callback": ask().Get("redirect_uri")} {
		b.open("/signout", url.Values{"client_id": {ask().Get("client_id")}, "post_logout_redirect_uri": {uri}})
		if !strings.Contains(b.page.location+b.page.path, "/error") {
			t.Errorf("%s: %q %q", name, b.page.path, b.page.location)
		}
	}
}
