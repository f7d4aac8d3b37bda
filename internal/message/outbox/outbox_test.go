package outbox_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/message"
	"cognate.dev/cognate/internal/message/outbox"
	"cognate.dev/cognate/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const poolID = "eu-west-1_Abcdefghi"

// world is an outbox over a store of its own, with a mail server that does what the test says.
type world struct {
	*outbox.Outbox
	t     testing.TB
	store *store.Store
	keys  *secret.Keyring

	mu     sync.Mutex
	answer func(m message.Message) error // of the mail server; nil: it takes everything
	taken  []message.Message
	failed []error
	given  int // messages given up
}

// Send is the mail server.
func (w *world) Send(_ context.Context, m message.Message) error {
	w.mu.Lock()
	answer := w.answer
	w.mu.Unlock()
	if answer != nil {
		if err := answer(m); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.taken = append(w.taken, m)
	return nil
}

func (w *world) answers(f func(message.Message) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer = f
}

func (w *world) got() []message.Message {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]message.Message{}, w.taken...)
}

func newWorld(t testing.TB, change ...func(*outbox.Parts)) *world {
	t.Helper()
	keys, err := secret.NewKeyring(secret.Key{ID: "a", Secret: [32]byte{1}}, secret.Key{ID: "mac", Secret: [32]byte{2}})
	check(t, err)
	db, err := store.Open(context.Background(), "sqlite::memory:", store.Options{Sealer: keys})
	check(t, err)
	w := &world{t: t, store: db, keys: keys}
	p := &directory.Pool{ID: poolID, Region: "eu-west-1", Settings: directory.Settings{Name: "people"}, CreatedAt: time.Now(), ModifiedAt: time.Now()}
	check(t, db.InsertPool(context.Background(), p))
	w.Outbox = w.node(change...)
	t.Cleanup(func() { check(t, db.Close()) })
	return w
}

// node is another process over the same store.
func (w *world) node(change ...func(*outbox.Parts)) *outbox.Outbox {
	p := outbox.Parts{Store: w.store, Keys: w.keys, Delivery: w, Now: time.Now, Failed: func(_ context.Context, _ message.Message, err error, up bool) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.failed = append(w.failed, err)
		if up {
			w.given++
		}
	}}
	for _, c := range change {
		c(&p)
	}
	o := outbox.New(p)
	w.t.Cleanup(o.Wait)
	return o
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func letter() message.Message {
	return message.Message{
		PoolID: poolID, Purpose: message.Authentication, Medium: message.Email, To: "alice@example.com", Code: "123456", Subject: "Code", Body: "It is 123456",
	}
}

var errDown = message.Undelivered(errors.New("connection refused"), false)

func TestAMessageIsSentBeforeItsAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	check(t, w.Sender().Send(t.Context(), letter()))
	got := w.got()
	if len(got) != 1 || got[0].Code != "123456" || got[0].ID == "" || got[0].Try != 1 {
		t.Errorf("sent %+v", got)
	}
	w.Wait()
	rows, err := w.store.ClaimMessages(t.Context(), "l", time.Now().Add(time.Hour), time.Now(), 10)
	if err != nil || len(rows) != 0 {
		t.Errorf("left in the store: %v, %v", rows, err)
	}
}

func TestAWrongAddressIsToldAtOnceAndNotTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answers(func(message.Message) error { return message.Undelivered(errors.New("550 no such user"), true) })
	if err := w.Sender().Send(t.Context(), letter()); !fault.Is(err, fault.Undelivered, "") {
		t.Errorf("got %v", err)
	}
	check(t, w.Behind().Send(t.Context(), letter())) // nobody is told, as nobody may know
	w.Wait()
	rows, err := w.store.ClaimMessages(t.Context(), "l", time.Now().Add(time.Hour), time.Now(), 10)
	if err != nil || len(rows) != 0 || w.given != 2 {
		t.Errorf("left in the store: %v, %v; %d given up", rows, err, w.given)
	}
}

// A mail server that is down for ten minutes loses nothing, and gets the same message id each time.
func TestACodeSurvivesAMailServerThatIsDown(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, w *world) {
		ids := map[string]int{}
		var mu sync.Mutex
		up := time.Now().Add(10 * time.Minute)
		w.answers(func(m message.Message) error {
			mu.Lock()
			defer mu.Unlock()
			ids[m.ID]++
			if time.Now().Before(up) {
				return errDown
			}
			return nil
		})
		check(t, w.Sender().Send(t.Context(), letter()))
		time.Sleep(25 * time.Minute)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if got := w.got(); len(got) != 1 || len(ids) != 1 || ids[got[0].ID] < 5 || ids[got[0].ID] > 12 {
			t.Errorf("sent %+v, tries %v", got, ids)
		}
	})
}

func TestAMessageIsGivenUpWhenItsCodeIsDead(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, w *world) {
		w.answers(func(message.Message) error { return errDown })
		m := letter()
		m.ExpiresAt = time.Now().Add(3 * time.Minute)
		check(t, w.Sender().Send(t.Context(), m))
		time.Sleep(time.Hour)
		synctest.Wait()
		rows, err := w.store.ClaimMessages(t.Context(), "l", time.Now().Add(time.Hour), time.Now(), 10)
		if err != nil || len(rows) != 0 || w.given != 1 || len(w.failed) < 4 {
			t.Errorf("left %v, %v; given up %d after %d tries", rows, err, w.given, len(w.failed))
		}
	})
}

