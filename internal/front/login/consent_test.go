package login_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/consent"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/workspace"
	"cognate.dev/cognate/internal/workspace/journey"
)

// spaces finds workspaces as their room does.
type spaces struct{ *world }

func (s spaces) Get(ctx context.Context, id string) (*workspace.Workspace, error) {
	return s.store.Workspace(ctx, id)
}

func (w *world) consents() *consent.Consents {
	w.logins = &journey.Logins{Store: w.store, Keys: w.keys, Now: w.clock.Now}
	return consent.New(consent.Parts{Store: w.store, Workspaces: spaces{w}, Logins: w.logins, Now: w.clock.Now})
}

// asked leads a browser to the question whether a client may have scopes.
func (w *world) asked(scopes ...string) (*browser, *journey.Login) {
	w.t.Helper()
	w.space = "demo"
	w.check(w.store.InsertWorkspace(w.t.Context(), &workspace.Workspace{ID: "demo", Name: "Demo", PoolID: poolID, Services: []workspace.Service{
		{ID: "p", Name: "Profile", Type: "oidc", Scopes: []workspace.Scope{{Name: "openid"}, {Name: "email"}, {Name: "profile"}}},
	}}, 9))
	secret := strings.Repeat("b", 43)
	l := &journey.Login{
		ID: strings.Repeat("i", 43), State: strings.Repeat("s", 43), WorkspaceID: "demo", Base: w.url, PoolID: poolID, Subject: w.user("alice", directory.Confirmed).ID,
		ClientID: web, Client: journey.About{Name: "Calendar <b>"}, Scopes: scopes, RedirectURI: app, Browser: journey.Digest(secret), Waiting: consent.StepName,
		Context: map[string]any{"email": "alice@example.com"},
	}
	w.check(w.logins.Suspend(w.t.Context(), l))
	b := w.browser()
	b.client.Jar.SetCookies(mustParse(w.url+"/"), []*http.Cookie{{Name: "csrf-state", Value: secret, Path: "/" + poolID + "/"}})
	b.open("/consent", link(l))
	return b, l
}

func link(l *journey.Login) url.Values {
	return url.Values{"login_id": {l.ID}, "login_state": {l.State}}
}

func TestAPersonAgreesToWhatTheyTick(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, l := w.asked("openid", "email", "profile")
	b.shows("Allow access?", "Calendar <b> asks for:", "You are signed in as alice@example.com.", "Who you are", "Needed to sign you in.", "Your email address")
	if strings.Contains(b.page.body, "<b>") {
		t.Error("a name is read as HTML")
	}
	b.submit("scope", "email", "allow", "1", "deny", "")
	if b.page.path != journey.BackPath {
		t.Fatalf("sent to %s: %d", b.page.path, b.page.status)
	}
	grants, err := w.store.Grants(t.Context(), poolID, l.Subject, web)
	w.check(err)
	if len(grants) != 2 || grants[0].Scope != "email" || grants[1].Scope != "openid" || grants[0].Language != "en" {
		t.Errorf("remembered %v", grants)
	}
}

func TestAPersonDenies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, l := w.asked("openid", "email")
	b.submit("allow", "", "deny", "1")
	if b.page.path != journey.BackPath {
		t.Fatalf("sent to %s: %d", b.page.path, b.page.status)
	}
	if grants, err := w.store.Grants(t.Context(), poolID, l.Subject, web); err != nil || len(grants) != 0 {
		t.Errorf("remembered %v, %v", grants, err)
	}
}

// TestConsentIsGivenInItsOwnBrowserByItsOwnForm fails when somebody who knows the address of a sign-in is told who it is, or answers
// in its stead, when more is agreed to than was asked, or when a form counts twice.
func TestConsentIsGivenInItsOwnBrowserByItsOwnForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, l := w.asked("openid", "email")
	expired := func(what string, p page) {
		t.Helper()
		if p.status != http.StatusForbidden || !strings.Contains(p.body, "This page has expired") || strings.Contains(p.body, "alice@") || p.location != "" {
			t.Errorf("%s: %d %s\n%s", what, p.status, p.location, p.body)
		}
	}
	thief := w.browser()
	expired("another browser", thief.open("/consent", link(l)))
	thief.client.Jar.SetCookies(mustParse(w.url+"/"), []*http.Cookie{{Name: "csrf-state", Value: strings.Repeat("x", 43), Path: "/" + poolID + "/"}})
	expired("another browser with a secret of its own", thief.open("/consent", link(l)))
	expired("no sign-in", b.open("/consent", nil))
	expired("another state", b.open("/consent", url.Values{"login_id": {l.ID}, "login_state": {strings.Repeat("x", 43)}}))
	b.open("/consent", link(l))
	action, good := b.form()
	more := url.Values{"state": good["state"], "scope": {"email", "profile"}, "allow": {"1"}}
	expired("more than was asked", b.post(action, more))
	if grants, err := w.store.Grants(t.Context(), poolID, l.Subject, web); err != nil || len(grants) != 0 {
		t.Errorf("remembered %v, %v", grants, err)
	}
	once := url.Values{"state": good["state"], "scope": {"email"}, "allow": {"1"}}
	if p := b.post(action, once); p.path != journey.BackPath {
		t.Errorf("sent to %s: %d", p.path, p.status)
	}
	expired("the same form again", b.post(action, once))
	w.space = ""
	expired("a site that is no workspace", b.open("/consent", link(l)))
}
