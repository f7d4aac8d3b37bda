package extend

import (
	"net/http"

	"cognate.dev/cognate/internal/consent"
	"cognate.dev/cognate/internal/extension"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/workspace"
)

func (h Rooms) apps() []workspace.Route {
	reads, changes, grants := workspace.Reads("custom_apps"), workspace.Changes("custom_apps"), workspace.Changes("scope_grants")
	return []workspace.Route{
		{Pattern: "GET /servers/{wid}/custom-apps", Operation: "ListServerCustomApps", Scopes: reads, Handle: h.listApps},
		{Pattern: "POST /servers/{wid}/custom-apps", Operation: "CreateCustomApp", Scopes: changes, Handle: h.createApp},
		{Pattern: "GET /servers/{wid}/custom-apps/{app}", Operation: "GetCustomApp", Scopes: reads, Handle: h.getApp},
		{Pattern: "PUT /servers/{wid}/custom-apps/{app}", Operation: "UpdateCustomApp", Scopes: changes, Handle: h.updateApp},
		{Pattern: "DELETE /servers/{wid}/custom-apps/{app}", Operation: "DeleteCustomApp", Scopes: changes, Handle: h.deleteApp},
		{Pattern: "GET /servers/{wid}/idps/custom/{iid}/client", Operation: "GetIDPClient", Scopes: workspace.Reads("idps"), Handle: h.getPageClient},
		{Pattern: "POST /servers/{wid}/idps/custom/{iid}/client", Operation: "CreateIDPClient", Scopes: workspace.Changes("idps"), Handle: h.makePageClient},
		{Pattern: "GET /servers/{wid}/server-consent", Operation: "GetServerConsent", Scopes: workspace.Reads("servers"), Handle: h.getPage},
		{Pattern: "PUT /servers/{wid}/server-consent", Operation: "SetServerConsent", Scopes: workspace.Changes("servers"), Handle: h.setPage},
		{Pattern: "GET /servers/{wid}/scope-grants", Operation: "ListScopeGrants", Scopes: grants, Handle: h.listGrants},
		{Pattern: "DELETE /servers/{wid}/scope-grants", Operation: "RevokeScopeGrants", Scopes: grants, Handle: h.withdraw},
	}
}

// wireApp is an application. The secret of its client is told once, when it is made.
type wireApp struct {
	*extension.App
	Secret string `json:"client_secret,omitempty"`
}

func (h Rooms) listApps(w http.ResponseWriter, r *http.Request, _ *workspace.Call) error {
	list, err := h.Apps.List(r.Context(), r.PathValue("wid"))
	if err != nil {
		return err
	}
	if list == nil {
		list = []*extension.App{}
	}
	return workspace.Say(w, http.StatusOK, map[string]any{"custom_apps": list})
}

// appSpec is what can be said of an application.
type appSpec struct {
	Name string            `json:"name"`
	URL  string            `json:"url"`
	Type extension.AppType `json:"type"`
}

func (h Rooms) createApp(w http.ResponseWriter, r *http.Request, c *workspace.Call) error {
	var in appSpec
	if err := c.Read(&in); err != nil {
		return err
	}
	if in.Type != "" && in.Type != extension.PostAuthnApp {
		return fault.Invalidf("type must be post-authn: a page that asks for consent is set with server-consent, a login page is a connection's.")
	}
	x, secret, err := h.Apps.Create(r.Context(), &extension.App{WorkspaceID: r.PathValue("wid"), Name: in.Name, URL: in.URL, Type: in.Type})
	if err != nil {
		return err
	}
	about(r, "app", x.ID)
	return workspace.Say(w, http.StatusCreated, wireApp{x, secret})
}

