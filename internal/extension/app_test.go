package extension_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/extension"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/store/storetest"
	"cognate.dev/cognate/internal/workspace"
	"cognate.dev/cognate/internal/workspace/journey"
	"cognate.dev/cognate/internal/workspace/mapping"
)

// appWorld is a workspace whose connection sends people through an application.
type appWorld struct {
	*world
	apps   *extension.Apps
	logins *journey.Logins
	app    *extension.App
	made   int // clients
	gone   []string
}

// Create stands for the room of workspaces.
func (w *appWorld) Create(_ context.Context, s workspace.ClientSpec) (*workspace.App, error) {
	if s.WorkspaceID != workspace.System || len(s.Scopes) != 1 || s.GrantTypes[0] != "client_credentials" {
		w.t.Errorf("made a client of %+v", s)
	}
	w.made++
	return &workspace.App{Client: &directory.Client{ID: s.Name + "-client", Secrets: []directory.ClientSecret{{Value: "secret"}}}}, nil
}

func (w *appWorld) Delete(_ context.Context, id string, _ func(*workspace.App) error) error {
	w.gone = append(w.gone, id)
	return nil
}

func newAppWorld(t *testing.T, enabled bool) *appWorld {
	t.Helper()
	w := &appWorld{world: newStoreWorld(t)}
	now := func() time.Time { return w.now }
	w.logins = &journey.Logins{Store: w.store, Keys: storetest.Sealer(t), Now: now}
	w.apps = extension.NewApps(extension.AppParts{
		Store: w.store, Workspaces: spaces{w.store}, Connections: connections{w.store}, Clients: w, Logins: w.logins, Now: now, Enabled: enabled,
	})
	if !enabled {
		return w
	}
	w.app = w.create("terms", extension.PostAuthnApp)
	_, err := w.store.UpdateConnection(t.Context(), "demo", "corp", func(c *workspace.Connection) error {
		c.PostAuthnAppID = w.app.ID
		return nil
	})
	must(t, err)
	return w
}

func (w *appWorld) create(name string, kind extension.AppType) *extension.App {
	w.t.Helper()
	x, secret, err := w.apps.Create(w.t.Context(), &extension.App{WorkspaceID: "demo", Name: name, URL: "https://app.example.com/" + name + "?x=y", Type: kind})
	must(w.t, err)
	if secret != "secret" || x.ClientID != name+"-client" {
		w.t.Errorf("made %+v with %q", x, secret)
	}
	return x
}

const browser = "the browser's secret"

// away is a sign-in whose browser is at the application.
func (w *appWorld) away() *journey.Login {
	w.t.Helper()
	l := come()
	l.ID, l.State, l.Waiting, l.Base = strings.Repeat("i", 42)+string(rune('a'+w.scriptsMade)), strings.Repeat("s", 43), extension.AppStepName, "https://id.example.com/default/demo"
	l.Browser = journey.Digest(browser)
	w.scriptsMade++
	detour, err := extension.AppStep{Apps: w.apps}.Take(w.t.Context(), l)
	must(w.t, err)
	u, err := url.Parse(detour)
	must(w.t, err)
	if q := u.Query(); u.Host != "app.example.com" || q.Get("login_id") != l.ID || q.Get("login_state") != l.State || q.Get("x") != "y" {
		w.t.Fatalf("away to %q", detour)
	}
	must(w.t, w.logins.Suspend(w.t.Context(), l))
	return l
}

// back is the sign-in as the browser brings it back.
func (w *appWorld) back(location, secret string) (*journey.Login, error) {
	w.t.Helper()
	u, err := url.Parse(location)
	must(w.t, err)
	return w.logins.Take(w.t.Context(), "demo", u.Query().Get("login_id"), u.Query().Get("login_state"), secret)
}

