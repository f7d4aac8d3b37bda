package oauth

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"cognate.dev/cognate/internal/authorize"
)

// SignOutPage is the page that asks a person whether to sign out, and SignedOutPage the one that says so.
const (
	SignOutPage   = "/signout"
	SignedOutPage = "/signedOut"
)

// strictLogout answers GET and POST /logout on a strict site: it signs the browser out at once for a client that shows an
// ID token of this sign-in, and asks the person otherwise. OpenID Connect RP-Initiated Logout 1.0.
func (h *handler) strictLogout(w http.ResponseWriter, r *http.Request, site authorize.Site) error {
	params, err := rawParams(w, r)
	if err != nil {
		return send(w, r, site, err)
	}
	farewell, err := authorize.ReadFarewell(params)
	if err != nil {
		return send(w, r, site, err)
	}
	if r.Method == http.MethodPost && authorize.Secret(r) == "" {
		// A form on another site brings no cookie along (SameSite=Lax); the navigation that follows does.
		query := farewell.Query()
		if farewell.Hint != "" {
			query.Set("id_token_hint", farewell.Hint)
		}
		redirect(w, r, site.Path(logoutPath, query))
		return nil
	}
	plan, err := h.Authorizer.PlanLeave(r.Context(), site, authorize.Secret(r), farewell)
	if err != nil {
		return send(w, r, site, err)
	}
	if plan.Ask {
		redirect(w, r, site.Path(SignOutPage, plan.Query()))
		return nil
	}
	ended, err := h.Authorizer.Browser.End(r.Context(), site.Pool, authorize.Secret(r))
	if err != nil {
		return send(w, r, site, err)
	}
	http.SetCookie(w, site.Cookie("", time.Time{}))
	home, err := h.Outside.Homeward(r.Context(), site, ended, orSignedOut(site, plan))
	if err != nil {
		return send(w, r, site, err)
	}
	redirect(w, r, home)
	return nil
}

func orSignedOut(site authorize.Site, plan authorize.Leave) string {
	if plan.Location != "" {
		return plan.Location
	}
	query := url.Values{}
	if plan.ClientID != "" {
		query.Set("client_id", plan.ClientID)
	}
	return site.Path(SignedOutPage, query)
}

// formToken is the access token in a form; an error when there are two.
func formToken(body string) (string, error) {
	given, err := url.ParseQuery(body)
	if err != nil {
		return "", err
	}
	if len(given["access_token"]) > 1 {
		return "", errors.New("two access tokens")
	}
	return given.Get("access_token"), nil
}
