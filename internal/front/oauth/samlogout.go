package oauth

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/limit"
	"cognate.dev/cognate/internal/telemetry"
)

// Elsewhere tells whether a browser with a session (nil: without) has somebody signed in at a provider who may have to sign out there.
func (o *Outside) Elsewhere(ctx context.Context, site authorize.Site, s *authorize.Session) (bool, error) {
	if o == nil || s == nil {
		return false, nil
	}
	return o.Trips.Stays(ctx, site.Pool.ID, s.ID)
}

// Homeward is where a browser goes whose session has just ended: home, by way of the outside provider that has to sign its person
// out as well. A provider that cannot be asked keeps nobody here; of that the log tells.
func (o *Outside) Homeward(ctx context.Context, site authorize.Site, ended *authorize.Session, home string) (string, error) {
	if o == nil || ended == nil {
		return home, nil
	}
	location, err := o.Trips.Leave(ctx, site.Pool.ID, site.Base, ended.ID, home)
	if refused := (*federation.Refusal)(nil); errors.As(err, &refused) {
		telemetry.Add(ctx, slog.String("provider_error", refused.Error()))
		return home, nil
	}
	if err != nil || location == "" {
		return home, err
	}
	return location, nil
}

// loggedOut answers POST /saml2/logout: a SAML provider sends somebody back who has signed out, or says that it has signed
// somebody out.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-saml-idp-sign-out.html
func (h *handler) loggedOut(w http.ResponseWriter, r *http.Request, site authorize.Site) error {
	if err := h.Gate.Category(r.Context(), limit.UserFederation); err != nil {
		return err
	}
	form, err := samlForm(w, r)
	switch {
	case err != nil:
		return send(w, r, site, err)
	case form.Has("SAMLRequest"):
		return h.dismissed(w, r, site, form)
	}
	back, err := h.Outside.Trips.Left(r.Context(), site.Pool.ID, site.Base, form.Get("RelayState"), form)
	if err != nil {
		return h.unheard(w, r, site, err)
	}
	noteProvider(r.Context(), back.Provider)
	if back.Refused != "" {
		telemetry.Add(r.Context(), slog.String("provider_error", back.Provider+" has not signed the person out: "+back.Refused))
	}
	redirect(w, r, back.Home)
	return nil
}

// dismissed signs out whom a provider has signed out, and takes our answer there. Tokens live on, as at any sign-out.
func (h *handler) dismissed(w http.ResponseWriter, r *http.Request, site authorize.Site, form url.Values) error {
	said, err := h.Outside.Trips.Dismiss(r.Context(), site.Pool.ID, site.Base, form, func(ctx context.Context, y *federation.Stay) error {
		audit.NotePerson(ctx, y.PoolID, y.UserID, "")
		_, err := h.Authorizer.Browser.Revoke(ctx, y.PoolID, y.UserID, y.BrowserID)
		return err
	})
	if err != nil {
		return h.unheard(w, r, site, err)
	}
	noteProvider(r.Context(), said.Provider)
	if said.Location == "" {
		said.Location = site.Path(SignedOutPage, nil)
	}
	redirect(w, r, said.Location)
	return nil
}

// unheard shows that what a provider sends about a sign-out does not count. Why not is for the log.
func (h *handler) unheard(w http.ResponseWriter, r *http.Request, site authorize.Site, err error) error {
	provider := (*federation.Refusal)(nil)
	switch {
	case errors.As(err, &provider):
		noteCause(r.Context(), provider)
		err = authorize.Refuse(provider.Code, provider.Text)
	case errors.Is(err, federation.ErrLost):
		err = authorize.Refuse(authorize.InvalidRequest, "The sign-out took too long or did not start here.")
	}
	noteRefusal(r.Context(), err)
	return send(w, r, site, err)
}

// noteProvider notes the provider that a sign-out is about.
func noteProvider(ctx context.Context, name string) {
	audit.Note(ctx, func(rec *audit.Record) { rec.Detail = map[string]string{"provider": name} })
}

// noteCause puts why a provider was refused into the log.
func noteCause(ctx context.Context, refused *federation.Refusal) {
	if refused.Cause != nil {
		telemetry.Add(ctx, slog.String("provider_error", refused.Cause.Error()))
	}
}
