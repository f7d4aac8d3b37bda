package branding

import (
	"context"

	"cognate.dev/cognate/internal/branding"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
	"cognate.dev/cognate/internal/store/pool"
)

// InsertTerms adds a document; a second one of its name for a client is a fault Exists/Terms, one more than max a fault
// Limited, an unknown client a fault Missing.
func (s *Store) InsertTerms(ctx context.Context, t *branding.Terms, max int) error {
	return s.Update(ctx, "insert terms", func(ctx context.Context) error {
		if err := pool.Room(ctx, s.SQL, t.PoolID, "SELECT count(*) FROM terms WHERE pool_id = $1", max, "terms documents"); err != nil {
			return err
		}
		links, err := database.Encode(t.Links)
		if err != nil {
			return err
		}
		n, err := s.Conn(ctx).Exec(ctx, `INSERT INTO terms (pool_id, id, client_id, name, links, created_at, modified_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
			t.PoolID, t.ID, t.ClientID, t.Name, links, rows.Millis(t.CreatedAt), rows.Millis(t.ModifiedAt))
		switch {
		case s.Violation(err) == rows.ForeignKey:
			return fault.NoClient(t.ClientID).Because(err)
		case err == nil && n == 0:
			return termsTaken(t.Name)
		}
		return err
	})
}

const selectTerms = "SELECT pool_id, id, client_id, name, links, created_at, modified_at FROM terms"

// Terms reads a document.
func (s *Store) Terms(ctx context.Context, poolID, id string) (*branding.Terms, error) {
	return s.terms(ctx, selectTerms+" WHERE pool_id = $1 AND id = $2", poolID, id)
}

// TermsOf reads the document of a name for a client.
func (s *Store) TermsOf(ctx context.Context, poolID, clientID, name string) (*branding.Terms, error) {
	return s.terms(ctx, selectTerms+" WHERE pool_id = $1 AND client_id = $2 AND name = $3", poolID, clientID, name)
}

func (s *Store) terms(ctx context.Context, query string, args ...any) (*branding.Terms, error) {
	t, found, err := rows.One(ctx, s.Conn(ctx), scanTerms, query, args...)
	if err == nil && !found {
		return nil, noTerms()
	}
	return t, database.Failed("read terms", err)
}

// UpdateTerms changes a document by a function of its old value and returns the new one. A name that another document of
// the client has is a fault Exists/Terms.
func (s *Store) UpdateTerms(ctx context.Context, poolID, id string, change func(*branding.Terms) error) (*branding.Terms, error) {
	var changed *branding.Terms
	err := s.Update(ctx, "update terms", func(ctx context.Context) error {
		t, err := s.terms(ctx, selectTerms+" WHERE pool_id = $1 AND id = $2"+s.ForUpdate(), poolID, id)
		if err != nil {
			return err
		}
		clientID := t.ClientID
		if err := change(t); err != nil {
			return err
		}
		t.PoolID, t.ID, t.ClientID = poolID, id, clientID
		links, err := database.Encode(t.Links)
		if err != nil {
			return err
		}
		changed = t
		_, err = s.Conn(ctx).Exec(ctx, `UPDATE terms SET name = $3, links = $4, created_at = $5, modified_at = $6
			WHERE pool_id = $1 AND id = $2`, poolID, id, t.Name, links, rows.Millis(t.CreatedAt), rows.Millis(t.ModifiedAt))
		if s.Violation(err) == rows.Unique {
			return termsTaken(t.Name)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// DeleteTerms removes a document.
func (s *Store) DeleteTerms(ctx context.Context, poolID, id string) error {
	n, err := s.Exec(ctx, "DELETE FROM terms WHERE pool_id = $1 AND id = $2", poolID, id)
	if err == nil && n == 0 {
		return noTerms()
	}
	return database.Failed("delete terms", err)
}

// ListTerms lists the documents of a pool after an id, by id.
func (s *Store) ListTerms(ctx context.Context, poolID, after string, limit int) ([]*branding.Terms, error) {
	list, err := rows.All(ctx, s.Conn(ctx), scanTerms,
		selectTerms+" WHERE pool_id = $1 AND id > $2 ORDER BY id LIMIT $3 + 0", poolID, after, limit)
	return list, database.Failed("list terms", err)
}

func noTerms() error { return fault.Missingf("Terms do not exist.") }

func termsTaken(name string) error {
	return fault.Newf(fault.Exists, fault.Terms, "Terms with the name %s already exist for the app client.", name)
}

func scanTerms(row rows.Scanner) (*branding.Terms, error) {
	t := &branding.Terms{}
	var links string
	var created, modified int64
	if err := row.Scan(&t.PoolID, &t.ID, &t.ClientID, &t.Name, &links, &created, &modified); err != nil {
		return nil, err
	}
	t.CreatedAt, t.ModifiedAt = rows.Time(created), rows.Time(modified)
	return t, database.Decode(links, &t.Links)
}

var _ branding.TermsStore = (*Store)(nil)
