package session

import (
	"testing"

	"cognate.dev/cognate/internal/store/database/plantest"
)

func TestSearchesAreRangesOfAnIndex(t *testing.T) {
	t.Parallel()
	plantest.Searches(t, map[string]string{
		"session": sessionByID, "session and user": sessionAndUser,
	})
}
