package storetest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/transfer/job"
)

func importJob(n int) *job.Job {
	return &job.Job{PoolID: poolID, ID: "import-" + sub(n)[26:], Status: job.Created, Name: "people", RoleARN: "arn", CreatedAt: later(n)}
}

// setJob changes a job.
func setJob(t testing.TB, s *store.Store, j *job.Job, change func(*job.Job)) {
	t.Helper()
	_, err := s.UpdateImportJob(ctx(), j.PoolID, j.ID, func(_ context.Context, j *job.Job) error { change(j); return nil })
	must(t, err)
}

func importJobs(t *testing.T, open Open) {
	t.Run("EveryFieldComesBack", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		want := importJob(1)
		must(t, s.InsertImportJob(ctx(), want, 9))
		got, err := s.ImportJob(ctx(), poolID, want.ID)
		must(t, err)
		same(t, "new", got, want)
		want = &job.Job{
			PoolID: poolID, ID: want.ID, Status: job.InProgress, Name: "n", RoleARN: "r", Algorithm: "BCRYPT", CreatedAt: want.CreatedAt,
			StartedAt: later(2), CompletedAt: later(3), Imported: 1, Skipped: 2, Failed: 3, Message: "m", Upload: "u", Size: 4, Offset: 5, Line: 6,
			Lease: "l", LeaseUntil: later(7),
		}
		got, err = s.UpdateImportJob(ctx(), poolID, want.ID, func(_ context.Context, j *job.Job) error { *j = *want; return nil })
		must(t, err)
		same(t, "updated", got, want)
		got, err = s.ImportJob(ctx(), poolID, want.ID)
		must(t, err)
		same(t, "read", got, want)
		_, err = s.ImportJob(ctx(), poolID, "import-none")
		faulty(t, "unknown", err, fault.Missing, "", "Import job import-none does not exist.")
		none := importJob(2)
		none.PoolID = "r_none"
		faulty(t, "unknown pool", s.InsertImportJob(ctx(), none, 9), fault.Missing, "", "User pool r_none does not exist.")
		faulty(t, "too many", s.InsertImportJob(ctx(), importJob(3), 1), fault.Limited, "", "A user pool can have at most 1 import jobs.")
	})
	t.Run("OneInAPoolIsActive", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		for i := range 3 {
			must(t, s.InsertImportJob(ctx(), importJob(i), 9))
		}
		active := func() bool {
			is, err := s.ImportActive(ctx(), poolID)
			must(t, err)
			return is
		}
		same(t, "active", active(), false)
		setJob(t, s, importJob(0), func(j *job.Job) { j.Status = job.Pending })
		same(t, "active", active(), true)
		_, err := s.UpdateImportJob(ctx(), poolID, importJob(1).ID, func(_ context.Context, j *job.Job) error { j.Status = job.Pending; return nil })
		faulty(t, "second", err, fault.Precondition, "", "Another import job of the user pool is active.")
		setJob(t, s, importJob(0), func(j *job.Job) { j.Status = job.Succeeded })
		same(t, "active", active(), false)
		setJob(t, s, importJob(1), func(j *job.Job) { j.Status = job.Stopping })
	})
	t.Run("TheyAreListedNewestFirstAndByWhatIsDue", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		for i := range 4 {
			must(t, s.InsertImportJob(ctx(), importJob(i), 9))
		}
		ids := func(list []*job.Job, err error) (out []string) {
			must(t, err)
			for _, j := range list {
				out = append(out, j.ID)
			}
			return out
		}
		same(t, "page", ids(s.ListImportJobs(ctx(), poolID, directory.Position{}, 2)), []string{importJob(3).ID, importJob(2).ID})
		same(t, "next page", ids(s.ListImportJobs(ctx(), poolID, directory.Position{CreatedAt: later(2).UnixMilli(), ID: importJob(2).ID}, 9)),
			[]string{importJob(1).ID, importJob(0).ID})
		same(t, "stale", ids(s.StaleImportJobs(ctx(), later(2), 9)), []string{importJob(0).ID, importJob(1).ID})
		setJob(t, s, importJob(2), func(j *job.Job) { j.Status, j.LeaseUntil = job.InProgress, later(100) })
		same(t, "due too early", ids(s.DueImportJobs(ctx(), later(99), 9)), nil)
		same(t, "due", ids(s.DueImportJobs(ctx(), later(100), 9)), []string{importJob(2).ID})
	})
	t.Run("ARowAndItsWorkAreWrittenTogether", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		must(t, s.InsertImportJob(ctx(), importJob(1), 9))
		broken := errors.New("broken")
		for _, end := range []error{broken, nil} {
			_, err := s.UpdateImportJob(ctx(), poolID, importJob(1).ID, func(ctx context.Context, j *job.Job) error {
				u := user(1)
				must(t, s.InsertUser(ctx, u, named(u)))
				must(t, s.AddImportLog(ctx, poolID, j.ID, 7, "log"))
				j.Imported++
				return end
			})
			if !errors.Is(err, end) {
				t.Fatal(err)
			}
			_, err = s.User(ctx(), poolID, sub(1))
			same(t, "there is a user", err == nil, end == nil)
		}
		text, line, err := s.ImportLog(ctx(), poolID, importJob(1).ID, 0)
		must(t, err)
		same(t, "log", text, "log")
		same(t, "its line", line, 7)
		text, _, err = s.ImportLog(ctx(), poolID, importJob(1).ID, 7)
		must(t, err)
		same(t, "the end of the log", text, "")
	})
	t.Run("FilesGoWhenTheyAreOfNoUse", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		for i := range 2 {
			must(t, s.InsertImportJob(ctx(), importJob(i), 9))
			setJob(t, s, importJob(i), func(j *job.Job) { j.Upload = "used" })
			for _, upload := range []string{"used", "left"} {
				for n := range 20 {
					must(t, s.AddImportPiece(ctx(), job.Piece{PoolID: poolID, JobID: importJob(i).ID, Upload: upload, N: n, Data: []byte(strings.Repeat("x", n+1)), At: now}))
				}
			}
		}
		there := func(n int, upload string) bool {
			data, err := s.ImportPiece(ctx(), job.Piece{PoolID: poolID, JobID: importJob(n).ID, Upload: upload, N: 19})
			if err != nil && !fault.Is(err, fault.Missing, "") || err == nil && len(data) != 20 {
				t.Errorf("%d bytes, %v", len(data), err)
			}
			return err == nil
		}
		must(t, s.Sweep(ctx(), now))
		same(t, "before anything is over", there(0, "used") && there(0, "left"), true)
		setJob(t, s, importJob(1), func(j *job.Job) { j.Status = job.Succeeded })
		must(t, s.Sweep(ctx(), now))
		same(t, "of a job that is over", there(1, "used") || there(1, "left"), false)
		must(t, s.Sweep(ctx(), now.Add(25*time.Hour)))
		same(t, "that the job uses", there(0, "used"), true)
		same(t, "that came to nothing", there(0, "left"), false)
		err := s.AddImportPiece(ctx(), job.Piece{PoolID: poolID, JobID: "import-none", Upload: "u", Data: []byte("x")})
		faulty(t, "unknown job", err, fault.Missing, "", "")
		must(t, s.DeletePool(ctx(), poolID))
		same(t, "of a pool that is gone", there(0, "used"), false)
	})
}
