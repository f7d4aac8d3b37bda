package oauth

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"cognate.dev/cognate/internal/authorize"
)

// metadata is the discovery document, with Cognito's members, and those that programs need to use what Cognito has but
// does not tell. OpenID Connect Discovery 1.0 sections 3 and 4.2, RFC 8414 section 2.
type metadata struct {
	Authorization     string   `json:"authorization_endpoint"`
	ChallengeMethods  []string `json:"code_challenge_methods_supported"`
	EndSession        string   `json:"end_session_endpoint"`
	GrantTypes        []string `json:"grant_types_supported"`
	SigningAlgorithms []string `json:"id_token_signing_alg_values_supported"`
	Issuer            string   `json:"issuer"`
	JWKSURI           string   `json:"jwks_uri"`
	Registration      string   `json:"registration_endpoint,omitempty"`
	ResponseTypes     []string `json:"response_types_supported"`
	Revocation        string   `json:"revocation_endpoint"`
	Scopes            []string `json:"scopes_supported"`
	SubjectTypes      []string `json:"subject_types_supported"`
	Token             string   `json:"token_endpoint"`
	TokenAuth         []string `json:"token_endpoint_auth_methods_supported"`
	UserInfo          string   `json:"userinfo_endpoint"`
	*strictMetadata
}

// discovery says the same at the issuer and on every site of the pool that is not strict: there is one issuer.
func (h *handler) discovery(ctx context.Context, site authorize.Site) ([]byte, error) {
	pool := site.Pool
	if site.Issuer != "" {
		return h.strictDiscovery(ctx, site)
	}
	home, err := h.Home(ctx, pool)
	if err != nil {
		return nil, fmt.Errorf("find home of pool: %w", err)
	}
	registration := ""
	if pool.Registers() {
		registration = home + registerPath
	}
	return json.Marshal(metadata{
		Authorization:     home + authorizePath,
		ChallengeMethods:  []string{"S256"},
		EndSession:        home + logoutPath,
		GrantTypes:        []string{"authorization_code", "implicit", "refresh_token", "client_credentials"},
		SigningAlgorithms: []string{"RS256"},
		Issuer:            h.Issuer(pool),
		JWKSURI:           h.Location(pool) + jwksPath,
		Registration:      registration,
		ResponseTypes:     []string{"code", "token"},
		Revocation:        home + revokePath,
		Scopes:            []string{"openid", "email", "phone", "profile"},
		SubjectTypes:      []string{"public"},
		Token:             home + tokenPath,
		TokenAuth:         []string{"client_secret_basic", "client_secret_post"},
		UserInfo:          home + userInfoPath,
	})
}

func (h *handler) keySet(ctx context.Context, site authorize.Site) ([]byte, error) {
	return h.Keys.JSON(ctx, site.Pool.ID)
}

// document writes what a site publishes.
type document func(context.Context, authorize.Site) ([]byte, error)

// maxAge is how long a verifier may keep what it read. It is short because a rotated key signs at once: a cache on
// the way must not hide it for long from a verifier that meets an unknown kid and asks again.
const maxAge = "public, max-age=60"

// publish writes a document that may be cached, and says "not modified" to those who have it.
func (h *handler) publish(write document) endpoint {
	return func(w http.ResponseWriter, r *http.Request, site authorize.Site) error {
		body, err := write(r.Context(), site)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(body)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", maxAge)
		w.Header().Set("ETag", `"`+base64.RawURLEncoding.EncodeToString(sum[:12])+`"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
		return nil
	}
}
