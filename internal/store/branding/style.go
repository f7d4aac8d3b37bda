package branding

import (
	"context"
	"slices"

	"cognate.dev/cognate/internal/branding"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
	"cognate.dev/cognate/internal/store/pool"
)

// InsertStyle adds a style; a second one of a client is a fault Exists/Branding, one more than max a fault Limited, an
// unknown client a fault Missing.
func (s *Store) InsertStyle(ctx context.Context, x *branding.Style, max int) error {
	return s.Update(ctx, "insert style", func(ctx context.Context) error {
		if err := pool.Room(ctx, s.SQL, x.PoolID, "SELECT count(*) FROM styles WHERE pool_id = $1", max, "styles"); err != nil {
			return err
		}
		n, err := s.Conn(ctx).Exec(ctx, `INSERT INTO styles (pool_id, id, client_id, provided, settings, created_at, modified_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
			x.PoolID, x.ID, x.ClientID, database.Flag(x.Provided), string(x.Settings), rows.Millis(x.CreatedAt), rows.Millis(x.ModifiedAt))
		switch {
		case s.Violation(err) == rows.ForeignKey:
			return fault.NoClient(x.ClientID).Because(err)
		case err == nil && n == 0:
			return fault.New(fault.Exists, fault.Branding, "A style already exists for the app client.")
		case err != nil:
			return err
		}
		if err := s.insertAssets(ctx, x); err != nil {
			return err
		}
		return s.Tell(ctx, database.Change{Kind: database.BrandingKind, Pool: x.PoolID})
	})
}

func (s *Store) insertAssets(ctx context.Context, x *branding.Style) error {
	for _, a := range x.Assets {
		if a.Category == branding.ProviderIcon {
			_, err := s.Conn(ctx).Exec(ctx, `INSERT INTO style_provider_icons (pool_id, style_id, provider, color_mode, extension, bytes)
				VALUES ($1, $2, $3, $4, $5, $6)`, x.PoolID, x.ID, a.ResourceID, a.ColorMode, a.Extension, database.NotNull(a.Bytes))
			if err != nil {
				return err
			}
			continue
		}
		_, err := s.Conn(ctx).Exec(ctx, `INSERT INTO style_assets (pool_id, style_id, category, color_mode, extension, bytes, resource_id)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			x.PoolID, x.ID, a.Category, a.ColorMode, a.Extension, database.NotNull(a.Bytes), a.ResourceID)
		if err != nil {
			return err
		}
	}
	return nil
}

const selectStyle = "SELECT pool_id, id, client_id, provided, settings, created_at, modified_at FROM styles"

// Style reads a style with its assets.
func (s *Store) Style(ctx context.Context, poolID, id string) (*branding.Style, error) {
	return s.style(ctx, selectStyle+" WHERE pool_id = $1 AND id = $2", poolID, id)
}

// StyleOf reads the style of a client with its assets.
func (s *Store) StyleOf(ctx context.Context, poolID, clientID string) (*branding.Style, error) {
	return s.style(ctx, selectStyle+" WHERE pool_id = $1 AND client_id = $2", poolID, clientID)
}

func (s *Store) style(ctx context.Context, query, poolID, key string) (*branding.Style, error) {
	x, found, err := rows.One(ctx, s.Conn(ctx), scanStyle, query, poolID, key)
	if err != nil {
		return nil, database.Failed("read style", err)
	}
	if !found {
		return nil, fault.Missingf("Managed login branding does not exist.")
	}
	x.Assets, err = rows.All(ctx, s.Conn(ctx), scanAsset, `SELECT category, color_mode, extension, bytes, resource_id
		FROM style_assets WHERE pool_id = $1 AND style_id = $2 ORDER BY category, color_mode`, x.PoolID, x.ID)
	if err != nil {
		return nil, database.Failed("read assets", err)
	}
	icons, err := rows.All(ctx, s.Conn(ctx), scanIcon, `SELECT provider, color_mode, extension, bytes
		FROM style_provider_icons WHERE pool_id = $1 AND style_id = $2`, x.PoolID, x.ID)
	x.Assets = append(x.Assets, icons...)
	slices.SortFunc(x.Assets, branding.Asset.Compare)
	return x, database.Failed("read assets", err)
}

// UpdateStyle changes a style by a function of its old value and returns the new one.
func (s *Store) UpdateStyle(ctx context.Context, poolID, id string, change func(*branding.Style) error) (*branding.Style, error) {
	var changed *branding.Style
	err := s.Update(ctx, "update style", func(ctx context.Context) error {
		x, err := s.style(ctx, selectStyle+" WHERE pool_id = $1 AND id = $2"+s.ForUpdate(), poolID, id)
		if err != nil {
			return err
		}
		clientID := x.ClientID
		if err := change(x); err != nil {
			return err
		}
		x.PoolID, x.ID, x.ClientID = poolID, id, clientID
		changed = x
		if _, err := s.Conn(ctx).Exec(ctx, `UPDATE styles SET provided = $3, settings = $4, created_at = $5, modified_at = $6
			WHERE pool_id = $1 AND id = $2`,
			poolID, id, database.Flag(x.Provided), string(x.Settings), rows.Millis(x.CreatedAt), rows.Millis(x.ModifiedAt)); err != nil {
			return err
		}
		for _, query := range []string{
			"DELETE FROM style_assets WHERE pool_id = $1 AND style_id = $2", "DELETE FROM style_provider_icons WHERE pool_id = $1 AND style_id = $2",
		} {
			if _, err := s.Conn(ctx).Exec(ctx, query, poolID, id); err != nil {
				return err
			}
		}
		if err := s.insertAssets(ctx, x); err != nil {
			return err
		}
		return s.Tell(ctx, database.Change{Kind: database.BrandingKind, Pool: x.PoolID})
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// DeleteStyle removes a style with its assets.
func (s *Store) DeleteStyle(ctx context.Context, poolID, id string) error {
	n, err := s.ExecTelling(ctx, database.Change{Kind: database.BrandingKind, Pool: poolID}, "DELETE FROM styles WHERE pool_id = $1 AND id = $2", poolID, id)
	if err == nil && n == 0 {
		return fault.Missingf("Managed login branding does not exist.")
	}
	return database.Failed("delete style", err)
}

// StyleAsset reads an image of a pool's styles by its resource id; nil when there is none.
func (s *Store) StyleAsset(ctx context.Context, poolID, resourceID string) (*branding.Asset, error) {
	a, found, err := rows.One(ctx, s.Conn(ctx), scanAsset, `SELECT category, color_mode, extension, bytes, resource_id
		FROM style_assets WHERE pool_id = $1 AND resource_id = $2 ORDER BY style_id, category, color_mode LIMIT 1`, poolID, resourceID)
	if err != nil || !found {
		return nil, database.Failed("read asset", err)
	}
	return &a, nil
}

func scanStyle(row rows.Scanner) (*branding.Style, error) {
	x := &branding.Style{}
	var provided int
	var settings string
	var created, modified int64
	err := row.Scan(&x.PoolID, &x.ID, &x.ClientID, &provided, &settings, &created, &modified)
	if settings != "" {
		x.Settings = []byte(settings)
	}
	x.Provided, x.CreatedAt, x.ModifiedAt = provided != 0, rows.Time(created), rows.Time(modified)
	return x, err
}

func scanAsset(row rows.Scanner) (a branding.Asset, err error) {
	err = row.Scan(&a.Category, &a.ColorMode, &a.Extension, &a.Bytes, &a.ResourceID)
	return a, err
}

func scanIcon(row rows.Scanner) (branding.Asset, error) {
	a := branding.Asset{Category: branding.ProviderIcon}
	err := row.Scan(&a.ResourceID, &a.ColorMode, &a.Extension, &a.Bytes)
	return a, err
}

// Classic reads the look of the classic pages of a client, nil when there is none.
func (s *Store) Classic(ctx context.Context, poolID, clientID string) (*branding.Classic, error) {
	x, found, err := rows.One(ctx, s.Conn(ctx), scanClassic, selectClassic, poolID, clientID)
	if err != nil || !found {
		return nil, database.Failed("read classic look", err)
	}
	return x, nil
}

const selectClassic = `SELECT pool_id, client_id, css, image, created_at, modified_at FROM classic_looks
	WHERE pool_id = $1 AND client_id = $2`

// UpdateClassic changes the look of the classic pages of a client by a function of its old value, which is the zero one
// when there was none. An unknown pool is a fault Missing.
func (s *Store) UpdateClassic(ctx context.Context, poolID, clientID string, change func(*branding.Classic) error) (*branding.Classic, error) {
	var changed *branding.Classic
	err := s.Update(ctx, "update classic look", func(ctx context.Context) error {
		_, err := s.Conn(ctx).Exec(ctx, `INSERT INTO classic_looks (pool_id, client_id, css, image, created_at, modified_at)
			VALUES ($1, $2, '', $3, 0, 0) ON CONFLICT DO NOTHING`, poolID, clientID, []byte{})
		if s.Violation(err) == rows.ForeignKey {
			return fault.NoPool(poolID).Because(err)
		}
		if err != nil {
			return err
		}
		x, _, err := rows.One(ctx, s.Conn(ctx), scanClassic, selectClassic+s.ForUpdate(), poolID, clientID)
		if err != nil {
			return err
		}
		if err := change(x); err != nil {
			return err
		}
		x.PoolID, x.ClientID = poolID, clientID
		changed = x
		_, err = s.Telling(ctx, database.Change{Kind: database.BrandingKind, Pool: poolID})(
			s.Conn(ctx).Exec(ctx, `UPDATE classic_looks SET css = $3, image = $4, created_at = $5, modified_at = $6
			WHERE pool_id = $1 AND client_id = $2`,
				poolID, clientID, x.CSS, database.NotNull(x.Image), rows.Millis(x.CreatedAt), rows.Millis(x.ModifiedAt)))
		return err
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

func scanClassic(row rows.Scanner) (*branding.Classic, error) {
	x := &branding.Classic{}
	var created, modified int64
	err := row.Scan(&x.PoolID, &x.ClientID, &x.CSS, &x.Image, &created, &modified)
	x.CreatedAt, x.ModifiedAt = rows.Time(created), rows.Time(modified)
	return x, err
}

var (
	_ branding.StyleStore   = (*Store)(nil)
	_ branding.ClassicStore = (*Store)(nil)
)
