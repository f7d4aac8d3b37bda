package oauth

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/limit"
	"cognate.dev/cognate/internal/telemetry"
	"cognate.dev/cognate/internal/token"
	"cognate.dev/cognate/internal/workspace/journey"
)

// Workspaces signs people in at sites that are workspaces.
type Workspaces struct {
	Journeys *journey.Journeys
	Trips    *federation.Trips
	Contexts token.Contexts
}

// trips are those of a site.
func (h *handler) trips(site authorize.Site) *federation.Trips {
	if site.Workspace != "" {
		return h.Workspaces.Trips
	}
	return h.Outside.Trips
}

func visit(w http.ResponseWriter, r *http.Request, site authorize.Site) journey.Visit {
	return journey.Visit{
		Session: authorize.Secret(r), Browser: browser(w, r, site), Visitor: journey.Visitor{Address: remote(r), Agent: r.UserAgent()},
	}
}

// setOut answers an authorization request to a workspace.
func (h *handler) setOut(w http.ResponseWriter, r *http.Request, site authorize.Site, request *authorize.Request) error {
	way, err := h.Workspaces.Journeys.Begin(r.Context(), site, request, visit(w, r, site))
	return h.follow(w, r, site, request, way, err)
}

// choose answers /oauth2/choose: somebody has picked a connection on the page, which names it beside what the client asked.
func (h *handler) choose(w http.ResponseWriter, r *http.Request, site authorize.Site) error {
	if site.Workspace == "" {
		lost(w)
		return nil
	}
	params, err := rawParams(w, r)
	if err != nil {
		return send(w, r, site, err)
	}
	request, err := h.Authorizer.Requests.Parse(r.Context(), site, params)
	if err != nil {
		return send(w, r, site, err)
	}
	way, err := h.Workspaces.Journeys.Choose(r.Context(), site, request, visit(w, r, site), params.Get("connection"))
	return h.follow(w, r, site, request, way, err)
}

// comeBack ends a trip to the provider of a connection.
func (h *handler) comeBack(w http.ResponseWriter, r *http.Request, site authorize.Site, state string, answer url.Values) error {
	v := visit(w, r, site)
	v.Own = ownOf(r.URL.Path)
	way, err := h.Workspaces.Journeys.Return(r.Context(), site, state, answer, v)
	return h.follow(w, r, site, nil, way, err)
}

// resume goes on with a sign-in whose browser is back from a detour.
func (h *handler) resume(w http.ResponseWriter, r *http.Request, site authorize.Site) error {
	if site.Workspace == "" {
		lost(w)
		return nil
	}
	if err := h.Gate.Category(r.Context(), limit.UserFederation); err != nil {
		return err
	}
	query := r.URL.Query()
	way, err := h.Workspaces.Journeys.Resume(r.Context(), site, query.Get("login_id"), query.Get("login_state"), visit(w, r, site))
	return h.follow(w, r, site, nil, way, err)
}

// follow sends a browser where its journey goes next.
func (h *handler) follow(w http.ResponseWriter, r *http.Request, site authorize.Site, request *authorize.Request, way journey.Way, err error) error {
	if err == nil {
		if way.Secret != "" {
			http.SetCookie(w, site.Cookie(way.Secret, way.Expires))
		}
		redirect(w, r, way.Location)
		return nil
	}
	return send(w, r, site, h.stray(r.Context(), request, err))
}

// stray is the error of a journey as somebody hears of it.
func (h *handler) stray(ctx context.Context, request *authorize.Request, err error) error {
	refusal := (*authorize.Refusal)(nil)
	switch {
	case errors.As(err, &refusal):
		noteRefusal(ctx, refusal)
		if cause := (*federation.Refusal)(nil); errors.As(err, &cause) {
			noteCause(ctx, cause)
		}
		return refusal
	case errors.Is(err, federation.ErrLost):
		return authorize.Refuse(authorize.InvalidRequest, federation.ErrLost.Text)
	case errors.Is(err, journey.ErrLost):
		return authorize.Refuse(authorize.InvalidRequest, journey.ErrLost.Text)
	}
	telemetry.Fail(ctx, err)
	if request != nil {
		return request.Refuse(authorize.ServerError, "")
	}
	return authorize.Refuse(authorize.ServerError, "")
}

// known is what the workspace of an access token knows of its person; nil: the token is of none.
func (h *handler) known(ctx context.Context, found *token.Access, scopes []string) (*token.Known, error) {
	if found.Session == nil || found.Session.OpenID == nil || found.Session.OpenID.Context == "" || h.Workspaces == nil {
		return nil, nil
	}
	return h.Workspaces.Contexts.Known(ctx, found.Session.OpenID, found.User.ID, found.Client, scopes)
}

// workspaceMetadata says what is other at a workspace: its scopes and claims. What is asked for by name is its to give.
func (h *handler) workspaceMetadata(ctx context.Context, site authorize.Site, m *metadata) error {
	w, err := h.Workspaces.Journeys.Room.Workspaces.Get(ctx, site.Workspace)
	if err != nil {
		return err
	}
	m.Scopes, m.ACRValues, m.ClaimsParameter = w.Scopes(), nil, false
	m.Claims = []string{"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash"}
	for _, c := range w.Claims {
		if !slices.Contains(m.Claims, c.Name) {
			m.Claims = append(m.Claims, c.Name)
		}
	}
	return nil
}
