package pool

import (
	"context"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
	"cognate.dev/cognate/internal/upkeep"
)

// LogDeliveries reads where the logs of a pool go.
func (s *Store) LogDeliveries(ctx context.Context, poolID string) (list []upkeep.LogDelivery, err error) {
	doc, found, err := rows.One(ctx, s.Conn(ctx), rows.Value[string], "SELECT doc FROM log_deliveries WHERE pool_id = $1", poolID)
	if err == nil && found {
		err = database.Decode(doc, &list)
	}
	return list, database.Failed("read log deliveries", err)
}

// SetLogDeliveries replaces where the logs of a pool go; an unknown pool is a fault Missing.
func (s *Store) SetLogDeliveries(ctx context.Context, poolID string, list []upkeep.LogDelivery) error {
	doc, err := database.Encode(list)
	if err != nil {
		return database.Failed("set log deliveries", err)
	}
	_, err = s.Exec(ctx, `INSERT INTO log_deliveries (pool_id, doc) VALUES ($1, $2)
		ON CONFLICT (pool_id) DO UPDATE SET doc = excluded.doc`, poolID, doc)
	if s.Violation(err) == rows.ForeignKey {
		return fault.NoPool(poolID).Because(err)
	}
	return database.Failed("set log deliveries", err)
}

// InsertReplica adds a replica; a taken region is a fault Exists, one more than max a fault Limited, an unknown pool a
// fault Missing.
func (s *Store) InsertReplica(ctx context.Context, r *upkeep.Replica, max int) error {
	return s.Update(ctx, "insert replica", func(ctx context.Context) error {
		if err := Room(ctx, s.SQL, r.PoolID, "SELECT count(*) FROM replicas WHERE pool_id = $1", max, "replicas"); err != nil {
			return err
		}
		tags, err := database.Encode(r.Tags)
		if err != nil {
			return err
		}
		n, err := s.Conn(ctx).Exec(ctx, `INSERT INTO replicas (pool_id, region, status, tags, created_at)
			VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`, r.PoolID, r.Region, r.Status, tags, rows.Millis(r.CreatedAt))
		if err == nil && n == 0 {
			return fault.Newf(fault.Exists, "", "The user pool already has a replica in the Region %s.", r.Region)
		}
		return err
	})
}

const selectReplica = "SELECT pool_id, region, status, tags, created_at FROM replicas"

// Replicas lists the replicas of a pool by region.
func (s *Store) Replicas(ctx context.Context, poolID string) ([]*upkeep.Replica, error) {
	list, err := rows.All(ctx, s.Conn(ctx), scanReplica, selectReplica+" WHERE pool_id = $1 ORDER BY region", poolID)
	return list, database.Failed("list replicas", err)
}

func (s *Store) replica(ctx context.Context, poolID, region string) (*upkeep.Replica, error) {
	r, found, err := rows.One(ctx, s.Conn(ctx), scanReplica, selectReplica+" WHERE pool_id = $1 AND region = $2"+s.ForUpdate(), poolID, region)
	if err == nil && !found {
		return nil, fault.Missingf("The user pool has no replica in the Region %s.", region)
	}
	return r, err
}

// UpdateReplica changes a replica by a function of its old value and returns the new one.
func (s *Store) UpdateReplica(ctx context.Context, poolID, region string, change func(*upkeep.Replica) error) (*upkeep.Replica, error) {
	var changed *upkeep.Replica
	err := s.Update(ctx, "update replica", func(ctx context.Context) error {
		r, err := s.replica(ctx, poolID, region)
		if err != nil {
			return err
		}
		if err := change(r); err != nil {
			return err
		}
		r.PoolID, r.Region = poolID, region
		changed = r
		tags, err := database.Encode(r.Tags)
		if err != nil {
			return err
		}
		_, err = s.Conn(ctx).Exec(ctx, "UPDATE replicas SET status = $3, tags = $4, created_at = $5 WHERE pool_id = $1 AND region = $2",
			poolID, region, r.Status, tags, rows.Millis(r.CreatedAt))
		return err
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// DeleteReplica removes a replica and returns what it was.
func (s *Store) DeleteReplica(ctx context.Context, poolID, region string) (*upkeep.Replica, error) {
	var gone *upkeep.Replica
	err := s.Update(ctx, "delete replica", func(ctx context.Context) (err error) {
		if gone, err = s.replica(ctx, poolID, region); err != nil {
			return err
		}
		_, err = s.Conn(ctx).Exec(ctx, "DELETE FROM replicas WHERE pool_id = $1 AND region = $2", poolID, region)
		return err
	})
	if err != nil {
		return nil, err
	}
	return gone, nil
}

func scanReplica(row rows.Scanner) (*upkeep.Replica, error) {
	r := &upkeep.Replica{}
	var tags string
	var created int64
	if err := row.Scan(&r.PoolID, &r.Region, &r.Status, &tags, &created); err != nil {
		return nil, err
	}
	r.CreatedAt = rows.Time(created)
	return r, database.Decode(tags, &r.Tags)
}

var _ upkeep.Store = (*Store)(nil)
