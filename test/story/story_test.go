package story

import (
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"cognate.dev/cognate/test/built"
)

// binary is the server under test, built once for the whole package.
var binary string

func TestMain(m *testing.M) {
	built.Main(m, &binary, "stories are told by make test, not by the fast gate")
}

// TestStories plays every script of testdata. The words a script may use beyond testscript's own are in words_test.go.
func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		Setup:               setup,
		Cmds:                words,
		RequireExplicitExec: true,
	})
}

// setup gives each script its own binary path and examples folder; a script starts its own server.
func setup(env *testscript.Env) error {
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		return err
	}
	env.Setenv("EXAMPLES", examples)
	env.Values[stateKey{}] = &state{}
	env.Defer(func() { env.Values[stateKey{}].(*state).stop() })
	return nil
}
