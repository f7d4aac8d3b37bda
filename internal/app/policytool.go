package app

import (
	"context"
	"io"

	"cognate.dev/cognate/internal/policy/suite"
)

// SuiteOptions are the flags of `cognate policy compile`.
type SuiteOptions = suite.Options

// CompilePolicies compiles a folder of policies, runs its tests and prints what came out. Its error knows the code to
// exit with: that of `cerbos compile`.
func CompilePolicies(ctx context.Context, o SuiteOptions, out io.Writer) error {
	return suite.Run(ctx, o, out)
}
