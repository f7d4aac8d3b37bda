package story

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// binary is the server under test, built once for the whole package.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		fmt.Println("stories are told by make test, not by the fast gate")
		return
	}
	dir, err := os.MkdirTemp("", "cognate-story-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binary = filepath.Join(dir, "cognate")
	build := exec.Command("go", "build", "-o", binary, "cognate.dev/cognate/cmd/cognate")
	build.Stderr = os.Stderr
	code := 1
	if err := build.Run(); err == nil {
		code = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(code)
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
