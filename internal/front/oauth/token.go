package oauth

import (
	"net/http"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/front/oauth/grant"
)

// wireTokens is what the token endpoint gives. There is no member scope, as in Cognito.
type wireTokens struct {
	ID        string `json:"id_token,omitempty"`
	Access    string `json:"access_token"`
	Refresh   string `json:"refresh_token,omitempty"`
	Type      string `json:"token_type"`
	ExpiresIn int    `json:"expires_in"`
}

// token answers POST /oauth2/token. Everything that all grants share happens here.
// https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
func (h *handler) token(w http.ResponseWriter, r *http.Request, site authorize.Site) error {
	params, err := params(w, r)
	if err != nil {
		return err
	}
	kind := params.Get("grant_type")
	if kind == "" {
		return authorize.Refuse(authorize.InvalidRequest, "grant_type is missing")
	}
	g, known := h.grants[kind]
	if !known {
		return authorize.Refuse(authorize.UnsupportedGrantType, "")
	}
	client, err := h.client(r.Context(), site.Pool, r, params)
	if err != nil {
		return err
	}
	if !g.Allowed(client) {
		return authorize.Refuse(authorize.UnauthorizedClient, "")
	}
	set, err := g.Issue(r.Context(), grant.Call{Pool: site.Pool, Client: client, Params: params})
	if err != nil {
		return err
	}
	say(w, http.StatusOK, wireTokens{set.ID, set.Access, set.Refresh, "Bearer", set.ExpiresIn})
	return nil
}