func TestAnApplicationAddsToWhatIsKnown(t *testing.T) {
	t.Parallel()
	w := newAppWorld(t, true)
	l := w.away()
	seen, err := w.apps.Waiting(t.Context(), w.app.ClientID, l.ID, l.State)
	if err != nil || seen.Context["name"] != "alice" {
		t.Fatalf("got %+v, %v", seen, err)
	}
	location, err := w.apps.Complete(t.Context(), w.app.ClientID, l.ID, l.State, map[string]any{"roles": []any{"member"}})
	must(t, err)
	got, err := w.back(location, browser)
	must(t, err)
	if got.Context["name"] != "alice" || len(got.Context["roles"].([]any)) != 1 {
		t.Errorf("got %v", got.Context)
	}
	if last := got.Lines[len(got.Lines)-1]; last.Step != extension.AppStepName || last.To != "roles" || last.Outcome != mapping.Set {
		t.Errorf("the trace says %+v", last)
	}
}

func TestAnApplicationEndsASignIn(t *testing.T) {
	t.Parallel()
	w := newAppWorld(t, true)
	l := w.away()
	location, err := w.apps.Abort(t.Context(), w.app.ClientID, l.ID, l.State, journey.Refusal{Code: "access_denied", Text: "no terms, no entry"})
	must(t, err)
	got, err := w.back(location, browser)
	if err != nil || got.Refused == nil || got.Refused.Text != "no terms, no entry" {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, c := range []struct{ code, text string }{{"Access Denied", ""}, {"a\"b", ""}, {"x", "line\nbreak"}, {"x", strings.Repeat("a", 257)}, {"x", `"`}} {
		_, err := extension.Refusal(c.code, c.text)
		refused(t, c.code+c.text, err, fault.Invalid)
	}
}

// TestASignInIsSettledOnceByItsApplicationAndGoesOnInItsBrowser is the attacks on a detour: a state is used again, by somebody
// else's program, by another browser, or before anybody has settled it.
func TestASignInIsSettledOnceByItsApplicationAndGoesOnInItsBrowser(t *testing.T) {
	t.Parallel()
	w := newAppWorld(t, true)
	other := w.create("other", extension.PostAuthnApp)
	asks := w.create("asks", extension.ConsentPage)
	l := w.away()
	for name, c := range map[string][3]string{
		"another application": {other.ClientID, l.ID, l.State}, "a consent page": {asks.ClientID, l.ID, l.State}, "no application": {"somebody", l.ID, l.State},
		"another state": {w.app.ClientID, l.ID, strings.Repeat("x", 43)}, "another id": {w.app.ClientID, strings.Repeat("x", 43), l.State},
		"no state": {w.app.ClientID, l.ID, ""},
	} {
		_, looked := w.apps.Waiting(t.Context(), c[0], c[1], c[2])
		_, completed := w.apps.Complete(t.Context(), c[0], c[1], c[2], nil)
		_, aborted := w.apps.Abort(t.Context(), c[0], c[1], c[2], journey.Refusal{Code: "x"})
		for _, err := range []error{looked, completed, aborted} {
			if !errors.Is(err, journey.ErrLost) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if _, err := w.back(l.Back(l.State), browser); !errors.Is(err, journey.ErrLost) {
		t.Errorf("the browser goes on by itself: %v", err)
	}
	l = w.away()
	location, err := w.apps.Complete(t.Context(), w.app.ClientID, l.ID, l.State, nil)
	must(t, err)
	if _, err := w.apps.Complete(t.Context(), w.app.ClientID, l.ID, l.State, map[string]any{"name": "mallory"}); !errors.Is(err, journey.ErrLost) {
		t.Errorf("a state used again: %v", err)
	}
	u, err := url.Parse(location)
	must(t, err)
	if _, err := w.apps.Complete(t.Context(), w.app.ClientID, l.ID, u.Query().Get("login_state"), map[string]any{"name": "mallory"}); !errors.Is(err, journey.ErrLost) {
		t.Errorf("the state of the browser settles: %v", err)
	}
	if _, err := w.back(location, "another browser"); !errors.Is(err, journey.ErrLost) {
		t.Errorf("another browser goes on: %v", err)
	}
	if _, err := w.back(location, browser); !errors.Is(err, journey.ErrLost) {
		t.Errorf("what another browser has come with works still: %v", err)
	}
	l = w.away()
	w.now = w.now.Add(journey.LoginLife)
	if _, err := w.apps.Complete(t.Context(), w.app.ClientID, l.ID, l.State, nil); !errors.Is(err, journey.ErrLost) {
		t.Errorf("late: %v", err)
	}
}

func TestAnApplicationWritesNothingBeyondTheSchema(t *testing.T) {
	t.Parallel()
	w := newAppWorld(t, true)
	l := w.away()
	for name, known := range map[string]map[string]any{
		"unknown": {"name": "bob", "admin": true}, "another type": {"roles": "boss"}, "a path": {"name.first": "x"}, "a prototype": {"__proto__": map[string]any{}},
	} {
		_, err := w.apps.Complete(t.Context(), w.app.ClientID, l.ID, l.State, known)
		refused(t, name, err, fault.Invalid)
	}
	seen, err := w.apps.Waiting(t.Context(), w.app.ClientID, l.ID, l.State)
	if err != nil || seen.Context["name"] != "alice" {
		t.Errorf("a refused answer has changed something: %+v, %v", seen, err)
	}
}

func TestWithoutTheFeatureFlagThereAreNoApplications(t *testing.T) {
	t.Parallel()
	w := newAppWorld(t, false)
	_, _, err := w.apps.Create(t.Context(), &extension.App{WorkspaceID: "demo", Name: "a", URL: "https://app.example.com"})
	refused(t, "made", err, fault.Unsupported)
	refused(t, "named by a connection", w.apps.Assignable(t.Context(), "demo", "any"), fault.Unsupported)
	l := come()
	if detour, err := (extension.AppStep{Apps: w.apps}).Take(t.Context(), l); detour != "" || err != nil {
		t.Errorf("away to %q, %v", detour, err)
	}
}

func TestApplicationsAreMadeAndGoneWithTheirClients(t *testing.T) {
	t.Parallel()
	w := newAppWorld(t, true)
	for name, x := range map[string]*extension.App{
		"no name": {URL: "https://app.example.com"}, "no URL": {Name: "a"}, "plain": {Name: "a", URL: "http://app.example.com"},
		"another scheme": {Name: "a", URL: "javascript:alert(1)"}, "a type that is none": {Name: "a", URL: "https://app.example.com", Type: "pre-authn"},
	} {
		x.WorkspaceID = "demo"
		_, _, err := w.apps.Create(t.Context(), x)
		refused(t, name, err, fault.Invalid)
	}
	if w.made != 1 {
		t.Errorf("made %d clients", w.made)
	}
	_, _, err := w.apps.Create(t.Context(), &extension.App{WorkspaceID: "demo", Name: "terms", URL: "https://app.example.com"})
	refused(t, "a name that another has", err, fault.Exists)
	refused(t, "an application of another workspace", w.apps.Assignable(t.Context(), "other", w.app.ID), fault.Invalid)
	must(t, w.apps.Assignable(t.Context(), "demo", w.app.ID))
	l := w.away()
	must(t, w.apps.Delete(t.Context(), "demo", w.app.ID, nil))
	if len(w.gone) != 1 || w.gone[0] != w.app.ClientID {
		t.Errorf("gone are %v", w.gone)
	}
	if _, err := w.apps.Complete(t.Context(), w.app.ClientID, l.ID, l.State, nil); !errors.Is(err, journey.ErrLost) {
		t.Errorf("an application that is gone: %v", err)
	}
	if detour, err := (extension.AppStep{Apps: w.apps}).Take(t.Context(), come()); detour != "" || err != nil {
		t.Errorf("away to %q, %v", detour, err)
	}
}
