package asset_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"cognate.dev/cognate/internal/branding"
	"cognate.dev/cognate/internal/front/asset"
)

// looks is one look of the pool r_1.
type looks struct{ look *branding.Classic }

func (l looks) Get(_ context.Context, poolID, _ string) (*branding.Classic, error) {
	if poolID == "r_broken" {
		return nil, errors.New("the disk is gone")
	}
	if l.look.PoolID != poolID {
		return nil, nil
	}
	return l.look, nil
}

// TestOnlyTheNewestImageIsServed fails when an address shows another image than it did, one of another client, or an
// image that a browser would take for something else.
func TestOnlyTheNewestImageIsServed(t *testing.T) {
	t.Parallel()
	look := &branding.Classic{PoolID: "r_1", ClientID: branding.All, Image: []byte("\xff\xd8\xffimage"), ModifiedAt: time.Unix(1_700_000_000, 0)}
	failures := 0
	h := asset.Handler(looks{look}, func(context.Context, error) { failures++ })
	for path, want := range map[string]int{
		look.ImagePath(): http.StatusOK,
		"/_cognate/branding/r_1/ALL/20000101000000/image":           http.StatusNotFound,
		"/_cognate/branding/r_1/other/" + look.Version() + "/image": http.StatusNotFound,
		"/_cognate/branding/r_2/ALL/" + look.Version() + "/image":   http.StatusNotFound,
		"/_cognate/branding/r_broken/ALL/1/image":                   http.StatusInternalServerError,
		"/_cognate/branding/":                                       http.StatusNotFound,
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
		if w.Code != http.StatusOK {
			continue
		}
		if got := w.Body.String(); got != string(look.Image) || w.Header().Get("Content-Type") != "image/jpeg" ||
			w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("Content-Security-Policy") != "default-src 'none'; sandbox" {
			t.Errorf("%s: %q with %v", path, got, w.Header())
		}
	}
	if failures != 1 {
		t.Errorf("%d failures were told, want one", failures)
	}
}
