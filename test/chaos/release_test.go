package chaos

import (
	"flag"
	"testing"
)

var older = flag.String("older", "", "`binary` of an older release, to run beside the one under test")

// TestTwoReleasesAreOneServer runs all journeys where every step may meet another release than the step before: the older one has
// made the schema, and starts once more when the newer one has changed it. `make releases` builds the older one.
func TestTwoReleasesAreOneServer(t *testing.T) {
	if *older == "" {
		t.Skip("NOT RUN: make releases OLDER=COMMIT names the older release")
	}
	need(t, "nginx")
	for name, programs := range map[string][3]string{
		"OneOfThreeReplaced": {*older, binary, *older},
		"TwoOfThreeReplaced": {*older, binary, binary},
	} {
		t.Run(name, func(t *testing.T) { newClusterOf(t, programs, newPostgres(t).url("cognate")).journeys() })
	}
}
