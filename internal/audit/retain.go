package audit

import (
	"context"
	"strconv"
	"time"
)

var zero time.Time

// Retain removes records that are older than they are kept. First a record says what goes: from then on, checking does not
// miss it. Run it on one node for all.
func (l *Log) Retain(ctx context.Context, at time.Time) error {
	if l == nil {
		return nil
	}
	keep := l.Config.Retention
	if keep == 0 {
		keep = DefaultRetention
	}
	list, err := l.Store.AuditBeginnings(ctx, at.Add(-keep))
	if err != nil {
		return err
	}
	r := own(Cut)
	r.Detail = map[string]string{}
	due := false
	for _, b := range list {
		switch {
		case b.Old > 0:
			due = true
			r.Detail[b.Chain] = strconv.FormatInt(b.Old, 10)
		case b.First > 1: // said again, since what said it before grows old, too
			r.Detail[b.Chain] = strconv.FormatInt(b.First-1, 10)
		}
	}
	if !due {
		return nil
	}
	if err := l.Record(r); err != nil {
		return err
	}
	for _, b := range list {
		if b.Old > 0 {
			if err := l.Store.CutAudit(ctx, b.Chain, b.Old); err != nil {
				return err
			}
		}
	}
	return nil
}
