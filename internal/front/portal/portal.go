// Package portal is the user portal for programs, by the paths of Cloudentity's public API: what a person lets clients of a
// workspace have, and where they are signed in. Callers show an access token of that person with the scope user_portal. No cookie
// opens anything here, so there is nothing that another site could have a browser do.
package portal

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/limit"
	room "cognate.dev/cognate/internal/portal"
	"cognate.dev/cognate/internal/telemetry"
)

// Config is what the API needs. Gate may be nil: nothing is limited then.
type Config struct {
	Room *room.Portal
	Gate *limit.Gate
}

type api struct {
	Config
	mux *http.ServeMux
}

// Handler answers below the site in the request's context (authorize.WithSite), with the site's prefix stripped.
func Handler(c Config) http.Handler {
	a := &api{c, http.NewServeMux()}
	for pattern, op := range a.operations() {
		a.mux.Handle(pattern, a.serve(op))
	}
	return a.mux
}

// Serves reports whether a path, below a site, is the API's.
func Serves(path string) bool {
	switch {
	case path == "/clients", path == "/applications", path == "/tokens", path == "/sso/sessions":
		return true
	}
	return strings.HasPrefix(path, "/clients/") || strings.HasPrefix(path, "/sso/sessions/")
}

type operation struct {
	name   string
	handle func(r *http.Request, who *room.Person) (any, error) // a nil answer: it is done, and there is nothing to say
}

func (a *api) operations() map[string]operation {
	return map[string]operation{
		"GET /clients":              {"ListClientsWithAccess", a.clients},
		"DELETE /clients/{cid}":     {"RevokeClientAccess", a.revoke},
		"GET /applications":         {"ListApplications", a.applications},
		"GET /sso/sessions":         {"ListSSOSessions", a.sessions},
		"DELETE /sso/sessions/{id}": {"DeleteSSOSession", a.end},
		"DELETE /tokens":            {"RevokeTokens", a.endTokens},
	}
}

func (a *api) serve(op operation) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		telemetry.Operation(r.Context(), op.name)
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		answer, err := a.answer(r, op)
		switch {
		case err != nil:
			refuse(w, r, err)
		case answer == nil:
			w.WriteHeader(http.StatusNoContent)
		default:
			say(w, http.StatusOK, answer)
		}
	})
}

func (a *api) answer(r *http.Request, op operation) (any, error) {
	site, ok := authorize.SiteOf(r.Context())
	if !ok {
		return nil, fault.Missingf("There is no such document.")
	}
	if r.Method != http.MethodGet {
		audit.Note(r.Context(), func(rec *audit.Record) {
			rec.Operation, rec.Pool, rec.Resource = op.name, site.Pool.ID, "workspace/"+site.Workspace
		})
	}
	if err := a.Gate.Category(r.Context(), limit.UserToken); err != nil {
		return nil, err
	}
	house, err := a.Room.Open(r.Context(), site)
	if err != nil {
		return nil, err
	}
	if !house.Portal {
		return nil, fault.Missingf("There is no portal here.")
	}
	kind, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "Bearer") {
		return nil, fault.New(fault.Denied, fault.TokenType, "This needs an access token.")
	}
	who, err := a.Room.Bearer(r.Context(), site, strings.TrimSpace(token))
	if err != nil {
		return nil, err
	}
	audit.NoteProven(r.Context(), who.Pool.ID, who.User.ID)
	return op.handle(r, who)
}

// wireClient is a client with what it was granted.
type wireClient struct {
	ID        string      `json:"client_id"`
	Name      string      `json:"client_name"`
	Scopes    []wireScope `json:"granted_scopes"`
	Claims    []wireClaim `json:"granted_claims"`
	GrantedAt time.Time   `json:"granted_at"`
}

type wireScope struct {
	Name        string `json:"scope_name"`
	DisplayName string `json:"display_name,omitempty"`
	Description string `json:"description,omitempty"`
}

