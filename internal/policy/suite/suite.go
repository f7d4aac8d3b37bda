// Package suite is what a person or a build runs on a folder of policies: it compiles them, runs their test suites and
// prints what came out as `cerbos compile` does, so that it can stand in its place. It owns options, filters and forms of
// output. It leaves reading, compiling and testing to policy/cerbos.
package suite

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"

	policyv1 "github.com/cerbos/cerbos/api/genpb/cerbos/policy/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"cognate.dev/cognate/internal/policy"
	"cognate.dev/cognate/internal/policy/cerbos"
)

// The failures, whose exit codes are those of `cerbos compile`.
var (
	ErrCompile = exit{"failed to compile", 3}
	ErrTests   = exit{"tests failed", 4}
)

// exit is an error with the code that a process ends with.
type exit struct {
	text string
	code int
}

func (e exit) Error() string { return e.text }

// ExitCode is for the command line.
func (e exit) ExitCode() int { return e.code }

// Options are the flags of `cerbos compile`.
type Options struct {
	Dir           string // folder or archive of the policies
	Tests         string // folder of the suites; empty means Dir
	Output        string // tree, list or json
	TestOutput    string // the same or junit; empty means Output
	Run           string // only tests whose SUITE/NAME matches this expression
	Filter        []string
	SkipTests     bool
	IgnoreSchemas bool
	Strict        bool
	Verbose       bool
	Color         bool
}

// Run compiles and tests. Its error is ErrCompile or ErrTests when that failed, and says what else went wrong
// otherwise; what is to be read of the former stands on out already.
func Run(ctx context.Context, o Options, out io.Writer) error {
	keep, err := newFilter(o.Run, o.Filter)
	if err != nil {
		return err
	}
	fsys, err := policy.OpenPath(o.Dir)
	if err != nil {
		return fmt.Errorf("open the policies: %w", err)
	}
	p := printer{out, o.Color}
	idx, found, err := cerbos.Examine(ctx, fsys)
	switch {
	case err != nil:
		return err
	case found != nil:
		return errors.Join(p.findings(found, o.Output == "json"), ErrCompile)
	}
	compiler, err := cerbos.New(policy.Config{Strict: o.Strict, Schemas: schemas(o)})
	if err != nil {
		return err
	}
	if _, err := compiler.Compile(ctx, fsys); err != nil {
		return errors.Join(p.refused(err, o.Output == "json"), ErrCompile)
	}
	if o.SkipTests {
		return nil
	}
	results, err := test(ctx, o, compiler, idx, fsys)
	if err != nil {
		return fmt.Errorf("run the tests: %w", err)
	}
	keep.apply(results)
	format := o.TestOutput
	if format == "" {
		format = o.Output
	}
	if err := p.results(results, format, o.Verbose); err != nil {
		return err
	}
	switch results.GetSummary().GetOverallResult() {
	case policyv1.TestResults_RESULT_FAILED, policyv1.TestResults_RESULT_ERRORED:
		return ErrTests
	}
	return nil
}

func schemas(o Options) string {
	if o.IgnoreSchemas {
		return "none"
	}
	return "reject"
}

func test(ctx context.Context, o Options, compiler *cerbos.Compiler, idx cerbos.Index, fsys fs.FS) (*policyv1.TestResults, error) {
	suites := fsys
	if o.Tests != "" && o.Tests != o.Dir {
		var err error
		if suites, err = policy.OpenPath(o.Tests); err != nil {
			return nil, err
		}
	} else if !o.Strict && !o.IgnoreSchemas {
		return cerbos.TestFiles(ctx, fsys, idx, o.Verbose)
	}
	return compiler.TestWith(ctx, suites, fsys)
}

func (p printer) results(r *policyv1.TestResults, format string, verbose bool) error {
	switch format {
	case "json":
		raw, err := protojson.Marshal(r)
		if err != nil {
			return err
		}
		var plain, b bytes.Buffer // protobuf puts spaces at random, by the build
		if err := json.Compact(&plain, raw); err != nil {
			return err
		}
		if err := json.Indent(&b, plain.Bytes(), "", "  "); err != nil {
			return err
		}
		p.line(b.String())
		return nil
	case "junit":
		return p.junit(r, verbose)
	}
	p.tree(r, format == "list", verbose)
	return nil
}
