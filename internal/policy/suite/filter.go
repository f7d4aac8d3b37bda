package suite

import (
	"fmt"
	"regexp"
	"strings"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	policyv1 "github.com/cerbos/cerbos/api/genpb/cerbos/policy/v1"
	"github.com/gobwas/glob"
)

type outputEntry = enginev1.OutputEntry

// The reasons for which a filter skips, in Cerbos' words.
const (
	byName      = "Test name did not match the provided pattern"
	bySuite     = "Suite did not match the test filter"
	byTest      = "Test did not match the test filter"
	byPrincipal = "Principal did not match the test filter"
	byResource  = "Resource did not match the test filter"
	byAction    = "No actions matched the test filter"
)

func filtered(reason string) bool { return reason == byName || uncounted(reason) }

// uncounted: what a filter leaves out is no test at all; what a name leaves out is a skipped one, as with Cerbos.
func uncounted(reason string) bool {
	switch reason {
	case bySuite, byTest, byPrincipal, byResource, byAction:
		return true
	}
	return false
}

// filter chooses among tests that have run: they are quick, and their runner takes no filter from outside.
type filter struct {
	name  *regexp.Regexp
	globs map[string][]glob.Glob // by dimension
}

// newFilter reads an expression on names and filters such as principal=alice,bob;action=view.
func newFilter(run string, filters []string) (f filter, err error) {
	f.globs = map[string][]glob.Glob{}
	if run != "" {
		if f.name, err = regexp.Compile(run); err != nil {
			return f, fmt.Errorf("invalid run specification: %w", err)
		}
	}
	for _, text := range filters {
		for dimension := range strings.SplitSeq(text, ";") {
			if strings.TrimSpace(dimension) == "" {
				continue
			}
			if err := f.add(dimension); err != nil {
				return f, fmt.Errorf("invalid test filter: %w", err)
			}
		}
	}
	return f, nil
}

func (f filter) add(dimension string) error {
	name, list, found := strings.Cut(dimension, "=")
	name = strings.ToLower(strings.TrimSpace(name))
	if !found {
		return fmt.Errorf("%q is not of the form dimension=glob1,glob2", dimension)
	}
	switch name {
	case "suite", "test", "principal", "resource", "action":
	default:
		return fmt.Errorf("unknown dimension %q: there are suite, test, principal, resource and action", name)
	}
	for text := range strings.SplitSeq(list, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		g, err := glob.Compile(text)
		if err != nil {
			return err
		}
		f.globs[name] = append(f.globs[name], g)
	}
	return nil
}

func (f filter) misses(dimension, value string) bool {
	for _, g := range f.globs[dimension] {
		if g.Match(value) {
			return false
		}
	}
	return len(f.globs[dimension]) > 0
}

// apply marks what is not wanted as skipped and counts anew.
func (f filter) apply(r *policyv1.TestResults) {
	if f.name == nil && len(f.globs) == 0 {
		return
	}
	total := &policyv1.TestResults_Summary{}
	for _, s := range r.GetSuites() {
		if s.GetError() == "" {
			s.Summary = f.suite(s)
		}
		total.OverallResult = max(total.OverallResult, s.GetSummary().GetOverallResult())
		total.TestsCount += s.GetSummary().GetTestsCount()
		for _, t := range s.GetSummary().GetResultCounts() {
			count(total, t.GetResult(), t.GetCount())
		}
	}
	r.Summary = total
}

func (f filter) suite(s *policyv1.TestResults_Suite) *policyv1.TestResults_Summary {
	sum := &policyv1.TestResults_Summary{}
	for _, t := range s.GetTestCases() {
		for _, who := range t.GetPrincipals() {
			for _, what := range who.GetResources() {
				for _, a := range what.GetActions() {
					if reason := f.reason(s.GetName(), t.GetName(), who.GetName(), what.GetName(), a.GetName()); reason != "" {
						a.Details = &policyv1.TestResults_Details{
							Result: policyv1.TestResults_RESULT_SKIPPED, Outcome: &policyv1.TestResults_Details_SkipReason{SkipReason: reason},
						}
					}
					sum.OverallResult = max(sum.OverallResult, a.GetDetails().GetResult())
					if !uncounted(a.GetDetails().GetSkipReason()) {
						sum.TestsCount++
						count(sum, a.GetDetails().GetResult(), 1)
					}
				}
			}
		}
	}
	return sum
}

func (f filter) reason(suite, test, principal, resource, action string) string {
	switch {
	case f.name != nil && !f.name.MatchString(suite+"/"+(&policyv1.Test_TestName{TestTableName: test, PrincipalKey: principal, ResourceKey: resource}).String()):
		return byName
	case f.misses("suite", suite):
		return bySuite
	case f.misses("test", test):
		return byTest
	case f.misses("principal", principal):
		return byPrincipal
	case f.misses("resource", resource):
		return byResource
	case f.misses("action", action):
		return byAction
	}
	return ""
}

// count adds to a tally; tallies stand in the order of the results.
func count(sum *policyv1.TestResults_Summary, result policyv1.TestResults_Result, n uint32) {
	for i, t := range sum.GetResultCounts() {
		switch {
		case t.GetResult() == result:
			t.Count += n
			return
		case t.GetResult() > result:
			rest := append([]*policyv1.TestResults_Tally{{Result: result, Count: n}}, sum.ResultCounts[i:]...)
			sum.ResultCounts = append(sum.ResultCounts[:i:i], rest...)
			return
		}
	}
	sum.ResultCounts = append(sum.ResultCounts, &policyv1.TestResults_Tally{Result: result, Count: n})
}

// allFiltered: nobody asked for this suite.
func allFiltered(s *policyv1.TestResults_Suite) bool {
	for _, t := range s.GetTestCases() {
		for _, who := range t.GetPrincipals() {
			for _, what := range who.GetResources() {
				for _, a := range what.GetActions() {
					if !filtered(a.GetDetails().GetSkipReason()) {
						return false
					}
				}
			}
		}
	}
	return len(s.GetTestCases()) > 0
}
