package job_test

import (
	"context"
	"errors"
	"io"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/transfer/job"
)

// breaking is a store that fails at the n-th log entry, which is in the middle of a transaction.
type breaking struct {
	*store.Store
	left int
	how  func()
}

var errBroken = errors.New("the disk is on fire")

func (b *breaking) AddImportLog(ctx context.Context, poolID, jobID string, line int64, text string) error {
	if err := b.Store.AddImportLog(ctx, poolID, jobID, line, text); err != nil {
		return err
	}
	if b.left--; b.left == 0 {
		b.how()
		return errBroken
	}
	return nil
}

// TestAJobGoesOnWhereACrashLeftIt fails when a crash in the middle loses a user, takes one in twice, or leaves counters
// or log behind.
func TestAJobGoesOnWhereACrashLeftIt(t *testing.T) {
	t.Parallel()
	const n = 1700
	w := newWorld(t, job.Config{})
	j := w.started(people(n))
	w.node(&breaking{Store: w.store, left: 3, how: func() {}}, job.Config{}).Work(t.Context())
	if len(w.fails) != 1 || !errors.Is(w.fails[0], errBroken) {
		t.Fatalf("failed with %v", w.fails)
	}
	if got := w.job(j.ID); got.Status != job.InProgress || got.Imported != 1000 || w.users() != 1000 {
		t.Fatalf("after a crash in the third commit there are %d users and %+v", w.users(), got)
	}
	w.Work(t.Context())
	if got := w.job(j.ID); got.Status != job.Succeeded || got.Imported != n || got.Skipped+got.Failed != 0 || w.users() != n {
		t.Errorf("there are %d users and %+v", w.users(), got)
	}
	if lines := strings.Count(w.log(j.ID), "[SUCCEEDED]"); lines != n {
		t.Errorf("the log tells of %d users", lines)
	}
}

// TestAFileOfManyPiecesIsReadWhole fails when a line that lies across two pieces of a file is lost.
func TestAFileOfManyPiecesIsReadWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, job.Config{})
	var file strings.Builder
	file.WriteString(header)
	long := strings.Repeat("x", 2000)
	for i := range 120 {
		file.WriteString(strings.Repeat(long+",", 7) + line(i)[7:])
	}
	j := w.started(file.String())
	w.node(&breaking{Store: w.store, left: 2, how: func() {}}, job.Config{}).Work(t.Context())
	w.Work(t.Context())
	if got := w.job(j.ID); got.Status != job.Succeeded || got.Imported != 120 || got.Size < 6*256<<10 {
		t.Errorf("%+v\n%s", got, w.log(j.ID))
	}
}

// TestANodeThatLostItsJobChangesNothing fails when two nodes that believe to own a job both take people in.
func TestANodeThatLostItsJobChangesNothing(t *testing.T) {
	t.Parallel()
	const n = 250
	w := newWorld(t, job.Config{})
	j := w.started(people(n))
	slow := &breaking{Store: w.store, left: 2}
	slow.how = func() { w.now.Advance(time.Minute) } // it stops for so long that its lease ends
	paused := w.node(slow, job.Config{})
	paused.Work(t.Context())
	w.Work(t.Context()) // the other one takes over
	if got := w.job(j.ID); got.Status != job.Succeeded || got.Imported != n || w.users() != n {
		t.Errorf("there are %d users and %+v", w.users(), got)
	}
	paused.Work(t.Context())
	if got := w.job(j.ID); got.Imported != n || w.users() != n {
		t.Errorf("there are %d users and %+v", w.users(), got)
	}
}

// TestAJobRunsOnceWhateverTheNumberOfNodes fails when nodes that look for work at once do it twice.
func TestAJobRunsOnceWhateverTheNumberOfNodes(t *testing.T) {
	t.Parallel()
	const n = 320
	w := newWorld(t, job.Config{})
	j := w.started(people(n))
	var nodes sync.WaitGroup
	for range 4 {
		node := w.node(w.store, job.Config{})
		nodes.Go(func() { node.Work(t.Context()) })
	}
	nodes.Wait()
	if got := w.job(j.ID); got.Status != job.Succeeded || got.Imported != n || got.Skipped != 0 {
		t.Errorf("%+v", got)
	}
}