type wireClaim struct {
	Name        string `json:"claim_name"`
	Description string `json:"description,omitempty"`
}

func (a *api) clients(r *http.Request, who *room.Person) (any, error) {
	list, err := a.Room.Applications(r.Context(), who)
	out := make([]wireClient, 0, len(list))
	for _, x := range list {
		c := wireClient{ID: x.ID, Name: x.Name, GrantedAt: x.Since, Scopes: []wireScope{}, Claims: []wireClaim{}}
		for _, s := range x.Scopes {
			c.Scopes = append(c.Scopes, wireScope{s.Name, s.DisplayName, s.Description})
		}
		for _, claim := range x.Claims {
			c.Claims = append(c.Claims, wireClaim{claim.Name, claim.Description})
		}
		out = append(out, c)
	}
	return map[string]any{"clients": out}, err
}

func (a *api) revoke(r *http.Request, who *room.Person) (any, error) {
	return nil, a.Room.Revoke(r.Context(), who, r.PathValue("cid"))
}

type wireApplication struct {
	ID   string `json:"client_id"`
	Name string `json:"client_name"`
	URI  string `json:"client_uri"`
}

func (a *api) applications(r *http.Request, who *room.Person) (any, error) {
	list, err := a.Room.Launches(r.Context(), who)
	out := make([]wireApplication, 0, len(list))
	for _, x := range list {
		out = append(out, wireApplication{x.ID, x.Name, x.URL})
	}
	return map[string]any{"applications": out}, err
}

type wireSession struct {
	ID        string    `json:"session_id"`
	Address   string    `json:"ip"`
	Agent     string    `json:"user_agent"`
	Device    string    `json:"device"`
	Place     string    `json:"place,omitempty"`
	AuthTime  time.Time `json:"auth_time"`
	IsCurrent bool      `json:"current"` // the token came through it
}

func (a *api) sessions(r *http.Request, who *room.Person) (any, error) {
	list, err := a.Room.Browsers(r.Context(), who)
	out := make([]wireSession, 0, len(list))
	for _, x := range list {
		out = append(out, wireSession{x.ID, x.Address, x.Agent, x.Device, x.Place, x.AuthTime, x.This})
	}
	return map[string]any{"sessions": out}, err
}

func (a *api) end(r *http.Request, who *room.Person) (any, error) {
	return nil, a.Room.End(r.Context(), who, r.PathValue("id"))
}

func (a *api) endTokens(r *http.Request, who *room.Person) (any, error) {
	return nil, a.Room.EndTokens(r.Context(), who)
}

// wireError is an error as Cloudentity writes it.
type wireError struct {
	Status int    `json:"status_code"`
	Error  string `json:"error"`
	Code   string `json:"error_code"`
}

func refuse(w http.ResponseWriter, r *http.Request, err error) {
	e := translate(err)
	switch e.Status {
	case http.StatusInternalServerError:
		telemetry.Fail(r.Context(), err)
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	case http.StatusForbidden:
		w.Header().Set("WWW-Authenticate", `Bearer error="insufficient_scope"`)
	}
	audit.Note(r.Context(), func(rec *audit.Record) { rec.Outcome = e.Code })
	say(w, e.Status, e)
}

func translate(err error) wireError {
	f := fault.As(err)
	switch f.Kind {
	case fault.Missing:
		return wireError{http.StatusNotFound, f.Text, "not_found"}
	case fault.Denied:
		if f.Subject == fault.Scope {
			return wireError{http.StatusForbidden, f.Text, "forbidden"}
		}
		return wireError{http.StatusUnauthorized, f.Text, "unauthorized"}
	case fault.Throttled:
		return wireError{http.StatusTooManyRequests, f.Text, "too_many_requests"}
	}
	return wireError{http.StatusInternalServerError, "Internal server error.", "internal"}
}

func say(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller may be gone
}
