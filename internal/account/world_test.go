package account_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/message"
	"cognate.dev/cognate/internal/message/mailbox"
	"cognate.dev/cognate/internal/message/outbox"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/store/storetest"
	"cognate.dev/cognate/internal/token"
)

const goodPassword = "Correct-Horse1"

// world is the room over a store of its own, with a mailbox that can be told to be full and hooks that can be set.
type world struct {
	*account.Accounts
	t      testing.TB
	dir    *directory.Directory
	store  *store.Store
	now    *clock.Fake
	box    *mailbox.Box
	outbox *outbox.Outbox
	pool   *directory.Pool
	client *directory.Client

	hooks  account.Hooks
	mu     sync.Mutex
	full   bool
	failed []error
}

func (w *world) Changed(context.Context, string, string) {}

// Send is the mailbox, unless it is full.
func (w *world) Send(ctx context.Context, m message.Message) error {
	w.mu.Lock()
	full := w.full
	w.mu.Unlock()
	if full {
		return message.Undelivered(errors.New("no such mailbox"), true)
	}
	return w.box.Send(ctx, m)
}

func (w *world) fill(full bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.full = full
}

// newWorld makes a world with one pool and one client; the spec's zero settings are those of a minimal pool.
func newWorld(t testing.TB, pool directory.PoolSpec, client directory.ClientSettings) *world {
	t.Helper()
	w := &world{
		t: t, store: storetest.Memory(t), now: clock.NewFake(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)), box: mailbox.New(0),
	}
	keys := storetest.Sealer(t)
	w.dir = directory.New(directory.Parts{
		Pools: w.store, Clients: w.store, Groups: w.store, Users: w.store, Credentials: w.store, Changes: w,
		OnCommit: w.store.OnCommit, Keys: keys, Hasher: password.NewHasher(password.Params{MemoryKiB: 64, Time: 1, Threads: 1}, 2), Now: w.now.Now,
	})
	w.outbox = outbox.New(outbox.Parts{
		Store: w.store, Keys: keys, Delivery: w, Now: w.now.Now,
		Failed: func(_ context.Context, _ message.Message, err error, _ bool) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.failed = append(w.failed, err)
		},
	})
	t.Cleanup(w.outbox.Wait)
	w.Accounts = account.New(account.Parts{
		Directory: w.dir, Tx: w.store, Codes: w.store, Sessions: w.store, Post: w.outbox, Keys: keys, Now: w.now.Now,
		Hooks: account.Hooks{
			PreSignUp: func(ctx context.Context, e account.Event) (account.Verdict, error) {
				if w.hooks.PreSignUp == nil {
					return account.Verdict{}, nil
				}
				return w.hooks.PreSignUp(ctx, e)
			},
			PostConfirmation: func(ctx context.Context, e account.Event) error {
				if w.hooks.PostConfirmation == nil {
					return nil
				}
				return w.hooks.PostConfirmation(ctx, e)
			},
			Migrate: func(ctx context.Context, e account.Event) (*directory.User, error) {
				if w.hooks.Migrate == nil {
					return nil, nil
				}
				return w.hooks.Migrate(ctx, e)
			},
		},
		Home: func(_ context.Context, p *directory.Pool) (string, error) {
			return "https://login.example.com/" + p.ID, nil
		},
	})
	pool.Region, pool.Name = "eu-west-1", "people"
	var err error
	w.pool, err = w.dir.Pools.Create(t.Context(), pool)
	ok(t, err)
	client.Name = "app"
	w.client, err = w.dir.Clients.Create(t.Context(), directory.ClientSpec{PoolID: w.pool.ID, ClientSettings: client})
	ok(t, err)
	return w
}

// byEmail is a pool that verifies email addresses.
func byEmail() directory.PoolSpec {
	return directory.PoolSpec{Settings: directory.Settings{AutoVerified: []string{"email"}}}
}

// hiding are the settings of a client that does not tell who exists.
func hiding() directory.ClientSettings {
	return directory.ClientSettings{HideUserExistence: "ENABLED"}
}

func (w *world) caller(name string) account.Caller {
	return account.Caller{ClientID: w.client.ID, Username: name}
}

// signUp signs somebody up with an email address and returns the code that was sent.
func (w *world) signUp(name, email string) (sub, code string) {
	w.t.Helper()
	out, err := w.SignUp(w.t.Context(), account.SignUp{
		Caller: w.caller(name), Password: goodPassword, Attributes: map[string]string{"email": email},
	})
	ok(w.t, err)
	return out.UserID, w.mail(email).Code
}

// member is somebody who has signed up and confirmed.
func (w *world) member(name, email string) *directory.User {
	w.t.Helper()
	sub, code := w.signUp(name, email)
	ok(w.t, w.ConfirmSignUp(w.t.Context(), account.Confirmation{Caller: w.caller(name), Code: code}))
	return w.get(sub)
}

func (w *world) get(sub string) *directory.User {
	w.t.Helper()
	x, err := w.dir.Users.Get(w.t.Context(), w.pool.ID, sub)
	ok(w.t, err)
	return x
}

func (w *world) self(x *directory.User) account.Self {
	return account.Self{Pool: w.pool, Client: w.client, User: w.get(x.ID)}
}

// mail is the newest message to somebody.
func (w *world) mail(to string) message.Message {
	w.t.Helper()
	w.outbox.Wait()
	found := w.box.List(mailbox.Query{To: to, Limit: 1})
	if len(found) == 0 {
		w.t.Fatalf("no message to %s", to)
	}
	return found[0].Message
}

// mails counts the messages to somebody.
func (w *world) mails(to string) int {
	w.outbox.Wait()
	return len(w.box.List(mailbox.Query{To: to}))
}

// has says whether the user has this password.
func (w *world) has(x *directory.User, pw string) bool {
	w.t.Helper()
	right, err := w.dir.Passwords.Verify(w.t.Context(), w.pool, x, pw)
	ok(w.t, err)
	return right
}

// session starts a sign-in of the user.
func (w *world) session(x *directory.User) string {
	w.t.Helper()
	id := "session-of-" + x.ID
	ok(w.t, w.store.InsertSession(w.t.Context(), &token.Session{
		ID: id, PoolID: x.PoolID, UserID: x.ID, ClientID: w.client.ID, CreatedAt: w.now.Now(), AuthTime: w.now.Now(), ExpiresAt: w.now.Now().Add(time.Hour),
	}))
	return id
}

func (w *world) revoked(session string) bool {
	w.t.Helper()
	s, err := w.store.Session(w.t.Context(), session)
	ok(w.t, err)
	return !s.RevokedAt.IsZero()
}

// refused fails unless err is a fault of the kind with the text; an empty text is not compared.
func refused(t testing.TB, err error, kind fault.Kind, subject fault.Subject, text string) {
	t.Helper()
	f := fault.As(err)
	if f == nil || f.Kind != kind || f.Subject != subject || text != "" && f.Text != text {
		t.Errorf("got %v, want %s/%s: %s", err, kind, subject, text)
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wrong is a code that differs from the right one.
func wrong(code string) string {
	return string('0'+(code[0]-'0'+1)%10) + code[1:]
}
