package enrich

import (
	"context"
	"sync"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	"google.golang.org/protobuf/types/known/structpb"

	"cognate.dev/cognate/internal/kit/cache"
)

// Resources fills resources in place. Denied says on which of them everything is denied, because nobody has heard of
// them; nil: on none. The trace has a step for each source and outcome. The error is as of Enrich.
func (e *Enricher) Resources(ctx context.Context, list []*enginev1.Resource) (denied []bool, trace Trace, err error) {
	if len(e.resources) == 0 || len(list) == 0 {
		return nil, nil, nil
	}
	denied, _, trace, err = e.enrichAll(ctx, list, false)
	return denied, trace, err
}

func (e *Enricher) enrichAll(ctx context.Context, list []*enginev1.Resource, keep bool) (denied []bool, got []*gains, trace Trace, err error) {
	got = make([]*gains, len(list))
	for i, r := range list {
		if r.Attr == nil {
			r.Attr = map[string]*structpb.Value{}
		}
		e.StripResource(r.GetKind(), r.Attr)
		got[i] = &gains{attr: r.Attr, keep: keep}
	}
	for _, s := range e.resources {
		for i, f := range s.lookAll(ctx, list) {
			if f == nil {
				continue
			}
			step := Step{Source: s.Name, Resources: 1, Outcome: f.Outcome, Age: f.Age, Found: f.Found && f.err == nil, Err: f.err}
			switch {
			case f.err != nil:
				step.Outcome, step.Age = Failed, 0
			case f.Found:
				got[i].add(s, len(trace), f.Value, e.sharedResource)
			case s.OnMissing == deny:
				step.Denied = true
				if denied == nil {
					denied = make([]bool, len(list))
				}
				denied[i] = true
			}
			trace = trace.count(step)
			e.tell(s, step)
			if f.err != nil && s.OnFailure == closed && err == nil {
				err = unavailable(s, f.err)
			}
		}
		if err != nil {
			return denied, got, trace, err
		}
	}
	return denied, got, trace, nil
}

// StripResource takes away from the attributes of a resource what only a source may say of its kind.
func (e *Enricher) StripResource(kind string, attr map[string]*structpb.Value) {
	for _, s := range e.resources {
		if s.chosen.kindFits(kind) {
			s.strip(attr)
		}
	}
}

// finding is what came of the look-up of one resource.
type finding struct {
	cache.Result[*Subject]
	err error
}

// lookAll looks all resources up that are the source's: those that are not in memory at once, of which the source's own
// limit says how many really are. A nil finding is of a resource about which the source is not asked.
func (s *stage) lookAll(ctx context.Context, list []*enginev1.Resource) []*finding {
	found, all := make([]*finding, len(list)), make([]finding, len(list))
	var waiting sync.WaitGroup
	for i, r := range list {
		if !s.chosen.kindFits(r.GetKind()) || !s.chosen.fits(r.GetId(), nil, r.GetAttr()) {
			continue
		}
		f := &all[i]
		found[i] = f
		ctx, k, ok := s.ask(ctx, r.GetKind(), s.asked(r.GetId(), r.GetAttr()), nil)
		if !ok {
			f.Outcome = Unasked
			continue
		}
		if f.Result, ok = s.cache.Stored(ctx, k); ok {
			continue
		}
		look := func() { f.Result, f.err = s.cache.Get(ctx, k) }
		if len(list) == 1 {
			look()
		} else {
			waiting.Go(look)
		}
	}
	waiting.Wait()
	return found
}
