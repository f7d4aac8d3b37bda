// Package job is Cognito's user import: jobs, the files that are uploaded for them, and the work of taking their people in.
// Whatever a job has done is in the store together with the people: after a crash any node goes on where it stood. It
// leaves the form of files to csv and taking one person in to transfer.
package job

import (
	"context"
	"strings"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/cursor"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/transfer"
	"cognate.dev/cognate/internal/transfer/csv"
)

// Status is Cognito's UserImportJobStatusType.
type Status string

// The states of a job. Pending, InProgress and Stopping are those of work that is not over.
const (
	Created    Status = "Created"
	Pending    Status = "Pending"
	InProgress Status = "InProgress"
	Stopping   Status = "Stopping"
	Expired    Status = "Expired"
	Stopped    Status = "Stopped"
	Failed     Status = "Failed"
	Succeeded  Status = "Succeeded"
)

func (s Status) active() bool { return s == Pending || s == InProgress || s == Stopping }

// Job is one import. Times are zero until they come.
type Job struct {
	PoolID    string `json:"-"`
	ID        string `json:"-"` // import- and 10 of [0-9A-Za-z]
	Status    Status `json:"-"`
	Name      string `json:"name"`
	RoleARN   string `json:"role_arn"`            // CloudWatchLogsRoleArn; kept and shown
	Algorithm string `json:"algorithm,omitempty"` // PasswordHashingAlgorithm

	CreatedAt   time.Time `json:"-"`
	StartedAt   time.Time `json:"started_at,omitzero"`
	CompletedAt time.Time `json:"completed_at,omitzero"`
	Imported    int64     `json:"imported"`
	Skipped     int64     `json:"skipped"`
	Failed      int64     `json:"failed"`
	Message     string    `json:"message,omitempty"` // CompletionMessage

	Upload string `json:"-"` // which upload is the file; empty: none yet
	Size   int64  `json:"size"`
	Offset int64  `json:"offset"` // bytes of the file that are done
	Line   int64  `json:"line"`   // number of the last line that is done

	Lease      string    `json:"-"` // who works on it
	LeaseUntil time.Time `json:"-"`
}

// Store keeps jobs. Unknown ones are a fault Missing.
type Store interface {
	directory.Transactor
	// InsertImportJob adds a job; one more than max in a pool is a fault Limited, an unknown pool one Missing.
	InsertImportJob(ctx context.Context, j *Job, max int) error
	ImportJob(ctx context.Context, poolID, id string) (*Job, error)
	// UpdateImportJob changes a job by a function of its old value, with no writer in between; change may use ctx. A second
	// active job in a pool is a fault Precondition.
	UpdateImportJob(ctx context.Context, poolID, id string, change func(ctx context.Context, j *Job) error) (*Job, error)
	ListImportJobs(ctx context.Context, poolID string, before directory.Position, limit int) ([]*Job, error) // newest first
	// DueImportJobs lists active jobs on which nobody works at a time, oldest first.
	DueImportJobs(ctx context.Context, at time.Time, limit int) ([]*Job, error)
	// StaleImportJobs lists jobs in the state Created that were made before a time.
	StaleImportJobs(ctx context.Context, before time.Time, limit int) ([]*Job, error)
	ImportActive(ctx context.Context, poolID string) (bool, error)
}

// Files keeps what is uploaded, in pieces of pieceSize bytes, and the logs of jobs.
type Files interface {
	AddImportPiece(ctx context.Context, p Piece) error
	ImportPiece(ctx context.Context, p Piece) ([]byte, error) // Data is ignored; an unknown one is a fault Missing
	AddImportLog(ctx context.Context, poolID, jobID string, line int64, text string) error
	// ImportLog gives some of the log behind a line and the line that it goes up to; empty at its end.
	ImportLog(ctx context.Context, poolID, jobID string, after int64) (text string, upTo int64, err error)
}

// Piece is a part of an uploaded file.
type Piece struct {
	PoolID, JobID, Upload string
	N                     int // from 0
	Data                  []byte
	At                    time.Time
}

// Digests makes the signatures of URLs; *secret.Keyring does.
type Digests interface {
	MAC(purpose string, parts ...[]byte) []byte
}

// Config bounds what is imported. Zero members take Cognito's values; negative ones are no bound.
type Config struct {
	MaxBytes int64 `yaml:"max_bytes" doc:"largest CSV file of an import job, in bytes; 0 means 104857600, as at AWS, -1 none"`
	MaxUsers int64 `yaml:"max_users" doc:"most users in it; 0 means 500000, as at AWS, -1 none"`
}

// Parts is what the room is built from.
type Parts struct {
	Config
	Store   Store
	Files   Files
	Pools   *directory.Pools
	Door    *transfer.Door
	Cursors cursor.Sealer
	Digests Digests
	Public  string // URL under which clients reach this server, no slash at its end
	Now     clock.Clock
	Rouse   func() // there is work now; it must not wait
	// Failed is told of what stops work on a job; it goes on later.
	Failed func(ctx context.Context, j *Job, err error)
}

// Jobs is the room's service.
type Jobs struct {
	Parts
	tokens *cursor.Codec
}

// New builds the service.
func New(p Parts) *Jobs {
	if p.MaxBytes == 0 {
		p.MaxBytes = 100 << 20
	}
	if p.MaxUsers == 0 {
		p.MaxUsers = 500_000
	}
	return &Jobs{Parts: p, tokens: cursor.New(p.Cursors, p.Now)}
}

