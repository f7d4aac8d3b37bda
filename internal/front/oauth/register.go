package oauth

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

// wireRegistered is a client that has been registered. RFC 7591 section 3.2.1.
type wireRegistered struct {
	ClientID  string `json:"client_id"`
	Secret    string `json:"client_secret,omitempty"`
	IssuedAt  int64  `json:"client_id_issued_at"`
	ExpiresAt *int64 `json:"client_secret_expires_at,omitempty"` // 0: never
	authorize.Metadata
}

// register answers POST /oauth2/register where the pool's owner allows it: to anybody, or to who shows an access token
// with the registration scope.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-dynamic-client-registration.html
func (h *handler) register(w http.ResponseWriter, r *http.Request, site authorize.Site) error {
	if !site.Pool.Registers() || site.Workspace != "" {
		say(w, http.StatusNotFound, map[string]string{"message": "There is no such document."})
		return nil
	}
	authenticated, refusal, err := h.registrant(r, site)
	if err != nil {
		return err
	}
	if refusal != nil {
		w.Header().Set("WWW-Authenticate", `Bearer error="`+refusal.Code+`"`)
		status := http.StatusUnauthorized
		if refusal.Code == insufficientScope {
			status = http.StatusForbidden
		}
		sayRefusal(w, status, refusal)
		return nil
	}
	var m authorize.Metadata
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return authorize.Refuse(authorize.InvalidClientMetadata, "the body must be application/json")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil || json.Unmarshal(body, &m) != nil {
		return authorize.Refuse(authorize.InvalidClientMetadata, "the body is no JSON object of client metadata")
	}
	client, m, err := h.Registrar.Register(r.Context(), site.Pool, m, authenticated, site.Issuer != "")
	if err != nil {
		return err
	}
	audit.Note(r.Context(), func(rec *audit.Record) { rec.Client = client.ID })
	made := wireRegistered{ClientID: client.ID, IssuedAt: client.CreatedAt.Unix(), Metadata: m}
	if len(client.Secrets) > 0 {
		made.Secret, made.ExpiresAt = client.Secrets[0].Value, new(int64)
	}
	say(w, http.StatusCreated, made)
	return nil
}

// The error codes of RFC 6750 section 3.1.
const (
	invalidToken      = "invalid_token"
	insufficientScope = "insufficient_scope"
)

// registrant checks who wants to register a client. Without a token the pool must be open to everybody; a token that does
// not work is refused even there.
func (h *handler) registrant(r *http.Request, site authorize.Site) (authenticated bool, refusal *authorize.Refusal, err error) {
	if r.Header.Get("Authorization") == "" {
		if site.Pool.Registration.Open {
			return false, nil, nil
		}
		return false, authorize.Refuse(invalidToken, ""), nil
	}
	bearer, ok := bearerOf(r)
	if !ok {
		return false, authorize.Refuse(invalidToken, ""), nil
	}
	access, err := h.Tokens.Machine(r.Context(), bearer)
	switch {
	case fault.Is(err, fault.Denied, ""), fault.Is(err, fault.Missing, ""), err == nil && access.Pool.ID != site.Pool.ID:
		return false, authorize.Refuse(invalidToken, ""), nil
	case err != nil:
		return false, nil, err
	}
	if !slices.Contains(strings.Fields(access.Claims.Scope), directory.RegistrationScope) {
		return false, authorize.Refuse(insufficientScope, ""), nil
	}
	return true, nil, nil
}

// isRefusal reports whether an error is a no.
func isRefusal(err error) bool {
	refusal := (*authorize.Refusal)(nil)
	return errors.As(err, &refusal)
}
