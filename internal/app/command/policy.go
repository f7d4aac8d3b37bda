package command

import (
	"context"
	"io"

	"cognate.dev/cognate/internal/policy/repl"
	"cognate.dev/cognate/internal/policy/suite"
)

// SuiteOptions are the flags of `cognate policy compile`.
type SuiteOptions = suite.Options

// CompilePolicies compiles a folder of policies, runs its tests and prints what came out. Its error knows the code to
// exit with: that of `cerbos compile`.
func CompilePolicies(ctx context.Context, o SuiteOptions, out io.Writer) error {
	return suite.Run(ctx, o, out)
}

// EvaluateLines evaluates expressions, one a line, as conditions of policies do.
func EvaluateLines(ctx context.Context, in io.Reader, out io.Writer, prompt string) error {
	return repl.Run(ctx, in, out, prompt)
}
