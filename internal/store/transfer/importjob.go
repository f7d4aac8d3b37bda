package transfer

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
	"cognate.dev/cognate/internal/store/pool"
	"cognate.dev/cognate/internal/transfer/job"
)

// InsertImportJob adds a job; one more than max in a pool is a fault Limited, an unknown pool one Missing.
func (s *Store) InsertImportJob(ctx context.Context, j *job.Job, max int) error {
	return s.Update(ctx, "insert import job", func(ctx context.Context) error {
		if err := pool.Room(ctx, s.SQL, j.PoolID, "SELECT count(*) FROM import_jobs WHERE pool_id = $1", max, "import jobs"); err != nil {
			return err
		}
		doc, err := database.Encode(j)
		if err != nil {
			return err
		}
		_, err = s.Conn(ctx).Exec(ctx, `INSERT INTO import_jobs (pool_id, id, status, upload, created_at, lease, lease_until, doc)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			j.PoolID, j.ID, string(j.Status), j.Upload, rows.Millis(j.CreatedAt), j.Lease, rows.Millis(j.LeaseUntil), doc)
		return err
	})
}

const (
	selectImportJob = "SELECT pool_id, id, status, upload, created_at, lease, lease_until, doc FROM import_jobs"
	activeJobs      = "status IN ('Pending', 'InProgress', 'Stopping')"
)

// ImportJob reads a job; an unknown one is a fault Missing.
func (s *Store) ImportJob(ctx context.Context, poolID, id string) (*job.Job, error) {
	j, err := s.importJob(ctx, "", poolID, id)
	return j, database.Failed("read import job", err)
}

func (s *Store) importJob(ctx context.Context, lock, poolID, id string) (*job.Job, error) {
	j, found, err := rows.One(ctx, s.Conn(ctx), scanImportJob, selectImportJob+" WHERE pool_id = $1 AND id = $2"+lock, poolID, id)
	if err == nil && !found {
		return nil, fault.Missingf("Import job %s does not exist.", id)
	}
	return j, err
}

// UpdateImportJob changes a job by a function of its old value and returns the new one. A second active job in a pool is
// a fault Precondition.
func (s *Store) UpdateImportJob(ctx context.Context, poolID, id string, change func(context.Context, *job.Job) error) (*job.Job, error) {
	var changed *job.Job
	err := s.Update(ctx, "update import job", func(ctx context.Context) error {
		j, err := s.importJob(ctx, s.ForUpdate(), poolID, id)
		if err != nil {
			return err
		}
		if err := change(ctx, j); err != nil {
			return err
		}
		j.PoolID, j.ID = poolID, id
		changed = j
		doc, err := database.Encode(j)
		if err != nil {
			return err
		}
		_, err = s.Conn(ctx).Exec(ctx, `UPDATE import_jobs SET status = $3, upload = $4, lease = $5, lease_until = $6, doc = $7
			WHERE pool_id = $1 AND id = $2`, poolID, id, string(j.Status), j.Upload, j.Lease, rows.Millis(j.LeaseUntil), doc)
		if s.Violation(err) == rows.Unique {
			return fault.New(fault.Precondition, "", "Another import job of the user pool is active.").Because(err)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// ListImportJobs lists jobs of a pool before a place, newest first; the zero place is the start.
func (s *Store) ListImportJobs(ctx context.Context, poolID string, before directory.Position, limit int) ([]*job.Job, error) {
	if before == (directory.Position{}) {
		before.CreatedAt = 1 << 60
	}
	list, err := rows.All(ctx, s.Conn(ctx), scanImportJob, selectImportJob+` WHERE pool_id = $1 AND (created_at, id) < ($2, $3)
		ORDER BY created_at DESC, id DESC LIMIT $4 + 0`, poolID, before.CreatedAt, before.ID, limit)
	return list, database.Failed("list import jobs", err)
}

// DueImportJobs lists active jobs on which nobody works at a time, oldest first.
func (s *Store) DueImportJobs(ctx context.Context, at time.Time, limit int) ([]*job.Job, error) {
	list, err := rows.All(ctx, s.Conn(ctx), scanImportJob, selectImportJob+" WHERE "+activeJobs+
		" AND lease_until <= $1 ORDER BY created_at, id LIMIT $2 + 0", rows.Millis(at), limit)
	return list, database.Failed("list due import jobs", err)
}

// StaleImportJobs lists jobs in the state Created that were made before a time.
func (s *Store) StaleImportJobs(ctx context.Context, before time.Time, limit int) ([]*job.Job, error) {
	list, err := rows.All(ctx, s.Conn(ctx), scanImportJob, selectImportJob+
		" WHERE status = 'Created' AND created_at < $1 ORDER BY created_at LIMIT $2 + 0", rows.Millis(before), limit)
	return list, database.Failed("list stale import jobs", err)
}

// ImportActive says whether a job of a pool is at work.
func (s *Store) ImportActive(ctx context.Context, poolID string) (bool, error) {
	_, found, err := rows.One(ctx, s.Conn(ctx), rows.Value[int], "SELECT 1 FROM import_jobs WHERE pool_id = $1 AND "+activeJobs, poolID)
	return found, database.Failed("look for an active import job", err)
}

func scanImportJob(row rows.Scanner) (*job.Job, error) {
	j := &job.Job{}
	var status, doc string
	var created, lease int64
	if err := row.Scan(&j.PoolID, &j.ID, &status, &j.Upload, &created, &j.Lease, &lease, &doc); err != nil {
		return nil, err
	}
	j.Status, j.CreatedAt, j.LeaseUntil = job.Status(status), rows.Time(created), rows.Time(lease)
	return j, database.Decode(doc, j)
}

// AddImportPiece keeps a piece of an uploaded file; an unknown job is a fault Missing.
func (s *Store) AddImportPiece(ctx context.Context, p job.Piece) error {
	_, err := s.Exec(ctx, "INSERT INTO import_pieces (pool_id, job_id, upload, n, data, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
		p.PoolID, p.JobID, p.Upload, p.N, p.Data, rows.Millis(p.At))
	if s.Violation(err) == rows.ForeignKey {
		return fault.Missingf("Import job %s does not exist.", p.JobID).Because(err)
	}
	return database.Failed("keep a piece of an import", err)
}

// ImportPiece reads a piece of an uploaded file; an unknown one is a fault Missing.
func (s *Store) ImportPiece(ctx context.Context, p job.Piece) ([]byte, error) {
	data, found, err := rows.One(ctx, s.Conn(ctx), rows.Value[[]byte],
		"SELECT data FROM import_pieces WHERE pool_id = $1 AND job_id = $2 AND upload = $3 AND n = $4", p.PoolID, p.JobID, p.Upload, p.N)
	if err == nil && !found {
		return nil, fault.Missingf("The file of import job %s is gone.", p.JobID)
	}
	return data, database.Failed("read a piece of an import", err)
}

// AddImportLog adds what a job says of the lines up to one.
func (s *Store) AddImportLog(ctx context.Context, poolID, jobID string, line int64, text string) error {
	_, err := s.Exec(ctx, "INSERT INTO import_logs (pool_id, job_id, line, text) VALUES ($1, $2, $3, $4)", poolID, jobID, line, text)
	return database.Failed("add to an import log", err)
}

// ImportLog gives some of the log behind a line and the line that it goes up to; empty at its end.
func (s *Store) ImportLog(ctx context.Context, poolID, jobID string, after int64) (text string, upTo int64, err error) {
	_, _, err = rows.One(ctx, s.Conn(ctx), func(row rows.Scanner) (struct{}, error) {
		return struct{}{}, row.Scan(&upTo, &text)
	}, `SELECT line, text FROM import_logs WHERE pool_id = $1 AND job_id = $2 AND line > $3 ORDER BY line LIMIT 1`, poolID, jobID, after)
	return text, upTo, database.Failed("read an import log", err)
}

// uploadMemory is how long an upload that was never finished, or was replaced, is kept.
const uploadMemory = 24 * time.Hour

// DropImportPieces removes the files of jobs that are over, and uploads that came to nothing.
func (s *Store) DropImportPieces(ctx context.Context, now time.Time) error {
	const pieces = 16 // of 256 KiB each: a transaction writes as much to the log
	for {
		n, err := s.Exec(ctx, `DELETE FROM import_pieces WHERE (pool_id, job_id, upload, n) IN (
			SELECT p.pool_id, p.job_id, p.upload, p.n FROM import_pieces p JOIN import_jobs j ON j.pool_id = p.pool_id AND j.id = p.job_id
			WHERE j.status IN ('Expired', 'Stopped', 'Failed', 'Succeeded') OR j.upload <> p.upload AND p.created_at < $1
			LIMIT $2 + 0)`, rows.Millis(now.Add(-uploadMemory)), pieces)
		if err != nil || n < pieces {
			return database.Failed("drop the files of imports", err)
		}
	}
}

var (
	_ job.Store = (*Store)(nil)
	_ job.Files = (*Store)(nil)
)
