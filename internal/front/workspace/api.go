// Package workspace is the administration API of workspaces, by the names and paths of Cloudentity's: JSON over HTTP for
// whoever signs with an access key of the house, or shows a token of the system workspace. It translates, and leaves every
// decision to the room of its name.
package workspace

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/sigv4"
	"cognate.dev/cognate/internal/telemetry"
	room "cognate.dev/cognate/internal/workspace"
	"cognate.dev/cognate/internal/workspace/journey"
)

// Path is where the API lies, before the tenant.
const (
	AdminPath  = "/api/admin/"
	SystemPath = "/api/system/"
	HubPath    = "/api/hub/"
)

// Config is what the API needs. All but Routes must be set.
type Config struct {
	Room    *room.Room
	Carrier room.Carrier
	Traces  *journey.Traces
	// Signed gives the access key of who signed a request, for any service, and what the body is then to be asked about. Refusals are
	// *sigv4.Error. Temporary credentials are refused.
	Signed func(r *http.Request) (key string, payload sigv4.Payload, err error)
	// Bearer gives the client and the scopes of an access token of the system workspace. One that is none is a fault Denied.
	Bearer func(ctx context.Context, token string) (client string, scopes []string, err error)
	// Base is the URL of a workspace's site.
	Base func(workspaceID string) string
	// Routes are those of other rooms.
	Routes []Route
}

// Route is one operation.
type Route struct {
	Pattern   string // METHOD and path below the tenant, as http.ServeMux takes them: "GET /servers/{wid}"
	Under     string // AdminPath (also when empty), SystemPath or HubPath
	Operation string // for logs and the audit log, as CreateServer
	// Scopes are those of which a token needs one.
	Scopes []string
	// TokenOnly keeps out who signs: it is for programs of the system workspace.
	TokenOnly bool
	// Large takes bodies of up to 4 MB: whole workspaces.
	Large bool
	// Tagged changes a document that has an entity tag, and looks at what the call says of it (Match). Others that change something refuse
	// to be asked under a condition.
	Tagged bool
	Handle func(w http.ResponseWriter, r *http.Request, c *Call) error
}

// Call is an operation that somebody may ask for.
type Call struct {
	Body   []byte
	Actor  audit.Actor
	scopes []string // of the token; those who sign have none, and may do everything
	seen   []string // entity tags of which the document must have one; nil: whatever it is
}

// gives refuses a client of the system workspace with scopes that who asks does not have: one who may make clients could
// make themselves anything.
func (c *Call) gives(workspaceID string, scopes []string) error {
	if workspaceID != room.System || c.Actor.Kind != audit.Client {
		return nil
	}
	for _, scope := range scopes {
		if !slices.Contains(c.scopes, scope) {
			return fault.New(fault.Denied, fault.Scope, "The access token lacks the scope "+scope+", and gives it to nobody else.")
		}
	}
	return nil
}

// Reads are the scopes that let somebody read things of a kind, and Changes those that let change them.
func Reads(noun string) []string   { return []string{"view_" + noun, "manage_" + noun} }
func Changes(noun string) []string { return []string{"manage_" + noun} }

type api struct {
	Config
}

const (
	maxBody     = 1 << 20
	maxDocument = 4 << 20
	// maxUnproven is for who has proven nothing yet: a signature that does not state the hash of the body is judged when the body is there.
	maxUnproven = 256 << 10
)

// Handler answers everything below AdminPath, SystemPath and HubPath.
func Handler(c Config) http.Handler {
	a := &api{c}
	mux := http.NewServeMux()
	tenant := c.Room.Workspaces.Tenant()
	for _, route := range slices.Concat(a.servers(), a.idps(), a.clients(), a.claims(), a.services(), a.insight(), a.promote(), c.Routes) {
		method, path, _ := strings.Cut(route.Pattern, " ")
		under := route.Under
		if under == "" {
			under = AdminPath
		}
		mux.Handle(method+" "+under+tenant+path, a.serve(route))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		telemetry.Operation(r.Context(), "unknown")
		say(w, http.StatusNotFound, wireError{Status: http.StatusNotFound, Error: "There is no such operation or tenant.", Code: "not_found"})
	})
	return mux
}

// serve finds out who asks and carries an operation out.
func (a *api) serve(route Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		telemetry.Operation(r.Context(), route.Operation)
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		changes := r.Method != http.MethodGet
		audit.Note(r.Context(), func(rec *audit.Record) {
			if changes {
				rec.Operation = route.Operation
			}
			rec.Resource = resourceOf(r)
		})
		c := &Call{}
		err := a.receive(w, r, route, c)
		if err == nil {
			audit.NoteActor(r.Context(), c.Actor.Kind, c.Actor.ID)
			err = route.Handle(w, r, c)
		}
		if err != nil {
			a.refuse(w, r, err)
		}
	})
}

// receive finds out who asks, and reads what they say: of those whom it does not know yet only a little.
func (a *api) receive(w http.ResponseWriter, r *http.Request, route Route, c *Call) error {
	payload, err := a.admit(r, route, c)
	if err != nil {
		return err
	}
	most := int64(maxBody)
	if route.Large {
		most = maxDocument
	}
	if !payload.Proven {
		most = min(most, maxUnproven)
	}
	if r.ContentLength > most {
		return &http.MaxBytesError{Limit: most}
	}
	if c.Body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, most)); err != nil {
		return err
	}
	if err := payload.Check(c.Body); err != nil {
		return err
	}
	if r.Method == http.MethodGet {
		return nil
	}
	if c.seen, err = condition(r.Header); err == nil && c.seen != nil && !route.Tagged {
		err = fault.New(fault.Unsupported, fault.Feature, "If-Match is not supported by this operation.")
	}
	return err
}

