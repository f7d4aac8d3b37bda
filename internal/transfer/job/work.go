package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/transfer"
	"cognate.dev/cognate/internal/transfer/csv"
)

// A node that works on a job renews its lease with every commit; a job whose lease has run out is anybody's. Nothing but
// speed rests on clocks: a commit counts only if the lease is still its own.
const (
	leaseFor  = 5 * time.Second
	batchSize = 500 // people in a transaction: others who write wait so long
)

// Work does what is due: it ends jobs that nobody started, and imports until no job waits. What fails goes to Failed and
// is tried again at the next call. Call it when Rouse asks, and every few seconds: other nodes leave work behind, too.
func (s *Jobs) Work(ctx context.Context) {
	if err := s.expire(ctx); err != nil && ctx.Err() == nil {
		s.Failed(ctx, nil, err)
	}
	for ctx.Err() == nil {
		j, err := s.claim(ctx)
		if err != nil && ctx.Err() == nil {
			s.Failed(ctx, nil, err)
		}
		if err != nil || j == nil {
			return
		}
		if err := s.work(ctx, j); err != nil && !errors.Is(err, errLost) {
			if ctx.Err() == nil {
				s.Failed(ctx, j, err)
			}
			s.release(context.WithoutCancel(ctx), j)
			return
		}
	}
}

func (s *Jobs) expire(ctx context.Context) error {
	stale, err := s.Store.StaleImportJobs(ctx, s.moment().Add(-createdLife), batchSize)
	if err != nil {
		return err
	}
	for _, j := range stale {
		_, err := s.Store.UpdateImportJob(ctx, j.PoolID, j.ID, func(_ context.Context, j *Job) error {
			j.Status = s.Shown(j)
			return nil
		})
		if err != nil && !fault.Is(err, fault.Missing, "") {
			return err
		}
	}
	return nil
}

// errLost says that a job belongs to somebody else now, or to nobody.
var errLost = errors.New("the job is another node's")

// claim takes a job that is due; nil when there is none.
func (s *Jobs) claim(ctx context.Context) (*Job, error) {
	due, err := s.Store.DueImportJobs(ctx, s.moment(), 10)
	if err != nil {
		return nil, err
	}
	for _, j := range due {
		lease := random.Alnum(20)
		taken, err := s.Store.UpdateImportJob(ctx, j.PoolID, j.ID, func(_ context.Context, j *Job) error {
			if !j.Status.active() || j.LeaseUntil.After(s.moment()) {
				return errLost
			}
			j.Lease, j.LeaseUntil = lease, s.moment().Add(leaseFor)
			if j.Status == Pending {
				j.Status = InProgress
			}
			return nil
		})
		if errors.Is(err, errLost) || fault.Is(err, fault.Missing, "") {
			continue
		}
		return taken, err
	}
	return nil, nil
}

// hold changes a job that is ours. A job that is gone is lost, too.
func (s *Jobs) hold(ctx context.Context, mine *Job, change func(context.Context, *Job) error) (*Job, error) {
	j, err := s.Store.UpdateImportJob(ctx, mine.PoolID, mine.ID, func(ctx context.Context, j *Job) error {
		if j.Lease != mine.Lease || !j.Status.active() {
			return errLost
		}
		return change(ctx, j)
	})
	if fault.Is(err, fault.Missing, "") {
		err = errLost
	}
	return j, err
}

// release gives a job back so that the next one need not wait for the lease to end.
func (s *Jobs) release(ctx context.Context, mine *Job) {
	_, err := s.hold(ctx, mine, func(_ context.Context, j *Job) error {
		j.Lease, j.LeaseUntil = "", time.Time{}
		return nil
	})
	if err != nil && !errors.Is(err, errLost) {
		s.Failed(ctx, mine, err)
	}
}

// finish ends a job.
func (s *Jobs) finish(ctx context.Context, mine *Job, as Status, message string) error {
	_, err := s.hold(ctx, mine, func(_ context.Context, j *Job) error {
		j.Status, j.Message, j.CompletedAt, j.Lease, j.LeaseUntil = as, message, s.moment(), "", time.Time{}
		return nil
	})
	return err
}

// The messages are Cognito's.
const (
	tooManyFailed = "Too many users have failed or been skipped during the import."
	stoppedByYou  = "The Import Job was stopped by the developer."
)

