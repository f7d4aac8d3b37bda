package app

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/store/sqlite"
)

// keepCopies makes copies until ctx ends. Of the processes that share a database one does.
func (h *house) keepCopies(ctx context.Context) {
	c := h.cfg.Backup
	from, err := h.cfg.DatabaseFile()
	if c.Every == 0 || err != nil {
		return
	}
	series := sqlite.Series{Dir: c.Dir, Keep: c.Keep}
	tick := time.NewTicker(min(c.Every, time.Minute))
	defer tick.Stop()
	for {
		_, err := h.store.Once(ctx, "backup", c.Every, func(ctx context.Context) error {
			_, err := series.Add(ctx, from, now())
			if ctx.Err() == nil {
				h.told.Metrics.BackedUp(err)
			}
			return err
		})
		if newest, e := series.Newest(); e == nil && !newest.IsZero() { // whoever made it, and before the start, too
			h.told.Metrics.NewestBackup(newest)
		}
		if err != nil && ctx.Err() == nil {
			h.told.Log.Error("copying the database", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
