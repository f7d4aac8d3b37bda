package store

import (
	"context"
	"errors"
	"time"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/risk"
)

// Sweep removes what ended before now: codes, counters, sessions of all kinds, keys, marks, forgotten lockouts, full buckets and events. Run
// it now and then, on any node; it works in small transactions and goes on after a failure.
func (s *Store) Sweep(ctx context.Context, now time.Time) error {
	return errors.Join(
		s.DropExpiredCodes(ctx, now),
		s.DropExpiredSessions(ctx, now.Add(-longestToken)),
		s.DropExpiredKeys(ctx, now),
		s.Issuers().DropExpiredKeys(ctx, now),
		s.DropExpiredMarks(ctx, now),
		s.DropExpiredAuthCodes(ctx, now.Add(-authorize.CodeMemory)),
		s.DropExpiredBrowserSessions(ctx, now),
		s.DropExpiredPushed(ctx, now),
		s.DropExpiredTrips(ctx, now),
		s.DropExpiredStays(ctx, now),
		s.DropExpiredJourneys(ctx, now),
		s.DropExpiredScriptRuns(ctx, now),
		s.DropOldLockouts(ctx, now),
		s.DropOldChanges(ctx, now),
		s.DropFullBuckets(ctx, now),
		s.DropImportPieces(ctx, now),
		s.DropRepeats(ctx, now),
		s.DropOldEvents(ctx, now.Add(-risk.Memory)),
	)
}

// longestToken is how long an access token can live, and so outlive the refresh token of its session.
const longestToken = 24 * time.Hour
