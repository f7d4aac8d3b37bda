package people

import (
	"context"

	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/store/database"
)

// InsertDevice adds a device. A key that the user has is a fault Exists/Device, an unknown user a fault Missing/User.
func (s *Store) InsertDevice(ctx context.Context, poolID, userID string, d factor.Device) error {
	n, err := s.Exec(ctx, `INSERT INTO devices (pool_id, user_id, device_key, name, salt, verifier, remembered, address,
		waiting, created_at, modified_at, authenticated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING`,
		poolID, userID, d.Key, d.Name, database.NotNull(d.Salt), database.NotNull(d.Verifier), database.Flag(d.Remembered), d.Address, d.Waiting,
		rows.Millis(d.CreatedAt), rows.Millis(d.ModifiedAt), rows.Millis(d.AuthenticatedAt))
	switch {
	case s.Violation(err) == rows.ForeignKey:
		return fault.NoUser().Because(err)
	case err == nil && n == 0:
		return fault.New(fault.Exists, fault.Device, "Device already exists.")
	}
	return database.Failed("insert device", err)
}

const (
	selectDevices = `SELECT device_key, name, salt, verifier, remembered, address, waiting, created_at, modified_at,
	authenticated_at FROM devices WHERE pool_id = $1 AND user_id = $2`
	deviceByKey = selectDevices + " AND device_key = $3"
)

// Device reads a device; nil when the user has none of that key.
func (s *Store) Device(ctx context.Context, poolID, userID, key string) (*factor.Device, error) {
	d, found, err := rows.One(ctx, s.Conn(ctx), scanDevice, deviceByKey, poolID, userID, key)
	if err != nil || !found {
		return nil, database.Failed("read device", err)
	}
	return &d, nil
}

// UpdateDevice changes a device by a function of its old value. An unknown one is a fault Missing.
func (s *Store) UpdateDevice(ctx context.Context, poolID, userID, key string, change func(*factor.Device) error) error {
	return s.Update(ctx, "update device", func(ctx context.Context) error {
		d, found, err := rows.One(ctx, s.Conn(ctx), scanDevice, deviceByKey+s.ForUpdate(), poolID, userID, key)
		if err != nil {
			return err
		}
		if !found {
			return factor.NoDevice()
		}
		if err := change(&d); err != nil {
			return err
		}
		_, err = s.Conn(ctx).Exec(ctx, `UPDATE devices SET name = $4, salt = $5, verifier = $6, remembered = $7, address = $8,
			waiting = $9, modified_at = $10, authenticated_at = $11 WHERE pool_id = $1 AND user_id = $2 AND device_key = $3`,
			poolID, userID, key, d.Name, database.NotNull(d.Salt), database.NotNull(d.Verifier), database.Flag(d.Remembered), d.Address, d.Waiting,
			rows.Millis(d.ModifiedAt), rows.Millis(d.AuthenticatedAt))
		return err
	})
}

// DeleteDevice removes a device and reports whether it was there.
func (s *Store) DeleteDevice(ctx context.Context, poolID, userID, key string) (found bool, err error) {
	n, err := s.Exec(ctx, "DELETE FROM devices WHERE pool_id = $1 AND user_id = $2 AND device_key = $3", poolID, userID, key)
	return n == 1, database.Failed("delete device", err)
}

// Devices lists the devices of a user, oldest first.
func (s *Store) Devices(ctx context.Context, poolID, userID string, after factor.DevicePosition, limit int) ([]factor.Device, error) {
	list, err := rows.All(ctx, s.Conn(ctx), scanDevice,
		selectDevices+" AND (created_at, device_key) > ($3, $4) ORDER BY created_at, device_key LIMIT $5 + 0",
		poolID, userID, after.CreatedAt, after.Key, limit)
	return list, database.Failed("list devices", err)
}

func scanDevice(row rows.Scanner) (d factor.Device, err error) {
	var remembered int
	var created, modified, authenticated int64
	err = row.Scan(&d.Key, &d.Name, &d.Salt, &d.Verifier, &remembered, &d.Address, &d.Waiting, &created, &modified, &authenticated)
	d.Remembered = remembered != 0
	d.CreatedAt, d.ModifiedAt, d.AuthenticatedAt = rows.Time(created), rows.Time(modified), rows.Time(authenticated)
	return d, err
}

var _ factor.DeviceStore = (*Store)(nil)
