package door

import (
	"net/http"
	"strconv"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/aws/cognitoidentity"
	"cognate.dev/cognate/internal/front/aws/cognitoidp"
	"cognate.dev/cognate/internal/kit/gate"
	"cognate.dev/cognate/internal/password"
)

// Admission turns requests away that would wait too long for a processor, at the door: before anything has happened, and
// before their clients give up. What is admitted is never refused later. Requests that neither hash nor sign, decisions
// and key sets above all, always come in.
type Admission struct {
	Hasher   *password.Hasher
	Signing  *gate.Gate
	Patience time.Duration
}

// Ask is nil, or Throttled of Load.
func (a Admission) Ask() error {
	wait := max(a.Hasher.Expected(), a.Signing.Expected())
	if wait <= a.Patience {
		return nil
	}
	f := fault.New(fault.Throttled, fault.Load, "The server is busy. Please try again in a moment.")
	f.After = max(time.Second, wait-a.Patience)
	return f
}

// Operation is Ask for an operation of the AWS protocol.
func (a Admission) Operation(name string) error {
	if !cognitoidp.Heavy(name) && !cognitoidentity.Heavy(name) {
		return nil
	}
	return a.Ask()
}

// Forms guards the POST requests of next; busy writes the answer's type and body.
func (a Admission) Forms(next http.Handler, heavy func(path string) bool, busy func(http.ResponseWriter)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && heavy(r.URL.Path) {
			if f := fault.As(a.Ask()); f != nil {
				w.Header().Set("Retry-After", strconv.Itoa(int((f.After+time.Second-1)/time.Second)))
				w.Header().Set("Cache-Control", "no-store")
				busy(w)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// TokenPath is the one endpoint of front/oauth that signs.
func TokenPath(path string) bool { return path == "/oauth2/token" }

// BusyTokens is the answer of the token endpoint. RFC 6749 has no error for it; this name is that of its section 4.1.2.1.
func BusyTokens(w http.ResponseWriter) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	Say(w, http.StatusTooManyRequests, map[string]string{
		"error": "temporarily_unavailable", "error_description": "The server is busy. Please try again in a moment."})
}

// busyPage is what people see: as cheap as a page can be, and the form they sent is one step back.
const busyPage = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>One moment</title><style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:20vh auto;padding:0 1.5rem}</style>
<h1>One moment, please</h1><p>Many people are signing in right now. Nothing was changed. Go back, and send the form again in a few seconds.</p></html>`

// BusyForm is the answer of a page.
func BusyForm(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusTooManyRequests)
	_, _ = w.Write([]byte(busyPage))
}
