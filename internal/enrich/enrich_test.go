package enrich_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/enrich/field"
	"cognate.dev/cognate/internal/enrich/rest"
	"cognate.dev/cognate/internal/fault"
)

func TestAPolicySeesThePersonBehindAnID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(t, directory.PoolSpec{Schema: []directory.AttributeSpec{
		{Name: "limit", Type: "Number"}, {Name: "vip", Type: "Boolean"}, {Name: "since", Type: "DateTime"}, {Name: "code", Type: "String"},
	}})
	u := w.user(t, p, "alice", map[string]string{
		"email": "alice@example.com", "email_verified": "true", "custom:limit": "2500", "custom:vip": "false",
		"custom:since": "2026-01-01", "custom:code": "007",
	}, "readers", "writers")
	w.change(t, p, u, func(x *directory.User) {
		x.MFA = directory.UserMFA{Methods: []string{"SOFTWARE_TOKEN_MFA"}, Preferred: "SOFTWARE_TOKEN_MFA"}
	})
	got, trace := w.ask(t, u.ID)
	want := map[string]any{
		"id": u.ID, "sub": u.ID, "username": "alice", "pool": p.ID, "enabled": true, "status": "CONFIRMED",
		"mfa":    map[string]any{"enabled": true, "methods": []any{"SOFTWARE_TOKEN_MFA"}, "preferred": "SOFTWARE_TOKEN_MFA"},
		"groups": []any{"readers", "writers"},
		"attributes": map[string]any{
			"email": "alice@example.com", "email_verified": true, "custom:limit": 2500.0, "custom:vip": false,
			"custom:since": "2026-01-01T00:00:00Z", "custom:code": "007",
		},
		"created_at": "2026-01-02T03:04:05.679Z", "updated_at": "2026-01-02T03:04:05.679Z",
	}
	if diff := cmp.Diff(want, account(got)); diff != "" {
		t.Errorf("principal.attr.cognito (-want +got):\n%s", diff)
	}
	if got.Id != u.ID || !slices.Equal(got.Roles, []string{"readers", "writers"}) {
		t.Errorf("id %q with roles %q", got.Id, got.Roles)
	}
	if trace.String() != "pool;miss;age=0ms" || !slices.Equal(trace[0].Roles, got.Roles) {
		t.Errorf("trace %q gave %q", trace, trace[0].Roles)
	}
}

func TestAPersonIsFoundBySubUsernameAndAlias(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(t, directory.PoolSpec{AliasAttributes: []string{"email"}, CaseSensitive: new(bool)})
	u := w.user(t, p, "alice", map[string]string{"email": "alice@example.com", "email_verified": "true"}, "staff")
	for _, id := range []string{u.ID, "alice", "ALICE", "alice@example.com"} {
		got, _ := w.ask(t, id)
		if account(got)["sub"] != u.ID || got.Id != id {
			t.Errorf("%q: found %v, principal id %q", id, account(got)["sub"], got.Id)
		}
	}
	for _, id := range []string{"bob", "alice@example.org", strings.Repeat("a", 100_000), "00000000-0000-4000-8000-000000000000"} {
		if got, trace := w.ask(t, id); account(got) != nil || trace[0].Found {
			t.Errorf("%.20q: found %v", id, account(got))
		}
	}
}

func TestTheCallerCannotForgeWhatASourceSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, enrich.SourceConfig{OnFailure: "open"})
	p := w.pool(t, directory.PoolSpec{})
	forged := map[string]any{"cognito": map[string]any{"enabled": true, "groups": []any{"admin"}}, "mine": "kept"}

	missing := principal(forged)
	if _, err := w.enricher.Enrich(t.Context(), missing, nil); err != nil || account(missing) != nil {
		t.Errorf("unknown user: %v, %v", account(missing), err)
	}
	u := w.user(t, p, "alice", nil)
	w.change(t, p, u, func(x *directory.User) { x.Enabled = false })
	known := principal(forged)
	if _, err := w.enricher.Enrich(t.Context(), known, nil); err != nil || account(known)["enabled"] != false {
		t.Errorf("known user: %v, %v", account(known), err)
	}
	if known.Attr["mine"].GetStringValue() != "kept" || !slices.Equal(known.Roles, []string{"admin"}) {
		t.Errorf("what is the caller's own was changed: %v", known)
	}
	w.enricher.InvalidateAll()
	w.down.Store(true)
	failing := principal(forged)
	if trace, err := w.enricher.Enrich(t.Context(), failing, nil); err != nil || account(failing) != nil || trace.String() != "pool;failed" {
		t.Errorf("failing source: %v, %v, trace %q", account(failing), err, trace)
	}
}

