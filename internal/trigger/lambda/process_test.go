package lambda_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"cognate.dev/cognate/internal/trigger/lambda"
)

// descendants lists the processes that carry a variable in their environment.
func descendants(t testing.TB, variable string) (pids []int) {
	t.Helper()
	names, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil || len(names) == 0 {
		t.Skip("SKIPPED: there is no /proc to look for leaked processes in")
	}
	for _, name := range names {
		env, _ := os.ReadFile(name)
		if bytes.Contains(env, []byte(variable+"\x00")) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			pids = append(pids, pid)
		}
	}
	return pids
}

// eventually waits until something holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(enough); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// Whatever a function starts ends with its process, in its group or out of it.
func TestNoProcessIsLeaked(t *testing.T) {
	t.Parallel()
	for language, c := range configs() {
		for _, what := range []string{"fork", "forkAndAnswer", "hang"} {
			t.Run(what+" in "+language, func(t *testing.T) {
				t.Parallel()
				needs(t, language)
				c, within := c, enough
				if what != "forkAndAnswer" {
					within = 3 * time.Second
				}
				mark := "LEAK_TEST=" + language + what + strconv.Itoa(os.Getpid())
				c.Env = map[string]string{"LEAK_TEST": strings.TrimPrefix(mark, "LEAK_TEST=")}
				c.Warm = -1
				w := newWorld(t, c)
				w.works()
				_, err := w.do(what, within)
				switch {
				case what == "forkAndAnswer" && err != nil:
					t.Error(err)
				case what == "forkAndAnswer":
					if n := len(descendants(t, mark)); n != 2 {
						t.Errorf("%d processes, not the function and what it started", n)
					}
				default:
					if err == nil {
						t.Error("no deadline")
					}
					eventually(t, "everything has ended", func() bool { return len(descendants(t, mark)) == 0 })
				}
				if err := w.host.Close(); err != nil {
					t.Error(err)
				}
				if pids := descendants(t, mark); len(pids) != 0 {
					t.Errorf("left behind: %v", pids)
				}
			})
		}
	}
}

func TestAFunctionThatTakesTooMuchMemoryFailsAlone(t *testing.T) {
	t.Parallel()
	for language, c := range configs() {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			needs(t, language)
			w := newWorld(t, c)
			w.works()
			if _, err := w.do("memory", enough); err == nil || outcomeOf(err).failed == "deadline" {
				t.Errorf("got %v", err)
			}
			w.works()
		})
	}
	needs(t, "nodejs")
	w := newWorld(t, configs()["nodejs"])
	if _, err := w.do("heap", enough); outcomeOf(err).failed != "Runtime.ExitError" {
		t.Errorf("a full heap: %v", err)
	}
}

func TestCallsShareTheProcessesThereAre(t *testing.T) {
	t.Parallel()
	c := configs()["go"]
	c.Concurrency = 3
	w := newWorld(t, c)
	var mu sync.Mutex
	pids := map[float64]int{}
	var all sync.WaitGroup
	for range 60 {
		all.Go(func() {
			_, pid := w.works()
			mu.Lock()
			defer mu.Unlock()
			pids[pid]++
		})
	}
	all.Wait()
	if len(pids) > 3 {
		t.Errorf("60 calls ran in %d processes", len(pids))
	}
}

func TestACallThatFindsNoProcessIsRefusedAtItsDeadline(t *testing.T) {
	t.Parallel()
	c := configs()["go"]
	c.Concurrency = 1
	w := newWorld(t, c)
	w.works()
	ctx, free := context.WithCancel(t.Context())
	defer free()
	busy := make(chan struct{})
	go func() {
		defer close(busy)
		_, _ = w.doIn(ctx, "fork")
	}()
	eventually(t, "the process is taken", func() bool {
		_, err := w.do("untouched", 20*time.Millisecond)
		return outcomeOf(err).failed == "TooManyRequestsException"
	})
	free()
	<-busy
	w.works()
}

func TestProcessesThatNobodyNeedsEnd(t *testing.T) {
	t.Parallel()
	c := configs()["go"]
	mark := "IDLE_TEST=" + strconv.Itoa(os.Getpid())
	c.Env = map[string]string{"IDLE_TEST": strconv.Itoa(os.Getpid())}
	c.Idle, c.Concurrency = 50*time.Millisecond, 4
	w := newWorld(t, c)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { w.works() })
	}
	all.Wait()
	eventually(t, "only the warm process is left", func() bool { return len(descendants(t, mark)) == 1 })
	w.works()
}

func TestACrashedProcessIsReplacedBeforeTheNextCall(t *testing.T) {
	t.Parallel()
	mark := "CRASH_TEST=" + strconv.Itoa(os.Getpid())
	c := configs()["go"]
	c.Env = map[string]string{"CRASH_TEST": strconv.Itoa(os.Getpid())}
	w := newWorld(t, c)
	for range 3 {
		w.works()
		if _, err := w.do("crash", enough); outcomeOf(err).failed != "Runtime.ExitError" {
			t.Fatal(err)
		}
		eventually(t, "a new process is warm", func() bool { return len(descendants(t, mark)) == 1 })
	}
}

