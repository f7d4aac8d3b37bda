package factor

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/cursor"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/password/srp"
)

// Device is a device that a user signs in from. It proves itself by SRP with a secret of its own.
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-device-tracking.html
type Device struct {
	Key             string // REGION_UUID
	Name            string
	Salt            []byte
	Verifier        []byte // sealed
	Remembered      bool
	Address         string // from where it signed in last; empty: unknown
	Waiting         string // a sign-in that waits for the device's proof, sealed; empty: none
	CreatedAt       time.Time
	ModifiedAt      time.Time
	AuthenticatedAt time.Time
}

// DevicePosition is a place in a list of devices. The zero value is the start.
type DevicePosition struct {
	CreatedAt int64  `json:"c"` // unix milliseconds
	Key       string `json:"k"`
}

// DeviceStore keeps devices.
type DeviceStore interface {
	// InsertDevice adds a device; a key that the user has already is a fault Exists/Device, an unknown user fault.NoUser.
	InsertDevice(ctx context.Context, poolID, userID string, d Device) error
	Device(ctx context.Context, poolID, userID, key string) (*Device, error) // nil when there is none
	// UpdateDevice changes a device by a function of its old value, with no writer in between; an unknown one is NoDevice.
	UpdateDevice(ctx context.Context, poolID, userID, key string, change func(*Device) error) error
	DeleteDevice(ctx context.Context, poolID, userID, key string) (found bool, err error)
	Devices(ctx context.Context, poolID, userID string, after DevicePosition, limit int) ([]Device, error) // oldest first
}

const devicePurpose = "device-verifier"

// NoDevice is the answer for an unknown device. Clients look for the word "device" in it and go on without their key.
func NoDevice() *fault.Fault { return fault.New(fault.Missing, "", "Device does not exist.") }

// NewDeviceKey makes the key of a device that signs in for the first time.
func NewDeviceKey(pool *directory.Pool) string { return pool.Region + "_" + random.UUID() }

// DeviceGroup is the group key of a user's devices, the same for each: with the device key it names the device in SRP.
func (f *Factors) DeviceGroup(poolID, userID string) string {
	sum := f.Sealer.MAC("device-group", []byte(poolID), []byte(userID))
	return "-" + base64.RawURLEncoding.EncodeToString(sum[:6])
}

// NewDevice is what a client sends to have a device confirmed: the parts of DeviceSecretVerifierConfig are base64.
type NewDevice struct {
	Key, Name, Salt, Verifier, Address string
}

// ConfirmDevice keeps a device that has just signed in. Ask tells that the user must be asked whether to remember it;
// else it is remembered from now on.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ConfirmDevice.html
func (f *Factors) ConfirmDevice(ctx context.Context, pool *directory.Pool, userID string, n NewDevice) (ask bool, err error) {
	if pool.Device == nil {
		return false, devicesOff()
	}
	salt, err := decode(n.Salt)
	if err != nil || len(salt) == 0 || len(salt) > 64 {
		return false, fault.Invalidf("DeviceSecretVerifierConfig.Salt must be a number in base64.")
	}
	verifier, err := decode(n.Verifier)
	if err != nil || srp.CheckVerifier(verifier) != nil {
		return false, fault.Invalidf("DeviceSecretVerifierConfig.PasswordVerifier must be a number of the SRP group in base64.")
	}
	now := f.moment()
	return pool.Device.OnlyOnPrompt, f.DeviceStore.InsertDevice(ctx, pool.ID, userID, Device{
		Key: n.Key, Name: n.Name, Salt: salt, Verifier: f.Sealer.Seal(devicePurpose, verifier, owner(pool.ID, userID+"\x00"+n.Key)),
		Remembered: !pool.Device.OnlyOnPrompt, Address: n.Address, CreatedAt: now, ModifiedAt: now, AuthenticatedAt: now,
	})
}

func devicesOff() error {
	return fault.New(fault.Misconfigured, "", "Device tracking is not enabled for the user pool.")
}

