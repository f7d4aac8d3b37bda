package database

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"cognate.dev/cognate/internal/kit/rows"
)

// leaseLife is how long a job stays taken after its node died. A running job renews its lease four times as often.
const leaseLife = 30 * time.Second

// errLeaseLost is the cause of the end of a job's context when another node may have begun it.
var errLeaseLost = errors.New("the lease of the job was lost")

// Once runs a job of all nodes on one of them: fn runs unless another node is running it, or has ended it without an
// error and had begun it less than every ago (0: at once again). Call it now and then on every node, at least as often
// as the job is due. A job whose node dies is free for others after 30 seconds; one that fails, at once.
//
// A lease saves work; it is not a lock. A node that was suspended may wake up while another has begun: the context of fn
// ends then, but what must happen once must still be decided by its own rows.
func (db *DB) Once(ctx context.Context, job string, every time.Duration, fn func(context.Context) error) (ran bool, err error) {
	l := lease{db: SQL{db}, job: job, holder: db.node + "/" + rand.Text()}
	began, taken, err := l.take(ctx)
	if err != nil || !taken {
		return false, err
	}
	work, stop := context.WithCancelCause(ctx)
	beating := make(chan struct{})
	go func() {
		defer close(beating)
		l.renew(work, stop)
	}()
	defer func() {
		stop(nil)
		<-beating
		due := began // a failed job is due
		if err == nil {
			due = began + every.Milliseconds()
		}
		err = errors.Join(err, l.leave(context.WithoutCancel(ctx), due))
	}()
	if err := fn(work); err != nil {
		if cause := context.Cause(work); errors.Is(cause, errLeaseLost) {
			err = errors.Join(cause, err)
		}
		return true, fmt.Errorf("job %s: %w", job, err)
	}
	return true, nil
}

// lease is one run of a job.
type lease struct {
	db          SQL
	job, holder string
}

// take takes a lease that is free and due. Began is the database's time.
func (l lease) take(ctx context.Context) (began int64, taken bool, err error) {
	now := l.db.Dialect().Now
	err = l.db.Update(ctx, "take lease", func(ctx context.Context) error {
		n, err := l.db.Conn(ctx).Exec(ctx, `INSERT INTO leases (name, holder, held_until, due_at) VALUES ($1, $2, `+now+` + $3, 0)
			ON CONFLICT (name) DO UPDATE SET holder = $2, held_until = `+now+` + $3
			WHERE leases.held_until <= `+now+` AND leases.due_at <= `+now, l.job, l.holder, l.db.leaseLife.Milliseconds())
		if err != nil || n == 0 {
			return err
		}
		taken = true
		began, _, err = rows.One(ctx, l.db.Conn(ctx), rows.Value[int64], "SELECT held_until - $2 FROM leases WHERE name = $1",
			l.job, l.db.leaseLife.Milliseconds())
		return err
	})
	return began, taken && err == nil, err
}

// renew keeps the lease until ctx ends; when it cannot, it ends the job in time.
func (l lease) renew(ctx context.Context, stop context.CancelCauseFunc) {
	tick := time.NewTicker(l.db.leaseLife / 4)
	defer tick.Stop()
	for failures := 0; ; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		now := l.db.Dialect().Now
		beat, cancel := context.WithTimeout(ctx, l.db.leaseLife/4)
		n, err := l.db.Exec(beat, `UPDATE leases SET held_until = `+now+` + $3
			WHERE name = $1 AND holder = $2 AND held_until > `+now, l.job, l.holder, l.db.leaseLife.Milliseconds())
		cancel()
		if err != nil {
			failures++
		} else {
			failures = 0
		}
		if err == nil && n == 0 || failures == 2 {
			stop(errLeaseLost)
			return
		}
	}
}

// leave gives the lease back and says when the job is due again, if the lease is still ours.
func (l lease) leave(ctx context.Context, due int64) error {
	ctx, cancel := context.WithTimeout(ctx, l.db.leaseLife/4)
	defer cancel()
	_, err := l.db.Exec(ctx, "UPDATE leases SET held_until = 0, due_at = $3 WHERE name = $1 AND holder = $2", l.job, l.holder, due)
	return Failed("leave lease", err)
}
