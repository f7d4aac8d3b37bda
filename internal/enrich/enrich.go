// Package enrich tells a decision who the principal is: it fetches the person behind an id from its sources, keeps
// the answers for a while, and puts them into the principal as roles and attributes that no caller can forge. It
// leaves deciding to policy, the wire to front/pdp, and knowing people to its sources (directory for the pool).
package enrich

import (
	"context"
	"fmt"
	"slices"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	"google.golang.org/protobuf/types/known/structpb"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/cache"
	"cognate.dev/cognate/internal/kit/clock"
)

// Subject is what a source knows about a person. It is shared by all decisions that need it: read it only.
type Subject struct {
	PoolID     string
	ID         string // the sub
	Groups     []string
	Attributes *structpb.Value // an object: what policies see
}

// Answer is a source's answer. A nil Subject means that the source knows nobody of that id, which is no error.
// Tags name what the answer was made of, in the source's own words; its Affected speaks the same words.
type Answer struct {
	Subject *Subject
	Tags    []string
}

// Source finds people by id. An error means that it could not tell.
type Source interface {
	Fetch(ctx context.Context, id string) (Answer, error)
	// Affected names the tags of the answers that a change of a user makes untrue, those that say "nobody"
	// included. An empty userID means a change of anything in the pool.
	Affected(poolID, userID string) []string
}

// Observer is told of every look-up, for metrics. It must not block.
type Observer interface {
	LookedUp(source string, step Step)
}

// Enricher fills principals from its sources, in their order. Safe for concurrent use.
type Enricher struct {
	stages   []*stage
	observer Observer
}

// stage is one source with its rules and its memory. The cache is keyed by the id that the caller used, since that is
// all a decision has; the tags are the way from a changed user to every id that led to it.
type stage struct {
	SourceConfig
	source Source
	cache  *cache.Cache[string, *Subject]
}

// Enrich fills a principal in place, before validation: an id alone is enough. Its own id stays as it is. The trace
// says what each source did, also when there is an error: a fault of kind Unavailable that names the source.
func (e *Enricher) Enrich(ctx context.Context, p *enginev1.Principal) (Trace, error) {
	if p.GetId() == "" || len(e.stages) == 0 {
		return nil, nil
	}
	e.Strip(p) // whatever a source may say, the caller must not
	sent := len(p.Roles) > 0
	trace := make(Trace, 0, len(e.stages))
	for _, s := range e.stages {
		r, err := s.cache.Get(ctx, p.GetId())
		step := Step{Source: s.Name, Outcome: r.Outcome, Age: r.Age, Found: r.Found && err == nil, Err: err}
		switch {
		case err != nil:
			step.Outcome, step.Age = Failed, 0
		case r.Found:
			step.Roles = s.admit(p, r.Value, sent)
		default:
			step.Roles, step.Denied = s.miss(p)
		}
		trace = append(trace, step)
		if e.observer != nil {
			e.observer.LookedUp(s.Name, step)
		}
		if err != nil && s.OnFailure == closed {
			return trace, fault.Newf(fault.Unavailable, "", "The enrichment source %q could not answer; no decision is made without it.", s.Name).
				Because(fmt.Errorf("enrich: %s: %w", s.Name, err))
		}
	}
	return trace, nil
}

// Strip takes away what only a source may say, from a principal that is nobody the sources could know.
func (e *Enricher) Strip(p *enginev1.Principal) {
	for _, s := range e.stages {
		delete(p.GetAttr(), s.Attribute)
	}
}

// admit gives the principal what is known about it, and roles as configured.
func (s *stage) admit(p *enginev1.Principal, who *Subject, sent bool) (added []string) {
	if p.Attr == nil {
		p.Attr = make(map[string]*structpb.Value, 1)
	}
	p.Attr[s.Attribute] = who.Attributes
	if s.Roles == never || s.Roles == ifEmpty && sent {
		return nil
	}
	before := len(p.Roles)
	for _, g := range who.Groups {
		p.Roles = join(p.Roles, s.GroupPrefix+g)
	}
	// A role that is added can turn a denial into an allowance, so the default one is only for who has none at all.
	if len(p.Roles) == 0 && s.DefaultRole != "" {
		p.Roles = join(p.Roles, s.DefaultRole)
	}
	return p.Roles[before:]
}

// miss treats an id that nobody has. A principal that is denied outright gets a role too, so that the answer is a
// denial and not a complaint about a missing role.
func (s *stage) miss(p *enginev1.Principal) (added []string, denied bool) {
	if s.OnMissing != pass && len(p.Roles) == 0 {
		p.Roles = []string{anonymous}
		added = p.Roles
	}
	return added, s.OnMissing == deny
}

func join(roles []string, role string) []string {
	if role == "" || slices.Contains(roles, role) {
		return roles
	}
	return append(roles, role)
}

// Invalidate forgets what was known about a user under every id, and every "nobody of that id" that the change may
// have made untrue. When it returns, no later Enrich uses anything read before. An empty userID means InvalidatePool.
func (e *Enricher) Invalidate(poolID, userID string) {
	for _, s := range e.stages {
		s.cache.InvalidateTag(s.source.Affected(poolID, userID)...)
	}
}

// InvalidatePool forgets everybody of a pool, with the same promise as Invalidate.
func (e *Enricher) InvalidatePool(poolID string) { e.Invalidate(poolID, "") }

// InvalidateAll forgets everything, with the same promise as Invalidate.
func (e *Enricher) InvalidateAll() {
	for _, s := range e.stages {
		s.cache.InvalidateAll()
	}
}

// Wait returns when no look-up is under way.
func (e *Enricher) Wait() {
	for _, s := range e.stages {
		s.cache.Wait()
	}
}

// New makes an enricher. Source makes the source of each configuration; the observer may be nil.
func New(cfg Config, source func(SourceConfig) (Source, error), observer Observer, now clock.Clock) (*Enricher, error) {
	configs, err := cfg.settle()
	if err != nil {
		return nil, err
	}
	e := &Enricher{observer: observer}
	for _, c := range configs {
		from, err := source(c)
		if err != nil {
			return nil, fmt.Errorf("enrichment source %s: %w", c.Name, err)
		}
		load := func(ctx context.Context, id string) (cache.Loaded[*Subject], error) {
			a, err := from.Fetch(ctx, id)
			return cache.Loaded[*Subject]{Value: a.Subject, Found: a.Subject != nil, Tags: a.Tags}, err
		}
		e.stages = append(e.stages, &stage{SourceConfig: c, source: from, cache: cache.New(cache.Config{
			Max: c.Max, TTL: c.TTL, Absent: c.NegativeTTL, Stale: c.Stale, Jitter: c.Jitter, Timeout: c.Timeout, Clock: now,
		}, load)})
	}
	return e, nil
}