func TestGroupsBecomeRolesAsConfigured(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(t, directory.PoolSpec{})
	w.user(t, p, "alice", nil, "a", "b")
	w.user(t, p, "bob", nil)
	for _, c := range []struct {
		cfg  enrich.SourceConfig
		id   string
		sent string
		want string
	}{
		{enrich.SourceConfig{}, "alice", "", "a b"},
		{enrich.SourceConfig{}, "alice", "sent", "sent"},
		{enrich.SourceConfig{}, "bob", "", "user"},
		{enrich.SourceConfig{}, "bob", "sent", "sent"},
		{enrich.SourceConfig{DefaultRole: "-"}, "bob", "", ""},
		{enrich.SourceConfig{DefaultRole: "member"}, "bob", "", "member"},
		{enrich.SourceConfig{DefaultRole: "member"}, "alice", "", "a b"},
		{enrich.SourceConfig{DefaultRole: "member", Roles: "always"}, "bob", "sent", "sent"},
		{enrich.SourceConfig{Roles: "always"}, "alice", "sent b", "sent b a"},
		{enrich.SourceConfig{Roles: "never"}, "alice", "", ""},
		{enrich.SourceConfig{Roles: "never"}, "bob", "", ""},
		{enrich.SourceConfig{GroupPrefix: "eu:"}, "alice", "", "eu:a eu:b"},
		{enrich.SourceConfig{}, "nobody", "", ""},
		{enrich.SourceConfig{}, "nobody", "sent", "sent"},
		{enrich.SourceConfig{OnMissing: "anonymous"}, "nobody", "", "anonymous"},
		{enrich.SourceConfig{OnMissing: "anonymous"}, "nobody", "sent", "sent"},
		{enrich.SourceConfig{OnMissing: "anonymous"}, "bob", "", "user"},
	} {
		w.enricher = w.enrich(t, c.cfg)
		got, _ := w.ask(t, c.id, strings.Fields(c.sent)...)
		if roles := strings.Join(got.Roles, " "); roles != c.want {
			t.Errorf("%+v: %s with %q: roles %q, want %q", c.cfg, c.id, c.sent, roles, c.want)
		}
	}
}

func TestAMissingUserCanBeDeniedOutright(t *testing.T) {
	t.Parallel()
	w := newWorld(t, enrich.SourceConfig{OnMissing: "deny"})
	p := w.pool(t, directory.PoolSpec{})
	w.user(t, p, "alice", nil)
	if _, trace := w.ask(t, "nobody", "admin"); !trace.Denied() || trace.String() != "pool;miss;age=0ms;missing" {
		t.Errorf("trace %q, denied %v", trace, trace.Denied())
	}
	if got, trace := w.ask(t, "nobody"); !trace.Denied() || len(got.Roles) != 1 {
		t.Errorf("without roles: trace %q, roles %q; want a principal that can be decided on", trace, got.Roles)
	}
	if _, trace := w.ask(t, "alice", "admin"); trace.Denied() {
		t.Error("a known user was denied")
	}
}

func TestAFailingSourceFailsClosedAndNamesItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t, enrich.SourceConfig{Name: "staff"})
	w.down.Store(true)
	trace, err := w.enricher.Enrich(t.Context(), &enginev1.Principal{Id: "alice", Roles: []string{"admin"}}, nil)
	if !fault.Is(err, fault.Unavailable, "") || !strings.Contains(fault.As(err).Text, `"staff"`) || strings.Contains(fault.As(err).Text, "database") {
		t.Errorf("got %v", err)
	}
	if trace.String() != "staff;failed" || len(w.seen) != 1 || w.seen[0].Err == nil {
		t.Errorf("trace %q, observed %v", trace, w.seen)
	}
	w.down.Store(false)
	if _, trace := w.ask(t, "alice"); trace[0].Outcome != "miss" {
		t.Errorf("after recovery: %q", trace)
	}
}

func TestAnAnswerIsServedStaleOnlyWithinItsWindow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, enrich.SourceConfig{TTL: 10 * time.Second, Stale: 5 * time.Second, Jitter: 1e-9})
	p := w.pool(t, directory.PoolSpec{})
	w.user(t, p, "alice", nil, "staff")
	w.roles(t, "alice", "miss")
	w.down.Store(true)
	for _, step := range []struct{ outcome, trace string }{{"hit", "pool;hit;age=7000ms"}, {"stale", "pool;stale;age=14000ms"}} {
		w.clock.Advance(7 * time.Second)
		if got, trace := w.ask(t, "alice"); trace.String() != step.trace || !slices.Equal(got.Roles, []string{"staff"}) {
			t.Errorf("trace %q with roles %q, want %q", trace, got.Roles, step.trace)
		}
	}
	w.enricher.Wait()
	w.clock.Advance(time.Second)
	if _, err := w.enricher.Enrich(t.Context(), &enginev1.Principal{Id: "alice"}, nil); !fault.Is(err, fault.Unavailable, "") {
		t.Errorf("past the window: %v", err)
	}
}