// The life of a job that nobody starts, and of the URL for its file.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html
const (
	createdLife = 24 * time.Hour
	urlLife     = 15 * time.Minute
	maxJobs     = 1000 // of a pool
)

func precondition(text string) error { return fault.New(fault.Precondition, "", text) }

// Create makes a job.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserImportJob.html
func (s *Jobs) Create(ctx context.Context, poolID, name, role, algorithm string) (*Job, error) {
	pool, err := s.Pools.Get(ctx, poolID)
	if err != nil {
		return nil, err
	}
	if algorithm != "" && !csv.IsAlgorithm(algorithm) {
		return nil, fault.Invalidf("Invalid PasswordHashingAlgorithm: it must be BCRYPT, SCRYPT, ARGON2ID or PBKDF2_SHA256.")
	}
	if err := verifies(pool); err != nil {
		return nil, err
	}
	j := &Job{
		PoolID: pool.ID, ID: "import-" + random.Alnum(10), Status: Created, Name: name, RoleARN: role, Algorithm: algorithm, CreatedAt: s.moment(),
	}
	return j, s.Store.InsertImportJob(ctx, j, maxJobs)
}

// verifies refuses a pool whose users could not have what each line must have.
func verifies(pool *directory.Pool) error {
	if len(pool.AutoVerified) == 0 {
		return precondition("The user pool must verify email addresses or phone numbers automatically before users can be imported.")
	}
	return nil
}

// Get finds a job.
func (s *Jobs) Get(ctx context.Context, poolID, id string) (*Job, error) {
	return s.Store.ImportJob(ctx, poolID, id)
}

// List pages through the jobs of a pool, newest first.
func (s *Jobs) List(ctx context.Context, poolID string, limit int, token string) (directory.Page[*Job], error) {
	items, next, err := cursor.List[*Job, directory.Position]{
		Fetch: func(ctx context.Context, before directory.Position, limit int) ([]*Job, error) {
			return s.Store.ListImportJobs(ctx, poolID, before, limit)
		},
		Place: func(j *Job) directory.Position {
			return directory.Position{CreatedAt: j.CreatedAt.UnixMilli(), ID: j.ID}
		},
		Scope: []string{"ListUserImportJobs", poolID},
	}.Page(ctx, s.tokens, limit, token)
	if isBad(err) {
		return directory.Page[*Job]{}, fault.Invalidf("Invalid pagination token").Because(err)
	}
	return directory.Page[*Job]{Items: items, Next: next}, err
}

// Start lets the work begin, on whichever node is free.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_StartUserImportJob.html
func (s *Jobs) Start(ctx context.Context, poolID, id string) (*Job, error) {
	pool, err := s.Pools.Get(ctx, poolID)
	if err != nil {
		return nil, err
	}
	j, err := s.Store.UpdateImportJob(ctx, poolID, id, func(_ context.Context, j *Job) error {
		switch {
		case j.Status != Created || s.moment().Sub(j.CreatedAt) > createdLife:
			return precondition("The import job cannot be started: its state is " + string(s.Shown(j)) + ".")
		case j.Upload == "":
			return precondition("No CSV file has been uploaded for the import job.")
		}
		if err := verifies(pool); err != nil {
			return err
		}
		j.Status, j.StartedAt = Pending, s.moment()
		return nil
	})
	if err == nil {
		s.Rouse()
	}
	return j, err
}

// Shown is the state that a job is in, before anybody has noted that it expired.
func (s *Jobs) Shown(j *Job) Status {
	if j.Status == Created && s.moment().Sub(j.CreatedAt) > createdLife {
		return Expired
	}
	return j.Status
}

// Stop ends a job. Whoever is imported stays.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_StopUserImportJob.html
func (s *Jobs) Stop(ctx context.Context, poolID, id string) (*Job, error) {
	j, err := s.Store.UpdateImportJob(ctx, poolID, id, func(_ context.Context, j *Job) error {
		if j.Status != Pending && j.Status != InProgress {
			return precondition("The import job cannot be stopped: its state is " + string(s.Shown(j)) + ".")
		}
		j.Status = Stopping
		return nil
	})
	if err == nil {
		s.Rouse()
	}
	return j, err
}

// Columns is the header that a file for the pool has.
func (s *Jobs) Columns(pool *directory.Pool) []string { return csv.Columns(pool) }

// Frozen refuses, while a job of the pool is at work, what would change the pool under it.
func Frozen(store Store) func(ctx context.Context, poolID string) error {
	return func(ctx context.Context, poolID string) error {
		active, err := store.ImportActive(ctx, poolID)
		if err == nil && active {
			err = fault.New(fault.Conflict, fault.Import, "The user pool has an import job that is not complete.")
		}
		return err
	}
}

// Log gives a part of a job's log behind a line, and the line that it goes up to; empty at its end.
func (s *Jobs) Log(ctx context.Context, poolID, id string, after int64) (text string, upTo int64, err error) {
	if _, err := s.Store.ImportJob(ctx, poolID, id); err != nil {
		return "", 0, err
	}
	return s.Files.ImportLog(ctx, poolID, id, after)
}

func (s *Jobs) moment() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }

// sentence is an error in the form of a CompletionMessage.
func sentence(err error) string {
	text := err.Error()
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
