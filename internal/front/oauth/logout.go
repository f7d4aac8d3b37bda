package oauth

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/fault"
)

// logout answers GET /logout: it ends the browser's session, whatever else the request says, and sends the browser to a
// logout URL of the client or to a new sign-in, by way of a SAML provider that has to sign its person out. Tokens live on.
// https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html
func (h *handler) logout(w http.ResponseWriter, r *http.Request, site authorize.Site) error {
	if site.Issuer != "" {
		return h.strictLogout(w, r, site)
	}
	ended, err := h.Authorizer.Browser.End(r.Context(), site.Pool, authorize.Secret(r))
	if err != nil {
		return send(w, r, site, err)
	}
	http.SetCookie(w, site.Cookie("", time.Time{}))
	params, err := rawParams(w, r)
	if err != nil {
		return send(w, r, site, err)
	}
	home, err := h.afterwards(r, site, params)
	if err == nil {
		home, err = h.Outside.Homeward(r.Context(), site, ended, home)
	}
	if err != nil {
		return send(w, r, site, err)
	}
	redirect(w, r, home)
	return nil
}

// afterwards is where a browser goes that has signed out: a logout URL, or a new sign-in.
func (h *handler) afterwards(r *http.Request, site authorize.Site, params url.Values) (string, error) {
	if uris := params["logout_uri"]; len(uris) > 0 { // wins over redirect_uri
		return h.farewell(r, site, params, uris)
	}
	request, err := h.Authorizer.Requests.Parse(r.Context(), site, params)
	if err != nil {
		return "", err
	}
	return site.Path("/login", request.Query()), nil
}

// postLogout answers POST /logout, which Cognito does not have.
func (h *handler) postLogout(w http.ResponseWriter, r *http.Request, site authorize.Site) error {
	if site.Issuer == "" {
		forbid(w, route{methods: map[string]endpoint{http.MethodGet: h.logout}})
		return nil
	}
	return h.strictLogout(w, r, site)
}

// farewell checks a logout URL: in every byte one of the client's.
func (h *handler) farewell(r *http.Request, site authorize.Site, params url.Values, uris []string) (string, error) {
	id := params.Get("client_id")
	refuse := func(code string) error { return &authorize.Refusal{Code: code, ClientID: id} }
	if id == "" || len(params["client_id"]) > 1 || len(uris) > 1 {
		return "", refuse(authorize.InvalidRequest)
	}
	client, err := h.Authorizer.Find(r.Context(), site, id)
	switch {
	case fault.Is(err, fault.Missing, ""):
		return "", refuse(authorize.InvalidClient)
	case err != nil:
		return "", fmt.Errorf("find client: %w", err)
	case !slices.Contains(client.LogoutURLs, uris[0]):
		return "", refuse(authorize.RedirectMismatch)
	}
	return uris[0], nil
}
