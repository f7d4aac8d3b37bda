package oauth

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"time"

	"cognate.dev/cognate/internal/directory"
)

// metadata is the discovery document. Members for endpoints that do not exist are left out, and so are lists that
// would be empty. OpenID Connect Discovery 1.0, sections 3 and 4.2.
type metadata struct {
	SigningAlgorithms []string `json:"id_token_signing_alg_values_supported"`
	Issuer            string   `json:"issuer"`
	JWKSURI           string   `json:"jwks_uri"`
	SubjectTypes      []string `json:"subject_types_supported"`
}

func (h *handler) discovery(_ context.Context, pool *directory.Pool) ([]byte, error) {
	return json.Marshal(metadata{
		SigningAlgorithms: []string{"RS256"},
		Issuer:            h.Issuer(pool),
		JWKSURI:           h.Location(pool) + "/.well-known/jwks.json",
		SubjectTypes:      []string{"public"},
	})
}

func (h *handler) keySet(ctx context.Context, pool *directory.Pool) ([]byte, error) {
	return h.Keys.JSON(ctx, pool.ID)
}

// publish writes a document that may be cached, and says "not modified" to those who have it.
func publish(w http.ResponseWriter, r *http.Request, body []byte) {
	sum := sha256.Sum256(body)
	w.Header().Set("Cache-Control", maxAge)
	w.Header().Set("ETag", `"`+base64.RawURLEncoding.EncodeToString(sum[:12])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// refuse writes an error; nothing remembers it.
func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": message}) // the caller may be gone; nothing to do then
}