func TestAnIdleProcessThatEndsIsReplaced(t *testing.T) {
	t.Parallel()
	mark := "DEATH_TEST=" + strconv.Itoa(os.Getpid())
	c := configs()["go"]
	c.Env = map[string]string{"DEATH_TEST": strconv.Itoa(os.Getpid())}
	w := newWorld(t, c)
	for range 10 {
		w.works()
		for _, pid := range descendants(t, mark) {
			if p, err := os.FindProcess(pid); err == nil {
				_ = p.Kill()
			}
		}
		// Of a call that comes in the same moment nobody can say whether the process has seen it: it is not made twice.
		eventually(t, "calls work again", func() bool {
			_, err := w.do("untouched", enough)
			return err == nil
		})
	}
}

// Another process of the machine finds the port of the Runtime API, but not what it answers to.
func TestTheRuntimeAPIIsClosedToStrangers(t *testing.T) {
	t.Parallel()
	needs(t, "python")
	w := newWorld(t, configs()["python"])
	e, err := w.do("env", enough)
	if err != nil {
		t.Fatal(err)
	}
	address, _, _ := strings.Cut(e["seen"].(map[string]any)["AWS_LAMBDA_RUNTIME_API"].(string), "/")
	for _, path := range []string{"/2018-06-01/runtime/invocation/next", "/", "/x/2018-06-01/runtime/invocation/next"} {
		r, err := http.Get("http://" + address + path)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, r.Body)
		r.Body.Close()
		if r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, r.StatusCode)
		}
	}
	w.works()
}

func TestAnotherLanguageRunsByCommand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lambda.Config{Folder: goHandler, Command: []string{"/bin/sh", "-c", "exec ./bootstrap"}})
	w.works()
}

func TestChangedCodeRunsAtOnce(t *testing.T) {
	t.Parallel()
	needs(t, "nodejs")
	dir := t.TempDir()
	write := func(n int) {
		code := fmt.Sprintf("exports.handler = async (e) => ({ ...e, userName: '%d' })", n)
		if err := os.WriteFile(filepath.Join(dir, "index.js"), []byte(code), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(1)
	log := &journal{}
	host := lambda.NewHost(lambda.Options{Log: slog.New(slog.NewTextHandler(log, nil)), Watch: true})
	defer host.Close()
	f, err := host.Function("f", lambda.Config{Runtime: "nodejs", Folder: dir, Handler: "index.handler"})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, host: host, function: f, log: log}
	says := func() any {
		e, err := w.do("", enough)
		if err != nil {
			t.Fatal(err)
		}
		return e["userName"]
	}
	if says() != "1" {
		t.Fatal("not the first")
	}
	write(2)
	eventually(t, "the new code runs", func() bool { return says() == "2" })
	if err := os.WriteFile(filepath.Join(dir, "data.db"), nil, 0o600); err != nil { // data is not code
		t.Fatal(err)
	}
}

func TestNamesOfFunctions(t *testing.T) {
	t.Parallel()
	for arn, want := range map[string]string{
		"arn:aws:lambda:eu-west-1:123456789012:function:pre-token":      "pre-token",
		"arn:aws:lambda:eu-west-1:123456789012:function:pre-token:live": "pre-token",
		"arn:aws:lambda:*:*:function:staff-*":                           "staff",
		"*":                                                             "function",
		"":                                                              "function",
		"*:hook":                                                        "hook",
	} {
		if got := lambda.NameOf(arn); got != want {
			t.Errorf("%s: %s", arn, got)
		}
	}
}

func TestConfigurationsThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []lambda.Config{
		{},
		{Runtime: "nodejs", Handler: "index.handler"},
		{Runtime: "nodejs", Folder: "f"},
		{Runtime: "java21", Folder: "f", Handler: "a.B"},
		{Folder: "f", Handler: "a.b"},
		{Folder: "f", Command: []string{"x"}, Runtime: "go"},
		{Runtime: "go", Folder: "f", Handler: "b", MemoryMiB: -1},
		{Runtime: "go", Folder: "f", Handler: "b", Concurrency: -1},
	} {
		if c.Check() == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
}

func BenchmarkWarm(b *testing.B) {
	for language, c := range configs() {
		b.Run(language, func(b *testing.B) {
			needs(b, language)
			w := newWorld(b, c)
			w.works()
			for b.Loop() {
				w.works()
			}
		})
	}
}

func BenchmarkCold(b *testing.B) {
	for language, c := range configs() {
		b.Run(language, func(b *testing.B) {
			needs(b, language)
			c.Warm = -1
			w := newWorld(b, c)
			for b.Loop() {
				w.works()
				w.function.Reload()
			}
		})
	}
}