// work imports the rest of a job.
func (s *Jobs) work(ctx context.Context, j *Job) error {
	if j.Status == Stopping {
		return s.finish(ctx, j, Stopped, stoppedByYou)
	}
	pool, err := s.Pools.Get(ctx, j.PoolID)
	if err != nil {
		return err
	}
	lines := csv.NewLines(s.file(ctx, j, 0), 0, 0)
	header, err := next(lines)
	var layout *csv.Layout
	if err == nil {
		layout, err = csv.NewLayout(pool, j.Algorithm, header)
	} else if !errors.Is(err, transfer.ErrLong) && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the file: %w", err)
	}
	if err != nil {
		return s.finish(ctx, j, Failed, sentence(why(err)))
	}
	if j.Offset > lines.Offset {
		lines = csv.NewLines(s.file(ctx, j, j.Offset), j.Offset, j.Line)
	}
	for {
		b, err := read(lines, layout)
		if err != nil {
			return fmt.Errorf("read the file: %w", err)
		}
		if j, err = s.commit(ctx, pool, j, b); err != nil {
			return err
		}
		switch {
		case j.Status == Stopping:
			return s.finish(ctx, j, Stopped, stoppedByYou)
		case !b.last:
		case j.Imported == 0 && j.Failed+j.Skipped > 0:
			return s.finish(ctx, j, Failed, tooManyFailed)
		default:
			return s.finish(ctx, j, Succeeded, "")
		}
	}
}

// batch is what one transaction imports.
type batch struct {
	rows         []row
	offset, line int64 // of the file, behind it
	last         bool
}

type row struct {
	line   int64
	person transfer.Person
	err    error // why the row says nobody
}

// next reads a line of at most csv.MaxLine characters.
func next(lines *transfer.Lines) (string, error) {
	text, err := lines.Next()
	if err == nil && csv.TooLong(text) {
		return "", transfer.ErrLong
	}
	return text, err
}

// why words what is wrong with a line before it is read.
func why(err error) error {
	if errors.Is(err, transfer.ErrLong) {
		return errors.New("a row can have at most 16,000 characters")
	}
	return err
}

// read takes the next rows of a file.
func read(lines *transfer.Lines, layout *csv.Layout) (b batch, err error) {
	for len(b.rows) < batchSize {
		text, err := next(lines)
		if errors.Is(err, io.EOF) {
			b.last = true
			break
		}
		if err != nil && !errors.Is(err, transfer.ErrLong) {
			return b, err
		}
		if err == nil && strings.TrimSpace(text) == "" {
			continue
		}
		r := row{line: lines.Number}
		if err != nil {
			r.err = fault.Invalidf("%s", sentence(why(err)))
		} else {
			r.person, r.err = layout.Person(text)
		}
		b.rows = append(b.rows, r)
	}
	b.offset, b.line = lines.Offset, lines.Number
	return b, nil
}

// commit imports the people of a batch and notes, in the same transaction, how far the job has come and what it says of
// each line. The job comes back as it is then. A job that was told to stop takes nobody in any more.
func (s *Jobs) commit(ctx context.Context, pool *directory.Pool, mine *Job, b batch) (*Job, error) {
	return s.hold(ctx, mine, func(ctx context.Context, j *Job) error {
		j.LeaseUntil = s.moment().Add(leaseFor)
		if j.Status == Stopping {
			return nil
		}
		if j.Offset > b.offset {
			return errLost
		}
		before, log := *j, strings.Builder{}
		err := s.Door.Together(ctx, func(ctx context.Context, admit transfer.Admit) error {
			*j = before
			log.Reset()
			for _, r := range b.rows {
				err := r.err
				if err == nil {
					err = admit(ctx, pool, r.person)
				}
				var f *fault.Fault
				switch {
				case err == nil:
					j.Imported++
					fmt.Fprintf(&log, "[SUCCEEDED] Line Number %d - The import succeeded.\n", r.line)
				case errors.Is(err, transfer.ErrExists):
					j.Skipped++
					fmt.Fprintf(&log, "[SKIPPED] Line Number %d - %s\n", r.line, transfer.ErrExists)
				case errors.As(err, &f):
					j.Failed++
					fmt.Fprintf(&log, "[FAILED] Line Number %d - %s\n", r.line, strings.Join(strings.Fields(f.Text), " "))
				default:
					return fmt.Errorf("line %d: %w", r.line, err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		j.Offset, j.Line = b.offset, b.line
		if log.Len() == 0 {
			return nil
		}
		return s.Files.AddImportLog(ctx, j.PoolID, j.ID, j.Line, log.String())
	})
}
