package login

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/branding"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/login/frame"
	"cognate.dev/cognate/internal/telemetry"
)

// maxSample bounds what a style may weigh to be looked at, in bytes: what one may have that is stored, in Base64.
const maxSample = 8 << 20

// sampled are the pages that a style can be looked at on.
var sampled = []string{"signin", "signup", "code"}

// question is what a sample is asked with.
type question struct {
	Page     string          `json:"page"` // of sampled
	Mode     string          `json:"mode"` // light or dark
	Settings json.RawMessage `json:"settings"`
	Assets   []branding.Asset
}

// Sample shows a page as a style would have it that nobody has saved: POST of a question, answered with {html, css}. What is
// shown is canned. The html loads nothing but what it holds; its links to styles and scripts lead nowhere.
func (h *Pages) Sample() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q question
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxSample)).Decode(&q); err != nil {
			refuse(w, http.StatusBadRequest, "This is no JSON with settings and assets, or more than 8 MiB.")
			return
		}
		if !slices.Contains(sampled, q.Page) {
			refuse(w, http.StatusBadRequest, "The page must be one of "+strings.Join(sampled, ", ")+".")
			return
		}
		style, err := branding.Try(branding.StyleSpec{Settings: q.Settings, Assets: q.Assets})
		if err != nil {
			refuse(w, http.StatusBadRequest, fault.As(err).Text)
			return
		}
		look := frame.Look{Look: *style.Inline()}
		if q.Mode == "light" || q.Mode == "dark" {
			look.Mode = q.Mode
		}
		page := h.byName[q.Page]
		out := &onPaper{header: http.Header{}}
		if err := h.desk.Sample(out, r, page, page.Stories[0], look); err != nil {
			telemetry.Fail(r.Context(), err)
			refuse(w, http.StatusInternalServerError, "The page could not be shown; see the log.")
			return
		}
		answer(w, http.StatusOK, map[string]string{"html": out.String(), "css": h.desk.Assets.Sheet() + look.Style()})
	})
}

// onPaper takes a page that is no answer.
type onPaper struct {
	bytes.Buffer
	header http.Header
}

func (p *onPaper) Header() http.Header { return p.header }
func (p *onPaper) WriteHeader(int)     {}

func refuse(w http.ResponseWriter, status int, text string) {
	answer(w, status, map[string]string{"message": text})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the asker may be gone
}

var _ http.ResponseWriter = (*onPaper)(nil)
