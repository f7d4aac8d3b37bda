package consent_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/consent"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/store/storetest"
	"cognate.dev/cognate/internal/token"
	"cognate.dev/cognate/internal/workspace"
	"cognate.dev/cognate/internal/workspace/journey"
)

const (
	pool    = "eu-west-1_Consent00"
	user    = "11111111-1111-4111-8111-111111111111"
	client  = "app00000000000000000000000"
	browser = "the secret of the browser"
)

type world struct {
	t        testing.TB
	store    *store.Store
	consents *consent.Consents
	logins   *journey.Logins
	now      time.Time
}

// known finds what the store has, as the room of workspaces does.
type known struct{ store *store.Store }

func (k known) Get(ctx context.Context, id string) (*workspace.Workspace, error) {
	return k.store.Workspace(ctx, id)
}

type apps struct{ store *store.Store }

func (a apps) Get(ctx context.Context, id string) (*workspace.App, error) {
	about, err := a.store.WorkspaceClient(ctx, id)
	if err != nil {
		return nil, err
	}
	c, err := a.store.Client(ctx, id)
	return &workspace.App{Client: c, About: about}, err
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, store: storetest.Memory(t), now: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)}
	ctx := t.Context()
	must(t, w.store.InsertPool(ctx, &directory.Pool{ID: pool, Region: "eu-west-1", Settings: directory.Settings{Name: "consent"}, CreatedAt: w.now, ModifiedAt: w.now}))
	must(t, w.store.InsertUser(ctx, &directory.User{PoolID: pool, ID: user, Username: "alice", Status: directory.Confirmed, Enabled: true, CreatedAt: w.now, ModifiedAt: w.now}, directory.Keys{}))
	must(t, w.store.InsertWorkspace(ctx, &workspace.Workspace{ID: "demo", Name: "Demo", PoolID: pool, Services: []workspace.Service{
		{ID: "p", Name: "Profile", Type: "oidc", Scopes: []workspace.Scope{{Name: "openid"}, {Name: "profile"}, {Name: "email"}, {Name: "offline_access"}}},
		{ID: "b", Name: "Bank", Type: "oauth2", Scopes: []workspace.Scope{
			{Name: "accounts", DisplayName: "Your accounts"}, {Name: "implied", ImplicitGrant: true}, {Name: "once", Transient: true},
		}},
	}}, 9))
	must(t, w.store.InsertClient(ctx, &directory.Client{ID: client, PoolID: pool, ClientSettings: directory.ClientSettings{Name: "App"}, CreatedAt: w.now, ModifiedAt: w.now}))
	must(t, w.store.SaveWorkspaceClient(ctx, &workspace.Client{ID: client, WorkspaceID: "demo"}))
	w.logins = &journey.Logins{Store: w.store, Keys: storetest.Sealer(t), Now: func() time.Time { return w.now }}
	w.consents = consent.New(consent.Parts{
		Store: w.store, Workspaces: known{w.store}, Clients: apps{w.store}, Logins: w.logins, Now: func() time.Time { return w.now },
	})
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// login is a sign-in that has come to the step.
func login(scopes ...string) *journey.Login {
	return &journey.Login{
		ID: strings.Repeat("i", 43), State: strings.Repeat("s", 43), WorkspaceID: "demo", Base: "https://id.example.com/default/demo", PoolID: pool, Subject: user,
		ClientID: client, Client: journey.About{Name: "App"}, Scopes: scopes, Browser: journey.Digest(browser), Waiting: consent.StepName,
	}
}

// take runs the step; the browser is away then, or has nothing to be asked.
func (w *world) take(l *journey.Login) bool {
	w.t.Helper()
	detour, err := consent.Step{Consents: w.consents}.Take(w.t.Context(), l)
	must(w.t, err)
	if detour == "" {
		return false
	}
	u, err := url.Parse(detour)
	must(w.t, err)
	if got := u.Query(); u.Path != "/default/demo/consent" || got.Get("login_id") != l.ID || got.Get("login_state") != l.State {
		w.t.Errorf("away to %s", detour)
	}
	must(w.t, w.logins.Suspend(w.t.Context(), l))
	return true
}

