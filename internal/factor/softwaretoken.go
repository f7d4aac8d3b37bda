package factor

import (
	"context"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"slices"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/random"
)

// SoftwareToken is a user's authenticator app. A user has one; a new one replaces it once a code has proven it.
type SoftwareToken struct {
	Secret     []byte // sealed; nil: none is verified
	Pending    []byte // sealed; nil: none waits for its first code
	Name       string // FriendlyDeviceName
	LastStep   int64  // the newest time step whose code was used
	VerifiedAt time.Time
}

// SoftwareTokenStore keeps authenticator apps.
type SoftwareTokenStore interface {
	SoftwareToken(ctx context.Context, poolID, userID string) (SoftwareToken, error) // the zero value when there is none
	// UpdateSoftwareToken changes a record by a function of its old value, with no writer in between: of two uses of a
	// code one sees the other. An unknown user is fault.NoUser; a record that becomes zero is removed.
	UpdateSoftwareToken(ctx context.Context, poolID, userID string, change func(*SoftwareToken) error) error
}

// RFC 6238 with the parameters that every authenticator app knows: HMAC-SHA-1, 30 seconds, 6 digits.
const (
	stepSeconds = 30
	skew        = 1  // steps that a clock may be off, in either direction
	secretBytes = 32 // 52 characters of base32, as Cognito's
)

const tokenPurpose = "software-token"

// The texts are Cognito's.
func tokenOff() error {
	return fault.New(fault.Missing, fault.SoftwareToken, "Software Token MFA has not been enabled by the userPool")
}

func wrongFirstCode() error { return fault.New(fault.Mismatch, fault.SoftwareToken, "Code mismatch") }

// WrongCode is the answer for a code of an authenticator app that does not match.
func WrongCode() *fault.Fault { return fault.New(fault.Mismatch, "", "Invalid code received for user") }

// UsedCode is the answer for a code that was right before.
func UsedCode() *fault.Fault {
	return fault.New(fault.Expired, "", "Your software token has already been used once.")
}

// NewSecret makes the secret of an authenticator app, in base32 without padding.
func NewSecret() string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(random.Bytes(secretBytes))
}

// CanRegister refuses where the pool does not take authenticator apps.
func CanRegister(pool *directory.Pool) error {
	if !pool.MFA.SoftwareToken || pool.MFA.Mode == "OFF" {
		return tokenOff()
	}
	return nil
}

// Associate makes a secret for somebody who is signed in. It counts once VerifySoftwareToken has seen a code of it;
// until then an older one works on.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AssociateSoftwareToken.html
func (f *Factors) Associate(ctx context.Context, pool *directory.Pool, userID string) (secret string, err error) {
	if err := CanRegister(pool); err != nil {
		return "", err
	}
	secret = NewSecret()
	err = f.Store.UpdateSoftwareToken(ctx, pool.ID, userID, func(t *SoftwareToken) error {
		t.Pending = f.Sealer.Seal(tokenPurpose, []byte(secret), owner(pool.ID, userID))
		return nil
	})
	return secret, err
}

// Verify takes the first code of the secret that Associate gave. Where MFA is required the app is switched on by that;
// elsewhere SetUserMFAPreference does it.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_VerifySoftwareToken.html
func (f *Factors) Verify(ctx context.Context, pool *directory.Pool, userID, code, name string) error {
	if err := CanRegister(pool); err != nil {
		return err
	}
	return f.register(ctx, pool, userID, name, pool.MFA.Mode == "ON", func(t *SoftwareToken) (string, error) {
		if t.Pending == nil {
			return "", fault.Invalidf("No software token is waiting for verification; call AssociateSoftwareToken first.")
		}
		return f.open(pool.ID, userID, t.Pending)
	}, code)
}

// VerifyFirst takes the first code of a secret that a sign-in carries, and switches the app on. Whoever has an app
// already cannot get another one this way: a sign-in that was begun before must not replace it.
func (f *Factors) VerifyFirst(ctx context.Context, pool *directory.Pool, userID, secret, code, name string) error {
	if err := CanRegister(pool); err != nil {
		return err
	}
	return f.register(ctx, pool, userID, name, true, func(t *SoftwareToken) (string, error) {
		if t.Secret != nil {
			return "", fault.Deniedf("Invalid session for the user.")
		}
		return secret, nil
	}, code)
}

