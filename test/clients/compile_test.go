package clients

import (
	"bytes"
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// output is what a command writes and its exit code.
func output(t *testing.T, name string, args ...string) (string, int) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).Output()
	var code *exec.ExitError
	if err != nil && !errors.As(err, &code) {
		t.Fatal(err)
	}
	if code == nil {
		return string(out), 0
	}
	return string(out), code.ExitCode()
}

// unspaced takes the spaces out of JSON: protobuf puts some there at random, by the build.
func unspaced(text string) string {
	var b bytes.Buffer
	if json.Compact(&b, []byte(text)) != nil {
		return text
	}
	return b.String()
}

// A build that runs `cerbos compile` can run ours instead: not a byte differs, but for spaces in JSON.
func TestPolicyCompileStandsInForCerbosCompile(t *testing.T) {
	t.Parallel()
	theirs := cerbosBinary(t)
	const failing, broken, expression = "testdata/suites/failing", "testdata/suites/broken", "testdata/suites/expression"
	for _, line := range []string{
		"../../examples/policies", "--output=json " + expression, expression, broken, "--output=json " + broken, failing, "--output=list " + failing,
		"--output=json " + failing, "--test-output=junit --verbose " + failing, "--run=bob " + failing,
		"--test-filter=principal=bob;action=re* --test-filter=resource=one --output=json " + failing,
	} {
		args := append(strings.Fields(line), "--no-color")
		want, wantCode := output(t, theirs, append([]string{"compile"}, args...)...)
		got, gotCode := output(t, binary, append([]string{"policy", "compile"}, args...)...)
		if diff := cmp.Diff(unspaced(want), unspaced(got)); diff != "" || wantCode != gotCode {
			t.Errorf("%s: exit code %d, want %d (-cerbos +ours):\n%s", args, gotCode, wantCode, diff)
		}
	}
}

func TestPolicyCompileRefusesWhatTheEngineDecidesWrongly(t *testing.T) {
	t.Parallel()
	got, code := output(t, binary, "policy", "compile", "testdata/suites/refused")
	if code != 3 || !strings.Contains(got, "leave-request") || !strings.Contains(got, "https://docs.cerbos.dev/cerbos/latest/releases/v0.56.0.html") {
		t.Errorf("exit code %d:\n%s", code, got)
	}
}
