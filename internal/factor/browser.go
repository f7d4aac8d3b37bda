package factor

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/password/srp"
)

// TrustBrowser keeps the browser in which somebody has just signed in as one of their devices, and remembers it. Our own
// pages know it again by a sealed cookie; the secret with which it could prove itself by SRP is known to nobody.
func (f *Factors) TrustBrowser(ctx context.Context, pool *directory.Pool, userID, name, address string) (key string, err error) {
	if pool.Device == nil {
		return "", devicesOff()
	}
	key = NewDeviceKey(pool)
	salt, now := srp.NewSalt(), f.moment()
	verifier := srp.Verifier(f.DeviceGroup(pool.ID, userID), key, random.Alnum(40), salt)
	return key, f.DeviceStore.InsertDevice(ctx, pool.ID, userID, Device{
		Key: key, Name: name, Salt: salt, Verifier: f.Sealer.Seal(devicePurpose, verifier, owner(pool.ID, userID+"\x00"+key)),
		Remembered: true, Address: address, CreatedAt: now, ModifiedAt: now, AuthenticatedAt: now,
	})
}
