package story

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"cognate.dev/cognate/test/started"
)

type stateKey struct{}

// state is what a script has done so far.
type state struct {
	server *server
	last   answer
}

func (s *state) stop() {
	if s.server != nil {
		_ = s.server.Stop()
	}
}

// words are what a story can say.
//
//	cognate MODE ARGS…      start the server (serve or dev) and wait until it is ready
//	restart MODE ARGS…      kill it without warning and start it again on the same data
//	aws OPERATION FILE      call an operation with the JSON of a file ($VARIABLES are filled in); ! expects an error
//	decide FILE             ask for a decision
//	get VARIABLE PATH       remember a value of the last answer
//	is PATH VALUE           check a value of the last answer
//	code VARIABLE ADDRESS   read the newest code that was sent to an address
//	srp USER PASSWORD       sign in with the secure remote password protocol ($CLIENT, $POOL)
//	verify TOKEN            check a token through the pool's key set with a library that is not ours
var words = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"cognate": cognate,
	"restart": restart,
	"aws":     awsCall,
	"decide":  decide,
	"get":     get,
	"is":      is,
	"code":    code,
	"srp":     srpSignIn,
	"verify":  verify,
}

func of(ts *testscript.TestScript) *state { return ts.Value(stateKey{}).(*state) }

func cognate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: cognate MODE ARGS…")
	}
	srv, err := start(ts.Getenv("WORK"), append(args, "--data", filepath.Join(ts.Getenv("WORK"), "data"))...)
	ts.Check(err)
	of(ts).server = srv
	ts.Setenv("ENDPOINT", srv.cognito)
	ts.Setenv("PDP", srv.pdp)
}

func restart(ts *testscript.TestScript, neg bool, args []string) {
	old := of(ts).server
	old.Kill()
	cognate(ts, neg, args)
	if of(ts).server.key == "" {
		of(ts).server.key, of(ts).server.secret = old.key, old.secret
	}
}

func awsCall(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: aws OPERATION FILE")
	}
	got, err := of(ts).server.call(patience(ts), args[0], fill(ts, args[1]))
	settle(ts, neg, got, err)
}

func decide(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: decide FILE")
	}
	got, err := of(ts).server.decide(patience(ts), fill(ts, args[0]))
	settle(ts, neg, got, err)
}

// settle keeps the answer and checks that it is the success or the error that the script expects.
func settle(ts *testscript.TestScript, neg bool, got answer, err error) {
	ts.Check(err)
	of(ts).last = got
	ts.Logf("%d %s", got.status, got.raw)
	if neg == (got.status == 200) {
		ts.Fatalf("status %d is not what the story expects: %s", got.status, got.raw)
	}
}

func get(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: get VARIABLE PATH")
	}
	value, err := of(ts).last.at(args[1])
	ts.Check(err)
	ts.Setenv(args[0], value)
}

func is(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: is PATH VALUE")
	}
	value, err := of(ts).last.at(args[0])
	ts.Check(err)
	if (value == args[1]) == neg {
		ts.Fatalf("%s is %q in %s", args[0], value, of(ts).last.raw)
	}
}

func code(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: code VARIABLE ADDRESS")
	}
	value, err := of(ts).server.code(patience(ts), args[1])
	ts.Check(err)
	ts.Setenv(args[0], value)
}

// fill reads a file of the script and puts the script's variables into it. In files a variable is written ${NAME}.
func fill(ts *testscript.TestScript, name string) string {
	text := ts.ReadFile(name)
	for {
		before, rest, found := strings.Cut(text, "${")
		if !found {
			return text
		}
		variable, after, closed := strings.Cut(rest, "}")
		if !closed {
			ts.Fatalf("%s: a variable is not closed", name)
		}
		text = before + ts.Getenv(variable) + after
	}
}

func patience(ts *testscript.TestScript) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), started.Patience)
	ts.Defer(cancel)
	return ctx
}
