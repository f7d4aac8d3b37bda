package factor

import (
	"context"
	"encoding/base32"
	"strings"

	"cognate.dev/cognate/internal/fault"
)

// The sizes that secrets of authenticator apps have elsewhere, in bytes.
const (
	minSecret = 10
	maxSecret = 128
)

// ImportToken gives a user an authenticator app that another system has verified; it joins the transaction of ctx. The
// secret is base32, as in the app's link. Switching it on is the caller's.
func (f *Factors) ImportToken(ctx context.Context, poolID, userID, secret, name string) error {
	secret = strings.ToUpper(strings.TrimRight(secret, "="))
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil || len(raw) < minSecret || len(raw) > maxSecret {
		return fault.Invalidf("The secret of an authenticator app is base32 of %d to %d bytes.", minSecret, maxSecret)
	}
	return f.Store.UpdateSoftwareToken(ctx, poolID, userID, func(t *SoftwareToken) error {
		*t = SoftwareToken{
			Secret: f.Sealer.Seal(tokenPurpose, []byte(secret), owner(poolID, userID)), Name: name, VerifiedAt: f.moment(),
		}
		return nil
	})
}

// ExportToken gives the secret and the name of a user's authenticator app; an empty secret means that there is none.
func (f *Factors) ExportToken(ctx context.Context, poolID, userID string) (secret, name string, err error) {
	t, err := f.Store.SoftwareToken(ctx, poolID, userID)
	if err != nil || t.Secret == nil {
		return "", "", err
	}
	secret, err = f.open(poolID, userID, t.Secret)
	return secret, t.Name, err
}
