package suite

import (
	"encoding/xml"
	"fmt"

	policyv1 "github.com/cerbos/cerbos/api/genpb/cerbos/policy/v1"
	"google.golang.org/protobuf/types/known/structpb"
)

// The elements of JUnit's XML, as Cerbos fills them.
type (
	junitSuites struct {
		XMLName xml.Name     `xml:"testsuites"`
		Suites  []junitSuite `xml:"testsuite"`
		junitCounts
		Tests int `xml:"tests,attr"`
	}
	junitCounts struct {
		Errors   int `xml:"errors,attr"`
		Failures int `xml:"failures,attr"`
		Skipped  int `xml:"skipped,attr"`
	}
	junitSuite struct {
		Description string      `xml:"description,attr,omitempty"`
		Name        string      `xml:"name,attr"`
		File        string      `xml:"file,attr"`
		Error       *junitError `xml:"error"`
		Skip        *junitSkip  `xml:"skipped"`
		Properties  struct{}    `xml:"properties"`
		Cases       []junitCase `xml:"testcase"`
		junitCounts
		Tests int `xml:"tests,attr"`
	}
	junitCase struct {
		File       string          `xml:"file,attr"`
		Classname  string          `xml:"classname,attr"`
		Name       string          `xml:"name,attr"`
		Skip       *junitSkip      `xml:"skipped"`
		Failure    *junitOutcome   `xml:"failure"`
		Error      *junitError     `xml:"error"`
		Success    *junitOutcome   `xml:"success"`
		Properties []junitProperty `xml:"properties>property"`
	}
	junitError struct {
		Type  string `xml:"type,attr,omitempty"`
		Value string `xml:",chardata"`
	}
	junitSkip struct {
		Message string `xml:"message,attr"`
	}
	junitOutcome struct {
		Type     string         `xml:"type,attr,omitempty"`
		Message  string         `xml:"message,attr,omitempty"`
		Outputs  *[]junitOutput `xml:"outputs>output,omitempty"`
		Actual   string         `xml:"actual,omitempty"`
		Expected string         `xml:"expected,omitempty"`
	}
	junitOutput struct {
		Src      string     `xml:"src,attr"`
		Expected junitValue `xml:"expected"`
		Actual   junitValue `xml:"actual"`
	}
	junitValue struct {
		Value string `xml:",cdata"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:",chardata"`
	}
)

// junit writes the results for a build server.
func (p printer) junit(r *policyv1.TestResults, verbose bool) error {
	all := junitSuites{Tests: int(r.GetSummary().GetTestsCount())}
	for _, t := range r.GetSummary().GetResultCounts() {
		switch n := int(t.GetCount()); t.GetResult() {
		case policyv1.TestResults_RESULT_ERRORED:
			all.Errors += n
		case policyv1.TestResults_RESULT_FAILED:
			all.Failures += n
		case policyv1.TestResults_RESULT_SKIPPED:
			all.Skipped += n
		}
	}
	for _, s := range r.GetSuites() {
		one := junitSuite{Description: s.GetDescription(), Name: s.GetName(), File: s.GetFile(), Tests: int(s.GetSummary().GetTestsCount())}
		switch s.GetSummary().GetOverallResult() {
		case policyv1.TestResults_RESULT_ERRORED:
			one.Error = &junitError{Type: s.GetSummary().GetOverallResult().String(), Value: s.GetError()}
			one.cases(s) // Cerbos leaves them out; a reader wants to know which
			if one.Errors == 0 {
				one.Errors = 1
				all.Errors++
			}
		case policyv1.TestResults_RESULT_SKIPPED:
			if verbose {
				one.Skip = &junitSkip{"This test suite was skipped"}
			}
			one.Skipped++
			all.Skipped++
		default:
			one.cases(s)
		}
		all.Suites = append(all.Suites, one)
	}
	raw, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	p.line(string(raw))
	return nil
}

func (j *junitSuite) cases(s *policyv1.TestResults_Suite) {
	for _, t := range s.GetTestCases() {
		for _, who := range t.GetPrincipals() {
			for _, what := range who.GetResources() {
				for _, a := range what.GetActions() {
					c := junitCase{
						File: s.GetFile(), Name: t.GetName(), Classname: fmt.Sprintf("%s.%s.%s", who.GetName(), what.GetName(), a.GetName()),
						Properties: []junitProperty{{"principal", who.GetName()}, {"resource", what.GetName()}, {"action", a.GetName()}},
					}
					j.outcome(&c, a.GetDetails())
					j.Cases = append(j.Cases, c)
				}
			}
		}
	}
}

func (j *junitSuite) outcome(c *junitCase, d *policyv1.TestResults_Details) {
	kind := d.GetResult().String()
	switch d.GetResult() {
	case policyv1.TestResults_RESULT_ERRORED:
		j.Errors++
		c.Error = &junitError{kind, d.GetError()}
	case policyv1.TestResults_RESULT_SKIPPED:
		j.Skipped++
		c.Skip = &junitSkip{"This test was skipped"}
	case policyv1.TestResults_RESULT_FAILED:
		j.Failures++
		f := d.GetFailure()
		c.Failure = &junitOutcome{Type: kind, Message: "Effect expectation unsatisfied", Actual: f.GetActual().String(), Expected: f.GetExpected().String()}
		if len(f.GetOutputs()) > 0 {
			c.Failure.Message = "Output expectation unsatisfied"
			c.Failure.Outputs = failedOutputs(f)
		}
	case policyv1.TestResults_RESULT_PASSED:
		effect := d.GetSuccess().GetEffect().String()
		c.Success = &junitOutcome{Type: kind, Actual: effect, Expected: effect}
		var outputs []junitOutput
		for _, o := range d.GetSuccess().GetOutputs() {
			one := junitOutput{Src: o.GetSrc(), Expected: cdata(o.GetVal()), Actual: cdata(o.GetVal())}
			if o.GetError() != "" {
				one.Actual.Value = outputFailed + o.GetError()
			}
			outputs = append(outputs, one)
		}
		if outputs != nil {
			c.Success.Outputs = &outputs
		}
	}
}

const outputFailed = "Failed to evaluate output expression: "

func failedOutputs(f *policyv1.TestResults_Failure) *[]junitOutput {
	var list []junitOutput
	for _, o := range f.GetOutputs() {
		one := junitOutput{Src: o.GetSrc()}
		switch {
		case o.GetErrored() != nil:
			one.Expected, one.Actual.Value = cdata(o.GetErrored().GetExpected()), outputFailed+o.GetErrored().GetError()
		case o.GetMismatched() != nil:
			one.Expected, one.Actual = cdata(o.GetMismatched().GetExpected()), cdata(o.GetMismatched().GetActual())
		case o.GetMissing() != nil:
			one.Expected = cdata(o.GetMissing().GetExpected())
		}
		list = append(list, one)
	}
	return &list
}

func cdata(v *structpb.Value) junitValue { return junitValue{oneLine(v)} }
