package enrich

import (
	"strconv"
	"strings"
	"time"

	"cognate.dev/cognate/internal/kit/cache"
)

// Failed is the outcome of a look-up that gave no answer.
const Failed cache.Outcome = "failed"

// Step is what one source did for one decision.
type Step struct {
	Source  string
	Outcome cache.Outcome // hit, miss, coalesced, stale, negative or failed
	Age     time.Duration // of the answer
	Found   bool
	Roles   []string // given to the principal
	Denied  bool     // nobody of that id, and the source is set to deny then
	Err     error    // why it failed; for the log, never for an answer
}

// Trace is what all sources did, in order.
type Trace []Step

// Denied reports whether a source settled the decision: everything is denied.
func (t Trace) Denied() bool {
	for _, s := range t {
		if s.Denied {
			return true
		}
	}
	return false
}

// String is the short form that goes into a response header: pool;hit;age=12ms, and "missing" for an id that nobody
// has. It holds nothing about the person.
func (t Trace) String() string {
	if len(t) == 1 && t[0].Found {
		return t[0].short()
	}
	parts := make([]string, len(t))
	for i, s := range t {
		parts[i] = s.short()
	}
	return strings.Join(parts, ", ")
}

func (s Step) short() string {
	out := s.Source + ";" + string(s.Outcome)
	if s.Outcome == Failed {
		return out
	}
	out += ";age=" + strconv.FormatInt(s.Age.Milliseconds(), 10) + "ms"
	if !s.Found {
		out += ";missing"
	}
	return out
}
