package oauth

import (
	"errors"
	"net/http"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/telemetry"
)

// authorize answers GET and POST /oauth2/authorize: with a redirect to the client where the browser's session is enough,
// to an outside identity provider where there is nothing to choose, else to the sign-in page, with everything that was asked.
// https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
func (h *handler) authorize(w http.ResponseWriter, r *http.Request, site authorize.Site) error {
	params, err := rawParams(w, r)
	if err != nil {
		return send(w, r, site, err)
	}
	request, err := h.Authorizer.Requests.Parse(r.Context(), site, params)
	if err != nil {
		return send(w, r, site, err)
	}
	if r.Method == http.MethodPost && authorize.Secret(r) == "" {
		// A form on another site brings no cookie along (SameSite=Lax); the navigation that follows does.
		redirect(w, r, site.Path(authorizePath, request.Query()))
		return nil
	}
	if site.Workspace != "" {
		return h.setOut(w, r, site, request)
	}
	location, err := h.Authorizer.Continue(r.Context(), request, authorize.Secret(r))
	switch {
	case errors.Is(err, authorize.ErrSignIn) && h.Outside != nil && request.Abroad() != "":
		return h.depart(w, r, site, request, request.Abroad())
	case errors.Is(err, authorize.ErrSignIn):
		redirect(w, r, site.Path("/login", request.Query()))
	case err != nil && !isRefusal(err):
		telemetry.Fail(r.Context(), err)
		return send(w, r, site, request.Refuse(authorize.ServerError, ""))
	case err != nil:
		return send(w, r, site, err)
	default:
		redirect(w, r, location)
	}
	return nil
}

// send takes a browser to where it is told what went wrong: to the client, or to our own error page.
func send(w http.ResponseWriter, r *http.Request, site authorize.Site, err error) error {
	refusal := (*authorize.Refusal)(nil)
	if !errors.As(err, &refusal) {
		telemetry.Fail(r.Context(), err)
		refusal = authorize.Refuse(authorize.ServerError, "")
	}
	location := refusal.Location
	if location == "" {
		location = site.ErrorPath(refusal)
	}
	redirect(w, r, location)
	return nil
}

// redirect sends a browser on. Nothing on the way may keep the answer, and where the browser comes next it must not tell
// from which URL, which may hold a code. After a POST the next request is a GET (RFC 9110 section 15.4.4).
func redirect(w http.ResponseWriter, r *http.Request, location string) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Location", location)
	if r.Method == http.MethodPost {
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	w.WriteHeader(http.StatusFound)
}
