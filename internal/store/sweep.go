package store

import (
	"context"
	"errors"
	"time"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/risk"
)

// Sweep removes what ended before now: codes, counters, sessions of all kinds, keys, marks, forgotten lockouts, full buckets and events. Run
// it now and then, on any node; it works in small transactions and goes on after a failure.
func (s *Store) Sweep(ctx context.Context, now time.Time) error {
	return errors.Join(
		s.DropExpiredCodes(ctx, now),
		s.DropExpiredSessions(ctx, now.Add(-longestToken)),
		s.DropExpiredKeys(ctx, now),
		s.DropExpiredMarks(ctx, now),
		s.DropExpiredAuthCodes(ctx, now.Add(-authorize.CodeMemory)),
		s.DropExpiredBrowserSessions(ctx, now),
		s.dropExpiredPushed(ctx, now),
		s.dropExpiredTrips(ctx, now),
		s.dropOldLockouts(ctx, now),
		s.dropOldChanges(ctx, now),
		s.DropFullBuckets(ctx, now),
		s.dropImportPieces(ctx, now),
		s.DropOldEvents(ctx, now.Add(-risk.Memory)),
	)
}

// longestToken is how long an access token can live, and so outlive the refresh token of its session.
const longestToken = 24 * time.Hour

// sweepStep is how many rows one transaction removes, so that writers in between do not wait long.
const sweepStep = 500

// drop runs a DELETE of ($1: a time, $2: how many rows) until nothing is left.
func (s *Store) drop(ctx context.Context, statement string, before time.Time) error {
	for {
		n, err := s.exec(ctx, statement, rows.Millis(before), sweepStep)
		if err != nil || n < sweepStep {
			return err
		}
	}
}
