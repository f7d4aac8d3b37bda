package oauth

import (
	"errors"
	"net/http"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/fault"
)

// revoke answers POST /oauth2/revoke: it ends the session of a refresh token. A token that nobody knows, or that is dead
// already, is a success. RFC 7009 section 2.
// https://docs.aws.amazon.com/cognito/latest/developerguide/revocation-endpoint.html
func (h *handler) revoke(w http.ResponseWriter, r *http.Request, site authorize.Site) error {
	params, err := params(w, r)
	if err != nil {
		return err
	}
	client, err := h.prove(r, site, params)
	if refusal := (*authorize.Refusal)(nil); errors.As(err, &refusal) && refusal.Code == authorize.InvalidClient && site.Issuer == "" {
		sayRefusal(w, http.StatusUnauthorized, refusal)
		return nil
	}
	if err != nil {
		return err
	}
	token := params.Get("token")
	if token == "" {
		return authorize.Refuse(authorize.InvalidRequest, "token parameter is missing")
	}
	err = h.Sessions.Revoke(r.Context(), client, token)
	switch {
	case err == nil, fault.Is(err, fault.Invalid, ""):
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusOK)
		return nil
	case fault.Is(err, fault.Unsupported, fault.TokenType):
		return authorize.Refuse(authorize.UnsupportedTokenType, "")
	case fault.Is(err, fault.Unsupported, ""):
		return authorize.Refuse(authorize.InvalidRequest, "token revocation is disabled for this client")
	case fault.Is(err, fault.Denied, fault.Client):
		return authorize.Refuse(authorize.UnauthorizedClient, "")
	}
	return err
}