// TestEveryRowIsJudgedAlone fails when a bad row spoils others, or is taken in, or its log does not say why.
func TestEveryRowIsJudgedAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, job.Config{})
	rows := []struct{ row, want string }{
		{line(1), "[SUCCEEDED] Line Number 2 - The import succeeded."},
		{",,,,,,,,,p1@example.com,true,,,,,,,,,,p1\n", "[SKIPPED] Line Number 3 - The user already exists."},
		{"\n", ""},
		{"too,few\n", "[FAILED] Line Number 5 - The row has 2 values, the header 21 columns."},
		{",,,,,,,,,p2@example.com,true,,,,,,,,,,\n", "[FAILED] Line Number 6 - The row has no cognito:username."},
		{",,,,,,,,,p3@example.com,true,,,,,,,,,,with blank\n", "[FAILED] Line Number 7 - Username must have 1 to 128 characters and no spaces."},
		{",,,,,,,,,nonsense,true,,,,,,,,,,p4\n", "[FAILED] Line Number 8 - Invalid email address format."},
		{",,,,,,,,,p5@example.com,true,,1990-01-02,,,,,,,,p5\n", "[FAILED] Line Number 9 - The birthdate must have the form mm/dd/yyyy."},
		{",,,,,,,,,p6@example.com,true,,01/02/1990,,,,,,,,p6\n", "[SUCCEEDED] Line Number 10 - The import succeeded."},
		{",,,,,,,,,p7@example.com,true,,,,,,,,,true,p7\n", "[FAILED] Line Number 11 - cognito:mfa_enabled is true, but MFA is off in this user pool."},
		{`"Doe, ",,,,,,,,,p8@example.com,true,,,,,,,,,,p8` + "\n", "[FAILED] Line Number 12 - The row has 22 values, the header 21 columns."},
		{`"Doe",,,,,,,,,p8@example.com,true,,,,,,,,,,p8` + "\n", "[FAILED] Line Number 13 - Values must not stand in quotation marks."},
		{strings.Repeat("x", 16_000) + line(9), "[FAILED] Line Number 14 - A row can have at most 16,000 characters."},
		{",\xff,,,,,,,,p9@example.com,true,,,,,,,,,,p9\n", "[FAILED] Line Number 15 - The row is not UTF-8 text."},
		{" , ,,,,,,,, p10@example.com , TRUE ,,,,,,,,, , p10 \r\n", "[SUCCEEDED] Line Number 16 - The import succeeded."},
		{strings.TrimSuffix(line(11), "\n"), "[SUCCEEDED] Line Number 17 - The import succeeded."},
	}
	file, want := header, ""
	for _, r := range rows {
		file += r.row
		if r.want != "" {
			want += r.want + "\n"
		}
	}
	j := w.started(file)
	w.Work(t.Context())
	if got := w.log(j.ID); got != want {
		t.Errorf("the log is\n%s\nwant\n%s", got, want)
	}
	if got := w.job(j.ID); got.Status != job.Succeeded || got.Imported != 4 || got.Skipped != 1 || got.Failed != 10 || w.users() != 4 {
		t.Errorf("there are %d users and %+v", w.users(), got)
	}
}

func TestAFileThatCannotBeReadFailsItsJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t, job.Config{})
	for file, want := range map[string]string{
		"\uFEFF" + people(1): "The file begins with a byte order mark; save it as UTF-8 without one.",
		strings.Replace(people(1), "website", "homepage", 1):           "The header has the column homepage, which is not one of the user pool's.",
		strings.Replace(people(1), "website,", "", 1):                  "The header lacks the column website.",
		strings.Replace(people(1), "website,", "website,website,", 1):  "The header has the column website twice.",
		strings.Repeat("x", 20_000):                                    "A row can have at most 16,000 characters.",
		header + ",,,,,,,,,p1@example.com,false,,,,,,,,,,p1\n" + "x\n": "Too many users have failed or been skipped during the import.",
	} {
		j := w.started(file)
		w.Work(t.Context())
		if got := w.job(j.ID); got.Status != job.Failed || got.Message != want {
			t.Errorf("%.40q: %s %q, want %q", file, got.Status, got.Message, want)
		}
	}
	if w.users() != 0 || len(w.fails) > 0 {
		t.Errorf("%d users, %v", w.users(), w.fails)
	}
}

// TestOnlyTheURLOfAJobUploads fails when somebody without the URL, or too late, can put a file in its place.
func TestOnlyTheURLOfAJobUploads(t *testing.T) {
	t.Parallel()
	w := newWorld(t, job.Config{})
	j, other := w.made(people(1)), w.made(people(1))
	u, err := url.Parse(w.URL(j))
	w.check(err)
	expires, signature := u.Query().Get("expires"), u.Query().Get("signature")
	w.check(w.CheckURL(w.pool.ID, j.ID, expires, signature))
	for what, err := range map[string]error{
		"another job":  w.CheckURL(w.pool.ID, other.ID, expires, signature),
		"another pool": w.CheckURL("eu-west-1_other0001", j.ID, expires, signature),
		"a later end":  w.CheckURL(w.pool.ID, j.ID, expires+"0", signature),
		"no signature": w.CheckURL(w.pool.ID, j.ID, expires, ""),
		"another one":  w.CheckURL(w.pool.ID, j.ID, expires, signature[1:]+"A"),
	} {
		if !fault.Is(err, fault.Denied, "") {
			t.Errorf("%s: %v", what, err)
		}
	}
	w.now.Advance(15*time.Minute + time.Second)
	refused(t, w.CheckURL(w.pool.ID, j.ID, expires, signature), fault.Denied, "Request has expired.")
}

func TestAnUploadIsBoundedAndWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, job.Config{MaxBytes: 300_000, MaxUsers: 5})
	receive := func(id string, body io.Reader) error { return w.Receive(t.Context(), w.pool.ID, id, body) }
	j, err := w.Create(t.Context(), w.pool.ID, "people", "arn", "")
	w.check(err)
	refused(t, receive(j.ID, strings.NewReader("")), fault.Invalid, "The file is empty.")
	refused(t, receive(j.ID, strings.NewReader(strings.Repeat("x", 300_001))), fault.Limited, "The file has more than 300000 bytes.")
	refused(t, receive(j.ID, strings.NewReader(people(6))), fault.Limited, "The file has more than 5 users.")
	cut := io.MultiReader(strings.NewReader(people(3)), &failing{})
	refused(t, receive(j.ID, cut), fault.Invalid, "The upload was cut short.")
	if w.job(j.ID).Upload != "" {
		t.Error("half a file counts")
	}
	w.check(receive(j.ID, strings.NewReader(people(2))))
	w.check(receive(j.ID, strings.NewReader(people(5)))) // replaces it
	_, err = w.Start(t.Context(), w.pool.ID, j.ID)
	w.check(err)
	refused(t, receive(j.ID, strings.NewReader(people(1))), fault.Precondition, "The import job takes no file any more: its state is Pending.")
	w.Work(t.Context())
	if got := w.job(j.ID); got.Imported != 5 {
		t.Errorf("%+v", got)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("connection reset") }
