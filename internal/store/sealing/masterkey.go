package sealing

import (
	"context"
	"slices"
	"strings"
	"time"

	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/masterkey"
	"cognate.dev/cognate/internal/store/database"
)

// AgreeOnKey notes that a node is alive, and lets decide say which master key seals from now on.
func (s *Store) AgreeOnKey(ctx context.Context, me masterkey.Holder, decide func(masterkey.State) (string, error)) (state masterkey.State, err error) {
	now := s.Dialect().Now
	err = s.Update(ctx, "agree on the master key", func(ctx context.Context) error {
		// Whoever agrees holds the first row. In a new database there is none, and the number decides who was first.
		if _, _, err := rows.One(ctx, s.Conn(ctx), rows.Value[int64], "SELECT number FROM master_keys WHERE number = 1"+s.ForUpdate()); err != nil {
			return err
		}
		if _, err := s.Conn(ctx).Exec(ctx, "DELETE FROM master_key_holders WHERE seen_at <= "+now+" - $1", masterkey.Alive.Milliseconds()); err != nil {
			return err
		}
		if err := s.holdKeys(ctx, me); err != nil {
			return err
		}
		for {
			if state, err = s.KeyState(ctx); err != nil {
				return err
			}
			next, err := decide(state)
			if err != nil {
				return err
			}
			if next == state.Sealing() {
				break
			}
			n, err := s.Conn(ctx).Exec(ctx, "INSERT INTO master_keys (number, id, since) VALUES ($1, $2, "+now+") ON CONFLICT DO NOTHING",
				len(state.Uses)+1, next)
			if err != nil {
				return err
			}
			if n == 1 {
				if state, err = s.KeyState(ctx); err != nil {
					return err
				}
				break
			}
		}
		me.Seals = state.Sealing()
		return s.holdKeys(ctx, me)
	})
	return state, err
}

func (s *Store) holdKeys(ctx context.Context, h masterkey.Holder) error {
	now := s.Dialect().Now
	_, err := s.Conn(ctx).Exec(ctx, `INSERT INTO master_key_holders (node, host, keys, seals, seen_at) VALUES ($1, $2, $3, $4, `+now+`)
		ON CONFLICT (node) DO UPDATE SET keys = $3, seals = $4, seen_at = `+now, h.Node, h.Host, strings.Join(h.Keys, " "), h.Seals)
	return err
}

// KeyState reads which master keys have sealed and which nodes are alive.
func (s *Store) KeyState(ctx context.Context) (state masterkey.State, err error) {
	now := s.Dialect().Now
	state.Uses, err = rows.All(ctx, s.Conn(ctx), func(row rows.Scanner) (u masterkey.Use, err error) {
		var since int64
		err = row.Scan(&u.ID, &since)
		u.Since = rows.Time(since)
		return u, err
	}, "SELECT id, since FROM master_keys ORDER BY number")
	if err != nil {
		return state, database.Failed("read master keys", err)
	}
	state.Holders, err = rows.All(ctx, s.Conn(ctx), func(row rows.Scanner) (h masterkey.Holder, err error) {
		var keys string
		err = row.Scan(&h.Node, &h.Host, &keys, &h.Seals)
		h.Keys = strings.Fields(keys)
		return h, err
	}, "SELECT node, host, keys, seals FROM master_key_holders WHERE seen_at > "+now+" - $1 ORDER BY host, node", masterkey.Alive.Milliseconds())
	if err != nil {
		return state, database.Failed("read holders of master keys", err)
	}
	state.Now, err = s.Now(ctx)
	return state, err
}

// LeaveKeys forgets a node.
func (s *Store) LeaveKeys(ctx context.Context, node string) error {
	_, err := s.Exec(ctx, "DELETE FROM master_key_holders WHERE node = $1", node)
	return database.Failed("leave master keys", err)
}

