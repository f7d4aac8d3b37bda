package command

import (
	"context"
	"fmt"
	"io"
	"time"

	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/identitypool"
)

// RotateKeys gives one pool, or all and the issuer of identity pools when poolID is empty, new signing keys. A running server takes them into use within
// a second; old keys stay published for as long as a token that they signed can live.
func RotateKeys(ctx context.Context, i Installation, poolID string, out io.Writer) error {
	record := Record("RotateKeys")
	record.Pool = poolID
	return i.Offline(ctx, record, func(r Rooms) error { return rotateKeys(ctx, r, poolID, out) })
}

func rotateKeys(ctx context.Context, r Rooms, poolID string, out io.Writer) (err error) {
	if poolID == "" || poolID == identitypool.KeyRing {
		if err := r.IssuerKeys.Rotate(ctx, identitypool.KeyRing, longestToken); err != nil {
			return err
		}
		fmt.Fprintf(out, "rotated the signing key of identity pools; the old one stays published for %s\n", longestToken)
	}
	if poolID == identitypool.KeyRing {
		return nil
	}
	ids := []string{poolID}
	if poolID == "" {
		if ids, err = enrich.Directory(r.Directory).PoolIDs(ctx); err != nil {
			return err
		}
	}
	if len(ids) == 0 {
		fmt.Fprintln(out, "there are no user pools; nothing was rotated")
	}
	for _, id := range ids {
		if _, err := r.Directory.Pools.Get(ctx, id); err != nil {
			return err
		}
		if err := r.Ring.Rotate(ctx, id, longestToken); err != nil {
			return err
		}
		fmt.Fprintf(out, "rotated the signing keys of %s; the old ones stay published for %s\n", id, longestToken)
	}
	return nil
}

// longestToken is the longest life of an ID or access token that Cognito allows.
const longestToken = 24 * time.Hour
