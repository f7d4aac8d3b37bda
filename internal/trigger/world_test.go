package trigger_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/message"
	"cognate.dev/cognate/internal/message/mailbox"
	"cognate.dev/cognate/internal/message/outbox"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/signin"
	"cognate.dev/cognate/internal/signin/challenge/newpassword"
	passwordchallenge "cognate.dev/cognate/internal/signin/challenge/password"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/token"
	"cognate.dev/cognate/internal/trigger"
	"cognate.dev/cognate/internal/trigger/event"
	"cognate.dev/cognate/internal/trigger/function"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	poolID   = "eu-west-1_Pool00001"
	clientID = "client1"
	right    = "Correct-Horse1"
	arn      = "arn:aws:lambda:eu-west-1:123456789012:function:hook"
)

// handler is a trigger function: it gets the event and returns it, changed or not.
type handler func(e map[string]any) (any, error)

// world is one pool whose every trigger leads to functions of the test, with the rooms that fire them.
type world struct {
	t        testing.TB
	store    *store.Store
	dir      *directory.Directory
	triggers *trigger.Triggers
	accounts *account.Accounts
	machine  *signin.Machine
	minter   *token.Minter
	box      *mailbox.Box
	outbox   *outbox.Outbox
	pool     *directory.Pool
	client   *directory.Client

	mu        sync.Mutex
	functions map[event.Source]handler
	events    []json.RawMessage
	fired     []trigger.Fired
	failed    []error
}

func (w *world) Changed(context.Context, string, string) {}

// Invoke runs the function of the event's source; without one the event comes back as it is.
func (w *world) Invoke(_ context.Context, _ string, body []byte) ([]byte, error) {
	var e map[string]any
	if err := json.Unmarshal(body, &e); err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.events = append(w.events, body)
	f := w.functions[event.Source(e["triggerSource"].(string))]
	w.mu.Unlock()
	if f == nil {
		return body, nil
	}
	out, err := f(e)
	if err != nil {
		return nil, err
	}
	return json.Marshal(out)
}

// on sets the function of a source.
func (w *world) on(s event.Source, f handler) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.functions[s] = f
}

// says is a function that fills in the response.
func says(response map[string]any) handler {
	return func(e map[string]any) (any, error) {
		e["response"] = response
		return e, nil
	}
}

func throws(text string) handler {
	return func(map[string]any) (any, error) { return nil, &function.Thrown{Type: "Error", Message: text} }
}

// seen lists the sources that were fired since the last call.
func (w *world) seen() (out []string) {
	w.outbox.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, body := range w.events {
		var e struct{ TriggerSource string }
		w.check(json.Unmarshal(body, &e))
		out = append(out, e.TriggerSource)
	}
	w.events = nil
	return out
}

type option func(*directory.PoolSpec, *directory.ClientSpec)

// version asks for a version of pre-token-generation.
func version(v string) option {
	return func(p *directory.PoolSpec, _ *directory.ClientSpec) {
		delete(p.Lambda.ARNs, "PreTokenGeneration")
		p.Lambda.Versioned = map[string]directory.VersionedLambda{"PreTokenGenerationConfig": {Version: v, ARN: arn}}
	}
}

func hides(_ *directory.PoolSpec, c *directory.ClientSpec) { c.HideUserExistence = "ENABLED" }

// sends lets functions send the pool's messages.
func sends(p *directory.PoolSpec, _ *directory.ClientSpec) {
	p.Lambda.KMSKeyID = "arn:aws:kms:eu-west-1:123456789012:key/codes"
	p.Lambda.Versioned = map[string]directory.VersionedLambda{
		"CustomEmailSender": {Version: "V1_0", ARN: arn}, "CustomSMSSender": {Version: "V1_0", ARN: arn},
	}
}

func triggers() map[string]string {
	out := map[string]string{}
	for _, name := range []string{"PreSignUp", "PostConfirmation", "PreAuthentication", "PostAuthentication", "PreTokenGeneration",
		"UserMigration", "CustomMessage", "DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse"} {
		out[name] = arn
	}
	return out
}

