package audit_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"go.uber.org/goleak"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func keyring(t *testing.T, fill byte) *secret.Keyring {
	t.Helper()
	k, err := secret.NewKeyring(secret.Key{ID: "k", Secret: [32]byte{fill}})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// world is a store and what opens logs over it.
type world struct {
	t *testing.T
	*store.Store
	keys *secret.Keyring
	file string
}

func newWorld(t *testing.T) *world {
	file := filepath.Join(t.TempDir(), "cognate.db")
	return &world{t, storetest.Store(t, "sqlite:"+file), keyring(t, 1), file}
}

func (w *world) log(node string, tune ...func(*audit.Parts)) *audit.Log {
	w.t.Helper()
	p := audit.Parts{Store: w.Store, Keys: w.keys, Now: clock.System, Node: node, Version: "v0", Lost: func(r audit.Record, err error) { w.t.Errorf("lost %+v: %v", r, err) }}
	for _, fn := range tune {
		fn(&p)
	}
	return audit.Open(p)
}

func (w *world) record(l *audit.Log, operation string, n int) {
	w.t.Helper()
	for i := range n {
		if err := l.Record(audit.Record{Front: "aws", Operation: operation, Actor: audit.Actor{Kind: audit.Key, ID: "AKIA1"}, User: fmt.Sprint("user", i), Outcome: audit.OK}); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) close(l *audit.Log) {
	w.t.Helper()
	if err := l.Close(); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) find(q audit.Query) []audit.Row {
	w.t.Helper()
	q.Limit = 1000
	rows, err := w.FindAudit(w.t.Context(), q)
	if err != nil {
		w.t.Fatal(err)
	}
	return rows
}

// problems is what checking finds, a line each.
func (w *world) problems(anchors ...audit.Head) string {
	w.t.Helper()
	r, err := audit.Verify(w.t.Context(), w.Store, w.keys, anchors, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	var lines []string
	for _, p := range r.Problems {
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

// tamper changes the table as somebody who can write the database would.
func (w *world) tamper(statement string, args ...any) {
	w.t.Helper()
	db, err := sql.Open("sqlite", w.file)
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(w.t.Context(), statement, args...); err != nil {
		w.t.Fatal(err)
	}
}

func TestManyAtOnceMakeOneChainWithoutAGap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := w.log("a")
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { w.record(l, "AdminCreateUser", 20) })
	}
	all.Wait()
	w.close(l)
	r, err := audit.Verify(t.Context(), w.Store, w.keys, nil, nil)
	if err != nil || len(r.Problems) > 0 || r.Records != 402 || r.Chains != 1 || len(r.Open) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if got := len(w.find(audit.Query{Operation: "AdminCreateUser", User: "user3", Actor: "access_key:AKIA1"})); got != 20 {
		t.Errorf("found %d", got)
	}
}

func TestACheckpointPinsTheEndsOfOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var pinned []map[string]string
		a, b := w.log("a"), w.log("b", func(p *audit.Parts) { p.Pinned = func(h map[string]string) { pinned = append(pinned, h) } })
		w.record(b, "AdminCreateUser", 1)
		w.record(a, "AdminCreateUser", 3)
		chain := w.find(audit.Query{User: "user2"})[0].Chain
		time.Sleep(61 * time.Second)
		synctest.Wait()
		if len(pinned) != 1 || !strings.HasPrefix(pinned[0][chain], "4 ") && !strings.HasPrefix(pinned[0][chain], "5 ") { // 5: its own checkpoint came first
			t.Fatalf("pinned %v", pinned)
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if len(pinned) != 1 {
			t.Errorf("checkpoints make checkpoints: %d", len(pinned))
		}
		if got := w.problems(); got != "" {
			t.Errorf("found %q", got)
		}
		w.close(a)
		w.close(b)
	})
}

func TestOldRecordsGoAndAreNotMissed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		keep := func(p *audit.Parts) { p.Config.Retention = time.Hour }
		gone, lives := w.log("gone", keep), w.log("lives", keep)
		w.record(gone, "AdminCreateUser", 5)
		w.record(lives, "AdminCreateUser", 5)
		w.close(gone)
		for range 4 {
			time.Sleep(40 * time.Minute)
			w.record(lives, "AdminUpdateUserAttributes", 2)
			if err := lives.Retain(t.Context(), time.Now()); err != nil {
				t.Fatal(err)
			}
			if got := w.problems(); got != "" {
				t.Fatalf("found %q", got)
			}
		}
		if n := len(w.find(audit.Query{Operation: "AdminCreateUser"})); n != 0 {
			t.Errorf("%d old records are there", n)
		}
		// Whoever removes more than was due is found.
		w.tamper("DELETE FROM audit_records WHERE seq = (SELECT min(seq) FROM audit_records)")
		if got := w.problems(); !strings.Contains(got, "no record says that it was old enough") {
			t.Errorf("found %q", got)
		}
		w.close(lives)
	})
}

// failing is a store that is away for some writes.
type failing struct {
	audit.Store
	mu    sync.Mutex
	fails int
}

func (f *failing) InsertAudit(ctx context.Context, rows []audit.Row, head audit.Head) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fails > 0 {
		f.fails--
		return errors.New("away")
	}
	return f.Store.InsertAudit(ctx, rows, head)
}

func TestADatabaseThatIsAwayForAMomentLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := &failing{Store: w.Store}
	l := w.log("a", func(p *audit.Parts) { p.Store = f })
	w.record(l, "AdminCreateUser", 2)
	f.mu.Lock()
	f.fails = 2
	f.mu.Unlock()
	w.record(l, "AdminDeleteUser", 1)
	w.close(l)
	if n := len(w.find(audit.Query{Operation: "AdminDeleteUser"})); n != 1 {
		t.Errorf("found %d", n)
	}
	if got := w.problems(); got != "" {
		t.Errorf("found %q", got)
	}
}

// TestWhatCannotBeRecordedIsNotAcknowledged keeps every part of an answer back, cookies too.
func TestWhatCannotBeRecordedIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var lost []audit.Record
	f := &failing{Store: w.Store, fails: 3}
	l := w.log("a", func(p *audit.Parts) {
		p.Store, p.Lost = f, func(r audit.Record, _ error) { lost = append(lost, r) }
	})
	h := l.Watch("oauth", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		audit.Note(r.Context(), func(rec *audit.Record) { rec.Operation = "Token" })
		http.SetCookie(rw, &http.Cookie{Name: "session", Value: "secret"})
		rw.WriteHeader(http.StatusFound)
		_, _ = rw.Write([]byte("access token"))
	}))
	for i, want := range []int{http.StatusInternalServerError, http.StatusFound} {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/oauth2/token", nil))
		if rec.Code != want {
			t.Errorf("answer %d: %d", i, rec.Code)
		}
		if want == http.StatusInternalServerError && (strings.Contains(rec.Body.String(), "access token") || rec.Header().Get("Set-Cookie") != "") {
			t.Errorf("it was acknowledged all the same: %s %v", rec.Body, rec.Header())
		}
	}
	w.close(l)
	if len(lost) != 1 || lost[0].Operation != "Token" {
		t.Errorf("lost %+v", lost)
	}
}

func TestAnAnswerWaitsForItsRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := w.log("a")
	seen := make(chan int, 1)
	h := l.Watch("aws", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		audit.Note(r.Context(), func(rec *audit.Record) { rec.Operation = "AdminCreateUser" })
		rw.WriteHeader(http.StatusOK)
	}))
	h.ServeHTTP(&looking{httptest.NewRecorder(), func() { seen <- len(w.find(audit.Query{Operation: "AdminCreateUser"})) }}, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil))
	if n := <-seen; n != 1 {
		t.Errorf("%d records when the answer left", n)
	}
	w.close(l)
}

// looking looks when the answer leaves.
type looking struct {
	*httptest.ResponseRecorder
	look func()
}

func (l *looking) WriteHeader(status int) {
	l.look()
	l.ResponseRecorder.WriteHeader(status)
}

func TestNamesThatNobodyProvedAreWrittenAsDigests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := w.log("a")
	_ = l.Do(t.Context(), audit.Record{Front: "aws", Operation: "InitiateAuth", Actor: audit.Actor{Kind: audit.Anyone}}, func(ctx context.Context) error {
		audit.NotePerson(ctx, "pool", "", "Correct-Horse1") // into the wrong field
		return errors.New("no such user")
	})
	w.close(l)
	row := w.find(audit.Query{Operation: "InitiateAuth"})[0]
	if strings.Contains(row.Doc, "Horse") || !strings.Contains(row.Doc, l.Digest("pool", "Correct-Horse1")) || row.Outcome != "error" {
		t.Errorf("written: %s", row.Doc)
	}
}

func TestFailuresOfNobodyCannotFillTheLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.log("a")
		try := func(kind string) {
			_ = l.Do(t.Context(), audit.Record{Front: "aws", Operation: "InitiateAuth", Actor: audit.Actor{Kind: kind}}, func(context.Context) error { return errors.New("no") })
		}
		for range 150 {
			try(audit.Anyone)
			try(audit.Key)
		}
		if n := len(w.find(audit.Query{Actor: audit.Anyone})); n != 100 {
			t.Errorf("%d failures of nobody", n)
		}
		if n := len(w.find(audit.Query{Actor: audit.Key})); n != 150 {
			t.Errorf("%d failures of somebody", n)
		}
		time.Sleep(time.Second)
		try(audit.Anyone)
		if row := w.find(audit.Query{Actor: audit.Anyone})[0]; !strings.Contains(row.Doc, `"left_out":"50"`) {
			t.Errorf("nothing tells of what was left out: %s", row.Doc)
		}
		w.close(l)
	})
}

func TestTextsFromOutsideFitEveryDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := w.log("a")
	if err := l.Record(audit.Record{Front: "aws", Operation: "AdminCreateUser", User: "a\x00b\xff" + strings.Repeat("é", 500), Outcome: audit.OK}); err != nil {
		t.Fatal(err)
	}
	w.close(l)
	if got := w.problems(); got != "" {
		t.Errorf("found %q", got)
	}
	if row := w.find(audit.Query{Operation: "AdminCreateUser"})[0]; len(row.Person) > 300 || strings.Contains(row.Person, "\x00") || !utf8.ValidString(row.Person) {
		t.Errorf("kept %q", row.Person)
	}
}
