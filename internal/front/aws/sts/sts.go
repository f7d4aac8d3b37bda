// Package sts speaks AWS's Query protocol for the Security Token Service: parameters in a form, answers in XML. It leaves
// judging tokens to identitypool and giving credentials to the room sts.
// https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html
package sts

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/aws"
	"cognate.dev/cognate/internal/identitypool"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/limit"
	room "cognate.dev/cognate/internal/sts"
	"cognate.dev/cognate/internal/telemetry"
)

const (
	version = "2011-06-15"
	form    = "application/x-www-form-urlencoded"
	service = "sts"
	// maxBody is room for an assertion of 100,000 characters, of which few are written as three, and a policy of 2,048.
	maxBody = 160 << 10
)

// Tokens judges what is exchanged for credentials. A fault Denied says what is wrong with a token, and with the subject Stale that
// it was good once; a fault Unavailable, that nobody could tell.
type Tokens interface {
	WebIdentity(ctx context.Context, token string) (room.WebIdentity, error)
	SAMLIdentity(ctx context.Context, provider, role, response string) (*identitypool.SAMLSession, error)
}

// Config is how the front behaves. Auth, Tokens and Sessions are needed.
type Config struct {
	Auth     aws.Authenticator
	Tokens   Tokens
	Sessions *room.Sessions
	Observe  aws.Observer // nil tells nobody
	Gate     *limit.Gate  // nil limits nothing
	Now      clock.Clock
	Origins  []string // web origins that may read answers; none means any
	// RemoteAddr finds a caller's address.
	RemoteAddr func(*http.Request) string
}

// Asks tells whether a request is one of this protocol: its action is a parameter, and not a header.
func Asks(r *http.Request) bool {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return r.Method == http.MethodPost && err == nil && media == form ||
		(r.Method == http.MethodGet || r.Method == http.MethodPost) && strings.Contains(r.URL.RawQuery, "Action=") && r.Header.Get("X-Amz-Target") == ""
}

// Handler answers what Asks is true for.
func Handler(c Config) http.Handler {
	if c.Observe == nil {
		c.Observe = func(context.Context, aws.Event) {}
	}
	return &handler{c}
}

type handler struct{ Config }

// request is one request while it is answered.
type request struct {
	*http.Request
	body   []byte
	params url.Values
	call   aws.Call
}

// operation is what an action does; its answer is the content of ACTIONResult.
type operation struct {
	action string
	run    func(*handler, *request) (any, error)
}

var operations = []operation{
	{"AssumeRoleWithSAML", (*handler).assumeRoleWithSAML},
	{"AssumeRoleWithWebIdentity", (*handler).assumeRoleWithWebIdentity},
	{"GetCallerIdentity", (*handler).getCallerIdentity},
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := aws.Event{Start: h.Now(), RequestID: random.UUID(), RemoteAddr: h.RemoteAddr(r), Service: service, Status: http.StatusOK}
	w.Header().Set("X-Amzn-Requestid", e.RequestID)
	aws.AllowOrigins(w.Header(), r, h.Origins)
	q := &request{Request: r, call: aws.Call{RequestID: e.RequestID, Service: service, RemoteAddr: e.RemoteAddr, UserAgent: r.UserAgent()}}
	answer, err := h.answer(w, q)
	if err == nil {
		writeAnswer(w, q.call.Operation, answer, e.RequestID)
	} else {
		refused := translate(err)
		e.Status, e.Exception, e.Cause = refused.status, refused.code, refused.cause
		audit.Note(r.Context(), func(record *audit.Record) {
			record.Outcome = refused.code
			if refused.code == throttling { // it was not tried
				record.Operation = ""
			}
		})
		writeRefusal(w, refused, e.RequestID)
	}
	e.Operation, e.Region, e.AccessKeyID, e.Duration = q.call.Operation, q.call.Region, q.call.AccessKeyID, h.Now().Sub(e.Start)
	h.Observe(r.Context(), e)
}

func (h *handler) answer(w http.ResponseWriter, q *request) (answer any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	if q.params, q.body, err = read(w, q.Request); err != nil {
		return nil, err
	}
	action := q.params.Get("Action")
	if got := q.params.Get("Version"); got != "" && got != version {
		return nil, refuse(http.StatusBadRequest, "InvalidAction", "Could not find operation %s for version %s", printable(action), printable(got))
	}
	for _, o := range operations {
		if o.action == action {
			q.call.Operation = action
			telemetry.Operation(q.Context(), action)
			if err := h.Gate.Operation(q.Context(), service, action); err != nil {
				return nil, err
			}
			return o.run(h, q)
		}
	}
	if action == "" {
		return nil, refuse(http.StatusBadRequest, "MissingAction", "The request must have an Action.")
	}
	return nil, refuse(http.StatusBadRequest, "InvalidAction", "Could not find operation %s for version %s", printable(action), version)
}

// read takes the parameters from body and query. One that comes twice is refused: which was meant?
func read(w http.ResponseWriter, r *http.Request) (url.Values, []byte, error) {
	malformed := func(err error) error {
		return fault.Invalidf("The request's parameters cannot be read.").Because(err)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, nil, malformed(err)
	}
	params, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, nil, malformed(err)
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && media == form {
		written, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, nil, malformed(err)
		}
		for name, values := range written {
			params[name] = append(params[name], values...)
		}
	}
	for name, values := range params {
		if len(values) > 1 {
			return nil, nil, fault.Invalidf("The parameter %s is there twice.", printable(name))
		}
	}
	return params, body, nil
}

// printable makes a piece of the request fit to be shown in an error.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s[:min(len(s), 100)])
}
