package oauth_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
)

func TestUserInfoSaysWhatTheScopesAllow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.client("client", "")
	got := tokens(t, w.exchange("client", w.code("client")))
	bearer := "Bearer " + got["access_token"].(string)
	want := map[string]any{"sub": sub, "username": "alice", "email": "alice@example.com", "email_verified": "true"}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		res := w.send(method, "/oauth2/userInfo", "", nil, "Authorization", bearer)
		if diff := cmp.Diff(want, body(t, res)); diff != "" || res.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s (-want +got):\n%s", method, diff)
		}
	}
	if res := w.get("/oauth2/userInfo", nil, nil, "authorization", strings.Replace(bearer, "Bearer", "bEARER", 1)); res.Code != http.StatusOK {
		t.Errorf("the scheme in other case: %d", res.Code)
	}
}

func TestUserInfoRefusesAsCognitoDoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.client("client", "")
	good := tokens(t, w.exchange("client", w.code("client")))
	without := tokens(t, w.exchange("client", w.code("client", "scope", "email")))
	const dead = `error="invalid_token", error_description="Access token is expired, disabled, or deleted, or the user has globally signed out."`
	const bad = `error="invalid_request", error_description="Bad OAuth2 request at UserInfo Endpoint"`
	bearer := func(v any) string { return "Bearer " + v.(string) }
	check := func(name, header string, status int, want string) {
		t.Helper()
		res := w.get("/oauth2/userInfo", nil, nil, "Authorization", header)
		if res.Code != status || res.Header().Get("WWW-Authenticate") != want {
			t.Errorf("%s: %d %v", name, res.Code, res.Header())
		}
	}
	check("nothing", "", 400, bad)
	check("no token", "Bearer ", 400, bad)
	check("another scheme", "Basic abc", 400, bad)
	check("no token of ours", "Bearer abc", 401, dead)
	check("an ID token", bearer(good["id_token"]), 401, dead)
	check("without openid", bearer(without["access_token"]), 401, dead)
	if res := w.get("/oauth2/userInfo", url.Values{"access_token": {good["access_token"].(string)}}, nil); res.Code != 400 {
		t.Errorf("a token in the URL: %d", res.Code)
	}
	w.stranger()
	other, err := w.dir.Pools.Get(t.Context(), "eu-west-1_Pool00002")
	w.check(err)
	w.site.Pool = other
	check("on another pool's site", bearer(good["access_token"]), 401, dead)
	w.site.Pool = w.pool
	check("while it lives", bearer(good["access_token"]), 200, "")
	w.clock.Advance(time.Second)
	w.change(func(u *directory.User) error { u.SignedOutAt = w.clock.Now(); return nil })
	check("after a global sign-out", bearer(good["access_token"]), 401, dead)
	w.check(w.store.DeleteUser(t.Context(), poolID, sub))
	check("after the user is gone", bearer(good["access_token"]), 401, dead)
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.client("client", "")
	w.client("other", "")
	w.client("web", secret1)
	w.client("off", "", func(s *directory.ClientSettings) { s.TokenRevocation = false })
	got := tokens(t, w.exchange("client", w.code("client")))
	form := func(client string, token any) url.Values {
		text, _ := token.(string)
		return url.Values{"client_id": {client}, "token": {text}}
	}
	refused(t, w.post("/oauth2/revoke", form("client", "")), 400, "invalid_request")
	refused(t, w.post("/oauth2/revoke", url.Values{"token": {"x"}}), 400, "invalid_request")
	refused(t, w.post("/oauth2/revoke", form("off", "x")), 400, "invalid_request")
	refused(t, w.post("/oauth2/revoke", form("client", got["access_token"])), 400, "unsupported_token_type")
	refused(t, w.post("/oauth2/revoke", form("client", got["id_token"])), 400, "unsupported_token_type")
	refused(t, w.post("/oauth2/revoke", form("other", got["refresh_token"])), 400, "unauthorized_client")
	refused(t, w.post("/oauth2/revoke", form("web", "x")), 401, "invalid_client")
	refused(t, w.post("/oauth2/revoke", form("nobody", "x")), 401, "invalid_client")
	bearer := []string{"Authorization", "Bearer " + got["access_token"].(string)}
	if res := w.get("/oauth2/userInfo", nil, nil, bearer...); res.Code != 200 {
		t.Fatalf("userInfo before: %d", res.Code)
	}
	for _, token := range []any{got["refresh_token"], got["refresh_token"], "unknown"} {
		if res := w.post("/oauth2/revoke", form("client", token)); res.Code != 200 || res.Body.Len() != 0 {
			t.Errorf("%d %s", res.Code, res.Body)
		}
	}
	if res := w.get("/oauth2/userInfo", nil, nil, bearer...); res.Code != 401 {
		t.Errorf("userInfo after: %d", res.Code)
	}
	if res := w.post("/oauth2/revoke", url.Values{"token": {"unknown"}}, basic("web", secret1)...); res.Code != 200 {
		t.Errorf("by Basic: %d", res.Code)
	}
}