func (w *world) asked(l *journey.Login) string {
	w.t.Helper()
	q, err := w.consents.AskIn(w.t.Context(), "demo", l.ID, l.State, browser)
	must(w.t, err)
	var out []string
	for _, s := range q.Services {
		for _, x := range s.Scopes {
			name := x.Name
			if x.Required {
				name += "!"
			}
			if x.Given {
				name += "+"
			}
			out = append(out, name)
		}
	}
	return strings.Join(out, " ")
}

// accept answers, and gives what the sign-in is then for.
func (w *world) accept(l *journey.Login, scopes ...string) []string {
	w.t.Helper()
	location, err := w.consents.Accept(w.t.Context(), consent.Answer{WorkspaceID: "demo", ID: l.ID, State: l.State, Scopes: scopes, Language: "de"})
	must(w.t, err)
	u, err := url.Parse(location)
	must(w.t, err)
	back, err := w.logins.Take(w.t.Context(), "demo", u.Query().Get("login_id"), u.Query().Get("login_state"), browser)
	must(w.t, err)
	return back.Granted
}

func TestPeopleAreAskedOnceForEachScope(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := login("openid", "email", "accounts", "implied", "gone")
	if !w.take(first) {
		t.Fatal("nobody was asked")
	}
	if got := w.asked(first); got != "openid! email accounts" {
		t.Errorf("asked %q", got)
	}
	if diff := cmp.Diff([]string{"openid", "email", "accounts", "implied", "gone"}, w.accept(first, "email", "accounts")); diff != "" {
		t.Error(diff)
	}
	if w.take(login("openid", "email", "accounts")) {
		t.Error("asked again for what was agreed to")
	}
	next := login("openid", "email", "profile")
	if !w.take(next) || w.asked(next) != "profile" {
		t.Error("only what is new is asked")
	}
	if diff := cmp.Diff([]string{"openid", "email"}, w.accept(next)); diff != "" {
		t.Error(diff)
	}
	again := login("openid", "profile")
	if !w.take(again) || w.asked(again) != "profile" {
		t.Error("what was refused is asked again")
	}
}

func TestPromptConsentAsksForAllAgainAndCanTakeBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := login("openid", "email", "accounts")
	w.take(l)
	w.accept(l, "email", "accounts")
	l = login("openid", "email", "accounts", "implied")
	l.Prompt = "consent"
	if !w.take(l) || w.asked(l) != "openid!+ email+ accounts+" {
		t.Errorf("asked %q", w.asked(l))
	}
	if diff := cmp.Diff([]string{"openid", "email", "implied"}, w.accept(l, "email")); diff != "" {
		t.Error(diff)
	}
	l = login("openid", "email", "accounts")
	if !w.take(l) || w.asked(l) != "accounts" {
		t.Error("what was taken back counts still")
	}
}

func TestNobodyIsAskedForTrustedClientsImplicitOrTransientScopes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	trusted := login("openid", "email")
	trusted.Client.Trusted = true
	trusted.Prompt = "consent"
	if w.take(trusted) || w.take(login("implied")) {
		t.Error("somebody was asked")
	}
	for range 2 { // what is transient is not remembered
		l := login("once")
		if !w.take(l) {
			t.Fatal("nobody was asked for a transient scope")
		}
		w.accept(l, "once")
	}
	silent := login("email")
	silent.Prompt = "none"
	_, err := consent.Step{Consents: w.consents}.Take(t.Context(), silent)
	if refusal := (*journey.Refusal)(nil); !errors.As(err, &refusal) || refusal.Code != "consent_required" {
		t.Errorf("without pages: %v", err)
	}
}

