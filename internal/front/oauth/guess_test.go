package oauth_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
)

// TestGuessesAtSecretsEnd fails when an address may go on guessing at secrets, codes or refresh tokens, or when a backend
// is blamed for what its users send.
func TestGuessesAtSecretsEnd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		form   url.Values
		header []string
		path   string
		ends   bool
	}{
		"client secrets":               {url.Values{"grant_type": {"client_credentials"}}, basic("backend", "wrong"), "/oauth2/token", true},
		"client secrets at revocation": {url.Values{"token": {"x"}}, basic("backend", "wrong"), "/oauth2/revoke", true},
		"clients":                      {url.Values{"grant_type": {"refresh_token"}, "client_id": {"nobody"}, "refresh_token": {"x"}}, nil, "/oauth2/token", true},
		"refresh tokens":               {url.Values{"grant_type": {"refresh_token"}, "client_id": {"public"}, "refresh_token": {"x"}}, nil, "/oauth2/token", true},
		"codes":                        {url.Values{"grant_type": {"authorization_code"}, "client_id": {"public"}, "code": {"x"}, "redirect_uri": {app}}, nil, "/oauth2/token", true},
		"codes through a backend":      {url.Values{"grant_type": {"authorization_code"}, "code": {"x"}, "redirect_uri": {app}}, basic("backend", secret1), "/oauth2/token", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.client("public", "")
			w.client("backend", secret1, func(s *directory.ClientSettings) { s.OAuthFlows = []string{"code"} })
			refused := 0
			for range 150 {
				res := w.post(c.path, c.form, c.header...)
				if res.Code == http.StatusTooManyRequests {
					refused++
				}
				w.clock.Advance(20 * time.Millisecond) // below the rate of the category
			}
			if want := map[bool]int{true: 45}[c.ends]; refused < want-2 || refused > want {
				t.Errorf("%d of 150 guesses were refused, want %d", refused, want)
			}
		})
	}
}

// TestEndpointsHaveQuotas fails when a pool's endpoints answer whatever comes.
func TestEndpointsHaveQuotas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	refused := map[int]int{}
	for i := range 700 {
		path := fmt.Sprintf("/.well-known/jwks.json?%d", i)
		refused[w.get(path, nil, nil).Code]++
	}
	if got := refused[http.StatusOK]; got != 330 { // 300, and what the node gives without asking
		t.Errorf("%d of 700 requests from one address in one moment were answered, want 330", got)
	}
	machine := newWorld(t)
	machine.machine()
	tokens := map[int]int{}
	for range 200 {
		tokens[machine.post("/oauth2/token", url.Values{"grant_type": {"client_credentials"}}, basic("machine", secret1)...).Code]++
	}
	if got := tokens[http.StatusOK]; got != 150 {
		t.Errorf("%d tokens for machines in one second, want 150 (%v)", got, tokens)
	}
}
