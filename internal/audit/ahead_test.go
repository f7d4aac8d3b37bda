package audit_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/audit"
)

// counting tells of each write how many records it had.
type counting struct {
	audit.Store
	sizes chan int
}

func (c *counting) InsertAudit(ctx context.Context, rows []audit.Row, head audit.Head) error {
	c.sizes <- len(rows)
	return c.Store.InsertAudit(ctx, rows, head)
}

// token is a request whose record is written while it works. Working runs after that.
func (w *world) token(l *audit.Log, rw http.ResponseWriter, working func(r *http.Request)) {
	l.Watch("oauth", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		audit.Note(r.Context(), func(rec *audit.Record) { rec.Operation, rec.Actor = "Token", audit.Actor{Kind: audit.Client, ID: "c"} })
		audit.Ahead(r.Context())
		working(r)
		_, _ = rw.Write([]byte("access token"))
	})).ServeHTTP(rw, httptest.NewRequestWithContext(w.t.Context(), http.MethodPost, "/oauth2/token", nil))
}

// Records that are ahead share the transaction of the first for which somebody waits, and no answer leaves without its own.
func TestRecordsAheadGoTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := &counting{w.Store, make(chan int, 100)}
	l := w.log("a", func(p *audit.Parts) { p.Store = c })
	w.record(l, "AdminCreateUser", 1)
	<-c.sizes
	var within func(n int)
	within = func(n int) {
		leaving := &looking{httptest.NewRecorder(), func() {
			if found := len(w.find(audit.Query{Operation: "Token"})); found != 5 {
				t.Errorf("%d of 5 records are there when an answer leaves", found)
			}
		}}
		w.token(l, leaving, func(*http.Request) {
			if n > 1 {
				within(n - 1)
			}
		})
	}
	within(5)
	if got := <-c.sizes; got != 5 || len(c.sizes) != 0 {
		t.Errorf("the first write has %d records, and %d writes follow", got, len(c.sizes))
	}
	w.close(l)
	if got := w.problems(); got != "" {
		t.Errorf("found %q", got)
	}
}

// What fails although it was recorded as done is recorded as failed, too, before the error leaves.
func TestWhatFailsAfterItsRecordIsRecordedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := w.log("a")
	w.token(l, httptest.NewRecorder(), func(r *http.Request) {
		audit.Note(r.Context(), func(rec *audit.Record) { rec.Outcome = "server_error" })
	})
	func() {
		defer func() { _ = recover() }()
		w.token(l, httptest.NewRecorder(), func(*http.Request) { panic("no key") })
	}()
	var outcomes []string
	for _, row := range w.find(audit.Query{Operation: "Token"}) {
		outcomes = append(outcomes, row.Outcome)
	}
	if got := strings.Join(outcomes, " "); got != "InternalError ok server_error ok" {
		t.Errorf("newest first: %s", got)
	}
	w.close(l)
}

// A record that is ahead and cannot be written keeps the answer back, as any other.
func TestARecordAheadThatIsLostIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lost := 0
	l := w.log("a", func(p *audit.Parts) {
		p.Store, p.Lost = &failing{Store: w.Store, fails: 3}, func(audit.Record, error) { lost++ }
	})
	rec := httptest.NewRecorder()
	w.token(l, rec, func(*http.Request) {})
	if rec.Code != http.StatusInternalServerError || strings.Contains(rec.Body.String(), "access token") || lost != 1 {
		t.Errorf("%d %s, lost %d", rec.Code, rec.Body, lost)
	}
	w.close(l)
}

// The end of the log writes what nobody waits for yet, and who comes later is told.
func TestTheEndWritesWhatIsAhead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lost := 0
	l := w.log("a", func(p *audit.Parts) { p.Lost = func(audit.Record, error) { lost++ } })
	rec := httptest.NewRecorder()
	w.token(l, rec, func(*http.Request) { w.close(l) })
	if rec.Code != http.StatusOK || len(w.find(audit.Query{Operation: "Token"})) != 1 {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	if err := l.Record(audit.Record{Front: "aws", Operation: "AdminCreateUser"}); err == nil || errors.Is(err, context.Canceled) || lost != 1 {
		t.Errorf("after the end: %v, lost %d", err, lost)
	}
}
