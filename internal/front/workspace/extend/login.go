package extend

import (
	"net/http"
	"net/url"
	"time"

	"cognate.dev/cognate/internal/consent"
	"cognate.dev/cognate/internal/extension"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/workspace"
	"cognate.dev/cognate/internal/workspace/journey"
)

func (h Rooms) logins() []workspace.Route {
	apps, grants, pages := []string{"manage_post_authn"}, []string{"manage_scope_grants"}, []string{"manage_logins"}
	list := []workspace.Route{
		{Pattern: "GET /post-authn/{login}", Operation: "GetPostAuthnRequest", Scopes: apps, Handle: h.getLogin},
		{Pattern: "POST /post-authn/{login}/complete", Operation: "CompletePostAuthnRequest", Scopes: apps, Handle: h.complete},
		{Pattern: "POST /post-authn/{login}/abort", Operation: "AbortPostAuthnRequest", Scopes: apps, Handle: h.abort},
		{Pattern: "GET /logins/{login}", Operation: "GetLoginRequest", Scopes: pages, Handle: h.getLoginRequest},
		{Pattern: "POST /logins/{login}/accept", Operation: "AcceptLoginRequest", Scopes: pages, Handle: h.acceptLogin},
		{Pattern: "POST /logins/{login}/reject", Operation: "RejectLoginRequest", Scopes: pages, Handle: h.rejectLogin},
		{Pattern: "GET /scope-grants/{login}", Operation: "GetScopeGrantRequest", Scopes: grants, Handle: h.getQuestion},
		{Pattern: "POST /scope-grants/{login}/accept", Operation: "AcceptScopeGrantRequest", Scopes: grants, Handle: h.accept},
		{Pattern: "POST /scope-grants/{login}/reject", Operation: "RejectScopeGrantRequest", Scopes: grants, Handle: h.reject},
	}
	for i := range list {
		list[i].Under, list[i].TokenOnly = workspace.SystemPath, true
	}
	return list
}

// session is a sign-in as pages outside of the house see it: what was asked for and what is known, nothing that opens anything.
type session struct {
	ID            string         `json:"id"`
	WorkspaceID   string         `json:"authorization_server_id"`
	Subject       string         `json:"subject"`
	ConnectionID  string         `json:"idp_id"`
	Method        string         `json:"idp_method"`
	IDPSubject    string         `json:"idp_subject"`
	AMR           []string       `json:"amr"`
	ACR           string         `json:"acr,omitempty"`
	AuthTime      time.Time      `json:"auth_time"`
	Context       map[string]any `json:"authentication_context"`
	ClientID      string         `json:"client_id"`
	Client        journey.About  `json:"client_info"`
	Scopes        []string       `json:"requested_scopes"`
	Audience      string         `json:"requested_audience,omitempty"`
	RedirectURI   string         `json:"requested_redirect_uri"`
	MaxAge        int            `json:"requested_max_age,omitempty"`
	RequestedAt   time.Time      `json:"requested_at"`
	RequestURL    string         `json:"request_url,omitempty"`
	Query         url.Values     `json:"request_query_params"`
	Granted       []string       `json:"granted_scopes,omitempty"`
	LoginApproved bool           `json:"login_approved"`
	ToConsent     []string       `json:"scopes_to_consent,omitempty"`
}

func sessionOf(l *journey.Login) session {
	return session{
		ID: l.ID, WorkspaceID: l.WorkspaceID, Subject: l.Subject, ConnectionID: l.ConnectionID, Method: l.Method, IDPSubject: l.IDPSubject,
		AMR: l.AMR, ACR: l.ACR, AuthTime: l.AuthTime, Context: l.Context, ClientID: l.ClientID, Client: l.Client, Scopes: l.Scopes,
		Audience: l.Audience, RedirectURI: l.RedirectURI, MaxAge: l.MaxAge, RequestedAt: l.RequestedAt, RequestURL: l.RequestURL,
		Query: l.Query, Granted: l.Granted, LoginApproved: true,
	}
}

func (h Rooms) getLogin(w http.ResponseWriter, r *http.Request, c *workspace.Call) error {
	l, err := h.Apps.Waiting(r.Context(), c.Actor.ID, r.PathValue("login"), r.URL.Query().Get("login_state"))
	if err != nil {
		return err
	}
	return workspace.Say(w, http.StatusOK, sessionOf(l))
}

