package extend

import (
	"net/http"
	"time"

	"cognate.dev/cognate/internal/extension"
	"cognate.dev/cognate/internal/front/workspace"
	"cognate.dev/cognate/internal/workspace/journey"
)

// wirePageClient is the client of a login page. Its secret is told once, when it is made.
type wirePageClient struct {
	ClientID  string    `json:"client_id"`
	Secret    string    `json:"client_secret,omitempty"`
	Workspace string    `json:"authorization_server_id"`
	Scopes    []string  `json:"scopes"`
	CreatedAt time.Time `json:"created_at"`
}

func pageClient(x *extension.App, secret string) wirePageClient {
	return wirePageClient{x.ClientID, secret, "system", []string{"manage_logins"}, x.CreatedAt}
}

func (h Rooms) getPageClient(w http.ResponseWriter, r *http.Request, _ *workspace.Call) error {
	x, err := h.Apps.PageClient(r.Context(), r.PathValue("wid"), r.PathValue("iid"))
	if err != nil {
		return err
	}
	return workspace.Say(w, http.StatusOK, pageClient(x, ""))
}

func (h Rooms) makePageClient(w http.ResponseWriter, r *http.Request, _ *workspace.Call) error {
	x, secret, err := h.Apps.MakePageClient(r.Context(), r.PathValue("wid"), r.PathValue("iid"))
	if err != nil {
		return err
	}
	return workspace.Say(w, http.StatusCreated, pageClient(x, secret))
}

// getLoginRequest shows what a login page has to know: who asks for what. Of the person nothing is known yet.
func (h Rooms) getLoginRequest(w http.ResponseWriter, r *http.Request, c *workspace.Call) error {
	l, err := h.Apps.LoginRequest(r.Context(), c.Actor.ID, r.PathValue("login"), r.URL.Query().Get("login_state"))
	if err != nil {
		return err
	}
	out := sessionOf(l)
	out.LoginApproved = false
	return workspace.Say(w, http.StatusOK, out)
}

func (h Rooms) acceptLogin(w http.ResponseWriter, r *http.Request, c *workspace.Call) error {
	var in struct {
		answer
		journey.Accepted
	}
	if err := c.Read(&in); err != nil {
		return err
	}
	if err := in.check(r); err != nil {
		return err
	}
	location, err := h.Apps.Accept(r.Context(), c.Actor.ID, r.PathValue("login"), in.State, in.Accepted)
	return sayOnward(w, location, err)
}

func (h Rooms) rejectLogin(w http.ResponseWriter, r *http.Request, c *workspace.Call) error {
	in, refusal, err := readEnding(r, c)
	if err != nil {
		return err
	}
	location, err := h.Apps.RejectLogin(r.Context(), c.Actor.ID, r.PathValue("login"), in.State, refusal)
	return sayOnward(w, location, err)
}
