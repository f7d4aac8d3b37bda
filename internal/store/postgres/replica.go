package postgres

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"cognate.dev/cognate/internal/kit/rows"
)

// replica is a standby that answers what may be a little old. While it is away, or too far behind, the primary does.
type replica struct {
	pool    *pool
	primary rows.Conn
	lag     time.Duration
	usable  atomic.Bool
	stop    context.CancelFunc
	stopped sync.WaitGroup
}

// lagEvery is how often the replica is asked how far behind it is.
const lagEvery = time.Second

// lagOf is in seconds. A standby without a receiver is cut off and knows not how old it is; one that has replayed what it
// received is not behind, however long nothing has been written; a server that is no standby (any more) is not, either.
const lagOf = `SELECT CASE WHEN NOT pg_is_in_recovery() THEN 0
	WHEN NOT EXISTS (SELECT 1 FROM pg_stat_wal_receiver) THEN 1e9
	WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
	ELSE coalesce(extract(epoch FROM now() - pg_last_xact_replay_timestamp()), 1e9) END::float8`

func startReplica(pool *pool, primary rows.Conn, lag time.Duration) *replica {
	ctx, stop := context.WithCancel(context.Background())
	r := &replica{pool: pool, primary: primary, lag: or(lag, 5*time.Second), stop: stop}
	r.stopped.Go(func() {
		tick := time.NewTicker(lagEvery)
		defer tick.Stop()
		for {
			r.look(ctx)
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	})
	return r
}

func (r *replica) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 2*lagEvery)
	defer cancel()
	var seconds float64
	err := r.pool.QueryRowContext(ctx, lagOf).Scan(&seconds)
	r.usable.Store(err == nil && seconds <= r.lag.Seconds())
}

func (r *replica) close() error {
	r.stop()
	r.stopped.Wait()
	return r.pool.Close()
}

// Query asks the replica; one that fails before it gave anything is asked no more, and the primary answers.
func (r *replica) Query(ctx context.Context, each func(*sql.Rows) (bool, error), query string, args ...any) error {
	if !r.usable.Load() {
		return r.primary.Query(ctx, each, query, args...)
	}
	begun := false
	err := r.pool.plain().Query(ctx, func(row *sql.Rows) (bool, error) {
		begun = true
		return each(row)
	}, query, args...)
	if err == nil || begun || ctx.Err() != nil {
		return err
	}
	r.usable.Store(false)
	return r.primary.Query(ctx, each, query, args...)
}

// Exec is refused: a replica only reads.
func (r *replica) Exec(context.Context, string, ...any) (int64, error) {
	return 0, errors.New("a replica cannot write")
}

var _ rows.Conn = (*replica)(nil)
