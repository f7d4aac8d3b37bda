package risk

import (
	"testing"

	"cognate.dev/cognate/internal/store/database/plantest"
)

func TestSearchesAreRangesOfAnIndex(t *testing.T) {
	t.Parallel()
	plantest.Searches(t, map[string]string{
		"events": listEvents, "good events": eventsOf,
	})
}
