package upload_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/upload"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/store/storetest"
	"cognate.dev/cognate/internal/transfer"
	"cognate.dev/cognate/internal/transfer/job"
)

// world is a server with a job that waits for its file.
type world struct {
	t    *testing.T
	now  *clock.Fake
	jobs *job.Jobs
	job  *job.Job
	url  string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: clock.NewFake(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))}
	db, keys := storetest.Memory(t), storetest.Sealer(t)
	dir := directory.New(directory.Parts{
		Pools: db, Clients: db, Groups: db, Users: db, Credentials: db, Resources: db, Changes: quiet{}, OnCommit: db.OnCommit,
		Keys: keys, Hasher: password.NewHasher(password.Params{}, 1), Now: w.now.Now,
	})
	server := httptest.NewUnstartedServer(nil)
	w.url = "http://" + server.Listener.Addr().String()
	w.jobs = job.New(job.Parts{
		Config: job.Config{MaxBytes: 1000}, Store: db, Files: db, Pools: dir.Pools, Cursors: keys, Digests: keys, Public: w.url, Now: w.now.Now,
		Door:  &transfer.Door{Users: dir.Users, Passwords: dir.Passwords, Groups: dir.Groups, Tx: db},
		Rouse: func() {}, Failed: func(_ context.Context, _ *job.Job, err error) { t.Error(err) },
	})
	server.Config.Handler = upload.Handler(upload.Config{
		Imports: w.jobs, Fail: func(context.Context, error) {}, Observe: func(context.Context, string) {},
		Authenticate: func(r *http.Request) error {
			if r.Header.Get("Authorization") != "good" {
				return errors.New("no signature")
			}
			return nil
		},
	})
	server.Start()
	t.Cleanup(server.Close)
	pool, err := dir.Pools.Create(t.Context(), directory.PoolSpec{Region: "eu-west-1", Settings: directory.Settings{Name: "people", AutoVerified: []string{"email"}}})
	if err == nil {
		w.job, err = w.jobs.Create(t.Context(), pool.ID, "people", "arn", "")
	}
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// ask fails the test unless the answer has the status, and the code of an error.
func (w *world) ask(method, url, authorization, body string, status int, code string) string {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", authorization)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != status || !strings.Contains(string(got), code) {
		w.t.Errorf("%s %s: %d %s, %v; want %d %s", method, url, res.StatusCode, got, err, status, code)
	}
	return string(got)
}

// TestOnlyWhoMayUploadsAndReads fails when a file gets in without the job's URL, after its end or its time, or too large;
// or when a log gets out without a signature.
func TestOnlyWhoMayUploadsAndReads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	to, log := w.jobs.URL(w.job), w.url+job.Path+"/"+w.job.PoolID+"/"+w.job.ID+"/log"
	w.ask("PUT", to+"x", "good", "x", http.StatusForbidden, "AccessDenied")
	w.ask("PUT", strings.Replace(to, w.job.ID, "import-0000000000", 1), "good", "x", http.StatusForbidden, "AccessDenied")
	w.ask("PUT", strings.SplitN(to, "?", 2)[0], "good", "x", http.StatusForbidden, "AccessDenied")
	w.ask("PUT", to, "", strings.Repeat("x", 1001), http.StatusBadRequest, "EntityTooLarge")
	w.ask("PUT", to, "", "", http.StatusBadRequest, "IncompleteBody")
	w.ask("POST", to, "", "x", http.StatusNotFound, "NoSuchKey")
	w.ask("GET", to, "good", "", http.StatusNotFound, "NoSuchKey")
	w.ask("GET", log, "", "", http.StatusForbidden, "AccessDenied")
	w.ask("GET", strings.Replace(log, w.job.ID, "import-0000000000", 1), "good", "", http.StatusNotFound, "NoSuchKey")
	w.ask("GET", log, "good", "", http.StatusOK, "")
	w.ask("PUT", to, "", "nonsense\n", http.StatusOK, "")
	if _, err := w.jobs.Start(t.Context(), w.job.PoolID, w.job.ID); err != nil {
		t.Fatal(err)
	}
	w.ask("PUT", to, "", "x", http.StatusConflict, "InvalidObjectState")
	w.now.Advance(16 * time.Minute)
	w.ask("PUT", to, "", "x", http.StatusForbidden, "Request has expired.")
	w.jobs.Work(t.Context())
	if j, err := w.jobs.Get(t.Context(), w.job.PoolID, w.job.ID); err != nil || j.Status != job.Failed {
		t.Errorf("%+v, %v", j, err)
	}
}

type quiet struct{}

func (quiet) Changed(context.Context, string, string) {}
