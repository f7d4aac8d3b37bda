// Package storetest is the law that every database must keep: one suite, a file per entity, that SQLite and
// PostgreSQL both run. It also opens stores for the tests of others. What the rooms do with a store is their tests'.
package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/store"
)

// Open gives a test an empty store, closed when the test ends.
type Open func(t testing.TB) *store.Store

// Run checks every law against the stores that open gives.
func Run(t *testing.T, open Open) {
	for _, law := range []struct {
		name  string
		check func(*testing.T, Open)
	}{
		{"OpenID", openIDs}, {"Trip", trips}, {"Stay", stays}, {"Workspace", workspaces}, {"Connection", connections}, {"Journey", journeys}, {"Extension", extensions}, {"Grant", grants}, {"IdentityPool", identityPools}, {"Identity", identities}, {"Issuer", issuers},
		{"Pool", pools}, {"Client", clients}, {"Group", groups}, {"User", users}, {"List", lists},
		{"Credential", credentials}, {"Code", codes}, {"Session", sessions}, {"Key", keys}, {"Lockout", lockouts},
		{"Outbox", outboxes}, {"MasterKey", masterKeys},
		{"Mark", marks}, {"SoftwareToken", softwareTokens}, {"Passkey", passkeys}, {"Device", devices}, {"AccessKey", accessKeys}, {"ResourceServer", resourceServers}, {"Provider", providers}, {"Domain", domains}, {"Style", styles}, {"Terms", terms}, {"Upkeep", upkeeps}, {"Policy", policies}, {"PolicyStore", policyStores}, {"PermissionRow", permissionRows}, {"Decision", decisions}, {"Audit", audits}, {"Bucket", buckets},
		{"ImportJob", importJobs},
		{"AuthEvent", authEvents},
		{"AuthCode", authCodes}, {"Browser", browsers}, {"Transaction", transactions}, {"House", house},
	} {
		t.Run(law.name, func(t *testing.T) {
			t.Parallel()
			law.check(t, open)
		})
	}
}

// now is the time of all tests, with milliseconds that are not zero.
var now = time.UnixMilli(1_700_000_000_123).UTC()

// later is now and some milliseconds.
func later(ms int) time.Time { return now.Add(time.Duration(ms) * time.Millisecond) }

func ctx() context.Context { return context.Background() }

// must stops the test on an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// same fails the test unless two values are equal; empty and nil slices and maps are.
func same[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// faulty fails the test unless err is a fault of the kind and subject, and has the text if one is given.
func faulty(t testing.TB, what string, err error, kind fault.Kind, subject fault.Subject, text string) {
	t.Helper()
	if !fault.Is(err, kind, subject) {
		t.Errorf("%s: %v, want the fault %s/%s", what, err, kind, subject)
	} else if got := fault.As(err).Text; text != "" && got != text {
		t.Errorf("%s says %q, want %q", what, got, text)
	}
}

const poolID = "eu-west-1_Abcdefghi"

// seeded opens a store with one pool in it.
func seeded(t testing.TB, open Open) *store.Store {
	t.Helper()
	s := open(t)
	must(t, s.InsertPool(ctx(), pool(poolID)))
	return s
}

func pool(id string) *directory.Pool {
	return &directory.Pool{
		ID: id, Region: "eu-west-1", Settings: directory.Settings{Name: "people", Tier: "ESSENTIALS"},
		CreatedAt: now, ModifiedAt: now,
	}
}

// sub is the n-th user id. Ids grow with n.
func sub(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

// user is the n-th user: user7, user7@example.com.
func user(n int) *directory.User {
	name := fmt.Sprintf("user%d", n)
	return &directory.User{
		PoolID: poolID, ID: sub(n), Username: name, Status: directory.Confirmed, Enabled: true,
		Attributes: map[string]string{"email": name + "@example.com"}, CreatedAt: later(n), ModifiedAt: later(n),
	}
}

func named(u *directory.User) directory.Keys { return directory.Keys{Username: u.Username} }

// insert adds the n-th user.
func insert(t testing.TB, s *store.Store, n int) *directory.User {
	t.Helper()
	u := user(n)
	must(t, s.InsertUser(ctx(), u, named(u)))
	return u
}

// together runs fn n times at once and waits for all; the first error stops the test.
func together(t testing.TB, n int, fn func(i int) error) {
	t.Helper()
	errs := make(chan error, n)
	start := make(chan struct{})
	for i := range n {
		go func() {
			<-start
			errs <- fn(i)
		}()
	}
	close(start)
	for range n {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
}
