package outside_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/directory/outside"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/store/storetest"
)

// TestLinkedIdentityIsKnownByItsSubject fails when an outside identity that was linked by its email is not its user at
// the first sign-in, or when another subject with the same email becomes that user later.
func TestLinkedIdentityIsKnownByItsSubject(t *testing.T) {
	t.Parallel()
	s, now := storetest.Memory(t), clock.NewFake(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	d := directory.New(directory.Parts{
		Pools: s, Clients: s, Groups: s, Users: s, Credentials: s, Resources: s, Changes: quiet{}, Keys: storetest.Sealer(t),
		Hasher: password.NewHasher(password.Params{MemoryKiB: 8, Time: 1, Threads: 1}, 1), Now: now.Now,
	})
	f := federation.New(federation.Parts{Providers: s, Links: s, Groups: d.Groups, Keys: storetest.Sealer(t), Now: now.Now})
	pool, err := d.Pools.Create(t.Context(), directory.PoolSpec{Region: "eu-west-1", Settings: directory.Settings{Name: "people"}})
	check(err)
	alice, err := d.Users.Create(t.Context(), pool, directory.NewUser{Username: "alice", Status: directory.Confirmed, By: directory.ByAdmin}, false)
	check(err)
	_, err = f.Providers.Create(t.Context(), federation.Spec{PoolID: pool.ID, Name: "Okta", Type: federation.OIDC, Change: federation.Change{
		Details: map[string]string{
			"client_id": "id", "client_secret": "secret", "attributes_request_method": "GET", "oidc_issuer": "https://idp.example.com",
			"authorize_scopes": "openid",
		},
		Mapping: map[string]string{"email": "mail"}, HasAttribute: func(string) bool { return true },
	}})
	check(err)
	people := outside.Of(d, pool)
	owner := func(subject string) string {
		id, err := f.Links.Owner(t.Context(), pool.ID, people, "Okta", subject, map[string]string{"email": "a@example.com", "name": "A"})
		check(err)
		return id
	}
	if got := owner("o-1"); got != "" {
		t.Errorf("before any link the identity is %q", got)
	}
	check(f.Links.Link(t.Context(), pool.ID, people, federation.Identity{Provider: federation.Local, Value: "alice"},
		federation.Identity{Provider: "Okta", Attribute: "email", Value: "a@example.com"}))
	for range 2 {
		if got := owner("o-1"); got != alice.ID {
			t.Errorf("the identity is %q, want alice", got)
		}
	}
	if got := owner("o-2"); got != "" {
		t.Errorf("another subject with the same email is %q", got)
	}
	x, err := d.Users.Get(t.Context(), pool.ID, alice.ID)
	check(err)
	if text := x.Attributes["identities"]; !strings.Contains(text, `"userId":"o-1"`) {
		t.Errorf("identities %s", text)
	}
	check(f.Links.Unlink(t.Context(), pool.ID, people, federation.Identity{Provider: "Okta", Attribute: federation.Subject, Value: "o-1"}))
	if got := owner("o-1"); got != "" {
		t.Errorf("after it was unlinked the identity is %q", got)
	}
	if _, _, err := people.Person(t.Context(), "bob"); !fault.Is(err, fault.Missing, fault.User) {
		t.Errorf("nobody: %v", err)
	}
}

// quiet is a directory whose changes nobody needs to hear of.
type quiet struct{}

func (quiet) Changed(context.Context, string, string) {}