// resourceOf names what an operation is about.
func resourceOf(r *http.Request) string {
	out := ""
	for _, part := range []struct{ kind, id string }{
		{"workspace", r.PathValue("wid")}, {"connection", r.PathValue("iid")}, {"client", r.PathValue("cid")}, {"claim", r.PathValue("claim")},
		{"service", r.PathValue("sid")}, {"scope", r.PathValue("scp")},
	} {
		if part.id != "" {
			if out != "" {
				out += "/"
			}
			out += part.kind + "/" + part.id
		}
	}
	return out
}

// admit finds out who asks: by signature, which the payload may have to prove yet, or by token.
func (a *api) admit(r *http.Request, route Route, c *Call) (sigv4.Payload, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		if route.TokenOnly {
			return sigv4.Payload{}, fault.New(fault.Denied, fault.TokenType, "This needs an access token of the system workspace.")
		}
		key, payload, err := a.Signed(r)
		c.Actor = audit.Actor{Kind: audit.Key, ID: key}
		return payload, err
	}
	client, scopes, err := a.Bearer(r.Context(), strings.TrimSpace(token))
	if err != nil {
		return sigv4.Payload{}, err
	}
	c.Actor, c.scopes = audit.Actor{Kind: audit.Client, ID: client}, scopes
	for _, scope := range route.Scopes {
		if slices.Contains(scopes, scope) {
			return sigv4.Believed(), nil
		}
	}
	return sigv4.Payload{}, fault.New(fault.Denied, fault.Scope, "The access token lacks the scope "+strings.Join(route.Scopes, " or ")+".")
}

// wireError is an error as Cloudentity writes it.
type wireError struct {
	Status int    `json:"status_code"`
	Error  string `json:"error"`
	Code   string `json:"error_code,omitempty"`
}

// refuse answers with an error; what is not for callers goes to the log.
func (a *api) refuse(w http.ResponseWriter, r *http.Request, err error) {
	e := translate(err)
	if e.Status >= http.StatusInternalServerError {
		telemetry.Fail(r.Context(), err)
	}
	if e.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="system", AWS4-HMAC-SHA256`)
	}
	audit.Note(r.Context(), func(rec *audit.Record) { rec.Outcome = e.Code })
	say(w, e.Status, e)
}

func translate(err error) wireError {
	if unsigned := (*sigv4.Error)(nil); errors.As(err, &unsigned) {
		return wireError{http.StatusUnauthorized, unsigned.Message, "unauthorized"}
	}
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		if large.Limit == maxUnproven {
			return wireError{http.StatusRequestEntityTooLarge, "The body is larger than 256 KB: sign it with its hash in the header X-Amz-Content-Sha256.", "too_large"}
		}
		return wireError{http.StatusRequestEntityTooLarge, fmt.Sprintf("The body is larger than %d MB.", large.Limit>>20), "too_large"}
	}
	f := fault.As(err)
	switch f.Kind {
	case fault.Invalid, fault.Unsupported, fault.Limited:
		if f.Subject == malformed {
			return wireError{http.StatusBadRequest, f.Text, "bad_request"}
		}
		return wireError{http.StatusUnprocessableEntity, f.Text, "invalid"}
	case fault.Missing:
		return wireError{http.StatusNotFound, f.Text, "not_found"}
	case fault.Exists, fault.Conflict:
		return wireError{http.StatusConflict, f.Text, "conflict"}
	case fault.Denied:
		if f.Subject == fault.Scope {
			return wireError{http.StatusForbidden, f.Text, "forbidden"}
		}
		return wireError{http.StatusUnauthorized, f.Text, "unauthorized"}
	case fault.Precondition:
		return wireError{http.StatusPreconditionFailed, f.Text, "precondition_failed"}
	case fault.Throttled:
		return wireError{http.StatusTooManyRequests, f.Text, "too_many_requests"}
	case fault.Unavailable:
		return wireError{http.StatusServiceUnavailable, f.Text, "unavailable"}
	}
	return wireError{http.StatusInternalServerError, "Internal server error.", "internal"}
}

// malformed is the subject of a body that is no JSON of the right form.
const malformed fault.Subject = "malformed"

// Read decodes a body into v. Members that v does not have are refused: a setting that has no effect is a mistake.
func (c *Call) Read(v any) error { return read(c.Body, v) }

func read(body []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil && d.More() {
		err = errors.New("there is more behind it")
	}
	if f := (*fault.Fault)(nil); errors.As(err, &f) {
		return f
	}
	if err != nil {
		return fault.Newf(fault.Invalid, malformed, "The body cannot be read as JSON of this operation: %s.", strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

// Say answers with JSON.
func Say(w http.ResponseWriter, status int, body any) error {
	say(w, status, body)
	return nil
}

func say(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller may be gone; nothing to do then
}

// done answers that something is gone.
func done(w http.ResponseWriter) error {
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// Remote is the address that a request comes from.
func Remote(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
