package suite

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	policyv1 "github.com/cerbos/cerbos/api/genpb/cerbos/policy/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"

	"cognate.dev/cognate/internal/policy/trace"
)

// node is a line of the results with those below it.
type node struct {
	text     string
	children []*node
}

func (n *node) add(text string) *node {
	child := &node{text: text}
	n.children = append(n.children, child)
	return child
}

// tree writes the results as a tree, or as an indented list.
func (p printer) tree(r *policyv1.TestResults, list, verbose bool) {
	t := treeOf{p, verbose, map[string]string{}}
	root := &node{}
	for _, s := range r.GetSuites() {
		t.suite(root, s)
	}
	p.line(p.paint(bold, "Test results"))
	p.children(root, "", list)
	p.line()
	if len(t.traces) > 0 {
		p.line()
		p.line(p.paint(bold, "TRACES"))
		for _, key := range slices.Sorted(maps.Keys(t.traces)) {
			p.line(key)
			p.line(t.traces[key])
		}
	}
	sum := r.GetSummary()
	parts := []string{fmt.Sprintf("%d tests executed", sum.GetTestsCount())}
	for _, tally := range sum.GetResultCounts() {
		parts = append(parts, p.tally(tally))
	}
	p.line(parts...)
}

func (p printer) children(n *node, before string, list bool) {
	for i, c := range n.children {
		branch, below := "├─", "│ "
		if i == len(n.children)-1 {
			branch, below = "└─", "  "
		}
		if len(c.children) > 0 {
			branch += "┬"
		} else {
			branch += "─"
		}
		if list {
			branch, below = "", "  "
		}
		p.line(before + branch + c.text)
		p.children(c, before+below, list)
	}
}

var labels = map[policyv1.TestResults_Result]struct{ text, color string }{
	policyv1.TestResults_RESULT_PASSED:  {"OK", green},
	policyv1.TestResults_RESULT_SKIPPED: {"SKIPPED", bold},
	policyv1.TestResults_RESULT_FAILED:  {"FAILED", red},
	policyv1.TestResults_RESULT_ERRORED: {"ERROR", red},
}

func (p printer) label(r policyv1.TestResults_Result) string {
	return p.paint(labels[r].color, "["+labels[r].text+"]")
}

func (p printer) tally(t *policyv1.TestResults_Tally) string {
	l := labels[t.GetResult()]
	return p.paint(l.color, fmt.Sprintf("[%d %s]", t.GetCount(), l.text))
}

// treeOf builds a tree of results.
type treeOf struct {
	printer
	verbose bool
	traces  map[string]string
}

func (t treeOf) suite(root *node, s *policyv1.TestResults_Suite) {
	name := fmt.Sprintf("%s (%s)", t.paint(bold, s.GetName()), t.paint(blue, s.GetFile()))
	switch {
	case s.GetError() != "":
		root.add(name + " " + t.label(policyv1.TestResults_RESULT_ERRORED)).add(t.paint(red, s.GetError()))
		return
	case s.GetSummary().GetOverallResult() == policyv1.TestResults_RESULT_SKIPPED:
		if !allFiltered(s) {
			root.add(name + " " + t.label(policyv1.TestResults_RESULT_SKIPPED))
		}
		return
	}
	for _, tally := range s.GetSummary().GetResultCounts() {
		name += " " + t.tally(tally)
	}
	top := root.add(name)
	for _, c := range s.GetTestCases() {
		test := &node{text: c.GetName()}
		for _, who := range c.GetPrincipals() {
			principal := &node{text: t.paint(cyan, who.GetName())}
			for _, what := range who.GetResources() {
				resource := &node{text: t.paint(blue, what.GetName())}
				for _, a := range what.GetActions() {
					t.action(resource, a, fmt.Sprintf("%s - %s.%s.%s", s.GetName(), who.GetName(), what.GetName(), a.GetName()))
				}
				principal.keep(resource)
			}
			test.keep(principal)
		}
		top.keep(test)
	}
}

// keep hangs a child that has something to say.
func (n *node) keep(child *node) {
	if len(child.children) > 0 {
		n.children = append(n.children, child)
	}
}

func (t treeOf) action(parent *node, a *policyv1.TestResults_Action, key string) {
	d := a.GetDetails()
	switch d.GetResult() {
	case policyv1.TestResults_RESULT_PASSED:
		if !t.verbose {
			return
		}
	case policyv1.TestResults_RESULT_SKIPPED:
		if filtered(d.GetSkipReason()) {
			return
		}
	}
	n := parent.add(a.GetName() + " " + t.label(d.GetResult()))
	switch d.GetResult() {
	case policyv1.TestResults_RESULT_FAILED:
		t.failure(n, d.GetFailure())
	case policyv1.TestResults_RESULT_ERRORED:
		n.add(t.paint(red, "ERROR:") + " " + d.GetError())
	case policyv1.TestResults_RESULT_PASSED:
		t.success(n, d.GetSuccess())
		return
	}
	if text := trace.Text(trace.Unpack(d.GetEngineTraceBatch())); t.verbose && text != "" {
		t.traces[key] = text
	}
}

func (t treeOf) failure(n *node, f *policyv1.TestResults_Failure) {
	outcome := t.paint(red, "OUTCOME:")
	if len(f.GetOutputs()) == 0 {
		n.add(fmt.Sprintf("%s expected: %s, actual: %s", outcome, f.GetExpected(), t.paint(red, f.GetActual().String())))
		return
	}
	n = n.add(outcome + " output expectation unsatisfied")
	for _, o := range f.GetOutputs() {
		at := n.add(t.paint(blue, o.GetSrc()))
		switch {
		case o.GetErrored() != nil:
			at.add("EXPECTED: " + oneLine(o.GetErrored().GetExpected()))
			at.add("ACTUAL: " + t.paint(red, "ERROR:") + " " + o.GetErrored().GetError())
		case o.GetMismatched() != nil:
			at.add("EXPECTED: " + oneLine(o.GetMismatched().GetExpected()))
			at.add("ACTUAL: " + oneLine(o.GetMismatched().GetActual()))
		default:
			at.add("EXPECTED: " + oneLine(o.GetMissing().GetExpected()))
			at.add("ACTUAL: " + t.paint(red, "MISSING"))
		}
	}
}

func (t treeOf) success(n *node, s *policyv1.TestResults_Success) {
	if s == nil {
		return
	}
	n.add("RESULT: " + t.paint(green, s.GetEffect().String()))
	if len(s.GetOutputs()) == 0 {
		return
	}
	n = n.add("OUTPUTS:")
	outputs := slices.Clone(s.GetOutputs())
	slices.SortStableFunc(outputs, func(a, b *outputEntry) int { return cmp.Compare(a.GetSrc(), b.GetSrc()) })
	for _, o := range outputs {
		if o.GetError() != "" {
			n.add(t.paint(blue, o.GetSrc())).add(t.paint(red, "ERROR:") + " " + o.GetError())
			continue
		}
		n.add(t.paint(blue, o.GetSrc())).add(oneLine(o.GetVal()))
	}
}

func oneLine(v *structpb.Value) string {
	if v == nil {
		return "null"
	}
	raw, err := protojson.Marshal(v)
	if err != nil {
		return "?"
	}
	return strings.TrimSpace(string(raw))
}
