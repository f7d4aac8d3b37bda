package oauth

import (
	"net/http"
	"strings"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/token"
)

// userInfo answers GET and POST /oauth2/userInfo with what the access token's scopes let through.
// https://docs.aws.amazon.com/cognito/latest/developerguide/userinfo-endpoint.html
func (h *handler) userInfo(w http.ResponseWriter, r *http.Request, site authorize.Site) error {
	if site.Issuer != "" {
		return h.strictUserInfo(w, r, site)
	}
	bearer, ok := bearerOf(r)
	if !ok {
		challenge(w, http.StatusBadRequest, authorize.InvalidRequest, "Bad OAuth2 request at UserInfo Endpoint")
		return nil
	}
	access, err := h.Tokens.Access(r.Context(), bearer, "openid")
	switch {
	case fault.Is(err, fault.Denied, ""), fault.Is(err, fault.Missing, ""), err == nil && (access.Pool.ID != site.Pool.ID || access.Claims.Issuer != h.Issuer(site.Pool)):
		challenge(w, http.StatusUnauthorized, "invalid_token",
			"Access token is expired, disabled, or deleted, or the user has globally signed out.")
		return nil
	case err != nil:
		return err
	}
	say(w, http.StatusOK, token.Profile(access.Client, access.User, strings.Fields(access.Claims.Scope)))
	return nil
}

// bearerOf takes the token from the Authorization header, the only place for it here. RFC 6750 section 2.1.
func bearerOf(r *http.Request) (bearer string, ok bool) {
	kind, bearer, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	bearer = strings.TrimSpace(bearer)
	return bearer, ok && strings.EqualFold(kind, "Bearer") && bearer != ""
}

// challenge writes Cognito's answer to a token that does not work, which names no scheme in its header.
func challenge(w http.ResponseWriter, status int, code, text string) {
	w.Header().Set("WWW-Authenticate", `error="`+code+`", error_description="`+text+`"`)
	w.Header().Set("Access-Control-Expose-Headers", "WWW-Authenticate")
	sayRefusal(w, status, authorize.Refuse(code, text))
}
