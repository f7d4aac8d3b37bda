package app

import (
	"context"
	"fmt"
	"io"
	"time"

	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/kit/secret"
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

// RotateMasterKey puts a new master key in front of the key file. What the old ones sealed stays readable; servers that
// are running take the new key into use when they start again.
func RotateMasterKey(ctx context.Context, cfg Config, out io.Writer) error {
	var id string
	err := recorded(ctx, cfg, command("RotateMasterKey"), func(note string) { fmt.Fprintln(out, note) }, func() (err error) {
		id, err = secret.Rotate(cfg.masterKeyFile())
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "new master key %s in %s; restart the servers that use it\n", id, cfg.masterKeyFile())
	return nil
}