func TestAnAnswerDoesNotWaitForASlowMailServer(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, w *world) {
		w.answers(func(message.Message) error { time.Sleep(20 * time.Second); return nil })
		for patience, s := range map[time.Duration]message.Sender{2 * time.Second: w.Sender(), 0: w.Behind()} {
			began := time.Now()
			check(t, s.Send(t.Context(), letter()))
			if took := time.Since(began); took > patience {
				t.Errorf("the answer took %v", took)
			}
		}
		time.Sleep(time.Minute)
		if n := len(w.got()); n != 2 {
			t.Errorf("%d messages were sent", n)
		}
	})
}

// The process that kept a message ends before it sends it: another one does, once, whatever the number of nodes.
func TestWhatAProcessLeftBehindIsSentOnce(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, w *world) {
		for range 20 {
			_, err := w.Keep(t.Context(), letter())
			check(t, err)
		}
		for range 3 {
			o := w.node()
			go func() { _ = o.Run(t.Context()) }()
		}
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		seen := map[string]bool{}
		for _, m := range w.got() {
			seen[m.ID] = true
		}
		if n := len(w.got()); n != 20 || len(seen) != 20 {
			t.Errorf("%d messages were sent, %d different ones", n, len(seen))
		}
	})
}

func TestNothingLeavesATransactionThatIsUndone(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, w *world) {
		undo := errors.New("undo")
		err := w.store.InTx(t.Context(), func(ctx context.Context) error {
			if _, err := w.Keep(ctx, letter()); err != nil {
				return err
			}
			return undo
		})
		if !errors.Is(err, undo) {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		if n := len(w.got()); n != 0 {
			t.Errorf("%d messages were sent", n)
		}
	})
}

func TestWhatIsKeptIsSealed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answers(func(message.Message) error { return errDown })
	check(t, w.Sender().Send(t.Context(), letter()))
	w.Wait()
	rows, err := w.store.ClaimMessages(t.Context(), "l", time.Now().Add(time.Hour), time.Now(), 10)
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	for _, readable := range []string{"123456", "alice"} {
		if strings.Contains(string(rows[0].Sealed), readable) {
			t.Errorf("%s is readable in the store", readable)
		}
	}
}

// What a function says of a message is the answer of the request; a message that it words is worded once.
func TestWordingIsHeardAndHappensOnce(t *testing.T) {
	t.Parallel()
	no := fault.New(fault.Invalid, fault.Lambda, "CustomMessage failed with error no.")
	w := newWorld(t, func(p *outbox.Parts) {
		p.Word = func(context.Context, message.Message) (message.Message, error) { return message.Message{}, no }
	})
	if err := w.Sender().Send(t.Context(), letter()); !errors.Is(err, no) {
		t.Errorf("got %v", err)
	}
	check(t, w.Behind().Send(t.Context(), letter()))
	w.Wait()
	if n := len(w.got()); n != 0 {
		t.Errorf("%d were sent all the same", n)
	}
	bubble(t, func(t *testing.T, w *world) {
		worded := 0
		o := w.node(func(p *outbox.Parts) {
			p.Word = func(_ context.Context, m message.Message) (message.Message, error) {
				worded++
				m.Body = "worded"
				return m, nil
			}
		})
		tries := 0
		w.answers(func(message.Message) error {
			if tries++; tries < 3 {
				return errDown
			}
			return nil
		})
		go func() { _ = o.Run(t.Context()) }()
		check(t, o.Sender().Send(t.Context(), letter()))
		time.Sleep(time.Minute)
		if got := w.got(); len(got) != 1 || got[0].Body != "worded" || worded != 1 {
			t.Errorf("sent %+v, worded %d times", got, worded)
		}
	})
}

func TestAMessageToNobodyGoesNowhereAndIsStoredAllTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := letter()
	m.To, m.UserID = "", "00000000-0000-4000-8000-000000000009"
	check(t, w.Behind().Send(t.Context(), m))
	w.Wait()
	if n := len(w.got()); n != 0 {
		t.Errorf("%d were sent", n)
	}
}

// bubble runs a test in a world whose clock is the bubble's, with one node that runs.
func bubble(t *testing.T, test func(*testing.T, *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() { defer close(ended); _ = w.Run(ctx) }()
		test(t, w)
		cancel()
		<-ended
	})
}

// TestAStoreThatIsAwayIsNoFailedMessage fails when an operator, or the log of a pool, hears that a message could not be sent that was
// sent, or of one that there is not.
func TestAStoreThatIsAwayIsNoFailedMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	db, err := store.Open(t.Context(), "sqlite::memory:", store.Options{Sealer: w.keys})
	check(t, err)
	check(t, db.InsertPool(t.Context(), &directory.Pool{ID: poolID}))
	away := make(chan error, 10)
	o := w.node(func(p *outbox.Parts) { p.Store, p.Away = db, func(err error) { away <- err } })
	w.answers(func(message.Message) error { return db.Close() }) // it is sent, and then the store goes
	check(t, o.Sender().Send(t.Context(), letter()))
	o.Wait()
	if err := <-away; !strings.Contains(err.Error(), "forget the message") {
		t.Errorf("a message that was sent: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- o.Run(ctx) }()
	if err := <-away; !strings.Contains(err.Error(), "look for messages") {
		t.Errorf("looking for others: %v", err)
	}
	stop()
	check(t, <-ended)
	if len(w.failed) > 0 || len(w.got()) != 1 {
		t.Errorf("%d sent; failed: %v", len(w.got()), w.failed)
	}
}
