package asset_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"cognate.dev/cognate/internal/branding"
	"cognate.dev/cognate/internal/front/asset"
)

type pictures map[string]*branding.Picture

func (p pictures) Picture(_ context.Context, path string) (*branding.Picture, error) {
	if path == branding.Images+"broken" {
		return nil, errors.New("the disk is gone")
	}
	return p[path], nil
}

// TestImagesRunNothing fails when an image is served as something else, could run something, or an error is told to the
// caller.
func TestImagesRunNothing(t *testing.T) {
	t.Parallel()
	failures := 0
	h := asset.Handler(pictures{branding.Images + "a": {Type: "image/svg+xml", Data: []byte("<svg/>")}}, func(context.Context, error) { failures++ })
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{http.MethodGet, branding.Images + "a", http.StatusOK},
		{http.MethodHead, branding.Images + "a", http.StatusOK},
		{http.MethodPost, branding.Images + "a", http.StatusMethodNotAllowed},
		{http.MethodGet, branding.Images + "b", http.StatusNotFound},
		{http.MethodGet, branding.Images + "broken", http.StatusInternalServerError},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(c.method, c.path, nil))
		if w.Code != c.want {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, w.Code, c.want)
		}
		if w.Code != http.StatusOK {
			continue
		}
		got := w.Header()
		if got.Get("Content-Type") != "image/svg+xml" || got.Get("X-Content-Type-Options") != "nosniff" ||
			got.Get("Content-Security-Policy") != "default-src 'none'; style-src 'unsafe-inline'; sandbox" {
			t.Errorf("%s %s: %v", c.method, c.path, got)
		}
	}
	if failures != 1 {
		t.Errorf("%d failures were told, want one", failures)
	}
}
