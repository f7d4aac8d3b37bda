package enrich

import (
	"strconv"
	"strings"
	"time"

	"cognate.dev/cognate/internal/kit/cache"
)

// Outcomes besides those of the cache.
const (
	Failed  cache.Outcome = "failed"  // a look-up gave no answer
	Unasked cache.Outcome = "unasked" // there was nothing to ask by: no key, one too long for anybody, or no token
)

// Step is what one source did for one decision: for the principal, or for some of the resources with the same outcome.
type Step struct {
	Source    string
	Outcome   cache.Outcome // hit, miss, coalesced, stale, negative, failed or unasked
	Age       time.Duration // of the answer; of several, the oldest
	Found     bool
	Roles     []string // given to the principal
	Denied    bool     // nobody of that id, and the source is set to deny then
	Err       error    // why it failed; for the log, never for an answer
	Resources int      // how many; 0: it is about the principal
}

// Trace is what all sources did, in order.
type Trace []Step

// count adds a step of a resource to those like it.
func (t Trace) count(step Step) Trace {
	for i := range t {
		if x := &t[i]; x.Source == step.Source && x.Outcome == step.Outcome && x.Found == step.Found && x.Denied == step.Denied {
			x.Resources += step.Resources
			x.Age = max(x.Age, step.Age)
			return t
		}
	}
	return append(t, step)
}

// Denied reports whether a source settled the decision: everything is denied to the principal.
func (t Trace) Denied() bool {
	for _, s := range t {
		if s.Denied && s.Resources == 0 {
			return true
		}
	}
	return false
}

// Err is the first failure without which a decision was made all the same, for the log.
func (t Trace) Err() error {
	for _, s := range t {
		if s.Err != nil {
			return s.Err
		}
	}
	return nil
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
	if s.Outcome != Failed {
		out += ";age=" + strconv.FormatInt(s.Age.Milliseconds(), 10) + "ms"
		if !s.Found {
			out += ";missing"
		}
	}
	if s.Resources > 0 {
		out += ";resources=" + strconv.Itoa(s.Resources)
	}
	return out
}
