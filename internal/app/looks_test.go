package app

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/branding"
	"cognate.dev/cognate/internal/domain"
)

// TestPagesWearTheBrandingOfTheirClient fails when the sign-in page of a client does not show the logo, the colours or
// the classic style sheet that its owner set, or shows the newer look on a classic domain.
func TestPagesWearTheBrandingOfTheirClient(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := w.h.rooms.Load()
	const callback = "https://app.example.com/callback"
	w.client("web", "", callback)
	logo := "\x89PNG\r\n\x1a\nlogo"
	_, err := r.branding.Styles.Create(t.Context(), testPool, "web", branding.StyleSpec{
		Settings: []byte(`{"components":{"form":{"logo":{"enabled":true}},"primaryButton":{"lightMode":{"defaults":{"backgroundColor":"123456ff"}}}}}`),
		Assets:   []branding.Asset{{Category: "FORM_LOGO", ColorMode: "LIGHT", Extension: "PNG", Bytes: []byte(logo)}},
	})
	w.check(err)
	_, err = r.domains.Create(t.Context(), domain.Spec{PoolID: testPool, Name: "classic"})
	w.check(err)
	sheet := ".submitButton-customizable{background-color:#654321}"
	_, err = r.branding.Classic.Set(t.Context(), testPool, branding.All, &sheet, []byte("\xff\xd8\xffclassic"))
	w.check(err)
	query := "?" + url.Values{"client_id": {"web"}, "response_type": {"code"}, "redirect_uri": {callback}, "scope": {"openid"}}.Encode()
	for name, c := range map[string]struct{ host, prefix, colour, logo string }{
		"newer":   {"", "/" + testPool, "#123456", logo},
		"classic": {"classic.auth.localhost", "", "background-color:#654321", "\xff\xd8\xffclassic"},
	} {
		page := w.get(c.host, c.prefix+"/login"+query)
		image := regexp.MustCompile(`<img class="logo[^"]*" src="([^"]+)"`).FindStringSubmatch(page)
		style := regexp.MustCompile(`href="([^"]*/assets/look.css[^"]*)"`).FindStringSubmatch(page)
		if image == nil || style == nil {
			t.Fatalf("%s: the page has no look: %s", name, page)
		}
		if got := w.get(c.host, image[1]); got != c.logo {
			t.Errorf("%s: the logo is %q", name, got)
		}
		if got := w.get(c.host, style[1]); !strings.Contains(got, c.colour) {
			t.Errorf("%s: the style lacks %s: %s", name, c.colour, got)
		}
	}
}

// get reads what a host of the server answers at a path.
func (w *town) get(host, path string) string {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.server.URL+path, http.NoBody)
	w.check(err)
	if host != "" {
		req.Host = host
	}
	res, err := w.server.Client().Do(req)
	w.check(err)
	body, err := io.ReadAll(res.Body)
	w.check(err)
	w.check(res.Body.Close())
	if res.StatusCode != http.StatusOK {
		w.t.Fatalf("%s%s: %s: %s", host, path, res.Status, body)
	}
	return string(body)
}