func TestLogoutEndsTheSessionAndSaysGoodbye(t *testing.T) {
	t.Parallel()
	const bye = "https://app.example.com/bye"
	both := ask("client")
	both.Set("logout_uri", bye)
	for name, c := range map[string]struct {
		query url.Values
		want  string
	}{
		"to the client":       {url.Values{"client_id": {"client"}, "logout_uri": {bye}}, bye},
		"the tutorial's way":  {both, bye},
		"to a new sign-in":    {ask("client"), "/login?" + ask("client").Encode()},
		"an unknown client":   {url.Values{"client_id": {"nobody"}, "logout_uri": {bye}}, "/error?client_id=nobody&error=invalid_client"},
		"an unknown URI":      {url.Values{"client_id": {"client"}, "logout_uri": {app}}, "/error?client_id=client&error=redirect_mismatch"},
		"two URIs":            {url.Values{"client_id": {"client"}, "logout_uri": {bye, bye}}, "/error?client_id=client&error=invalid_request"},
		"no client":           {url.Values{"logout_uri": {bye}}, "/error?error=invalid_request"},
		"nothing":             {nil, "/error?error=invalid_request"},
		"a client, no URI":    {url.Values{"client_id": {"client"}}, "/error?client_id=client&error=invalid_request"},
		"what OpenID expects": {url.Values{"client_id": {"client"}, "post_logout_redirect_uri": {bye}}, "/error?client_id=client&error=invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.client("client", "")
			cookie := w.signIn()
			res := w.get("/logout", c.query, cookie)
			if got := res.Header().Get("Location"); res.Code != http.StatusFound || got != c.want {
				t.Errorf("%d, the browser goes to %s, want %s", res.Code, got, c.want)
			}
			if set := res.Header().Get("Set-Cookie"); !strings.HasPrefix(set, "cognito=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax") {
				t.Errorf("cookie %s", set)
			}
			if u := location(t, w.get("/oauth2/authorize", ask("client"), cookie)); u.Path != "/login" {
				t.Errorf("the old cookie leads to %s", u)
			}
		})
	}
}

// TestThePagesContract plays what a sign-in page does: read, carry, prove, complete.
func TestThePagesContract(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.client("client", "")
	ctx := t.Context()
	old := w.signIn()
	w.clock.Advance(time.Minute)
	u := location(t, w.get("/oauth2/authorize", ask("client", "prompt", "login", "max_age", "30"), old))
	req, err := w.auth.Requests.Parse(ctx, authorize.Site{Pool: w.pool}, u.Query())
	w.check(err)
	hidden := w.auth.Requests.Seal(req)

	w.clock.Advance(20 * time.Second)
	req, err = w.auth.Requests.Open(ctx, authorize.Site{Pool: w.pool}, hidden)
	w.check(err)
	before, user, err := w.auth.Browser.Find(ctx, w.pool, old.Value)
	w.check(err)
	if user.Username != "alice" {
		t.Errorf("signed in is %v", user)
	}
	if _, err := w.auth.Complete(ctx, req, before); err != authorize.ErrSignIn {
		t.Errorf("a session from before a request with prompt=login: %v", err)
	}
	session, secret, err := w.auth.Browser.Begin(ctx, authorize.Proof{Pool: w.pool, User: w.alice, AMR: []string{"pwd", "otp"}, Replaces: old.Value})
	w.check(err)
	w.clock.Advance(40 * time.Second) // a page about passkeys comes in between
	target, err := w.auth.Complete(ctx, req, session)
	w.check(err)
	got, err := url.Parse(target)
	w.check(err)
	tokens(t, w.exchange("client", got.Query().Get("code")))
	list, err := w.auth.Browser.List(ctx, poolID, sub, 9)
	w.check(err)
	if len(list) != 1 || list[0].ID != session.ID || cmp.Diff(list[0].AMR, []string{"pwd", "otp"}) != "" {
		t.Errorf("sessions %+v", list)
	}
	if u := location(t, w.get("/oauth2/authorize", ask("client"), w.site.Cookie(secret, session.ExpiresAt))); !u.Query().Has("code") {
		t.Errorf("single sign-on leads to %s", u)
	}
}

func TestASealedRequestCannotBeChangedCarriedAwayOrKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.client("client", "")
	w.stranger()
	req, err := w.auth.Requests.Parse(t.Context(), authorize.Site{Pool: w.pool}, ask("client"))
	w.check(err)
	hidden := w.auth.Requests.Seal(req)
	other, err := w.dir.Pools.Get(t.Context(), "eu-west-1_Pool00002")
	w.check(err)
	open := func(pool *directory.Pool, text string) error {
		_, err := w.auth.Requests.Open(t.Context(), authorize.Site{Pool: pool}, text)
		return err
	}
	w.check(open(w.pool, hidden))
	for name, err := range map[string]error{
		"in another pool": open(other, hidden), "changed": open(w.pool, "x"+hidden[1:]), "cut": open(w.pool, hidden[:len(hidden)-2]),
		"empty": open(w.pool, ""), "huge": open(w.pool, strings.Repeat("a", 70_000)),
	} {
		if r, ok := err.(*authorize.Refusal); !ok || r.Code != authorize.InvalidRequest || r.Location != "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.clock.Advance(time.Hour)
	if open(w.pool, hidden) == nil {
		t.Error("a sealed request works after an hour")
	}
}
