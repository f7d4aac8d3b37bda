package oauth

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/limit"
	"cognate.dev/cognate/internal/risk"
	"cognate.dev/cognate/internal/signin/arrival"
	"cognate.dev/cognate/internal/telemetry"
	"cognate.dev/cognate/internal/workspace"
)

// Outside signs people in through outside identity providers.
type Outside struct {
	Trips    *federation.Trips
	Arrivals *arrival.Arrivals
}

// browserCookie holds what proves that the browser that comes back from a provider is the one that was sent there.
const (
	browserCookie = "csrf-state"
	browserLength = 43
)

// browserOf is the secret of a browser; empty: it has none.
func browserOf(r *http.Request) string {
	c, err := r.Cookie(browserCookie)
	if err != nil || len(c.Value) != browserLength {
		return ""
	}
	return c.Value
}

// browser is the secret of a browser, which gets one where it has none.
func browser(w http.ResponseWriter, r *http.Request, site authorize.Site) string {
	secret := browserOf(r)
	if secret == "" {
		secret = base64.RawURLEncoding.EncodeToString(random.Bytes(32))
		http.SetCookie(w, &http.Cookie{ // #nosec G124 -- Secure where the site is; development speaks plain HTTP on loopback
			Name: browserCookie, Value: secret, Path: site.Prefix + "/", HttpOnly: true, Secure: site.Secure(), SameSite: http.SameSiteLaxMode,
		})
	}
	return secret
}

// depart sends a browser to a provider.
func (h *handler) depart(w http.ResponseWriter, r *http.Request, site authorize.Site, request *authorize.Request, provider string) error {
	secret := browser(w, r, site)
	location, err := h.Outside.Trips.Begin(r.Context(), federation.Departure{
		PoolID: site.Pool.ID, Provider: provider, Base: site.Base, Request: h.Authorizer.Requests.Seal(request), Browser: secret,
		Hint: request.LoginHint, Prompt: request.Prompt, Levels: request.Wanted(),
	})
	if err != nil {
		return send(w, r, site, h.refusal(r.Context(), request, err))
	}
	redirect(w, r, location)
	return nil
}

// answered answers /oauth2/idpresponse: somebody comes back from a provider.
// https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoint-oauth2-idpresponse.html
func (h *handler) answered(w http.ResponseWriter, r *http.Request, site authorize.Site) error {
	params, err := rawParams(w, r)
	if err != nil {
		return send(w, r, site, err)
	}
	if r.Method == http.MethodPost {
		// A form of another site brings no cookie along (SameSite=Lax); the navigation that follows does.
		redirect(w, r, site.Path(r.URL.Path, kept(params, "state", "code", "iss", "error", "error_description", "user")))
		return nil
	}
	return h.finish(w, r, site, params.Get("state"), params)
}

// ownPath begins the addresses of connections that have one of their own for answers.
const ownPath = answerPath + "/"

// ownOf is the connection whose own address a path is; empty: it is none.
func ownOf(path string) string {
	id, cut := strings.CutPrefix(path, ownPath)
	if !cut || !workspace.IsID(id) {
		return ""
	}
	return id
}

// kept are some of the parameters.
func kept(params url.Values, names ...string) url.Values {
	out := url.Values{}
	for _, name := range names {
		if values := params[name]; len(values) > 0 {
			out[name] = values
		}
	}
	return out
}

// finish ends a trip, and lets in whoever the provider vouches for.
func (h *handler) finish(w http.ResponseWriter, r *http.Request, site authorize.Site, state string, answer url.Values) error {
	if err := h.Gate.Category(r.Context(), limit.UserFederation); err != nil {
		return err
	}
	ctx := risk.WithVisitor(r.Context(), risk.Seen(remote(r), r.UserAgent()))
	if site.Workspace != "" {
		return h.comeBack(w, r.WithContext(ctx), site, state, answer)
	}
	back, err := h.Outside.Trips.Finish(ctx, site.Pool.ID, site.Base, "", browserOf(r), state, answer)
	if back == nil {
		if errors.Is(err, federation.ErrLost) {
			err = authorize.Refuse(authorize.InvalidRequest, federation.ErrLost.Text)
		}
		return send(w, r, site, err)
	}
	request, lost := h.Authorizer.Requests.Open(ctx, site, back.Request)
	if lost != nil {
		return send(w, r, site, lost)
	}
	return h.land(w, r.WithContext(ctx), site, request, back, err)
}

// land ends the way back: at the client, with a code or with an error.
func (h *handler) land(w http.ResponseWriter, r *http.Request, site authorize.Site, request *authorize.Request, back *federation.Return, err error) error {
	ctx := r.Context()
	audit.Note(ctx, func(rec *audit.Record) {
		rec.Operation, rec.Client = "Federation", request.Client.ID
		if back.Provider != nil {
			rec.Detail = map[string]string{"provider": back.Provider.Name}
		}
	})
	if err == nil {
		var location string
		if location, err = h.letIn(w, r, site, request, back); err == nil {
			redirect(w, r, location)
			return nil
		}
	}
	if errors.Is(err, authorize.ErrSignIn) {
		redirect(w, r, site.Path("/login", request.Query()))
		return nil
	}
	refusal := h.refusal(ctx, request, err)
	noteRefusal(ctx, refusal)
	return send(w, r, site, refusal)
}

// letIn signs somebody in to the browser and answers the client's request.
func (h *handler) letIn(w http.ResponseWriter, r *http.Request, site authorize.Site, request *authorize.Request, back *federation.Return) (string, error) {
	name := back.Provider.Name
	if !authorize.Offers(request.Client, name) {
		return "", request.Refuse(authorize.InvalidRequest, "the client has no such identity provider")
	}
	user, err := h.Outside.Arrivals.Enter(r.Context(), arrival.Entry{Pool: site.Pool, Client: request.Client, Provider: back.Provider, Told: back.Told})
	if err != nil {
		return "", err
	}
	session, secret, err := h.Authorizer.Browser.Begin(r.Context(), authorize.Proof{
		Pool: site.Pool, User: user, Provider: name, AMR: back.Provider.Methods(back.Told), Level: back.Provider.Level(back.Told), UserAgent: r.UserAgent(), Address: remote(r), Replaces: authorize.Secret(r),
	})
	if err != nil {
		return "", err
	}
	if err := h.Outside.Trips.Stayed(r.Context(), back, user.ID, session.ID, session.ExpiresAt); err != nil {
		return "", err
	}
	http.SetCookie(w, site.Cookie(secret, session.ExpiresAt))
	return h.Authorizer.Complete(r.Context(), request, session)
}

// refusal is an error as the client hears of it.
func (h *handler) refusal(ctx context.Context, request *authorize.Request, err error) error {
	said := (*authorize.Refusal)(nil)
	provider := (*federation.Refusal)(nil)
	f := (*fault.Fault)(nil)
	switch {
	case errors.As(err, &said):
		return said
	case errors.As(err, &provider):
		noteCause(ctx, provider)
		return request.Refuse(provider.Code, provider.Text)
	case !errors.As(err, &f), f.Kind == fault.Internal, f.Kind == fault.Unavailable:
		telemetry.Fail(ctx, err)
		return request.Refuse(authorize.ServerError, "")
	case f.Kind == fault.Denied && f.Subject == "":
		return request.Refuse(authorize.AccessDenied, f.Text)
	}
	return request.Refuse(authorize.InvalidRequest, f.Text)
}
