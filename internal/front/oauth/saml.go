package oauth

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/limit"
	"cognate.dev/cognate/internal/risk"
)

// maxAssertion bounds a form with a SAML response: 100,000 characters, of which each may be encoded as three.
const maxAssertion = 320 << 10

// asserted answers POST /saml2/idpresponse: a SAML provider sends somebody back, or here without having been asked.
// https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoint-saml2-idpresponse.html
func (h *handler) asserted(w http.ResponseWriter, r *http.Request, site authorize.Site) error {
	if err := h.Gate.Category(r.Context(), limit.UserFederation); err != nil {
		return err
	}
	form, err := samlForm(w, r)
	if err != nil {
		return send(w, r, site, err)
	}
	relay := form.Get("RelayState")
	next, err := h.trips(site).Receive(r.Context(), site.Pool.ID, site.Base, relay, form)
	switch {
	case err == nil:
		// The form of another site brings no cookie along (SameSite=Lax); the navigation that follows does.
		redirect(w, r, site.Path(assertPath, url.Values{"state": {next}}))
		return nil
	case errors.Is(err, federation.ErrLost):
		return h.unasked(w, r, site, relay, form)
	}
	return send(w, r, site, err)
}

// unasked takes somebody whom a provider sends by itself. RelayState says for which client, as a request would.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-SAML-session-initiation.html
func (h *handler) unasked(w http.ResponseWriter, r *http.Request, site authorize.Site, relay string, form url.Values) error {
	lost := authorize.Refuse(authorize.InvalidRequest, "Invalid relayState from identity provider")
	query, err := url.ParseQuery(relay)
	if err != nil || query.Get("client_id") == "" || site.Issuer != "" {
		return send(w, r, site, lost)
	}
	request, err := h.Authorizer.Requests.Parse(r.Context(), site, query)
	if err != nil {
		return send(w, r, site, err)
	}
	provider := request.Abroad()
	if provider == "" {
		return send(w, r, site, lost)
	}
	back, err := h.Outside.Trips.Unasked(r.Context(), site.Pool.ID, site.Base, provider, form)
	if back == nil {
		return send(w, r, site, h.refusal(r.Context(), request, err))
	}
	audit.Note(r.Context(), func(rec *audit.Record) { rec.Operation = "Federation" })
	ctx := risk.WithVisitor(r.Context(), risk.Seen(remote(r), r.UserAgent()))
	return h.land(w, r.WithContext(ctx), site, request, back, err)
}

// samlForm reads a form with one message, which may be larger than others.
func samlForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	bad := authorize.Refuse(authorize.InvalidRequest, "Invalid SAML response received")
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, bad
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxAssertion))
	if err != nil {
		return nil, bad
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || len(form["RelayState"]) > 1 || len(form["SAMLResponse"])+len(form["SAMLRequest"]) != 1 {
		return nil, bad
	}
	return form, nil
}
