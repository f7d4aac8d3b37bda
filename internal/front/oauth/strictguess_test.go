package oauth_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
)

// TestGuessesAtStrictEndpointsEnd fails when an address may go on guessing at the secrets of clients where only strict sites
// ask for them.
func TestGuessesAtStrictEndpointsEnd(t *testing.T) {
	t.Parallel()
	for path, form := range map[string]url.Values{
		"/oauth2/introspect": {"token": {"x"}},
		"/oauth2/par":        {"response_type": {"code"}, "redirect_uri": {app}},
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.site.Issuer = w.site.Base
			w.client("backend", secret1, func(s *directory.ClientSettings) { s.OAuthFlows = []string{"code"} })
			refused := 0
			for range 150 {
				if w.post(path, form, basic("backend", "wrong")...).Code == http.StatusTooManyRequests {
					refused++
				}
				w.clock.Advance(20 * time.Millisecond) // below the rate of the category
			}
			if refused < 43 || refused > 45 {
				t.Errorf("%d of 150 guesses were refused, want 45", refused)
			}
		})
	}
}
