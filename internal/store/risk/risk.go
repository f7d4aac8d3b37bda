package risk

import (
	"context"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/risk"
	"cognate.dev/cognate/internal/store/database"
)

const selectRisk = "SELECT pool_id, client_id, doc, modified_at FROM risk_configurations WHERE pool_id = $1 AND client_id = $2"

// RiskConfiguration reads the risk configuration of a client, or of the pool for no client; nil when it was never set.
func (s *Store) RiskConfiguration(ctx context.Context, poolID, clientID string) (*risk.Configuration, error) {
	c, found, err := rows.One(ctx, s.Conn(ctx), scanRisk, selectRisk, poolID, clientID)
	if err != nil || !found {
		return nil, database.Failed("read risk configuration", err)
	}
	return c, nil
}

// UpdateRiskConfiguration changes a risk configuration by a function of its old value, which is the zero one when there
// was none. An unknown pool is a fault Missing.
func (s *Store) UpdateRiskConfiguration(ctx context.Context, poolID, clientID string, change func(*risk.Configuration) error) (*risk.Configuration, error) {
	var changed *risk.Configuration
	err := s.Update(ctx, "update risk configuration", func(ctx context.Context) error {
		_, err := s.Conn(ctx).Exec(ctx, `INSERT INTO risk_configurations (pool_id, client_id, doc, modified_at)
			VALUES ($1, $2, '', 0) ON CONFLICT DO NOTHING`, poolID, clientID)
		if s.Violation(err) == rows.ForeignKey {
			return fault.NoPool(poolID).Because(err)
		}
		if err != nil {
			return err
		}
		c, _, err := rows.One(ctx, s.Conn(ctx), scanRisk, selectRisk+s.ForUpdate(), poolID, clientID)
		if err != nil {
			return err
		}
		if err := change(c); err != nil {
			return err
		}
		c.PoolID, c.ClientID = poolID, clientID
		changed = c
		doc, err := database.Encode(c.Parts)
		if err != nil {
			return err
		}
		_, err = s.Conn(ctx).Exec(ctx, "UPDATE risk_configurations SET doc = $3, modified_at = $4 WHERE pool_id = $1 AND client_id = $2",
			poolID, clientID, doc, rows.Millis(c.ModifiedAt))
		return err
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// DeleteRiskConfiguration forgets a risk configuration; one that was never set is no error.
func (s *Store) DeleteRiskConfiguration(ctx context.Context, poolID, clientID string) error {
	_, err := s.Exec(ctx, "DELETE FROM risk_configurations WHERE pool_id = $1 AND client_id = $2", poolID, clientID)
	return database.Failed("delete risk configuration", err)
}

func scanRisk(row rows.Scanner) (*risk.Configuration, error) {
	c := &risk.Configuration{}
	var doc string
	var modified int64
	if err := row.Scan(&c.PoolID, &c.ClientID, &doc, &modified); err != nil {
		return nil, err
	}
	c.ModifiedAt = rows.Time(modified)
	return c, database.Decode(doc, &c.Parts)
}

var _ risk.Store = (*Store)(nil)
