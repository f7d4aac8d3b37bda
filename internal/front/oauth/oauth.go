// Package oauth is the OAuth 2.0 and OpenID Connect face of a user pool. So far it publishes what a verifier of tokens
// needs: the key set and the discovery document. It leaves keys to key, pools to directory and tokens to token.
package oauth

import (
	"context"
	"net/http"
	"strings"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

// Pools finds a pool by its id; an unknown one is a fault Missing. *directory.Pools is one.
type Pools interface {
	Get(ctx context.Context, id string) (*directory.Pool, error)
}

// Keys gives the key set of a pool as JSON (RFC 7517 section 5). *key.Ring is one.
type Keys interface {
	JSON(ctx context.Context, poolID string) ([]byte, error)
}

// Config is what the handler needs. All but Failed must be set.
type Config struct {
	Pools Pools
	Keys  Keys
	// Issuer is the iss of a pool's tokens.
	Issuer func(*directory.Pool) string
	// Location is where this server answers for a pool: a URL that ends in the pool's id. It equals Issuer unless
	// the issuer has the form that AWS uses.
	Location func(*directory.Pool) string
	// Failed is told of errors that the caller must not see; nil when nobody wants to know.
	Failed func(ctx context.Context, err error)
}

// Handler answers GET and HEAD of …/POOL/.well-known/jwks.json and …/POOL/.well-known/openid-configuration, under
// any prefix. Every answer is JSON and readable from every origin.
func Handler(c Config) http.Handler { return &handler{c} }

type handler struct{ Config }

// maxAge is how long a verifier may keep what it read. It is short because a rotated key signs at once: a cache on
// the way must not hide it for long from a verifier that meets an unknown kid and asks again.
const maxAge = "public, max-age=60"

// ServeHTTP finds the pool and the document that the path names.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	poolID, document := split(r.URL.Path)
	write := map[string]func(context.Context, *directory.Pool) ([]byte, error){
		"jwks.json": h.keySet, "openid-configuration": h.discovery,
	}[document]
	switch {
	case write == nil:
		refuse(w, http.StatusNotFound, "There is no such document.")
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		refuse(w, http.StatusMethodNotAllowed, "Only GET and HEAD are possible here.")
		return
	}
	pool, err := h.Pools.Get(r.Context(), poolID)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	body, err := write(r.Context(), pool)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	publish(w, r, body)
}

// split takes POOL and DOCUMENT from …/POOL/.well-known/DOCUMENT; both are empty for any other path.
func split(path string) (pool, document string) {
	const wellKnown = "/.well-known/"
	i := strings.LastIndex(path, wellKnown)
	if i <= 0 {
		return "", ""
	}
	return path[strings.LastIndexByte(path[:i], '/')+1 : i], path[i+len(wellKnown):]
}

// fail turns an error into an answer; what is not for callers goes to Failed.
func (h *handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	f := fault.As(err)
	switch f.Kind {
	case fault.Missing:
		refuse(w, http.StatusNotFound, f.Text)
		return
	case fault.Unavailable:
		refuse(w, http.StatusServiceUnavailable, "The service is not available at the moment.")
	default:
		refuse(w, http.StatusInternalServerError, "Internal server error.")
	}
	if h.Failed != nil {
		h.Failed(r.Context(), err)
	}
}