// answer names the sign-in that somebody answers about: in the path and, as Cloudentity has it, in the body.
type answer struct {
	ID    string `json:"id"`
	State string `json:"login_state"`
}

func (a answer) check(r *http.Request) error {
	if a.ID != "" && a.ID != r.PathValue("login") {
		return fault.Invalidf("id: it is not that of the path.")
	}
	return nil
}

// onward is where the browser goes on.
type onward struct {
	RedirectTo string `json:"redirect_to"`
}

func sayOnward(w http.ResponseWriter, location string, err error) error {
	if err != nil {
		return err
	}
	return workspace.Say(w, http.StatusOK, onward{location})
}

func (h Rooms) complete(w http.ResponseWriter, r *http.Request, c *workspace.Call) error {
	var in struct {
		answer
		Context map[string]any `json:"authentication_context"`
	}
	if err := c.Read(&in); err != nil {
		return err
	}
	if err := in.check(r); err != nil {
		return err
	}
	location, err := h.Apps.Complete(r.Context(), c.Actor.ID, r.PathValue("login"), in.State, in.Context)
	return sayOnward(w, location, err)
}

// ending is an error that somebody has the client told. Cause and status are taken for Cloudentity's sake; OAuth has no room for
// them.
type ending struct {
	answer
	Error       string `json:"error"`
	Cause       string `json:"error_cause"`
	Description string `json:"error_description"`
	Status      int    `json:"status_code"`
}

func (h Rooms) abort(w http.ResponseWriter, r *http.Request, c *workspace.Call) error {
	in, refusal, err := readEnding(r, c)
	if err != nil {
		return err
	}
	location, err := h.Apps.Abort(r.Context(), c.Actor.ID, r.PathValue("login"), in.State, refusal)
	return sayOnward(w, location, err)
}

func readEnding(r *http.Request, c *workspace.Call) (ending, journey.Refusal, error) {
	var in ending
	if err := c.Read(&in); err != nil {
		return in, journey.Refusal{}, err
	}
	if err := in.check(r); err != nil {
		return in, journey.Refusal{}, err
	}
	refusal, err := extension.Refusal(in.Error, in.Description)
	return in, refusal, err
}

func (h Rooms) getQuestion(w http.ResponseWriter, r *http.Request, c *workspace.Call) error {
	x, err := h.Apps.Caller(r.Context(), c.Actor.ID, extension.ConsentPage)
	if err != nil {
		return err
	}
	q, err := h.Consents.Ask(r.Context(), x.WorkspaceID, r.PathValue("login"), r.URL.Query().Get("login_state"))
	if err != nil {
		return err
	}
	out := sessionOf(q.Login)
	out.ToConsent = scopesToConsent(q)
	return workspace.Say(w, http.StatusOK, out)
}

func (h Rooms) accept(w http.ResponseWriter, r *http.Request, c *workspace.Call) error {
	var in struct {
		answer
		Scopes   []string `json:"granted_scopes"`
		Claims   []string `json:"granted_claims"`
		Verified []string `json:"granted_verified_claims"`
	}
	if err := c.Read(&in); err != nil {
		return err
	}
	if len(in.Claims)+len(in.Verified) > 0 {
		return fault.Invalidf("granted_claims: claims are not asked for alone.")
	}
	if err := in.check(r); err != nil {
		return err
	}
	x, err := h.Apps.Caller(r.Context(), c.Actor.ID, extension.ConsentPage)
	if err != nil {
		return err
	}
	location, err := h.Consents.Accept(r.Context(), consent.Answer{WorkspaceID: x.WorkspaceID, ID: r.PathValue("login"), State: in.State, Scopes: in.Scopes})
	return sayOnward(w, location, err)
}

func (h Rooms) reject(w http.ResponseWriter, r *http.Request, c *workspace.Call) error {
	in, refusal, err := readEnding(r, c)
	if err != nil {
		return err
	}
	x, err := h.Apps.Caller(r.Context(), c.Actor.ID, extension.ConsentPage)
	if err != nil {
		return err
	}
	location, err := h.Consents.Reject(r.Context(), x.WorkspaceID, r.PathValue("login"), in.State, refusal)
	return sayOnward(w, location, err)
}
