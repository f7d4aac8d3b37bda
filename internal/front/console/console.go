// Package console serves the console: the built app of console/, compressed once, and the few calls that AWS has no word
// for. It leaves everything else to the APIs that the app calls like any other client, what those calls tell to the rooms,
// and who may ask to its user.
package console

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"cognate.dev/cognate/internal/telemetry"
)

// Path is where the app is; everything else of this package is below it.
const Path = "/console/"

// calls is where what AWS has no word for is asked.
const calls = Path + "api/"

// Config says whether there is a console.
type Config struct {
	Mode string `yaml:"mode" doc:"on or off; empty: off, but on in development"`
}

// On and Off are what Mode says.
const (
	On  = "on"
	Off = "off"
)

// Check refuses settings that mean nothing.
func (c Config) Check() error {
	if c.Mode != "" && c.Mode != On && c.Mode != Off {
		return fmt.Errorf("console.mode: %q is neither on nor off", c.Mode)
	}
	return nil
}

// Door is what the app knows before anybody has signed in.
type Door struct {
	Mode   string `json:"mode"`   // dev: any access key will do; serve
	Region string `json:"region"` // to begin with
}

// About is what the app tells insiders of the server. What is empty or false is not there.
type About struct {
	Version  string `json:"version"`
	Account  string `json:"account"`
	Issuer   string `json:"issuer"`   // with POOL in the place of the pool's id
	Mailbox  string `json:"mailbox"`  // path of the page
	Policies string `json:"policies"` // where they come from
	Tenant   string `json:"tenant"`   // the first segment of the paths of workspaces
	Email    bool   `json:"email"`    // messages of this kind can leave
	SMS      bool   `json:"sms"`
}

// Parts is what is behind the calls. Handlers are other fronts'; one that is nil is answered with 404, and the app says so.
type Parts struct {
	Door  Door
	About func() About
	// Guard lets only insiders through to a handler. Operation names what was refused, for the log.
	Guard func(operation string, next http.Handler) http.Handler
	// Explain takes a CheckResources request and gives the reasons, Preview what is known of a principal, Decisions what was
	// decided, Sample how a sign-in page would look.
	Explain, Preview, Decisions, Sample http.Handler
	Records                             Records // nil: there is no audit log
	Tokens                              Tokens
	Identities                          Identities
	Now                                 func() time.Time
}

// Handler serves Path.
func Handler(p Parts) (http.Handler, error) {
	files, err := open()
	if err != nil {
		return nil, fmt.Errorf("read the console's files: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle(Path, files)
	mux.Handle("GET "+calls+"door", named("ConsoleDoor", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, p.Door) }))
	for _, c := range []struct {
		pattern, operation string
		next               http.Handler
	}{
		{"GET " + calls + "about", "ConsoleAbout", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, p.About()) })},
		{"POST " + calls + "explain", "ConsoleExplain", p.Explain},
		{"GET " + calls + "preview", "ConsolePreview", p.Preview},
		{"GET " + calls + "decisions", "ConsoleDecisions", p.Decisions},
		{"POST " + calls + "sample", "ConsoleSample", p.Sample},
		{"GET " + calls + "records", "ConsoleRecords", p.records()},
		{"POST " + calls + "token", "ConsoleToken", http.HandlerFunc(p.token)},
		{"POST " + calls + "role", "ConsoleRole", http.HandlerFunc(p.role)},
	} {
		if c.next == nil {
			c.next = http.HandlerFunc(absent)
		}
		mux.Handle(c.pattern, p.Guard(c.operation, named(c.operation, c.next.ServeHTTP)))
	}
	mux.HandleFunc(calls, absent)
	return mux, nil
}

func named(operation string, next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		telemetry.Operation(r.Context(), operation)
		next(w, r)
	})
}

// absent answers for what this server does not have.
func absent(w http.ResponseWriter, _ *http.Request) {
	say(w, http.StatusNotFound, message("This server does not have that."))
}

func message(text string) map[string]string { return map[string]string{"message": text} }

// number reads a parameter from 1 to most; absent ones are most.
func number(text string, most int) (int, error) {
	if text == "" {
		return most, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, fmt.Errorf("limit must be from 1 to %d", most)
	}
	return n, nil
}
