// Package journey takes a person who has come back from a provider to the code that the client gets: what the provider said
// becomes an authentication context, the person a user of the pool, and every step of the house has its say. It owns the
// order of these things, suspended sign-ins, kept contexts and the traces that tell why a context is what it is. It leaves the
// way to providers and back to federation, and what a step does to the step.
package journey

import (
	"context"
	"net/url"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/workspace/mapping"
)

// Step has its say about a sign-in between the mappings and the code: a script, a custom application, consent. It may change the
// login. A detour that is not empty is a URL to which the browser goes: the login is kept then under its ID and State, which the
// step puts into that URL, and goes on with the next step once somebody has settled it (Logins.Settle) and the browser has
// come to the address that Login.Back gives. An error of type *Refusal is told to the client; any other is internal.
type Step interface {
	Name() string
	Take(ctx context.Context, l *Login) (detour string, err error)
}

// Refusal ends a sign-in with an error of OAuth for the client: access_denied, login_required, server_error and so on.
type Refusal struct {
	Code string `json:"error"`
	Text string `json:"error_description,omitempty"`
}

// Error is for logs.
func (r *Refusal) Error() string { return r.Code + ": " + r.Text }

// Login is a sign-in on its way through the steps. Kept, it is sealed, and good for ten minutes. The names are those of
// Cloudentity's LoginSession.
type Login struct {
	ID    string `json:"id"` // what the address of a detour calls login_id
	State string `json:"-"`  // and login_state: it changes each time that somebody settles the login

	WorkspaceID string `json:"authorization_server_id"`
	TenantID    string `json:"tenant_id"`
	PoolID      string `json:"user_pool_id"`
	Base        string `json:"base"`    // URL of the workspace's site
	Subject     string `json:"subject"` // the user's id in the pool; empty before the person is one
	Username    string `json:"username,omitempty"`

	ConnectionID string `json:"idp_id"`
	Method       string `json:"idp_method"`
	// IDPSubject is the provider's own name for the person.
	IDPSubject string         `json:"idp_subject"`
	Context    map[string]any `json:"authentication_context"`
	AMR        []string       `json:"amr,omitempty"`
	ACR        string         `json:"acr,omitempty"`
	AuthTime   time.Time      `json:"auth_time"`
	// Mapped is what was known before the steps.
	Mapped *Known `json:"mapped,omitempty"`
	// Cached says that the context was kept from an earlier sign-in in this browser.
	Cached bool `json:"cached,omitempty"`

	ClientID string `json:"client_id"`
	Client   About  `json:"client_info"`
	// Request is the client's request, sealed by authorize.
	Request     string     `json:"request"`
	RequestURL  string     `json:"request_url,omitempty"`
	Query       url.Values `json:"request_query_params,omitempty"`
	Scopes      []string   `json:"requested_scopes"`
	Audience    string     `json:"requested_audience,omitempty"`
	RedirectURI string     `json:"requested_redirect_uri,omitempty"`
	MaxAge      int        `json:"requested_max_age,omitempty"`
	Prompt      string     `json:"prompt,omitempty"`
	RequestedAt time.Time  `json:"requested_at"`
	// Granted are the scopes that the code will be for; steps may take some away. Nil: those that are requested.
	Granted []string `json:"granted_scopes,omitempty"`
	// Withheld are claims, by TYPE NAME, that the person keeps to themselves.
	Withheld []string `json:"withheld_claims,omitempty"`

	// Accepted is what a login page of somebody's own has said of the person, who has yet to come back from there; nil: nothing.
	Accepted *Accepted `json:"accepted,omitempty"`
	// Next is the place in the list of steps where the login goes on.
	Next int `json:"next"`
	// Waiting is the step that has sent the browser away and is not settled; empty: none.
	Waiting string `json:"waiting,omitempty"`
	// Refused ends the login when the browser comes back.
	Refused *Refusal `json:"refused,omitempty"`
	// Notes are what steps remember of this login, by their own names.
	Notes map[string]string `json:"notes,omitempty"`

	Browser   string         `json:"browser"` // digest of the browser's secret
	Visitor   Visitor        `json:"visitor"`
	SessionID string         `json:"session_id,omitempty"` // of the browser session, where the context was kept
	ContextID string         `json:"context_id,omitempty"` // likewise
	Lines     []mapping.Line `json:"lines,omitempty"`      // of the trace
	TraceID   string         `json:"trace_id,omitempty"`
}

// About is what pages may show of a client.
type About struct {
	Name      string `json:"client_name"`
	LogoURI   string `json:"logo_uri,omitempty"`
	PolicyURI string `json:"policy_uri,omitempty"`
	TermsURI  string `json:"tos_uri,omitempty"`
	Trusted   bool   `json:"trusted,omitempty"`
}

// Visitor is what is seen of a browser.
type Visitor struct {
	Address string `json:"ip,omitempty"`
	Agent   string `json:"user_agent,omitempty"`
}

// BackPath is where a browser comes back to after a detour, below the site.
const BackPath = "/oauth2/resume"

// Back is the address of BackPath for a login in a state: where applications send the browser when they are done.
func (l *Login) Back(state string) string {
	return l.Base + BackPath + "?" + url.Values{"login_id": {l.ID}, "login_state": {state}}.Encode()
}

// Away makes the address of a detour: the login's id and state in the query of a URL.
func (l *Login) Away(to string) (string, error) {
	u, err := url.Parse(to)
	if err != nil {
		return "", err
	}
	q := u.Query()
	q.Set("login_id", l.ID)
	q.Set("login_state", l.State)
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// Note adds a line to the trace.
func (l *Login) Note(lines ...mapping.Line) { l.Lines = append(l.Lines, lines...) }

// LoginLife is how long a login may be suspended.
const LoginLife = 10 * time.Minute

// ErrLost is a login that is not there: it took too long, was used, never was, or is another browser's.
var ErrLost = fault.New(fault.Missing, "", "The sign-in took too long, is done, or did not start here.")

// LoginStore keeps suspended logins, sealed, under digests. A digest changes with each state.
type LoginStore interface {
	// InsertLogin keeps one until a time. An unknown workspace is a fault Missing.
	InsertLogin(ctx context.Context, hash, workspaceID, sealed string, until time.Time) error
	// Login reads one that has not ended; empty: there is none.
	Login(ctx context.Context, hash, workspaceID string, now time.Time) (sealed string, err error)
	// ReplaceLogin puts another in the place of one, and reports whether that was there: of two who do it at once one is first.
	ReplaceLogin(ctx context.Context, hash, workspaceID, next, sealed string, now time.Time) (bool, error)
	// TakeLogin removes one that has not ended, and gives it; empty: there is none. Of several who take it at once one gets it.
	TakeLogin(ctx context.Context, hash, workspaceID string, now time.Time) (sealed string, err error)
}

// Sealer encrypts what is kept; *secret.Keyring does.
type Sealer interface {
	SealString(purpose string, plain, aad []byte) string
	OpenString(purpose, sealed string, aad []byte) ([]byte, error)
	Seal(purpose string, plain, aad []byte) []byte
	Open(purpose string, sealed, aad []byte) ([]byte, error)
}

// Logins keeps logins while browsers are on a detour.
type Logins struct {
	Store LoginStore
	Keys  Sealer
	Now   clock.Clock
}
