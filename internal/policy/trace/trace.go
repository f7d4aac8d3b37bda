// Package trace puts into words what the engine did on its way to a decision. It owns the wording, which is Cerbos'. It
// leaves making traces to policy/cerbos and test suites, and what an explanation says besides to policy/explain.
package trace

import (
	"fmt"
	"strings"

	effectv1 "github.com/cerbos/cerbos/api/genpb/cerbos/effect/v1"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	"google.golang.org/protobuf/encoding/protojson"
)

// Unpack gives the traces that test results hold in a denser form.
func Unpack(batch *enginev1.TraceBatch) []*enginev1.Trace {
	traces := make([]*enginev1.Trace, len(batch.GetEntries()))
	for i, entry := range batch.GetEntries() {
		traces[i] = &enginev1.Trace{Event: entry.GetEvent()}
		for _, index := range entry.GetComponentIndices() {
			if int(index) < len(batch.GetDefinitions()) {
				traces[i].Components = append(traces[i].Components, batch.GetDefinitions()[index])
			}
		}
	}
	return traces
}

// Text is all steps, each a path and what came of it, with an empty line between them.
func Text(traces []*enginev1.Trace) string {
	var b strings.Builder
	for i, t := range traces {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString("  " + Path(t) + "\n")
		for _, line := range Outcome(t.GetEvent()) {
			b.WriteString("    " + line + "\n")
		}
	}
	return b.String()
}

// Path says where a step happened: policy, action, scope, rule, condition…
func Path(t *enginev1.Trace) string {
	parts := make([]string, len(t.GetComponents()))
	for i, c := range t.GetComponents() {
		parts[i] = component(c)
	}
	return strings.Join(parts, " > ")
}

func component(c *enginev1.Trace_Component) string {
	switch c.GetKind() {
	case enginev1.Trace_Component_KIND_ACTION:
		return "action=" + c.GetAction()
	case enginev1.Trace_Component_KIND_CONDITION_ALL:
		return "conditionAll"
	case enginev1.Trace_Component_KIND_CONDITION_ANY:
		return "conditionAny"
	case enginev1.Trace_Component_KIND_CONDITION_NONE:
		return "conditionNone"
	case enginev1.Trace_Component_KIND_CONDITION:
		if at, ok := c.GetDetails().(*enginev1.Trace_Component_Index); ok {
			return fmt.Sprintf("condition#%d", at.Index)
		}
		return "condition"
	case enginev1.Trace_Component_KIND_DERIVED_ROLE:
		return "derivedRole=" + c.GetDerivedRole()
	case enginev1.Trace_Component_KIND_EXPR:
		return "expr=`" + c.GetExpr() + "`"
	case enginev1.Trace_Component_KIND_POLICY:
		return "policy=" + c.GetPolicy()
	case enginev1.Trace_Component_KIND_RESOURCE:
		return "resource=" + c.GetResource()
	case enginev1.Trace_Component_KIND_ROLE:
		return "role=" + c.GetRole()
	case enginev1.Trace_Component_KIND_RULE:
		return "rule=" + c.GetRule()
	case enginev1.Trace_Component_KIND_SCOPE:
		if c.GetScope() == "" {
			return `scope=""`
		}
		return "scope=" + c.GetScope()
	case enginev1.Trace_Component_KIND_VARIABLE:
		return c.GetVariable().GetName() + "=`" + c.GetVariable().GetExpr() + "`"
	case enginev1.Trace_Component_KIND_VARIABLES:
		return "variables"
	case enginev1.Trace_Component_KIND_OUTPUT:
		return "output=" + c.GetOutput()
	}
	return c.GetKind().String()
}

// Outcome says what came of a step, a line for each thing.
func Outcome(e *enginev1.Trace_Event) (lines []string) {
	switch e.GetStatus() {
	case enginev1.Trace_Event_STATUS_ACTIVATED:
		lines = append(lines, "activated")
	case enginev1.Trace_Event_STATUS_SKIPPED:
		lines = append(lines, "skipped")
	}
	switch e.GetEffect() {
	case effectv1.Effect_EFFECT_ALLOW:
		lines = append(lines, "effect → allow")
	case effectv1.Effect_EFFECT_DENY:
		lines = append(lines, "effect → deny")
	}
	if e.GetResult() != nil {
		raw, err := protojson.Marshal(e.GetResult())
		if err != nil {
			raw = []byte("?")
		}
		lines = append(lines, "result → "+string(raw))
	}
	switch {
	case e.GetMessage() != "" && e.GetError() != "":
		lines = append(lines, e.GetMessage()+": "+e.GetError())
	case e.GetMessage()+e.GetError() != "":
		lines = append(lines, e.GetMessage()+e.GetError())
	}
	return lines
}
