package login_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// sampled is the answer to a question about a look.
func sampled(t *testing.T, question string) (status int, answer struct{ HTML, CSS, Message string }) {
	t.Helper()
	pages, _ := book(t)
	w := httptest.NewRecorder()
	pages.Sample().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(question)))
	raw, err := io.ReadAll(w.Result().Body)
	fatal(t, err)
	fatal(t, json.Unmarshal(raw, &answer))
	if len(w.Result().Cookies()) > 0 {
		t.Error("the answer sets a cookie: that of a visit")
	}
	return w.Code, answer
}

// A sample that held sealed state would be a form that a stranger's pages could be driven with.
func TestASampleShowsALookAndIsGoodForNothing(t *testing.T) {
	t.Parallel()
	status, got := sampled(t, `{"page":"signin","mode":"dark","settings":{"components":{"form":{"logo":{"enabled":true}},"primaryButton":{"darkMode":{"defaults":{"backgroundColor":"0b6e4fff"}}},
		"pageBackground":{"image":{"enabled":true}}}},
		"assets":[{"category":"FORM_LOGO","color_mode":"DYNAMIC","extension":"SVG","bytes":"PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHZpZXdCb3g9IjAgMCAxIDEiPjxjaXJjbGUgcj0iMSIvPjwvc3ZnPg=="},
		{"category":"PAGE_BACKGROUND","color_mode":"DARK","extension":"SVG","bytes":"PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHZpZXdCb3g9IjAgMCAxIDEiPjxjaXJjbGUgcj0iMSIvPjwvc3ZnPg=="}]}`)
	if status != http.StatusOK {
		t.Fatalf("%d %s", status, got.Message)
	}
	for _, want := range []string{`data-mode="dark"`, `src="data:image/svg`, `name="state" value=""`} {
		if !strings.Contains(got.HTML, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	for _, want := range []string{":root[data-mode=dark]{--accent:#0b6e4f;", `--ground-image:url("data:image/svg+xml;base64,`, ".stage"} {
		if !strings.Contains(got.CSS, want) {
			t.Errorf("the style has no %s", want)
		}
	}
}

func TestASampleRefusesWhatASaveWouldRefuse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ question, want string }{
		"no JSON":      {"{", "This is no JSON"},
		"unknown page": {`{"page":"portal"}`, "The page must be one of signin, signup, code."},
		"member":       {`{"page":"signin","settings":{"colours":{}}}`, "Settings cannot have the member colours."},
		"a script":     {`{"page":"signin","assets":[{"category":"FORM_LOGO","color_mode":"DYNAMIC","extension":"SVG","bytes":"PHN2Zz48c2NyaXB0Lz48L3N2Zz4="}]}`, "is not a safe SVG image"},
	} {
		if status, got := sampled(t, c.question); status != http.StatusBadRequest || !strings.Contains(got.Message, c.want) {
			t.Errorf("%s: %d %q", name, status, got.Message)
		}
	}
}