func TestAnIDThatIsOneUsersSubAndAnothersNameIsNobodys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.pool(t, directory.PoolSpec{}), w.pool(t, directory.PoolSpec{})
	admin := w.user(t, first, "alice", nil, "admin")
	w.user(t, second, admin.ID, nil, "guests") // an attacker may choose any username
	if _, err := w.enricher.Enrich(t.Context(), &enginev1.Principal{Id: admin.ID}, nil); !fault.Is(err, fault.Unavailable, "") {
		t.Errorf("by any: %v", err)
	}
	for by, want := range map[string]string{"sub": "admin", "name": "guests"} {
		w.enricher = w.enrich(t, enrich.SourceConfig{By: by})
		if got := w.roles(t, admin.ID, "miss"); !slices.Equal(got, []string{want}) {
			t.Errorf("by %s: roles %q, want %q", by, got, want)
		}
	}
	w.enricher = w.enrich(t, enrich.SourceConfig{By: "sub"})
	if got, _ := w.ask(t, "alice"); account(got) != nil {
		t.Error("by sub found a name")
	}
}

// A stranger who takes the name of a disabled user in another pool must not bring that account back to life.
func TestANameThatSeveralPoolsKnowIsNobodys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.pool(t, directory.PoolSpec{}), w.pool(t, directory.PoolSpec{})
	w.user(t, second, "alice", nil, "second")
	if got := w.roles(t, "alice", "miss"); !slices.Equal(got, []string{"second"}) {
		t.Errorf("only in the second: %q", got)
	}
	imposter := w.user(t, first, "alice", nil, "first")
	w.change(t, first, imposter, func(u *directory.User) { u.Status = directory.Unconfirmed })
	if got := w.roles(t, "alice", "miss"); !slices.Equal(got, []string{"second"}) {
		t.Errorf("a sign-up that proved nothing took the name: %q", got)
	}
	w.change(t, first, imposter, func(u *directory.User) { u.Status = directory.Confirmed })
	if _, err := w.enricher.Enrich(t.Context(), &enginev1.Principal{Id: "alice"}, nil); !fault.Is(err, fault.Unavailable, "") {
		t.Errorf("a name of two people was decided on: %v", err)
	}
	w.enricher = w.enrich(t, enrich.SourceConfig{Pools: []string{second.ID}})
	if got := w.roles(t, "alice", "miss"); !slices.Equal(got, []string{"second"}) {
		t.Errorf("in the configured pool: %q", got)
	}
}

// Nobody can stop decisions about a victim by signing up under the victim's sub.
func TestASignUpUnderSomebodysSubChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.pool(t, directory.PoolSpec{}), w.pool(t, directory.PoolSpec{})
	victim := w.user(t, second, "alice", nil, "admin")
	imposter := w.user(t, first, victim.ID, nil, "guests")
	w.change(t, first, imposter, func(u *directory.User) { u.Status = directory.Unconfirmed })
	if got := w.roles(t, victim.ID, "miss"); !slices.Equal(got, []string{"admin"}) {
		t.Errorf("roles %q", got)
	}
}

func TestUnknownSettingsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, sources := range [][]enrich.SourceConfig{
		{{Type: "ldap"}}, {{By: "email"}}, {{OnFailure: "maybe"}}, {{OnMissing: "ignore"}}, {{Roles: "some"}}, {{Jitter: 2}},
		{{Type: "http"}}, {{HTTP: rest.Config{URL: "https://x/{id}"}}}, {{For: "resource"}}, {{For: "group"}}, {{Attribute: "."}}, {{Timeout: -1}}, {{Key: "attr"}},
		{{Select: enrich.Selector{Kinds: []string{"doc"}}}}, {{Groups: "a//b"}}, {{Fields: []field.Config{{}}}}, {{Concurrency: -1}},
		{outside("a", enrich.SourceConfig{By: "sub"})}, {outside("a", enrich.SourceConfig{For: "resource", DefaultRole: "user"})},
		{outside("a", enrich.SourceConfig{For: "resource", OnMissing: "anonymous"})},
		{{Name: "a;b"}}, {{Attribute: "a.b"}}, {{Name: "a"}, {Name: "a", Attribute: "x"}}, {{Name: "a"}, {Name: "b"}},
	} {
		_, err := enrich.New(enrich.Config{Sources: sources}, func(c enrich.SourceConfig) (enrich.Source, error) {
			return enrich.NewPool(c, enrich.Directory(w.dir)), nil
		}, nil, w.clock.Now)
		if err == nil {
			t.Errorf("%+v was accepted", sources)
		}
	}
	off, err := enrich.New(enrich.Config{Off: true}, nil, nil, w.clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	if trace, err := off.Enrich(t.Context(), &enginev1.Principal{Id: "alice"}, nil); trace != nil || err != nil {
		t.Errorf("off: %v, %v", trace, err)
	}
}
