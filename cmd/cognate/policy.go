package main

import (
	"context"
	"os"

	"cognate.dev/cognate/internal/app"
)

// policyCmd is what people who write policies run.
type policyCmd struct {
	Compile compileCmd `cmd:"" help:"Compile policies and run their tests, as cerbos compile does."`
	Test    testCmd    `cmd:"" help:"The same, with each test that passed, too."`
}

// suiteFlags are those of cerbos compile.
type suiteFlags struct {
	Dir              string   `arg:"" help:"Folder or archive (.zip, .tar, .tar.gz) of the policies."`
	IgnoreSchemas    bool     `help:"Do not check requests against schemas."`
	Tests            string   `help:"Folder of the tests; the folder of the policies when left out." placeholder:"DIR"`
	Run              string   `help:"Run only tests whose name matches this regular expression." placeholder:"REGEXP"`
	TestFilter       []string `help:"Run only these tests: dimension=glob1,glob2;… with the dimensions suite, test, principal, resource, action." name:"test-filter" sep:"none" placeholder:"FILTER"`
	StrictEvaluation bool     `help:"Deny an action when a condition that concerns it fails to evaluate." name:"strict-evaluation"`
	Output           string   `help:"Form of the output: ${enum}." short:"o" enum:"tree,list,json" default:"tree"`
	TestOutput       string   `help:"Form of the tests' output: tree, list, json or junit; that of --output when left out." name:"test-output" enum:",tree,list,json,junit" default:""`
	Color            string   `help:"When to use colours: ${enum}." enum:"auto,never,always,256,16m" default:"auto"`
	NoColor          bool     `help:"Use no colours." name:"no-color"`
	Verbose          bool     `help:"Show traces of what failed, and what passed."`
}

func (f suiteFlags) options() app.SuiteOptions {
	return app.SuiteOptions{
		Dir: f.Dir, Tests: f.Tests, Output: f.Output, TestOutput: f.TestOutput, Run: f.Run, Filter: f.TestFilter,
		IgnoreSchemas: f.IgnoreSchemas, Strict: f.StrictEvaluation, Verbose: f.Verbose, Color: f.colored(),
	}
}

func (f suiteFlags) colored() bool {
	if f.NoColor || f.Color == "never" || os.Getenv("NO_COLOR") != "" {
		return false
	}
	info, err := os.Stdout.Stat()
	return f.Color != "auto" || err == nil && info.Mode()&os.ModeCharDevice != 0
}

type compileCmd struct {
	suiteFlags
	SkipTests    bool `help:"Do not run the tests."`
	SkipBatching bool `help:"Accepted as cerbos compile has it; results are the same." name:"skip-batching"`
}

func (c compileCmd) Run(ctx context.Context) error {
	o := c.options()
	o.SkipTests = c.SkipTests
	return app.CompilePolicies(ctx, o, os.Stdout)
}

type testCmd struct{ suiteFlags }

func (t testCmd) Run(ctx context.Context) error {
	o := t.options()
	o.Verbose = true
	return app.CompilePolicies(ctx, o, os.Stdout)
}
