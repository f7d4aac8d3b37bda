package main

import (
	"context"
	"errors"
	"os"

	"cognate.dev/cognate/internal/app"
	"cognate.dev/cognate/internal/app/command"
)

// policyCmd is what people who write policies run.
type policyCmd struct {
	Compile compileCmd `cmd:"" help:"Compile policies and run their tests, as cerbos compile does."`
	Test    testCmd    `cmd:"" help:"The same, with each test that passed, too."`
	Run     runCmd     `cmd:"" help:"Run a command beside a decision point, as cerbos run does: it finds CERBOS_HTTP, CERBOS_GRPC and AWS_ENDPOINT_URL in its environment."`
	REPL    replCmd    `cmd:"" name:"repl" help:"Evaluate expressions as conditions of policies do, line by line."`
	Replay  replayCmd  `cmd:"" help:"Make remembered decisions again with other policies, and print what would change."`
	Explain explainCmd `cmd:"" help:"Say why a decision came out as it did: rules, scopes, derived roles, and where each attribute came from."`
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

func (f suiteFlags) options() command.SuiteOptions {
	return command.SuiteOptions{
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
	return command.CompilePolicies(ctx, o, os.Stdout)
}

type testCmd struct{ suiteFlags }

func (t testCmd) Run(ctx context.Context) error {
	o := t.options()
	o.Verbose = true
	return command.CompilePolicies(ctx, o, os.Stdout)
}

type explainCmd struct {
	Request      string `arg:"" help:"File with a CheckResources request, YAML or JSON; - for the standard input." placeholder:"FILE"`
	Policies     string `help:"Decide with the policies of this folder or archive, and ask no server." placeholder:"DIR"`
	Server       string `help:"URL of the decision point to ask." default:"http://127.0.0.1:3592" placeholder:"URL"`
	Username     string `help:"User of the Admin API. Without one, requests are signed with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: a server outside of development asks for either."`
	PasswordFile string `help:"File with its password." name:"password-file" type:"existingfile" placeholder:"FILE"`
	Steps        bool   `help:"Show every step of the engine."`
	JSON         bool   `help:"Print JSON." name:"json"`
}

func (e explainCmd) Run(ctx context.Context) error {
	return command.ExplainDecision(ctx, command.ExplainOptions{
		Request: e.Request, Policies: e.Policies, Server: e.Server, Username: e.Username, PasswordFile: e.PasswordFile, Steps: e.Steps, JSON: e.JSON,
	}, os.Stdout)
}

type replayCmd struct {
	Policies         string `arg:"" help:"Folder or archive of the policies to decide with."`
	File             string `help:"Decision log, of Cognate or Cerbos; - for the standard input. When left out, a server is asked for its decisions." placeholder:"FILE"`
	Server           string `help:"URL of the decision point to ask." default:"http://127.0.0.1:3592" placeholder:"URL"`
	Username         string `help:"User of the Admin API. Without one, requests are signed with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: a server outside of development asks for either."`
	PasswordFile     string `help:"File with its password." name:"password-file" type:"existingfile" placeholder:"FILE"`
	Since            string `help:"How far back a server's decisions are taken: a duration such as 24h, or a time." placeholder:"WHEN"`
	StrictEvaluation bool   `help:"Deny an action when a condition that concerns it fails to evaluate." name:"strict-evaluation"`
	Schemas          string `help:"What becomes of a request that breaks a schema: ${enum}." enum:"none,warn,reject" default:"none"`
	Check            bool   `help:"Exit with 4 when anything would change."`
	JSON             bool   `help:"Print JSON." name:"json"`
}

func (r replayCmd) Run(ctx context.Context) error {
	return command.ReplayDecisions(ctx, command.ReplayOptions{
		Policies: r.Policies, File: r.File, Server: r.Server, Username: r.Username, PasswordFile: r.PasswordFile, Since: r.Since,
		Strict: r.StrictEvaluation, Schemas: r.Schemas, JSON: r.JSON, Check: r.Check,
	}, os.Stdout)
}

type runCmd struct {
	Policies string   `help:"Folder or archive of the policies." required:"" placeholder:"DIR"`
	Seeds    string   `help:"YAML file of pools, clients, groups and users." type:"existingfile" placeholder:"FILE"`
	Command  []string `arg:"" passthrough:"" help:"The command and its arguments, after --."`
}

func (r runCmd) Run(ctx context.Context) error {
	command := r.Command
	if len(command) > 0 && command[0] == "--" {
		command = command[1:]
	}
	if len(command) == 0 {
		return errors.New("no command to run: put it after --")
	}
	return app.RunWithPolicies(ctx, app.RunOptions{Policies: r.Policies, Seeds: r.Seeds, Command: command})
}

type replCmd struct{}

func (replCmd) Run(ctx context.Context) error {
	prompt := ""
	if info, err := os.Stdin.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		prompt = "-> "
	}
	return command.EvaluateLines(ctx, os.Stdin, os.Stdout, prompt)
}
