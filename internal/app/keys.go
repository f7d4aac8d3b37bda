package app

import (
	"context"
	"fmt"
	"io"
	"time"

	"cognate.dev/cognate/internal/enrich"
)

// RotateKeys gives one pool, or all when poolID is empty, new signing keys. A running server takes them into use within
// a second; old keys stay published for as long as a token that they signed can live.
func RotateKeys(ctx context.Context, cfg Config, poolID string, out io.Writer) error {
	record := command("RotateKeys")
	record.Pool = poolID
	return offline(ctx, cfg, record, func(h *house, r *rooms) error { return rotateKeys(ctx, r, poolID, out) })
}

func rotateKeys(ctx context.Context, r *rooms, poolID string, out io.Writer) (err error) {
	ids := []string{poolID}
	if poolID == "" {
		if ids, err = enrich.Directory(r.directory).PoolIDs(ctx); err != nil {
			return err
		}
	}
	if len(ids) == 0 {
		fmt.Fprintln(out, "there are no user pools; nothing was rotated")
	}
	for _, id := range ids {
		if _, err := r.directory.Pools.Get(ctx, id); err != nil {
			return err
		}
		if err := r.ring.Rotate(ctx, id, longestToken); err != nil {
			return err
		}
		fmt.Fprintf(out, "rotated the signing keys of %s; the old ones stay published for %s\n", id, longestToken)
	}
	return nil
}

// longestToken is the longest life of an ID or access token that Cognito allows.
const longestToken = 24 * time.Hour
