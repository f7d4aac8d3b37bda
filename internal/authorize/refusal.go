package authorize

import (
	"net/url"
	"strings"
)

// The error codes of RFC 6749 sections 4.1.2.1 and 5.2, of OpenID Connect Core section 3.1.2.6, and Cognito's own.
const (
	InvalidRequest       = "invalid_request"
	InvalidClient        = "invalid_client"
	InvalidGrant         = "invalid_grant"
	InvalidScope         = "invalid_scope"
	UnauthorizedClient   = "unauthorized_client"
	UnsupportedGrantType = "unsupported_grant_type"
	UnsupportedTokenType = "unsupported_token_type"
	LoginRequired        = "login_required"
	AccessDenied         = "access_denied"
	ServerError          = "server_error"
	// Those of strict sites: RFC 6749 section 4.1.2.1, OpenID Connect Core section 3.1.2.6, RFC 9126, RFC 9449.
	UnsupportedResponseType = "unsupported_response_type"
	RequestNotSupported     = "request_not_supported"
	RequestURINotSupported  = "request_uri_not_supported"
	InvalidRequestURI       = "invalid_request_uri"
	InvalidProof            = "invalid_dpop_proof"
	RedirectMismatch        = "redirect_mismatch" // on the error page only
)

// Refusal is a no in the words of OAuth 2.0. As an error it is for whoever asked; it holds nothing private.
type Refusal struct {
	Code        string
	Description string // a sentence for the client's developer; may be empty
	// Location is where the browser of an authorization request goes: the client's redirect URI, with the error and the
	// state. Empty: there is no redirect URI that can be trusted, and the error page says it.
	Location string
	ClientID string // as it was given; it may not exist
}

// Error is for logs.
func (r *Refusal) Error() string {
	if r.Description == "" {
		return r.Code
	}
	return r.Code + ": " + r.Description
}

// Refuse makes a refusal that is no answer to an authorization request.
func Refuse(code, description string) *Refusal { return &Refusal{Code: code, Description: description} }

// deliver adds parameters to a redirect URI, which stays as the client registered it, letter by letter: in the
// fragment for the implicit flow, in the query otherwise. A registered URI has no fragment of its own.
func deliver(redirectURI string, fragment bool, answer url.Values) string {
	switch {
	case fragment:
		return redirectURI + "#" + answer.Encode()
	case !strings.Contains(redirectURI, "?"):
		return redirectURI + "?" + answer.Encode()
	case strings.HasSuffix(redirectURI, "?"), strings.HasSuffix(redirectURI, "&"):
		return redirectURI + answer.Encode()
	}
	return redirectURI + "&" + answer.Encode()
}
