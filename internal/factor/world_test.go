package factor_test

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is one pool with one user, alice, and the room.
type world struct {
	*factor.Factors
	t     *testing.T
	dir   *directory.Directory
	store *store.Store
	clock *clock.Fake
	pool  *directory.Pool
	alice *directory.User
}

type quiet struct{}

func (quiet) Changed(context.Context, string, string) {}

var allMFA = directory.MFAConfig{Mode: "OPTIONAL", SMS: true, SoftwareToken: true, Email: &directory.EmailMFA{}}

func newWorld(t *testing.T, mfa directory.MFAConfig) *world {
	t.Helper()
	w := &world{t: t, clock: clock.NewFake(time.Unix(1_800_000_000, 0))}
	keys, err := secret.NewKeyring(secret.Key{ID: "a", Secret: [32]byte{1}}, secret.Key{ID: secret.MACKeyID, Secret: [32]byte{2}})
	w.check(err)
	w.store, err = store.Open(t.Context(), "sqlite::memory:", store.Options{Sealer: keys})
	w.check(err)
	t.Cleanup(func() { w.check(w.store.Close()) })
	w.dir = directory.New(directory.Parts{
		Pools: w.store, Clients: w.store, Groups: w.store, Users: w.store, Credentials: w.store, Resources: w.store,
		Changes: quiet{}, Keys: keys, Hasher: password.NewHasher(password.Params{MemoryKiB: 8, Time: 1, Threads: 1}, 1), Now: w.clock.Now,
	})
	w.pool, err = w.dir.Pools.Create(t.Context(), directory.PoolSpec{
		ID: "eu-west-1_Pool00001", Region: "eu-west-1", Settings: directory.Settings{Name: "people"},
	})
	w.check(err)
	if mfa.Mode != "" {
		w.pool, err = w.dir.Pools.SetMFA(t.Context(), w.pool.ID, directory.MFASettings{
			MFAConfig: mfa, SMSConfig: &directory.SMSConfig{SNSCallerARN: "arn:aws:iam::123456789012:role/sms"},
		})
		w.check(err)
	}
	w.Factors = factor.New(factor.Parts{Store: w.store, DeviceStore: w.store, Tx: w.store, Users: w.dir.Users, Sealer: keys, Now: w.clock.Now})
	w.alice = w.user("alice")
	return w
}

func (w *world) user(name string) *directory.User {
	w.t.Helper()
	u, err := w.dir.Users.Draft(w.pool, directory.NewUser{Username: name, Status: directory.Confirmed, By: directory.ByAdmin})
	w.check(err)
	w.check(w.dir.Users.Insert(w.t.Context(), w.pool, u, false))
	return u
}

// now reads alice as she is now.
func (w *world) now() *directory.User {
	w.t.Helper()
	u, err := w.dir.Users.Get(w.t.Context(), w.pool.ID, w.alice.ID)
	w.check(err)
	return u
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// refused checks that err is a fault of this kind, subject and text.
func refused(t *testing.T, err error, kind fault.Kind, subject fault.Subject, text string) {
	t.Helper()
	f := fault.As(err)
	if f == nil || f.Kind != kind || f.Subject != subject || f.Text != text {
		t.Errorf("got %v, want %s/%s: %s", err, kind, subject, text)
	}
}