// TestAnswersThatAreNobodys fails when somebody answers who was not asked, twice, late, or for more than was asked.
func TestAnswersThatAreNobodys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := login("openid", "email")
	w.take(l)
	accept := func(id, state, workspaceID string, scopes ...string) error {
		_, err := w.consents.Accept(t.Context(), consent.Answer{WorkspaceID: workspaceID, ID: id, State: state, Scopes: scopes})
		return err
	}
	if _, err := w.consents.AskIn(t.Context(), "demo", l.ID, l.State, "another browser"); !errors.Is(err, journey.ErrLost) {
		t.Errorf("another browser is told: %v", err)
	}
	for name, err := range map[string]error{
		"another state": accept(l.ID, strings.Repeat("x", 43), "demo"), "another id": accept(strings.Repeat("x", 43), l.State, "demo"),
		"another workspace": accept(l.ID, l.State, "other"),
	} {
		if !errors.Is(err, journey.ErrLost) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, scope := range []string{"accounts", "implied", "email accounts", "none", ""} {
		if err := accept(l.ID, l.State, "demo", "email", scope); !fault.Is(err, fault.Invalid, fault.Scope) {
			t.Errorf("a scope that was not asked for, %q: %v", scope, err)
		}
	}
	if grants, err := w.store.Grants(t.Context(), pool, user, ""); err != nil || len(grants) != 0 {
		t.Errorf("a refused answer is remembered: %v, %v", grants, err)
	}
	must(t, accept(l.ID, l.State, "demo", "email"))
	if err := accept(l.ID, l.State, "demo", "email"); !errors.Is(err, journey.ErrLost) {
		t.Errorf("twice: %v", err)
	}
	if _, err := w.consents.Reject(t.Context(), "demo", l.ID, l.State, journey.Refusal{}); !errors.Is(err, journey.ErrLost) {
		t.Errorf("refused after it was agreed to: %v", err)
	}
	late := login("openid", "profile")
	w.take(late)
	w.now = w.now.Add(journey.LoginLife)
	if err := accept(late.ID, late.State, "demo"); !errors.Is(err, journey.ErrLost) {
		t.Errorf("late: %v", err)
	}
	elsewhere := login("openid", "profile")
	elsewhere.ID, elsewhere.Waiting = strings.Repeat("e", 43), "custom_app"
	must(t, w.logins.Suspend(t.Context(), elsewhere))
	if err := accept(elsewhere.ID, elsewhere.State, "demo"); !errors.Is(err, journey.ErrLost) {
		t.Errorf("a sign-in that waits for something else: %v", err)
	}
}

func TestARefusalIsAccessDenied(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := login("email")
	w.take(l)
	location, err := w.consents.Reject(t.Context(), "demo", l.ID, l.State, journey.Refusal{})
	must(t, err)
	u, err := url.Parse(location)
	must(t, err)
	back, err := w.logins.Take(t.Context(), "demo", l.ID, u.Query().Get("login_state"), browser)
	if err != nil || back.Refused == nil || back.Refused.Code != "access_denied" {
		t.Errorf("got %+v, %v", back, err)
	}
}

// TestWhatIsWithdrawnIsAskedAgain fails when a refresh token or a code outlives the grant, or another client's dies with it.
func TestWhatIsWithdrawnIsAskedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := login("openid", "email")
	w.take(l)
	w.accept(l, "email")
	for id, of := range map[string]string{"mine": client, "other": "another0000000000000000000"} {
		must(t, w.store.InsertSession(t.Context(), &token.Session{ID: id, PoolID: pool, UserID: user, ClientID: of, EventID: id, CreatedAt: w.now, AuthTime: w.now, ExpiresAt: w.now.Add(time.Hour)}))
	}
	list, err := w.consents.Applications(t.Context(), "demo", user)
	if err != nil || len(list) != 1 || list[0].Name != "App" || len(list[0].Scopes) != 2 || list[0].Scopes[0].Scope != "email" || list[0].Scopes[0].Language != "de" {
		t.Errorf("got %+v, %v", list, err)
	}
	must(t, w.consents.Withdraw(t.Context(), "demo", user, client))
	mine, err := w.store.Session(t.Context(), "mine")
	must(t, err)
	other, err := w.store.Session(t.Context(), "other")
	must(t, err)
	if mine.RevokedAt.IsZero() || !other.RevokedAt.IsZero() {
		t.Errorf("revoked at %s and %s", mine.RevokedAt, other.RevokedAt)
	}
	if err := w.consents.Withdraw(t.Context(), "demo", user, client); !fault.Is(err, fault.Missing, "") {
		t.Errorf("twice: %v", err)
	}
	if list, err := w.consents.Applications(t.Context(), "demo", user); err != nil || len(list) != 0 {
		t.Errorf("got %+v, %v", list, err)
	}
	if l := login("openid", "email"); !w.take(l) || w.asked(l) != "openid! email" {
		t.Error("nobody is asked again")
	}
}
