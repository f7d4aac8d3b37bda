package pdp

import (
	"context"
	"fmt"
	"time"

	effectv1 "github.com/cerbos/cerbos/api/genpb/cerbos/effect/v1"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	"google.golang.org/protobuf/proto"

	"cognate.dev/cognate/internal/fault"
)

// ask is one question on its way, whatever it came by.
type ask struct {
	server *Server
	ctx    context.Context
	began  time.Time
	event  Event

	principal *enginev1.Principal // as enriched

	enriched, decided time.Time // zero: did not get so far
}

// prepare does what every question needs before it is decided, in this order: enrich, validate by the rules of the
// message, check the limits, read the tokens. Enrichment comes first, since an id alone is not valid.
func (a *ask) prepare(p *enginev1.Principal, m proto.Message, limits func() error, aux *requestv1.AuxData) (*enginev1.AuxData, error) {
	if err := a.enrich(p, aux); err != nil {
		return nil, err
	}
	if err := validate(m); err != nil {
		return nil, err
	}
	if err := limits(); err != nil {
		return nil, err
	}
	return a.tokens(aux)
}

func (a *ask) enrich(p *enginev1.Principal, aux *requestv1.AuxData) (err error) {
	a.event.Principal, a.principal = p.GetId(), p
	if e := a.server.parts.Enricher; e != nil {
		a.event.Trace, err = e.Enrich(a.ctx, p, aux)
	}
	a.enriched = a.server.parts.Now()
	return err
}

// tokens verifies what the request carries. What is wrong with a token, its sender need not be told: Cerbos says as
// much, and the log has the rest.
func (a *ask) tokens(aux *requestv1.AuxData) (*enginev1.AuxData, error) {
	if aux.GetJwt() == nil && len(aux.GetJwts()) == 0 {
		return nil, nil
	}
	if a.server.parts.Tokens == nil {
		return nil, refuse(invalidArgument, "invalid auxData: this server does not read tokens, so it will not decide on a request that carries one")
	}
	claims, err := a.server.parts.Tokens.Read(a.ctx, aux)
	if err != nil && !fault.Is(err, fault.Unavailable, "") && a.ctx.Err() == nil {
		return nil, refuse(invalidArgument, "invalid auxData").because(err)
	}
	return claims, err
}

// decide gives one output for each input, and remembers both.
func (a *ask) decide(inputs []*enginev1.CheckInput) ([]*enginev1.CheckOutput, error) {
	outputs, err := a.effects(inputs)
	a.recordCheck(inputs, outputs, err)
	return outputs, err
}

// effects decides and remembers nothing: searches and explanations try out decisions that nobody makes.
func (a *ask) effects(inputs []*enginev1.CheckInput) ([]*enginev1.CheckOutput, error) {
	if a.event.Trace.Denied() {
		a.event.Denied = countActions(inputs)
		a.decided = a.server.parts.Now()
		return denyAll(inputs, missingUser), nil
	}
	denied, err := a.enrichResources(inputs)
	if err != nil {
		return nil, err
	}
	outputs, err := a.check(inputs, denied)
	if err != nil {
		return nil, err
	}
	for _, out := range outputs {
		for _, effect := range out.GetActions() {
			if effect.GetEffect() == effectv1.Effect_EFFECT_ALLOW {
				a.event.Allowed++
			} else {
				a.event.Denied++
			}
		}
	}
	a.decided = a.server.parts.Now()
	return outputs, nil
}

// enrichResources says on which inputs everything is denied, since nobody has heard of their resources; nil: on none.
func (a *ask) enrichResources(inputs []*enginev1.CheckInput) ([]bool, error) {
	e := a.server.parts.Enricher
	if e == nil {
		return nil, nil
	}
	resources := make([]*enginev1.Resource, len(inputs))
	for i, in := range inputs {
		resources[i] = in.GetResource()
	}
	denied, trace, err := e.Resources(a.ctx, resources)
	if trace != nil {
		a.event.Trace = append(a.event.Trace, trace...)
		a.enriched = a.server.parts.Now()
	}
	return denied, err
}

// check asks the policies about the inputs that are not denied already.
func (a *ask) check(inputs []*enginev1.CheckInput, denied []bool) ([]*enginev1.CheckOutput, error) {
	asked := inputs
	if denied != nil {
		asked = nil
		for i, in := range inputs {
			if !denied[i] {
				asked = append(asked, in)
			}
		}
	}
	var outputs []*enginev1.CheckOutput
	if len(asked) > 0 {
		var err error
		if outputs, err = a.server.parts.Decider.Check(a.ctx, asked); err != nil {
			return nil, engineError("Policy check failed", err)
		}
	}
	if len(outputs) != len(asked) {
		return nil, engineError("Policy check failed", fmt.Errorf("%d outputs for %d inputs", len(outputs), len(asked)))
	}
	if denied == nil {
		return outputs, nil
	}
	all := denyAll(inputs, missingResource)
	for i := range all {
		if !denied[i] {
			all[i], outputs = outputs[0], outputs[1:]
		}
	}
	return all, nil
}

// missingUser stands where a policy's name would: the id has no user, or no resource, and that settled it.
const (
	missingUser     = "enrichment.missing_user"
	missingResource = "enrichment.missing_resource"
)

func denyAll(inputs []*enginev1.CheckInput, reason string) []*enginev1.CheckOutput {
	outputs := make([]*enginev1.CheckOutput, len(inputs))
	for i, in := range inputs {
		actions := make(map[string]*enginev1.CheckOutput_ActionEffect, len(in.GetActions()))
		for _, action := range in.GetActions() {
			actions[action] = &enginev1.CheckOutput_ActionEffect{Effect: effectv1.Effect_EFFECT_DENY, Policy: reason}
		}
		outputs[i] = &enginev1.CheckOutput{Actions: actions}
	}
	return outputs
}

func countActions(inputs []*enginev1.CheckInput) (n int) {
	for _, in := range inputs {
		n += len(in.GetActions())
	}
	return n
}

func (s *Server) resourceLimit(n int) error {
	if most := s.cfg.MaxResources; n > most {
		return refuse(invalidArgument, fmt.Sprintf("number of resources in batch (%d) exceeds configured limit (%d)", n, most))
	}
	return nil
}

func (s *Server) actionLimit(n int) error {
	if most := s.cfg.MaxActions; n > most {
		return refuse(invalidArgument, fmt.Sprintf("number of actions (%d) exceeds configured limit (%d)", n, most))
	}
	return nil
}

// end tells the observer.
func (a *ask) end(status int, err error) {
	if a.server.parts.Observe == nil {
		return
	}
	if err != nil {
		a.event.Err = err
	}
	a.event.Status, a.event.Took = status, a.server.parts.Now().Sub(a.began)
	a.server.parts.Observe(a.ctx, a.event)
}
