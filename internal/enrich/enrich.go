// Package enrich tells a decision who the principal is and what the resources are: it asks its sources, keeps the answers
// for a while, and puts them into roles and attributes where no caller can forge them. It leaves deciding to policy, the
// wire to front/pdp, and knowing people to its sources (directory for the pool, the subfolders for other servers).
package enrich

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	"google.golang.org/protobuf/types/known/structpb"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
)

// Observer is told of every look-up, for metrics. It must not block.
type Observer interface {
	// LookedUp is told what a decision got, and Fetched what a source was asked for it: Answered, Nobody, Failed or
	// Refused, and how long that took.
	LookedUp(source string, step Step)
	Fetched(source string, took time.Duration, outcome string)
	// Breaker is told when a source is left alone, and when it is asked again.
	Breaker(source string, open bool)
	// Tried is told of each look-up that was let through to a source that is left alone, to see whether it works again.
	Tried(source string, works bool)
}

// Enricher fills principals and resources from its sources, in their order. Safe for concurrent use.
type Enricher struct {
	principals, resources []*stage
	shared                map[string]bool // names in a principal's attr that several sources fill
	sharedResource        map[string]bool
	observer              Observer
}

// New makes an enricher. Source makes the source of each configuration; the observer may be nil. Close it when done.
func New(cfg Config, source func(SourceConfig) (Source, error), observer Observer, now clock.Clock) (*Enricher, error) {
	configs, err := cfg.settle()
	if err != nil {
		return nil, err
	}
	e := &Enricher{observer: observer}
	for i, c := range configs {
		from, err := source(c)
		if err == nil {
			var s *stage
			if s, err = newStage(c, i, from, observer, now); err == nil {
				e.add(s)
				continue
			}
		}
		return nil, errors.Join(fmt.Errorf("enrichment source %s: %w", c.Name, err), e.Close())
	}
	e.shared, e.sharedResource = sharedOf(e.principals), sharedOf(e.resources)
	return e, nil
}

func (e *Enricher) add(s *stage) {
	if s.For == resource {
		e.resources = append(e.resources, s)
		return
	}
	e.principals = append(e.principals, s)
}

func sharedOf(stages []*stage) map[string]bool {
	seen, shared := map[string]bool{}, map[string]bool{}
	for _, s := range stages {
		for _, name := range s.places {
			if seen[name] {
				shared[name] = true
			}
			seen[name] = true
		}
	}
	return shared
}

// Close ends connections to sources. No look-up may be under way.
func (e *Enricher) Close() error {
	var errs []error
	for _, s := range slices.Concat(e.principals, e.resources) {
		if c, ok := s.source.(io.Closer); ok {
			errs = append(errs, c.Close())
		}
	}
	return errors.Join(errs...)
}

// Enrich fills a principal in place, before validation: an id alone is enough. Its own id stays as it is. Aux is what the
// request carries, for sources that show a token to its issuer; it may be nil. The trace says what each source did, also
// when there is an error: a fault of kind Unavailable that names the source.
func (e *Enricher) Enrich(ctx context.Context, p *enginev1.Principal, aux *requestv1.AuxData) (Trace, error) {
	if p.GetId() == "" || len(e.principals) == 0 {
		return nil, nil
	}
	trace, _, err := e.enrich(ctx, p, aux, false)
	return trace, err
}

func (e *Enricher) enrich(ctx context.Context, p *enginev1.Principal, aux *requestv1.AuxData, keep bool) (Trace, *gains, error) {
	e.Strip(p) // whatever a source may say, the caller must not
	sent := len(p.Roles) > 0
	trace := make(Trace, 0, len(e.principals))
	if p.Attr == nil {
		p.Attr = make(map[string]*structpb.Value, 1)
	}
	got := &gains{attr: p.Attr, keep: keep}
	for _, s := range e.principals {
		if !s.chosen.fits(p.Id, p.Roles, p.Attr) {
			continue
		}
		r, err := s.get(ctx, "", s.asked(p.Id, p.Attr), tokens(aux))
		step := Step{Source: s.Name, Outcome: r.Outcome, Age: r.Age, Found: r.Found && err == nil, Err: err}
		switch {
		case err != nil:
			step.Outcome, step.Age = Failed, 0
		case r.Found:
			got.add(s, len(trace), r.Value, e.shared)
			step.Roles = s.groupRoles(p, r.Value, sent)
		default:
			step.Denied = s.OnMissing == deny
		}
		trace = append(trace, step)
		e.tell(s, step)
		if err != nil && s.OnFailure == closed {
			return trace, got, unavailable(s, err)
		}
	}
	e.fallBack(p, trace)
	return trace, got, nil
}

func unavailable(s *stage, err error) error {
	return fault.Newf(fault.Unavailable, "", "The enrichment source %q could not answer; no decision is made without it.", s.Name).
		Because(fmt.Errorf("enrich: %s: %w", s.Name, err))
}

func (e *Enricher) tell(s *stage, step Step) {
	if e.observer != nil {
		e.observer.LookedUp(s.Name, step)
	}
}

// tokens are those that a request carries, unverified.
func tokens(aux *requestv1.AuxData) []string {
	if aux == nil {
		return nil
	}
	var list []string
	if t := aux.GetJwt().GetToken(); t != "" {
		list = append(list, t)
	}
	for _, name := range sortedKeys(aux.GetJwts()) {
		if t := aux.GetJwts()[name].GetToken(); t != "" {
			list = append(list, t)
		}
	}
	return list
}

// Strip takes away what only a source may say, from a principal that is nobody the sources could know.
func (e *Enricher) Strip(p *enginev1.Principal) {
	for _, s := range e.principals {
		s.strip(p.GetAttr())
	}
}

// groupRoles makes roles of groups, as configured.
func (s *stage) groupRoles(p *enginev1.Principal, who *Subject, sent bool) (added []string) {
	if s.Roles == never || s.Roles == ifEmpty && sent || len(who.Groups) == 0 {
		return nil
	}
	before, prefix := len(p.Roles), s.prefix(who.PoolID)
	for _, g := range who.Groups {
		p.Roles = join(p.Roles, prefix+g)
	}
	return p.Roles[before:]
}

// fallBack gives a role to a principal that has none, after all sources: a role that is added can turn a denial into an
// allowance. Whom a source knows gets its default role. Nobody known is anonymous where that is wanted; also when
// everything is denied, so that the answer is a denial and not a complaint about a missing role.
func (e *Enricher) fallBack(p *enginev1.Principal, trace Trace) {
	if len(p.Roles) > 0 {
		return
	}
	for i := range trace {
		s := e.named(trace[i].Source)
		if trace[i].Found && s.Roles != never && s.DefaultRole != "" {
			p.Roles = []string{s.DefaultRole}
			trace[i].Roles = p.Roles
			return
		}
	}
	for i := range trace {
		step := &trace[i]
		if !step.Found && step.Err == nil && e.named(step.Source).OnMissing != pass {
			p.Roles = []string{anonymous}
			step.Roles = p.Roles
			return
		}
	}
}

func (e *Enricher) named(name string) *stage {
	for _, s := range e.principals {
		if s.Name == name {
			return s
		}
	}
	return nil
}

func join(roles []string, role string) []string {
	if role == "" || slices.Contains(roles, role) {
		return roles
	}
	return append(roles, role)
}
