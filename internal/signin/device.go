package signin

import (
	"context"
	"fmt"

	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/fault"
)

// Devices knows the devices of users; *factor.Factors does. An unknown one is factor.NoDevice.
type Devices interface {
	Device(ctx context.Context, poolID, userID, key string) (*factor.Device, error)
	DeviceGroup(poolID, userID string) string
	Await(ctx context.Context, poolID, userID, key, session string) error
	Awaited(ctx context.Context, poolID, userID, key string) (session string, err error)
}

// NewDevice is a device that has signed in for the first time, for the client to confirm (NewDeviceMetadata).
type NewDevice struct{ Key, Group string }

// takeDevice notes the device that a request names. Where the pool does not track devices the name counts for nothing.
// Strict refuses an unknown one: clients then go on without it, so nothing may have been used up before.
func (m *Machine) takeDevice(ctx context.Context, a *Attempt, strict bool) error {
	about := a.Pending == DeviceSRP || a.Pending == DeviceVerifier // one device, from the question to its proof
	switch key := a.Input["DEVICE_KEY"]; {
	case about && (a.Pool.Device == nil || key != a.DeviceKey):
		return badSession()
	case a.Pool.Device == nil:
		a.DeviceKey = ""
	case key != "":
		a.DeviceKey = key
	}
	a.Device = nil
	if a.DeviceKey == "" {
		return nil
	}
	if a.User == nil {
		return m.unknownDevice(a, strict)
	}
	d, err := m.Devices.Device(ctx, a.PoolID, a.UserID, a.DeviceKey)
	if fault.Is(err, fault.Missing, "") {
		return m.unknownDevice(a, strict)
	}
	if err != nil {
		return fmt.Errorf("find device: %w", err)
	}
	a.Device = d
	return nil
}

// recognise takes the device that one of our own pages has recognised.
func (m *Machine) recognise(ctx context.Context, a *Attempt, e Entry) error {
	if e.Device == nil || a.User == nil || a.Pool.Device == nil {
		return nil
	}
	a.DeviceKey = e.Device(a.UserID)
	a.Vouched = a.DeviceKey != ""
	return m.takeDevice(ctx, a, false)
}

func (m *Machine) unknownDevice(a *Attempt, strict bool) error {
	a.DeviceKey, a.Vouched = "", false
	if strict && a.Input["DEVICE_KEY"] != "" {
		return factor.NoDevice()
	}
	return nil // one that was forgotten while the sign-in was under way
}

// trustedDeviceTurn lets a remembered device take the place of the second factor, where the pool says so.
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-device-tracking.html
func trustedDeviceTurn(a *Attempt) (Kind, bool) {
	return DeviceSRP, a.Pool.Device != nil && a.Pool.Device.ChallengeOnNew && deviceDue(a)
}

// deviceTurn has a remembered device prove itself, after everything else.
func deviceTurn(a *Attempt) (Kind, bool) { return DeviceSRP, deviceDue(a) }

func deviceDue(a *Attempt) bool {
	return a.Device != nil && a.Device.Remembered && !deviceProven(a)
}

func deviceProven(a *Attempt) bool { return a.Has(DeviceVerifier) || a.Vouched }

// deviceReplaces tells whether a device has taken the place of the second factor.
func deviceReplaces(a *Attempt) bool {
	return deviceProven(a) && a.Pool.Device != nil && a.Pool.Device.ChallengeOnNew && a.Device != nil && a.Device.Remembered
}

// awaitDevice keeps the session of DEVICE_SRP_AUTH for clients that answer without it, as Amazon's own do. Whoever
// answers needs the device's secret still, and has a minute.
func (m *Machine) awaitDevice(ctx context.Context, a *Attempt, session string) error {
	if err := m.Devices.Await(ctx, a.PoolID, a.UserID, a.DeviceKey, session); err != nil {
		return fmt.Errorf("keep sign-in for device: %w", err)
	}
	return nil
}

// awaited finds the session of a DEVICE_SRP_AUTH that came without one.
func (m *Machine) awaited(ctx context.Context, r Reply) (string, error) {
	user, err := m.Users.Find(ctx, r.Pool, r.Answers["USERNAME"])
	if fault.Is(err, fault.Missing, fault.User) || r.Answers["DEVICE_KEY"] == "" {
		return "", missing("Session")
	}
	if err != nil {
		return "", fmt.Errorf("find user of device: %w", err)
	}
	session, err := m.Devices.Awaited(ctx, r.Pool.ID, user.ID, r.Answers["DEVICE_KEY"])
	if fault.Is(err, fault.Missing, "") || err == nil && session == "" {
		return "", missing("Session")
	}
	return session, err
}

// deviceOf is the device that tokens are bound to: the one that was named, else a new one, which comes with the tokens.
func (m *Machine) deviceOf(a *Attempt) (key string, fresh *NewDevice) {
	switch {
	case a.Pool.Device == nil:
		return "", nil
	case a.Device != nil:
		return a.Device.Key, nil
	}
	key = factor.NewDeviceKey(a.Pool)
	return key, &NewDevice{Key: key, Group: m.Devices.DeviceGroup(a.PoolID, a.UserID)}
}
