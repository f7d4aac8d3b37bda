package risk

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/risk"
	"cognate.dev/cognate/internal/store/database"
)

// SaveEvent keeps an event of a user, or the new facts of one that is kept already. An unknown user is a fault
// Missing/User.
func (s *Store) SaveEvent(ctx context.Context, e *risk.Event) error {
	facts, err := database.Encode(e.Facts)
	if err != nil {
		return database.Failed("save event", err)
	}
	// An outcome that feedback decided stays.
	_, err = s.Exec(ctx, `INSERT INTO auth_events (pool_id, user_id, id, created_at, outcome, facts, feedback)
		VALUES ($1, $2, $3, $4, $5, $6, '') ON CONFLICT (pool_id, user_id, id) DO UPDATE SET facts = excluded.facts,
		outcome = CASE WHEN auth_events.feedback = '' THEN excluded.outcome ELSE auth_events.outcome END`,
		e.PoolID, e.UserID, e.ID, rows.Millis(e.CreatedAt), int(e.Outcome()), facts)
	if s.Violation(err) == rows.ForeignKey {
		return fault.NoUser().Because(err)
	}
	return database.Failed("save event", err)
}

const (
	selectEvent = "SELECT pool_id, user_id, id, created_at, facts, feedback FROM auth_events WHERE pool_id = $1 AND user_id = $2"
	listEvents  = selectEvent + " AND (created_at, id) < ($3, $4) ORDER BY created_at DESC, id DESC LIMIT $5"
	eventsOf    = selectEvent + " AND outcome = $3 AND created_at >= $4 ORDER BY created_at DESC LIMIT $5"
)

// endOfTime is after every event.
const endOfTime = int64(1) << 60

// ListEvents gives the events of a user after a mark, newest first.
func (s *Store) ListEvents(ctx context.Context, poolID, userID string, after risk.Mark, limit int) ([]*risk.Event, error) {
	if after == (risk.Mark{}) {
		after.At = endOfTime
	}
	list, err := rows.All(ctx, s.Conn(ctx), scanEvent, listEvents, poolID, userID, after.At, after.ID, limit)
	return list, database.Failed("list events", err)
}

// EventsOf gives the events of a user with an outcome since a time, newest first.
func (s *Store) EventsOf(ctx context.Context, poolID, userID string, o risk.Outcome, since time.Time, limit int) ([]*risk.Event, error) {
	list, err := rows.All(ctx, s.Conn(ctx), scanEvent, eventsOf, poolID, userID, int(o), rows.Millis(since), limit)
	return list, database.Failed("list events", err)
}

// UpdateEvent changes an event by a function of its old value.
func (s *Store) UpdateEvent(ctx context.Context, poolID, userID, id string, change func(*risk.Event) error) error {
	return s.Update(ctx, "update event", func(ctx context.Context) error {
		e, found, err := rows.One(ctx, s.Conn(ctx), scanEvent, selectEvent+" AND id = $3"+s.ForUpdate(), poolID, userID, id)
		if err != nil {
			return err
		}
		if !found {
			return fault.Missingf("The user has no event %s.", id)
		}
		if err := change(e); err != nil {
			return err
		}
		facts, err := database.Encode(e.Facts)
		if err != nil {
			return err
		}
		feedback := ""
		if e.Feedback != nil {
			if feedback, err = database.Encode(e.Feedback); err != nil {
				return err
			}
		}
		_, err = s.Conn(ctx).Exec(ctx, "UPDATE auth_events SET outcome = $4, facts = $5, feedback = $6 WHERE pool_id = $1 AND user_id = $2 AND id = $3",
			poolID, userID, id, int(e.Outcome()), facts, feedback)
		return err
	})
}

// DropOldEvents removes events from before a time.
func (s *Store) DropOldEvents(ctx context.Context, before time.Time) error {
	return database.Failed("drop old events", s.Drop(ctx, `DELETE FROM auth_events WHERE (pool_id, user_id, id) IN
		(SELECT pool_id, user_id, id FROM auth_events WHERE created_at < $1 LIMIT $2 + 0)`, before))
}

func scanEvent(row rows.Scanner) (*risk.Event, error) {
	e := &risk.Event{}
	var created int64
	var facts, feedback string
	if err := row.Scan(&e.PoolID, &e.UserID, &e.ID, &created, &facts, &feedback); err != nil {
		return nil, err
	}
	e.CreatedAt = rows.Time(created)
	if feedback != "" {
		e.Feedback = &risk.Feedback{}
		if err := database.Decode(feedback, e.Feedback); err != nil {
			return nil, err
		}
	}
	return e, database.Decode(facts, &e.Facts)
}