// app finds the application of a path. The page that asks for consent and login pages are kept with them, and are no such thing: they have
// scopes and operations of their own.
func (h Rooms) app(r *http.Request) (*extension.App, error) {
	x, err := h.Apps.Get(r.Context(), r.PathValue("wid"), r.PathValue("app"))
	if err == nil && x.Type != extension.PostAuthnApp {
		return nil, extension.None("custom application")
	}
	return x, err
}

func (h Rooms) getApp(w http.ResponseWriter, r *http.Request, _ *workspace.Call) error {
	x, err := h.app(r)
	if err != nil {
		return err
	}
	return workspace.Say(w, http.StatusOK, x)
}

func (h Rooms) updateApp(w http.ResponseWriter, r *http.Request, c *workspace.Call) error {
	var in appSpec
	if err := c.Read(&in); err != nil {
		return err
	}
	about(r, "app", r.PathValue("app"))
	if _, err := h.app(r); err != nil {
		return err
	}
	x, err := h.Apps.Update(r.Context(), r.PathValue("wid"), r.PathValue("app"), in.Name, in.URL)
	if err != nil {
		return err
	}
	return workspace.Say(w, http.StatusOK, x)
}

func (h Rooms) deleteApp(w http.ResponseWriter, r *http.Request, _ *workspace.Call) error {
	about(r, "app", r.PathValue("app"))
	if _, err := h.app(r); err != nil {
		return err
	}
	return done(w, h.Apps.Delete(r.Context(), r.PathValue("wid"), r.PathValue("app")))
}

// wirePage is where a workspace asks for consent.
type wirePage struct {
	Type     string      `json:"type"` // default or custom
	Custom   *customPage `json:"custom,omitempty"`
	ClientID string      `json:"client_id,omitempty"`
	Secret   string      `json:"client_secret,omitempty"` // told once, when the page is set for the first time
}

type customPage struct {
	URL string `json:"server_consent_url"`
}

func (h Rooms) getPage(w http.ResponseWriter, r *http.Request, _ *workspace.Call) error {
	x, err := h.Apps.ConsentPage(r.Context(), r.PathValue("wid"))
	if err != nil {
		return err
	}
	return workspace.Say(w, http.StatusOK, page(x, ""))
}

func page(x *extension.App, secret string) wirePage {
	if x == nil {
		return wirePage{Type: "default"}
	}
	return wirePage{Type: "custom", Custom: &customPage{x.URL}, ClientID: x.ClientID, Secret: secret}
}

func (h Rooms) setPage(w http.ResponseWriter, r *http.Request, c *workspace.Call) error {
	var in wirePage
	if err := c.Read(&in); err != nil {
		return err
	}
	url := ""
	switch {
	case in.Type == "default" && in.Custom == nil:
	case in.Type == "custom" && in.Custom != nil && in.Custom.URL != "":
		url = in.Custom.URL
	default:
		return fault.Invalidf("type must be default, or custom with custom.server_consent_url.")
	}
	x, secret, err := h.Apps.SetConsentPage(r.Context(), r.PathValue("wid"), url)
	if err != nil {
		return err
	}
	return workspace.Say(w, http.StatusOK, page(x, secret))
}

func (h Rooms) listGrants(w http.ResponseWriter, r *http.Request, _ *workspace.Call) error {
	list, err := h.Consents.Applications(r.Context(), r.PathValue("wid"), r.URL.Query().Get("subject"))
	if err != nil {
		return err
	}
	return workspace.Say(w, http.StatusOK, map[string]any{"clients": list})
}

func (h Rooms) withdraw(w http.ResponseWriter, r *http.Request, _ *workspace.Call) error {
	q := r.URL.Query()
	return done(w, h.Consents.Withdraw(r.Context(), r.PathValue("wid"), q.Get("subject"), q.Get("client_id")))
}

// scopesToConsent are the names of what somebody is asked.
func scopesToConsent(q *consent.Question) []string {
	out := []string{}
	for _, s := range q.Services {
		for _, x := range s.Scopes {
			out = append(out, x.Name)
		}
	}
	return out
}
