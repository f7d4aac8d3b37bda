// Package asset serves the images of a client's branding to browsers, which have no signature. It leaves whose image it
// is, and what may be one, to branding.
package asset

import (
	"context"
	"net/http"

	"cognate.dev/cognate/internal/branding"
)

// Pictures finds the image that is served at a path, nil when there is none. *branding.Looks is one.
type Pictures interface {
	Picture(ctx context.Context, path string) (*branding.Picture, error)
}

// Handler answers GET and HEAD of the paths under branding.Images. A path holds the version of its image, so that it
// never shows another one. Failed is told of errors that the caller must not see.
func Handler(pictures Pictures, failed func(context.Context, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "Only GET and HEAD are possible here.", http.StatusMethodNotAllowed)
			return
		}
		p, err := pictures.Picture(r.Context(), r.URL.Path)
		switch {
		case err != nil:
			failed(r.Context(), err)
			http.Error(w, "The image cannot be read at the moment.", http.StatusInternalServerError)
			return
		case p == nil:
			http.Error(w, "There is no such image.", http.StatusNotFound)
			return
		}
		h := w.Header()
		h.Set("Content-Type", p.Type)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		_, _ = w.Write(p.Data) // #nosec G705 -- an image that was checked, under a policy that runs nothing
	})
}