// decode reads base64 with or without padding, as clients write it.
func decode(s string) ([]byte, error) {
	for len(s) > 0 && s[len(s)-1] == '=' {
		s = s[:len(s)-1]
	}
	return base64.RawStdEncoding.DecodeString(s)
}

// Device finds a device of a user; an unknown one is NoDevice.
func (f *Factors) Device(ctx context.Context, poolID, userID, key string) (*Device, error) {
	d, err := f.DeviceStore.Device(ctx, poolID, userID, key)
	if err == nil && d == nil {
		return nil, NoDevice()
	}
	return d, err
}

// DevicePage lists up to limit (0: 60) devices of a user after the place in token, oldest first.
func (f *Factors) DevicePage(ctx context.Context, poolID, userID string, limit int, token string) (directory.Page[Device], error) {
	if limit <= 0 || limit > directory.MaxPage {
		limit = directory.MaxPage
	}
	list := cursor.List[Device, DevicePosition]{
		Fetch: func(ctx context.Context, after DevicePosition, limit int) ([]Device, error) {
			return f.DeviceStore.Devices(ctx, poolID, userID, after, limit)
		},
		Place: func(d Device) DevicePosition { return DevicePosition{d.CreatedAt.UnixMilli(), d.Key} },
		Scope: []string{"devices", poolID, userID},
	}
	items, next, err := list.Page(ctx, f.tokens, limit, token)
	if errors.Is(err, cursor.ErrBad) {
		return directory.Page[Device]{}, fault.Invalidf("Invalid pagination token").Because(err)
	}
	return directory.Page[Device]{Items: items, Next: next}, err
}

// RememberDevice sets whether a device is remembered.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateDeviceStatus.html
func (f *Factors) RememberDevice(ctx context.Context, pool *directory.Pool, userID, key string, remembered bool) error {
	if pool.Device == nil {
		return devicesOff()
	}
	return f.DeviceStore.UpdateDevice(ctx, pool.ID, userID, key, func(d *Device) error {
		d.Remembered, d.ModifiedAt = remembered, f.moment()
		return nil
	})
}

// ForgetDevice removes a device.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ForgetDevice.html
func (f *Factors) ForgetDevice(ctx context.Context, poolID, userID, key string) error {
	found, err := f.DeviceStore.DeleteDevice(ctx, poolID, userID, key)
	if err == nil && !found {
		return NoDevice()
	}
	return err
}

// Exchange answers a device's SRP_A. The salt is hexadecimal.
func (f *Factors) Exchange(ctx context.Context, poolID, userID, key, publicA string) (salt string, x srp.Exchange, err error) {
	d, err := f.Device(ctx, poolID, userID, key)
	if err != nil {
		return "", x, err
	}
	verifier, err := f.Sealer.Open(devicePurpose, d.Verifier, owner(poolID, userID+"\x00"+key))
	if err != nil {
		return "", x, fmt.Errorf("open device verifier: %w", err)
	}
	x, err = srp.Begin(verifier, publicA)
	return new(big.Int).SetBytes(d.Salt).Text(16), x, err
}

// Authenticated records that a device has proven itself.
func (f *Factors) Authenticated(ctx context.Context, poolID, userID, key, address string) error {
	return f.DeviceStore.UpdateDevice(ctx, poolID, userID, key, func(d *Device) error {
		d.AuthenticatedAt, d.Waiting = f.moment(), ""
		if address != "" {
			d.Address = address
		}
		return nil
	})
}

// Await keeps a sign-in that waits for a device's proof, in place of an older one, for clients that do not carry it.
func (f *Factors) Await(ctx context.Context, poolID, userID, key, session string) error {
	return f.DeviceStore.UpdateDevice(ctx, poolID, userID, key, func(d *Device) error { d.Waiting = session; return nil })
}

// Awaited takes the sign-in that waits for a device's proof; empty when there is none. It is given out once.
func (f *Factors) Awaited(ctx context.Context, poolID, userID, key string) (session string, err error) {
	err = f.DeviceStore.UpdateDevice(ctx, poolID, userID, key, func(d *Device) error {
		session, d.Waiting = d.Waiting, ""
		return nil
	})
	return session, err
}