// register stores a secret that a code has proven. That code is used up.
func (f *Factors) register(ctx context.Context, pool *directory.Pool, userID, name string, activate bool,
	secretOf func(*SoftwareToken) (string, error), code string,
) error {
	now := f.moment()
	return f.Tx.InTx(ctx, func(ctx context.Context) error {
		err := f.Store.UpdateSoftwareToken(ctx, pool.ID, userID, func(t *SoftwareToken) error {
			secret, err := secretOf(t)
			if err != nil {
				return err
			}
			step, err := match(secret, code, now, 0)
			if err != nil {
				return err
			}
			if step == 0 {
				return wrongFirstCode()
			}
			*t = SoftwareToken{
				Secret: f.Sealer.Seal(tokenPurpose, []byte(secret), owner(pool.ID, userID)), Name: name, LastStep: step, VerifiedAt: now,
			}
			return nil
		})
		if err != nil || !activate {
			return err
		}
		_, err = f.Users.Change(ctx, pool, userID, func(u *directory.User) error {
			if !slices.Contains(u.MFA.Methods, SoftwareTokenMFA) {
				u.MFA.Methods = append(u.MFA.Methods, SoftwareTokenMFA)
			}
			return nil
		})
		return err
	})
}

// CheckCode judges a code at sign-in and uses it up: nil, WrongCode, UsedCode, or an error that is no fault.
func (f *Factors) CheckCode(ctx context.Context, poolID, userID, code string) error {
	now := f.moment()
	err := f.Store.UpdateSoftwareToken(ctx, poolID, userID, func(t *SoftwareToken) error {
		if t.Secret == nil {
			return WrongCode()
		}
		secret, err := f.open(poolID, userID, t.Secret)
		if err != nil {
			return err
		}
		step, err := match(secret, code, now, t.LastStep)
		if err != nil {
			return err
		}
		if step == 0 {
			return WrongCode()
		}
		t.LastStep = step
		return nil
	})
	if gone(err) {
		return WrongCode()
	}
	return err
}

// TokenName is the name that a user gave their app, empty for none.
func (f *Factors) TokenName(ctx context.Context, poolID, userID string) (string, error) {
	t, err := f.Store.SoftwareToken(ctx, poolID, userID)
	return t.Name, err
}

// DeleteToken removes a user's app and its place among the second factors. A user without one is a fault Missing.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminDeleteSoftwareToken.html
func (f *Factors) DeleteToken(ctx context.Context, pool *directory.Pool, userID string) error {
	return f.Tx.InTx(ctx, func(ctx context.Context) error {
		err := f.Store.UpdateSoftwareToken(ctx, pool.ID, userID, func(t *SoftwareToken) error {
			if t.Secret == nil {
				return fault.Missingf("The user has no software token.")
			}
			*t = SoftwareToken{}
			return nil
		})
		if err != nil {
			return err
		}
		_, err = f.Users.Change(ctx, pool, userID, func(u *directory.User) error {
			u.MFA = without(u.MFA, SoftwareTokenMFA)
			return nil
		})
		return err
	})
}

func (f *Factors) open(poolID, userID string, sealed []byte) (string, error) {
	plain, err := f.Sealer.Open(tokenPurpose, sealed, owner(poolID, userID))
	if err != nil {
		return "", fmt.Errorf("open software token: %w", err)
	}
	return string(plain), nil
}

// match finds the time step that a code belongs to; 0: none. A step that is not after the last used one is UsedCode:
// its code has let somebody in, or a later one has. Each step is compared in the same time.
func match(secret, code string, now time.Time, lastUsed int64) (int64, error) {
	current := now.Unix() / stepSeconds
	var found, used int64
	for step := current - skew; step <= current+skew; step++ {
		want, err := hotp.GenerateCodeCustom(secret, uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err != nil {
			return 0, fmt.Errorf("compute code: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) != 1 {
			continue
		}
		if step > lastUsed {
			found = step
		} else {
			used = step
		}
	}
	if found == 0 && used != 0 {
		return 0, UsedCode()
	}
	return found, nil
}
