package federation

import (
	"testing"

	"cognate.dev/cognate/internal/store/database/plantest"
)

func TestSearchesAreRangesOfAnIndex(t *testing.T) {
	t.Parallel()
	plantest.Searches(t, map[string]string{
		"stays": staysOf,
	})
}
