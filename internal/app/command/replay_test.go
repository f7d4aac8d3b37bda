package command

import (
	"testing"

	auditv1 "github.com/cerbos/cerbos/api/genpb/cerbos/audit/v1"

	"cognate.dev/cognate/internal/decision"
	"cognate.dev/cognate/internal/policy/replay"
)

// TestAReplayLeavesCedarsDecisionsAlone fails when a decision of a policy store is made anew by other policies.
func TestAReplayLeavesCedarsDecisionsAlone(t *testing.T) {
	t.Parallel()
	e := &decision.Entry{Metadata: map[string]*auditv1.MetaValues{decision.MetaPolicyStore: {Values: []string{"a"}}}}
	r := &replay.Report{}
	if err := again(t.Context(), nil, r, e); err != nil || r.Entries != 0 {
		t.Errorf("%v, %d entries", err, r.Entries)
	}
}
