package story

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var shBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")

// commands are the shell lines that a document shows, without its first `skip` blocks.
func commands(t *testing.T, path string, skip int) []string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("../..", path))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for i, block := range shBlock.FindAllStringSubmatch(string(raw), -1) {
		if i >= skip {
			out = append(out, strings.TrimSpace(block[1]))
		}
	}
	if len(out) == 0 {
		t.Fatalf("%s shows no commands", path)
	}
	return out
}

// shell runs a script of a document with the server's addresses in place of the documented ones.
func (s *server) shell(t *testing.T, ctx context.Context, dir, script string) string {
	t.Helper()
	script = strings.NewReplacer(
		"http://127.0.0.1:9229", s.cognito, "http://127.0.0.1:3592", s.pdp, "/var/lib/cognate", dir,
	).Replace(script)
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", script)
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(binary)+":"+os.Getenv("PATH"), "AWS_PAGER=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, script, out)
	}
	return string(out)
}

// need skips a test whose tool is missing, loudly; under CI that is a failure.
func need(t *testing.T, tool string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err != nil {
		absent(t, tool)
	}
}

// absent skips a test that needs what is not here.
func absent(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed, and under CI nothing is skipped", what)
	}
	t.Skipf("SKIPPED: %s is not installed", what)
}

// TestTheReadmesJourneyWorks runs the README's commands, one after the other, with the AWS CLI.
func TestTheReadmesJourneyWorks(t *testing.T) {
	t.Parallel()
	need(t, "aws")
	need(t, "curl")
	policies, err := filepath.Abs("../../examples/policies")
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, "dev", "--policies", policies)
	ctx, cancel := context.WithTimeout(t.Context(), commandLine)
	defer cancel()
	const makeRunAndMakeTest = 1
	out := s.shell(t, ctx, t.TempDir(), strings.Join(commands(t, "README.md", makeRunAndMakeTest), "\n"))
	denied, allowed := strings.Index(out, "EFFECT_DENY"), strings.Index(out, "EFFECT_ALLOW")
	if denied < 0 || allowed < denied {
		t.Errorf("the README promises a denial, then an allowance:\n%s", out)
	}
}

// TestTheCommandsOfTheDocumentsWork runs what docs/ tells people to type. Lines that start a server are played by the
// server of the test, which has the same data folder.
func TestTheCommandsOfTheDocumentsWork(t *testing.T) {
	t.Parallel()
	need(t, "curl")
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range []string{"docs/serving.md", "docs/decisions.md", "docs/policies.md", "docs/testing.md", "docs/oauth.md", "docs/enrichment.md", "docs/migrating.md", "docs/auditing.md", "docs/protection.md", "docs/logs.md", "docs/federation.md", "docs/verified-permissions.md", "docs/connections.md", "docs/portal.md"} {
		t.Run(filepath.Base(doc), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s, err := start(dir, "dev", "--data", dir, "--policies", filepath.Join(examples, "policies"),
				"--seeds", filepath.Join(examples, "dev", "seeds.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			defer s.Stop()
			ctx, cancel := context.WithTimeout(t.Context(), commandLine)
			defer cancel()
			for _, block := range commands(t, doc, 0) {
				if strings.HasPrefix(block, "cognate serve") || strings.HasPrefix(block, "cognate dev") {
					checkFlags(t, ctx, block)
					continue
				}
				block = strings.NewReplacer("examples/", examples+"/", "request.yaml", dir+"/request.yaml", "results.xml", dir+"/results.xml").Replace(block)
				block = strings.ReplaceAll(block, "us-east-1_Example01", "us-east-1_Cognate01 --data "+dir)
				s.shell(t, ctx, dir, block)
			}
		})
	}
}

// checkFlags fails when a documented flag of a server does not exist.
func checkFlags(t *testing.T, ctx context.Context, command string) {
	t.Helper()
	words := strings.Fields(command)
	help, err := exec.CommandContext(ctx, binary, words[1], "--help").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, help)
	}
	for _, w := range words {
		if strings.HasPrefix(w, "--") && !strings.Contains(string(help), w+"=") {
			t.Errorf("%q: there is no flag %s", command, w)
		}
	}
}
