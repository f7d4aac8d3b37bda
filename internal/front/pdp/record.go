package pdp

import (
	"slices"

	auditv1 "github.com/cerbos/cerbos/api/genpb/cerbos/audit/v1"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// The names under which an entry of the decision log says what Cerbos' has no place for.
const (
	metaEnrichment = "cognate-enrichment"
	metaMethod     = "cognate-method"
)

// recordCheck remembers a check, as enrichment completed it.
func (a *ask) recordCheck(inputs []*enginev1.CheckInput, outputs []*enginev1.CheckOutput, err error) {
	if a.server.parts.Record == nil || a.event.Method == methodExplain {
		return
	}
	c := &auditv1.DecisionLogEntry_CheckResources{Inputs: a.masked(inputs), Outputs: outputs}
	if err != nil {
		c.Error = translate(err).text
	}
	a.record(&auditv1.DecisionLogEntry{Method: &auditv1.DecisionLogEntry_CheckResources_{CheckResources: c}})
}

// recordPlan remembers a plan.
func (a *ask) recordPlan(input *enginev1.PlanResourcesInput, output *enginev1.PlanResourcesOutput, err error) {
	if a.server.parts.Record == nil {
		return
	}
	if e := a.server.parts.Enricher; e != nil {
		if p, _ := e.Masked(input.GetPrincipal(), nil); p != input.GetPrincipal() {
			input = proto.CloneOf(input)
			input.Principal = p
			output = withoutCondition(output)
		}
	}
	p := &auditv1.DecisionLogEntry_PlanResources{Input: input, Output: output}
	if err != nil {
		p.Error = translate(err).text
	}
	a.record(&auditv1.DecisionLogEntry{Method: &auditv1.DecisionLogEntry_PlanResources_{PlanResources: p}})
}

// withoutCondition leaves out what a principal's attributes were compared with and, so, what they are: the caller needs
// the values to filter by, whoever reads the log does not.
func withoutCondition(output *enginev1.PlanResourcesOutput) *enginev1.PlanResourcesOutput {
	if output.GetFilter().GetCondition() == nil {
		return output
	}
	kept := proto.CloneOf(output)
	kept.Filter.Condition, kept.FilterDebug = nil, ""
	return kept
}

// masked gives the inputs without secrets of enrichment, for whoever reads them. The inputs stay as they are.
func (a *ask) masked(inputs []*enginev1.CheckInput) []*enginev1.CheckInput {
	e := a.server.parts.Enricher
	if e == nil {
		return inputs
	}
	shown := inputs
	for i, in := range inputs {
		p, r := e.Masked(in.GetPrincipal(), in.GetResource())
		if p == in.GetPrincipal() && r == in.GetResource() {
			continue
		}
		if &shown[0] == &inputs[0] {
			shown = slices.Clone(inputs)
		}
		shown[i] = &enginev1.CheckInput{RequestId: in.GetRequestId(), Actions: in.GetActions(), AuxData: in.GetAuxData(), Principal: p, Resource: r}
	}
	return shown
}

func (a *ask) record(e *auditv1.DecisionLogEntry) {
	if a.event.CallID == "" {
		a.event.CallID = callID(a.began)
	}
	e.CallId, e.Timestamp = a.event.CallID, timestamppb.New(a.began)
	e.Metadata = map[string]*auditv1.MetaValues{metaMethod: {Values: []string{a.event.Method}}}
	if len(a.event.Trace) > 0 {
		e.Metadata[metaEnrichment] = &auditv1.MetaValues{Values: []string{a.event.Trace.String()}}
	}
	a.server.parts.Record(e)
}
