// Package asset serves the images of the classic sign-in pages to browsers, which have no signature. It leaves whose
// image it is, and what may be one, to branding.
package asset

import (
	"context"
	"net/http"

	"cognate.dev/cognate/internal/branding"
	"cognate.dev/cognate/internal/branding/picture"
)

// Looks finds the look of a client's classic pages, nil when there is none. *branding.Classics is one.
type Looks interface {
	Get(ctx context.Context, poolID, clientID string) (*branding.Classic, error)
}

// Handler answers GET and HEAD of branding.Images…/POOL/CLIENT/VERSION/image. An old version is not found, so that an
// address never shows another image. Failed is told of errors that the caller must not see.
func Handler(looks Looks, failed func(context.Context, error)) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+branding.Images+"{pool}/{client}/{version}/image", func(w http.ResponseWriter, r *http.Request) {
		look, err := looks.Get(r.Context(), r.PathValue("pool"), r.PathValue("client"))
		if err != nil {
			failed(r.Context(), err)
			http.Error(w, "The image cannot be read at the moment.", http.StatusInternalServerError)
			return
		}
		if look == nil || look.ImagePath() != r.URL.Path {
			http.Error(w, "There is no such image.", http.StatusNotFound)
			return
		}
		h := w.Header()
		h.Set("Content-Type", picture.Sniff(look.Image).MediaType())
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		_, _ = w.Write(look.Image) // a client that has gone needs no answer
	})
	return mux
}