func newWorld(t testing.TB, options ...option) *world {
	t.Helper()
	w := &world{t: t, functions: map[event.Source]handler{}, box: mailbox.New(0)}
	now := clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)).Now
	keys, err := secret.NewKeyring(secret.Key{ID: "a", Secret: [32]byte{1}}, secret.Key{ID: "mac", Secret: [32]byte{2}})
	w.check(err)
	w.store, err = store.Open(t.Context(), "sqlite::memory:", store.Options{Sealer: keys})
	w.check(err)
	t.Cleanup(func() { w.check(w.store.Close()) })
	w.dir = directory.New(directory.Parts{
		Pools: w.store, Clients: w.store, Groups: w.store, Users: w.store, Credentials: w.store, Changes: w,
		OnCommit: w.store.OnCommit, Keys: keys, Hasher: password.NewHasher(password.Params{MemoryKiB: 8, Time: 1, Threads: 1}, 2), Now: now,
	})
	p := directory.PoolSpec{ID: poolID, Region: "eu-west-1", Settings: directory.Settings{
		Name: "people", AutoVerified: []string{"email"}, Lambda: directory.LambdaConfig{ARNs: triggers()},
	}}
	c := directory.ClientSpec{ID: clientID, PoolID: poolID, ClientSettings: directory.ClientSettings{
		Name: "app", TokenRevocation: true, ExplicitAuthFlows: []string{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_USER_SRP_AUTH"},
	}}
	for _, o := range options {
		o(&p, &c)
	}
	w.pool, err = w.dir.Pools.Create(t.Context(), p)
	w.check(err)
	w.client, err = w.dir.Clients.Create(t.Context(), c)
	w.check(err)
	w.triggers = trigger.New(trigger.Parts{
		Directory: w.dir, Tx: w.store, Routes: []trigger.Route{{Pattern: arn, Transport: w}}, Codes: plainCodes{},
		Observe: func(_ context.Context, f trigger.Fired) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.fired = append(w.fired, f)
		},
	})
	w.rooms(keys, now)
	return w
}

// rooms builds the rooms whose hooks the triggers fill.
func (w *world) rooms(keys *secret.Keyring, now clock.Clock) {
	w.outbox = outbox.New(outbox.Parts{
		Store: w.store, Keys: keys, Word: w.triggers.Word, Delivery: w.triggers.Sender(w.box), Now: now,
		Failed: func(_ context.Context, _ message.Message, err error, _ bool) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.failed = append(w.failed, err)
		},
	})
	w.t.Cleanup(w.outbox.Wait)
	w.accounts = account.New(account.Parts{
		Directory: w.dir, Tx: w.store, Codes: w.store, Sessions: w.store, Post: w.outbox, Keys: keys, Now: now,
		Hooks: w.triggers.Account(),
	})
	ring := key.NewRing(w.store, keys, now)
	lent.Do(func() {
		_, err := ring.Public(w.t.Context(), poolID)
		w.check(err)
		lentKeys, err = w.store.Keys(w.t.Context(), poolID, now())
		w.check(err)
	})
	for _, k := range lentKeys { // finding primes takes longer than any test
		_, err := w.store.PutActiveKey(w.t.Context(), k, "", time.Time{})
		w.check(err)
	}
	w.minter = token.NewMinter(token.Parts{
		Keys: ring, Sealer: keys, Sessions: w.store, Pools: w.dir.Pools, Clients: w.dir.Clients, People: w.store, Now: now,
		Issuer: func(p *directory.Pool) string { return "https://issuer.example.com/" + p.ID }, Hook: w.triggers,
	})
	var err error
	w.machine, err = signin.New(signin.Parts{
		Store: w.store, Users: w.dir.Users, Passwords: w.dir.Passwords, Sealer: keys, Hooks: w.triggers.SignIn(), Now: now, Tokens: w.minter,
		Challenges: []signin.Challenge{
			passwordchallenge.New(w.dir.Passwords), newpassword.New(w.store, w.dir.Passwords, w.dir.Users),
		},
	})
	w.check(err)
}

var (
	lent     sync.Once
	lentKeys []key.Stored
)

// plainCodes leaves codes readable.
type plainCodes struct{}

func (plainCodes) Encrypt(_ context.Context, _ string, plain []byte, _ map[string]string) ([]byte, error) {
	return plain, nil
}

// user makes a user with the right password.
func (w *world) user(name string, status directory.Status) *directory.User {
	w.t.Helper()
	x, err := w.dir.Users.Create(w.t.Context(), w.pool, directory.NewUser{
		Username: name, Status: status, By: directory.ByAdmin,
		Attributes: map[string]string{"email": name + "@example.com", "email_verified": "true", "phone_number": "+15555550100"},
	}, false)
	w.check(err)
	w.check(w.dir.Passwords.Set(w.t.Context(), w.pool, x, right, status == directory.ForceChangePassword))
	return x
}

func (w *world) caller(name string) account.Caller {
	return account.Caller{ClientID: clientID, Username: name, ClientMetadata: map[string]string{"purpose": "test"}}
}

// signIn signs in with a password.
func (w *world) signIn(name, pw string) (*signin.Answer, error) {
	return w.machine.Initiate(w.t.Context(), signin.Start{
		Pool: w.pool, Client: w.client, Flow: "USER_PASSWORD_AUTH", ClientMetadata: map[string]string{"purpose": "test"},
		Params: map[string]string{"USERNAME": name, "PASSWORD": pw},
	})
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// refused fails unless err is a fault of the subject with the text.
func refused(t testing.TB, err error, subject fault.Subject, text string) {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) || f.Subject != subject || f.Text != text {
		t.Errorf("got %v, want %s: %s", err, subject, text)
	}
}
