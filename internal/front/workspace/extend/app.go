package extend

import (
	"net/http"

	"cognate.dev/cognate/internal/audit"
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
		{Pattern: "PUT /servers/{wid}/custom-apps/{app}", Operation: "UpdateCustomApp", Scopes: changes, Tagged: true, Handle: h.updateApp},
		{Pattern: "DELETE /servers/{wid}/custom-apps/{app}", Operation: "DeleteCustomApp", Scopes: changes, Tagged: true, Handle: h.deleteApp},
		{Pattern: "GET /servers/{wid}/idps/custom/{iid}/client", Operation: "GetIDPClient", Scopes: workspace.Reads("idps"), Handle: h.getPageClient},
		{Pattern: "POST /servers/{wid}/idps/custom/{iid}/client", Operation: "CreateIDPClient", Scopes: workspace.Changes("idps"), Handle: h.makePageClient},
		{Pattern: "GET /servers/{wid}/server-consent", Operation: "GetServerConsent", Scopes: workspace.Reads("servers"), Handle: h.getPage},
		{Pattern: "PUT /servers/{wid}/server-consent", Operation: "SetServerConsent", Scopes: workspace.Changes("servers"), Tagged: true, Handle: h.setPage},
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
	return workspace.SayTagged(w, http.StatusCreated, workspace.Tag(x), wireApp{x, secret})
}

// custom refuses what is no custom application. The page that asks for consent and login pages are kept with them, and are no such thing:
// they have scopes and operations of their own.
func custom(x *extension.App) error {
	if x.Type != extension.PostAuthnApp {
		return extension.None("custom application")
	}
	return nil
}

// unchanged refuses an application that is not as who asks has seen it.
func unchanged(c *workspace.Call) func(*extension.App) error {
	return func(x *extension.App) error {
		if err := custom(x); err != nil {
			return err
		}
		return c.Match(workspace.Tag(x))
	}
}

func (h Rooms) getApp(w http.ResponseWriter, r *http.Request, _ *workspace.Call) error {
	x, err := h.Apps.Get(r.Context(), r.PathValue("wid"), r.PathValue("app"))
	if err == nil {
		err = custom(x)
	}
	if err != nil {
		return err
	}
	return workspace.SayTagged(w, http.StatusOK, workspace.Tag(x), x)
}

func (h Rooms) updateApp(w http.ResponseWriter, r *http.Request, c *workspace.Call) error {
	var in appSpec
	if err := c.Read(&in); err != nil {
		return err
	}
	about(r, "app", r.PathValue("app"))
	x, err := h.Apps.Update(r.Context(), r.PathValue("wid"), r.PathValue("app"), func(x *extension.App) error {
		if err := unchanged(c)(x); err != nil {
			return err
		}
		if in.Type != "" && in.Type != x.Type {
			return fault.Invalidf("type: an application keeps it.")
		}
		x.Name, x.URL = in.Name, in.URL
		return nil
	})
	if err != nil {
		return err
	}
	return workspace.SayTagged(w, http.StatusOK, workspace.Tag(x), x)
}

func (h Rooms) deleteApp(w http.ResponseWriter, r *http.Request, c *workspace.Call) error {
	about(r, "app", r.PathValue("app"))
	return done(w, h.Apps.Delete(r.Context(), r.PathValue("wid"), r.PathValue("app"), unchanged(c)))
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
	return workspace.SayTagged(w, http.StatusOK, workspace.Tag(page(x, "")), page(x, ""))
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
	x, secret, err := h.Apps.SetConsentPage(r.Context(), r.PathValue("wid"), url, func(x *extension.App) error {
		return c.Match(workspace.Tag(page(x, "")))
	})
	if err != nil {
		return err
	}
	return workspace.SayTagged(w, http.StatusOK, workspace.Tag(page(x, "")), page(x, secret))
}

// administers refuses pages that ask for consent: they have the scope of these operations for the questions of their own workspace alone.
func (h Rooms) administers(r *http.Request, c *workspace.Call) error {
	if c.Actor.Kind != audit.Client {
		return nil
	}
	return h.Apps.Administers(r.Context(), c.Actor.ID)
}

func (h Rooms) listGrants(w http.ResponseWriter, r *http.Request, c *workspace.Call) error {
	if err := h.administers(r, c); err != nil {
		return err
	}
	list, err := h.Consents.Applications(r.Context(), r.PathValue("wid"), r.URL.Query().Get("subject"))
	if err != nil {
		return err
	}
	return workspace.Say(w, http.StatusOK, map[string]any{"clients": list})
}

func (h Rooms) withdraw(w http.ResponseWriter, r *http.Request, c *workspace.Call) error {
	if err := h.administers(r, c); err != nil {
		return err
	}
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