// SessionsBefore counts the sessions that live and whose refresh token was made before a time.
func (s *Store) SessionsBefore(ctx context.Context, at time.Time) (n int, until time.Time, err error) {
	now := s.Dialect().Now
	_, _, err = rows.One(ctx, s.Conn(ctx), func(row rows.Scanner) (struct{}, error) {
		var end int64
		err := row.Scan(&n, &end)
		until = rows.Time(end)
		return struct{}{}, err
	}, `SELECT count(*), COALESCE(max(expires_at), 0) FROM sessions WHERE created_at < $1 AND rotated_at < $1 AND revoked_at = 0
		AND expires_at > `+now, rows.Millis(at))
	return n, until, database.Failed("count sessions", err)
}

// resealStep is how many rows are read, and at most changed, at once.
const resealStep = 200

// Reseal seals values anew that another key than the present one has sealed.
func (s *Store) Reseal(ctx context.Context, keys masterkey.Renewer, tell func(n int)) (left int, err error) {
	for _, p := range sealedPlaces {
		after := make([]string, len(p.row))
		for {
			found, err := s.sealedAfter(ctx, p, after, resealStep)
			if err != nil {
				return left, database.Failed("read "+p.table, err)
			}
			n, lost, err := s.resealAll(ctx, keys, p, found)
			if err != nil {
				return left, database.Failed("reseal "+p.table, err)
			}
			left += lost
			tell(n)
			if len(found) < resealStep {
				break
			}
			after = found[len(found)-1].row
		}
	}
	return left, nil
}

// resealAll writes only when there is something to write, and only over what it has read.
func (s *Store) resealAll(ctx context.Context, keys masterkey.Renewer, p sealedPlace, found []sealedValue) (n, lost int, err error) {
	type change struct{ before, next sealedValue }
	var changes []change
	for _, v := range found {
		next, fresh, err := keys.Renew(p.kind, v.row, v.stored)
		switch {
		case err != nil:
			lost++ // a key is missing, or it was damaged: the others go on
		case !fresh:
			changes = append(changes, change{v, sealedValue{v.row, next}})
		}
	}
	if len(changes) == 0 {
		return 0, lost, nil
	}
	err = s.InTx(ctx, func(ctx context.Context) error {
		n = 0
		for _, c := range changes {
			args := []any{p.value(c.next.stored), p.value(c.before.stored)}
			for _, part := range c.next.row {
				args = append(args, part)
			}
			changed, err := s.Conn(ctx).Exec(ctx, p.update, args...)
			if err != nil {
				return err
			}
			n += int(changed)
		}
		return nil
	})
	return n, lost, err
}

// SealedUnder counts the stored values by the id of the key that sealed them.
func (s *Store) SealedUnder(ctx context.Context, keys masterkey.Renewer) (map[string]int, error) {
	count := map[string]int{}
	for _, p := range sealedPlaces {
		after := make([]string, len(p.row))
		for {
			found, err := s.sealedAfter(ctx, p, after, 10*resealStep)
			if err != nil {
				return nil, database.Failed("read "+p.table, err)
			}
			for _, v := range found {
				if id, sealed := keys.SealedBy(p.kind, v.stored); sealed {
					count[id]++
				}
			}
			if len(found) < 10*resealStep {
				break
			}
			after = found[len(found)-1].row
		}
	}
	return count, nil
}

func (s *Store) sealedAfter(ctx context.Context, p sealedPlace, after []string, n int) ([]sealedValue, error) {
	var args []any
	for _, part := range after {
		args = append(args, part)
	}
	return rows.All(ctx, s.Conn(ctx), func(row rows.Scanner) (sealedValue, error) {
		v := sealedValue{row: make([]string, len(p.row))}
		into := make([]any, 0, len(p.row)+1)
		for i := range v.row {
			into = append(into, &v.row[i])
		}
		err := row.Scan(append(into, &v.stored)...)
		return v, err
	}, p.page, slices.Concat(args, []any{n})...)
}

var _ masterkey.Store = (*Store)(nil)
