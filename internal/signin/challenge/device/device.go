// Package device is the challenges DEVICE_SRP_AUTH and DEVICE_PASSWORD_VERIFIER: proof, by SRP, that a sign-in comes from
// a device that the user has confirmed. It asks and compares; devices are factor's, when they are asked for is the
// machine's.
package device

import (
	"context"

	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/password/srp"
	"cognate.dev/cognate/internal/signin"
	srpchallenge "cognate.dev/cognate/internal/signin/challenge/srp"
)

// Devices knows the secrets of devices; *factor.Factors does.
type Devices interface {
	Exchange(ctx context.Context, poolID, userID, key, publicA string) (salt string, x srp.Exchange, err error)
	DeviceGroup(poolID, userID string) string
	Authenticated(ctx context.Context, poolID, userID, key, address string) error
}

// Start is DEVICE_SRP_AUTH: the device's half of an SRP exchange.
type Start struct{}

// Kind is DEVICE_SRP_AUTH.
func (Start) Kind() signin.Kind { return signin.DeviceSRP }

// Begin says nothing.
func (Start) Begin(context.Context, *signin.Attempt) (signin.Prompt, error) {
	return signin.Prompt{}, nil
}

// Check wants SRP_A, which DEVICE_PASSWORD_VERIFIER answers.
func (Start) Check(_ context.Context, a *signin.Attempt) (signin.Verdict, error) {
	_, err := a.Need("SRP_A")
	return signin.Verdict{Passed: err == nil, Chosen: signin.DeviceVerifier}, err
}

// Verifier is DEVICE_PASSWORD_VERIFIER.
type Verifier struct{ devices Devices }

// New makes DEVICE_PASSWORD_VERIFIER.
func New(d Devices) *Verifier { return &Verifier{d} }

// Kind is DEVICE_PASSWORD_VERIFIER.
func (c *Verifier) Kind() signin.Kind { return signin.DeviceVerifier }

// Begin answers SRP_A with SALT and SRP_B. A device that was forgotten meanwhile is factor.NoDevice.
func (c *Verifier) Begin(ctx context.Context, a *signin.Attempt) (signin.Prompt, error) {
	publicA, err := a.Need("SRP_A")
	if err != nil {
		return signin.Prompt{}, err
	}
	salt, exchange, err := c.devices.Exchange(ctx, a.PoolID, a.UserID, a.DeviceKey, publicA)
	if err != nil {
		return signin.Prompt{}, err
	}
	return signin.Prompt{State: exchange.Key, Params: map[string]string{
		"SALT": salt, "SRP_B": exchange.PublicB, "DEVICE_KEY": a.DeviceKey, "USERNAME": a.Name,
	}}, nil
}

// Check compares the claim, which is over the device's group key and key.
func (c *Verifier) Check(ctx context.Context, a *signin.Attempt) (signin.Verdict, error) {
	verdict, err := srpchallenge.Judge(a, c.devices.DeviceGroup(a.PoolID, a.UserID), a.DeviceKey)
	if err != nil || !verdict.Passed || a.User == nil {
		return verdict, err
	}
	err = c.devices.Authenticated(ctx, a.PoolID, a.UserID, a.DeviceKey, a.From.Address)
	if fault.Is(err, fault.Missing, "") {
		return signin.Wrong(factor.NoDevice()), nil
	}
	return verdict, err
}

var (
	_ signin.Challenge = Start{}
	_ signin.Challenge = (*Verifier)(nil)
)
