package authorize_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
)

func TestScopesOfPeopleAndMachines(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	_, err := w.dir.Resources.Create(ctx, directory.ResourceServer{
		PoolID: poolID, Identifier: "https://api.example.com", Name: "api", Scopes: []directory.Scope{{Name: "read"}, {Name: "write"}},
	})
	w.check(err)
	const read, write = "https://api.example.com/read", "https://api.example.com/write"
	c := w.client("client", func(s *directory.ClientSettings) { s.OAuthScopes = []string{"openid", "email", read} })
	for _, x := range []struct {
		asked string
		want  []string
	}{
		{"", []string{"openid", "email", read}}, {"  ", []string{"openid", "email", read}}, {"email", []string{"email"}},
		{"email openid email", []string{"email", "openid"}}, {read, []string{read}}, {"openid phone", nil}, {write, nil},
		{"OPENID", nil}, {"openid " + read + "x", nil},
	} {
		got, ok, err := w.Scopes.Person(ctx, c, x.asked)
		w.check(err)
		if ok != (x.want != nil) || ok && cmp.Diff(x.want, got) != "" {
			t.Errorf("%q gives %v, %v", x.asked, got, ok)
		}
	}
	w.check(w.dir.Resources.Delete(ctx, poolID, "https://api.example.com"))
	got, ok, err := w.Scopes.Person(ctx, c, "")
	w.check(err)
	if !ok || cmp.Diff([]string{"openid", "email"}, got) != "" {
		t.Errorf("without its resource server: %v %v", got, ok)
	}
	if _, ok, _ = w.Scopes.Person(ctx, c, read); ok {
		t.Error("a deleted scope is given")
	}
	if _, refused, err := w.Scopes.Machine(ctx, c, ""); err != nil || refused == nil || refused.Code != authorize.InvalidScope {
		t.Errorf("a machine without scopes: %v %v", refused, err)
	}
}

// untouched is a source that must not be asked.
type untouched struct{ t *testing.T }

func (u untouched) Get(context.Context, string, string) (*directory.Client, error) {
	u.t.Error("a client was looked for")
	return nil, errors.New("broken")
}

func (u untouched) Live(context.Context, string, []string) ([]string, error) {
	u.t.Error("a scope was looked for")
	return nil, errors.New("broken")
}

// TestWhatCannotExistIsNotLookedFor fails when a byte that PostgreSQL refuses becomes an internal error.
func TestWhatCannotExistIsNotLookedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.parts
	p.Clients, p.Scopes = untouched{t}, untouched{t}
	a := authorize.New(p)
	for _, id := range []string{"\x00", "\xff", "client id", "client\n", strings.Repeat("a", 129), "é"} {
		_, err := a.Requests.Parse(t.Context(), authorize.Site{Pool: w.pool}, url.Values{"client_id": {id}})
		refusal(t, err, authorize.InvalidClient)
		if _, err := a.Find(t.Context(), authorize.Site{Pool: w.pool}, id); err == nil {
			t.Errorf("%q was found", id)
		}
	}
	for _, scope := range []string{"api/\x00", "api/\xff", "api/é"} {
		_, refused, err := a.Scopes.Machine(t.Context(), &directory.Client{}, scope)
		if err != nil || refused == nil || refused.Code != authorize.InvalidScope {
			t.Errorf("%q: %v %v", scope, refused, err)
		}
	}
}

func TestARequestThatIsTooLongIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.client("client")
	r, err := w.request("state", strings.Repeat("a", 16_000))
	w.check(err)
	_, err = w.Requests.Open(t.Context(), authorize.Site{Pool: w.pool}, w.Requests.Seal(r))
	w.check(err)
	_, err = w.request("state", strings.Repeat("a", 17_000))
	if r := refusal(t, err, authorize.InvalidRequest); r.Location != "" {
		t.Errorf("the browser goes to %.60s", r.Location)
	}
}

func TestQueryIsACopy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.client("client")
	r, err := w.request("state", "s", "unknown", "x", "nonce", "")
	w.check(err)
	q := r.Query()
	want := url.Values{"client_id": {"client"}, "redirect_uri": {app}, "response_type": {"code"}, "state": {"s"}}
	if diff := cmp.Diff(want, q); diff != "" {
		t.Errorf("query (-want +got):\n%s", diff)
	}
	q.Set("redirect_uri", "https://evil.example.com")
	q["state"][0] = "other"
	if diff := cmp.Diff(want, r.Query()); diff != "" {
		t.Errorf("somebody changed the request (-want +got):\n%s", diff)
	}
}

// TestEveryAnswerReachesTheRegisteredURI is the law of redirects: whatever state or error there is, the browser goes to
// the registered URI, letter by letter, and the client reads back what was sent.
func TestEveryAnswerReachesTheRegisteredURI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	uris := []string{app, app + "?a=1", app + "?", "myapp:cb", "http://[::1]:80/x"}
	w.client("client", func(s *directory.ClientSettings) { s.CallbackURLs = uris })
	rapid.Check(t, func(t *rapid.T) {
		uri, state := rapid.SampledFrom(uris).Draw(t, "uri"), rapid.StringN(1, 40, 200).Draw(t, "state")
		kind := rapid.SampledFrom([]string{"code", "token", "other"}).Draw(t, "response_type")
		_, err := w.request("redirect_uri", uri, "state", state, "response_type", kind, "prompt", "nonsense")
		r := (*authorize.Refusal)(nil)
		if !errors.As(err, &r) {
			t.Fatalf("got %v", err)
		}
		rest, ok := strings.CutPrefix(r.Location, uri)
		if !ok || strings.ContainsAny(rest, " \r\n<>\"'\\") {
			t.Fatalf("%q becomes %q", uri, r.Location)
		}
		got, err := url.ParseQuery(strings.TrimLeft(rest, "?#&"))
		if err != nil || got.Get("state") != state || got.Get("error") != authorize.InvalidRequest || (rest[0] == '#') != (kind == "token") {
			t.Fatalf("the client reads %v from %q (%v)", got, r.Location, err)
		}
	})
}

// FuzzRequest fails when a request from outside panics, is neither taken nor refused, or leads elsewhere than to a
// registered URI.
func FuzzRequest(f *testing.F) {
	w := newWorld(f)
	w.client("client", func(s *directory.ClientSettings) { s.DefaultRedirectURI = app })
	for _, seed := range []string{
		"client_id=client&response_type=code", "client_id=client&response_type=token&scope=openid&state=%00",
		"client_id=client&redirect_uri=https%3A%2F%2Fapp.example.com%2Fcallback&response_type=code&prompt=none+login&max_age=1e9",
		"client_id=client&response_type=code&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256",
		"client_id=client&client_id=client", "resource=https://api.example.com&client_id=client&response_type=code", "%zz", ";",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		query, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		r, err := w.Requests.Parse(context.Background(), authorize.Site{Pool: w.pool}, query)
		refused := (*authorize.Refusal)(nil)
		switch {
		case errors.As(err, &refused):
			if refused.Location != "" && !strings.HasPrefix(refused.Location, app) {
				t.Errorf("leads to %q", refused.Location)
			}
		case err != nil:
			t.Errorf("internal error: %v", err)
		case r.RedirectURI != app || len(r.Scopes) == 0:
			t.Errorf("taken: %+v", r)
		default:
			if _, err := w.Requests.Open(context.Background(), authorize.Site{Pool: w.pool}, w.Requests.Seal(r)); err != nil {
				t.Errorf("cannot be carried: %v", err)
			}
		}
	})
}
