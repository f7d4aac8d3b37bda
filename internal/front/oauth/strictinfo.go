package oauth

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/token"
)

// strictUserInfo answers /oauth2/userInfo on a strict site: claims as OpenID Connect Core section 5.3 has them, for an
// access token of this issuer, in the header or, by POST, in the form (RFC 6750 section 2), with a proof where it is bound
// to a key (RFC 9449 section 7).
func (h *handler) strictUserInfo(w http.ResponseWriter, r *http.Request, site authorize.Site) error {
	kind, access, refusal := bearer(w, r)
	if refusal != nil {
		return dare(w, site, http.StatusBadRequest, "Bearer", refusal)
	}
	if access == "" {
		return dare(w, site, http.StatusUnauthorized, "", nil)
	}
	thumbprint := ""
	if kind == "DPoP" {
		var err error
		thumbprint, err = h.proof(r, site, access)
		if errors.As(err, &refusal) {
			return dare(w, site, http.StatusUnauthorized, kind, refusal)
		}
		if err != nil {
			return err
		}
		if thumbprint == "" {
			return dare(w, site, http.StatusUnauthorized, kind, authorize.Refuse(authorize.InvalidProof, "there is no DPoP proof"))
		}
	}
	found, err := h.Tokens.Bound(r.Context(), access, thumbprint)
	switch {
	case isDead(err), err == nil && (found.Pool.ID != site.Pool.ID || found.Claims.Issuer != site.Issuer):
		return dare(w, site, http.StatusUnauthorized, kind, authorize.Refuse(invalidToken, "the access token is expired, revoked, not of this issuer, or bound to another key"))
	case err != nil:
		return err
	}
	scopes := strings.Fields(found.Claims.Scope)
	if !slices.Contains(scopes, "openid") {
		return dare(w, site, http.StatusForbidden, kind, authorize.Refuse(insufficientScope, "the access token does not have the scope openid"))
	}
	if site.Workspace != "" {
		known, err := h.known(r.Context(), found, scopes)
		if isDead(err) {
			return dare(w, site, http.StatusUnauthorized, kind, authorize.Refuse(invalidToken, "what was known of the person is gone"))
		}
		if err == nil {
			say(w, http.StatusOK, token.Profiled(found.User, known))
		}
		return err
	}
	var named []string
	if found.Session.OpenID != nil {
		named = found.Session.OpenID.UserClaims
	}
	say(w, http.StatusOK, token.StrictProfile(found.Client, found.User, scopes, named))
	return nil
}

// bearer finds the access token of a request and how it is sent: in one way only (RFC 6750 section 2).
func bearer(w http.ResponseWriter, r *http.Request) (kind, access string, refusal *authorize.Refusal) {
	kind, access, _ = strings.Cut(r.Header.Get("Authorization"), " ")
	access = strings.TrimSpace(access)
	switch {
	case strings.EqualFold(kind, "Bearer"):
		kind = "Bearer"
	case strings.EqualFold(kind, "DPoP"):
		kind = "DPoP"
	case kind != "":
		return "", "", authorize.Refuse(authorize.InvalidRequest, "the scheme of the Authorization header is neither Bearer nor DPoP")
	}
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") == "" {
		return kind, access, nil
	}
	body, err := form(w, r)
	if err != nil {
		return "", "", authorize.Refuse(authorize.InvalidRequest, "the body cannot be read as a form")
	}
	inForm, err := formToken(body)
	switch {
	case err != nil, inForm != "" && access != "":
		return "", "", authorize.Refuse(authorize.InvalidRequest, "the access token is sent in two ways")
	case inForm != "":
		return "Bearer", inForm, nil
	}
	return kind, access, nil
}

// dare answers with a challenge. Without a token it says no error: RFC 6750 section 3.1.
func dare(w http.ResponseWriter, site authorize.Site, status int, kind string, refusal *authorize.Refusal) error {
	detail := ""
	if refusal != nil {
		detail = `, error="` + refusal.Code + `", error_description="` + refusal.Description + `"`
	}
	realm := ` realm="` + site.Issuer + `"`
	bearer, bound := "Bearer"+realm, "DPoP"+realm+`, algs="`+strings.Join(token.ProofAlgorithms(), " ")+`"`
	if kind == "DPoP" {
		bound += detail
	} else {
		bearer += detail
	}
	w.Header().Add("WWW-Authenticate", bearer)
	w.Header().Add("WWW-Authenticate", bound)
	w.Header().Set("Access-Control-Expose-Headers", "WWW-Authenticate")
	if refusal == nil {
		refusal = authorize.Refuse(invalidToken, "")
	}
	sayRefusal(w, status, refusal)
	return nil
}

// isDead says whether a token does not work, for whatever reason.
func isDead(err error) bool {
	return fault.Is(err, fault.Denied, "") || fault.Is(err, fault.Missing, "") || fault.Is(err, fault.ResetRequired, "")
}
