// Command bench measures a running cognate against what the machine underneath could do at best, side by side in one
// run, and prints the ratios. It owns the load generator, the limits and the worlds of users they run on; what the
// numbers should be is said beside each scenario, and what they were in docs/performance.md.
//
// A miss is printed, not an error: the exit status says only whether everything could be measured, and it fails when
// any answer of the server is not the right one.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// scenario is one thing that is measured.
type scenario struct {
	name string
	run  func(*bench) ([]result, error)
	long bool // only when it is named
}

// scenarios in the order in which they run.
var scenarios = []scenario{
	{"signin", passwordSignIn, false},
	{"refresh", refresh, false},
	{"getuser", getUser, false},
	{"check", check, false},
	{"cerbos", besideCerbos, false},
	{"cedar", besideCedar, false},
	{"oauth", oauth, false},
	{"change", changing, false},
	{"scale", scale, false},
	{"startup", startUp, false},
	{"memory", memory, false},
	{"srp", srpSignIn, false},
	{"write", writes, false},
	{"trigger", hooks, false},
	{"gateway", gateways, false},
	{"import", importing, true},
	{"growth", growth, true},
	{"overload", overload, true},
	{"soak", soak, true},
	{"ids", ids, true},
}

// bench is one run: its settings and the worlds made so far.
type bench struct {
	dir         string // everything of the run lies below
	root        string // of the repository
	binary      string
	policies    string
	seconds     time.Duration // of load for one comparison
	turns       int
	connections int
	people      int    // that the import scenario brings, and to which growth grows at most
	database    string // PostgreSQL for import and growth; empty: SQLite
	rows        string // what of the oauth scenario; empty: all
	worlds      map[int]*world
}

// world gives the world with so many users, and makes it first if need be.
func (b *bench) world(size int) (*world, error) {
	if w := b.worlds[size]; w != nil {
		return w, nil
	}
	b.say("making a world of %d users", size)
	w, err := makeWorld(b, size)
	if err != nil {
		return nil, fmt.Errorf("make a world of %d users: %w", size, err)
	}
	b.worlds[size] = w
	return w, nil
}

// say tells what goes on, on standard error: the results alone are on standard output.
func (b *bench) say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

func main() {
	if len(os.Args) == 3 && os.Args[1] == proxyWord {
		fmt.Fprintln(os.Stderr, "bench:", plainProxy(os.Args[2]))
		os.Exit(1)
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() (err error) {
	only := flag.String("only", "", "comma-separated `names` of scenarios: "+names())
	seconds := flag.Float64("seconds", 10, "seconds of load for each comparison, the limit's turns included")
	turns := flag.Int("turns", 5, "how often the server takes its turn within them")
	connections := flag.Int("connections", 8, "connections to the server")
	asjson := flag.Bool("json", false, "print JSON")
	people := flag.Int("people", 1_000_000, "users that the import scenario brings, and to which growth grows at most")
	database := flag.String("database", "", "postgres:// `URL` of an empty database that the import or growth scenario fills; empty: SQLite")
	rows := flag.String("rows", "", "of the oauth scenario, measure only what has this `text` in its name")
	binary := flag.String("binary", "", "server `file` to measure; built from cmd/cognate when empty")
	profile := flag.Bool("profile", false, "keep a CPU profile of each server run, and everything else; see test/bench/profiled")
	flag.Parse()

	chosen, err := choose(*only)
	if err != nil {
		return err
	}
	if *seconds <= 0 || *turns < 1 || *connections < 1 {
		return errors.New("seconds, turns and connections must be positive")
	}
	b := &bench{seconds: time.Duration(*seconds * float64(time.Second)), turns: *turns, connections: *connections, people: *people, database: *database, rows: *rows, worlds: map[int]*world{}}
	if b.dir, err = os.MkdirTemp("", "cognate-bench-"); err != nil {
		return err
	}
	if *profile {
		b.say("everything stays in %s", b.dir)
	} else {
		defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	}
	if err := b.build(*binary, *profile); err != nil {
		return err
	}
	all, failed := b.runAll(chosen)
	if *asjson {
		return errors.Join(failed, asJSON(os.Stdout, thisMachine(), all))
	}
	fmt.Println(thisMachine())
	return errors.Join(failed, table(os.Stdout, all))
}

// runAll gives the results up to the first scenario that fails.
func (b *bench) runAll(chosen []scenario) (all []result, err error) {
	for _, s := range chosen {
		b.say("%s", s.name)
		got, err := s.run(b)
		if err != nil {
			return all, fmt.Errorf("%s: %w", s.name, err)
		}
		all = append(all, got...)
	}
	return all, nil
}

// build makes the binary, and finds the policies that it serves.
func (b *bench) build(binary string, profile bool) error {
	mod, err := exec.CommandContext(context.Background(), "go", "env", "GOMOD").Output()
	if err != nil {
		return fmt.Errorf("find the module: %w", err)
	}
	root := filepath.Dir(strings.TrimSpace(string(mod)))
	b.root = root
	b.policies = filepath.Join(root, "examples", "policies")
	if _, err := os.Stat(b.policies); err != nil {
		return fmt.Errorf("run this within the repository: %w", err)
	}
	if b.binary = binary; binary != "" {
		return nil
	}
	b.binary = filepath.Join(b.dir, "cognate")
	target := "./cmd/cognate"
	if profile {
		target = "./test/bench/profiled"
	}
	build := exec.CommandContext(context.Background(), "go", "build", "-trimpath", "-o", b.binary, target)
	build.Dir, build.Stderr = root, os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build %s: %w", target, err)
	}
	return nil
}

func choose(only string) ([]scenario, error) {
	if only == "" {
		return slices.DeleteFunc(slices.Clone(scenarios), func(s scenario) bool { return s.long }), nil
	}
	var chosen []scenario
	for name := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == name })
		if i < 0 {
			return nil, fmt.Errorf("no scenario %q; there are %s", name, names())
		}
		chosen = append(chosen, scenarios[i])
	}
	return chosen, nil
}

func names() string {
	var all []string
	for _, s := range scenarios {
		all = append(all, s.name)
	}
	return strings.Join(all, ", ")
}
