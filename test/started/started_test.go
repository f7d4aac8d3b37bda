package started_test

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/test/started"
)

const patience = time.Minute

func TestWhatAProgramSaysIsRemembered(t *testing.T) {
	t.Parallel()
	p, err := started.Start(exec.Command("sh", "-c", "echo a 1; echo a 2; echo '  b   x y '; echo ready; echo c; exec sleep 3600"), "ready", patience)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Kill()
	if p.Said["a"] != "1" || p.Said["b"] != "x y" || len(p.Said) != 3 {
		t.Errorf("%q", p.Said)
	}
}

func TestAProgramThatEndsEarlyIsAnError(t *testing.T) {
	t.Parallel()
	_, err := started.Start(exec.Command("sh", "-c", "echo why >&2; exit 3"), "ready", patience)
	if err == nil || !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), "why") {
		t.Errorf("%v", err)
	}
	if _, err := started.Start(exec.Command("true"), "ready", patience); err == nil {
		t.Error("no error")
	}
}

func TestTheEndIsThatOfTheProgram(t *testing.T) {
	t.Parallel()
	p, err := started.Start(exec.Command("sh", "-c", "echo ready; read x; exit 4"), "ready", patience)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(); err == nil {
		t.Error("it ended badly, and nobody says so")
	}
	n := 0
	if p, err = started.StartUntil(exec.Command("sleep", "3600"), func() bool { n++; return n > 1 }, patience); err != nil {
		t.Fatal(err)
	}
	p.Kill()
	if err := p.Stop(); err != nil || n != 2 {
		t.Errorf("one that was killed: %v, asked %d times", err, n)
	}
}
