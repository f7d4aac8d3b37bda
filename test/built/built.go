// Package built builds the binary that the tests of a package drive, once for all of them. How they drive it, and what
// they expect of it, is theirs.
package built

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Main is the body of a TestMain: it builds cognate, says where through binary, and runs the tests. Under -short it says
// why instead, and runs none. It does not return.
func Main(m *testing.M, binary *string, why string) {
	flag.Parse()
	if testing.Short() {
		fmt.Println(why)
		os.Exit(0)
	}
	dir, err := os.MkdirTemp("", "cognate-built-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	*binary = filepath.Join(dir, "cognate")
	build := exec.Command("go", "build", "-o", *binary, "cognate.dev/cognate/cmd/cognate")
	build.Stderr = os.Stderr
	code := 1
	if err := build.Run(); err == nil {
		code = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(code)
}
