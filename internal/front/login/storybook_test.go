package login_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/front/login"
	"cognate.dev/cognate/internal/front/login/frame"
	"cognate.dev/cognate/internal/front/login/wording"
	"cognate.dev/cognate/internal/kit/secret"
)

// book is the storybook alone, with no pool behind it.
func book(t *testing.T) (*login.Pages, *httptest.Server) {
	t.Helper()
	keys, err := secret.NewKeyring(secret.Key{ID: "a", Secret: [32]byte{1}})
	fatal(t, err)
	pages, err := login.New(frame.Parts{Sealer: keys, Now: time.Now})
	fatal(t, err)
	handler, err := pages.Storybook()
	fatal(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return pages, server
}

// flaws looks at a page as somebody does who cannot see well, has a small screen or big fingers: nothing may need
// sideways scrolling, inputs need labels, targets 24 pixels (WCAG 2.2, 2.5.8) and texts contrast (1.4.3).
const flaws = `(() => {
  const found = [];
  const name = (e) => e.tagName + "." + e.className + " " + (e.textContent || e.name || "").trim().slice(0, 40);
  const shown = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && e.getClientRects().length > 0;
  if (document.documentElement.scrollWidth > innerWidth) found.push("the page is " + document.documentElement.scrollWidth + " wide");
  if (document.querySelectorAll("h1").length !== 1 || document.querySelectorAll("main").length !== 1) found.push("not one heading in one main");
  for (const e of document.querySelectorAll("input, button, a, summary")) {
    if (!shown(e) || e.type === "hidden") continue;
    const box = e.getBoundingClientRect();
    if (box.height < 24 || box.width < 24) found.push("small: " + name(e) + " " + box.width + "x" + box.height);
    if (e.tagName === "INPUT" && !e.labels.length) found.push("no label: " + name(e));
    if (e.tagName !== "INPUT" && !e.textContent.trim()) found.push("no name: " + name(e));
  }
  for (const e of document.querySelectorAll("[aria-describedby]"))
    for (const id of e.getAttribute("aria-describedby").split(" ")) if (!document.getElementById(id)) found.push("describes nothing: " + id);
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  if (new Set(ids).size !== ids.length) found.push("an id is there twice: " + ids);
  const parse = (c) => { const n = c.match(/[\d.]+/g).map(Number); return { rgb: n.slice(0, 3), a: n[3] ?? 1 }; };
  const light = (rgb) => { const [r, g, b] = rgb.map((v) => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
  const ground = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.a > .99) return c.rgb; } return [255, 255, 255]; };
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !shown(e)) continue;
    const [a, b] = [light(parse(getComputedStyle(e).color).rgb), light(ground(e))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) found.push("contrast " + ratio.toFixed(2) + ": " + name(e));
  }
  return found.join("\n");
})()`

// TestEveryStoryCanBeUsed walks the storybook with Chromium: each page in each state, narrow and wide, light and dark.
// COGNATE_SCREENSHOTS names a folder that keeps the pictures, COGNATE_SCREENSHOTS_LANG their language.
func TestEveryStoryCanBeUsed(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes a while")
	}
	c := startChromium(t)
	pages, server := book(t)
	folder, lang := os.Getenv("COGNATE_SCREENSHOTS"), os.Getenv("COGNATE_SCREENSHOTS_LANG")
	for _, story := range pages.Stories() {
		for _, one := range []struct {
			name, mode string
			width      int
		}{
			{"wide", "light", 1440}, {"wide-dark", "dark", 1440}, {"tablet", "light", 768}, {"tablet-dark", "dark", 768},
			{"narrow", "light", 320}, {"narrow-dark", "dark", 320},
		} {
			if folder == "" && (one.width == 768 || one.width == 1440 == (one.mode == "dark")) {
				continue // two of the six show every flaw that is looked for here
			}
			c.visit(server.URL+story+"?"+url.Values{"mode": {one.mode}, "lang": {lang}}.Encode(), one.width)
			name := strings.ReplaceAll(strings.TrimPrefix(story, login.StorybookPath+"/story/"), "/", "-") + "-" + one.name
			if found := c.ask(flaws); found != "" {
				t.Errorf("%s:\n%s", name, found)
			}
			for _, complaint := range c.errors {
				t.Errorf("%s: the browser complains: %s", name, complaint)
			}
			if folder != "" {
				c.picture(filepath.Join(folder, name+".png"))
			}
		}
	}
}

// TestLongWordsFitEverywhere opens each page at 320 pixels in every language.
func TestLongWordsFitEverywhere(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes a while")
	}
	c := startChromium(t)
	pages, server := book(t)
	seen := map[string]bool{}
	for _, story := range pages.Stories() {
		page := path.Dir(story)
		if seen[page] {
			continue
		}
		seen[page] = true
		for _, l := range wording.Languages() {
			c.visit(server.URL+story+"?lang="+l.Tag, 320)
			if wide := c.ask("document.documentElement.scrollWidth"); wide != 320.0 {
				t.Errorf("%s in %s is %v pixels wide", story, l.Name, wide)
			}
		}
	}
}

// TestTheScriptTellsWhichRulesAreMet types into the field of a new password.
func TestTheScriptTellsWhichRulesAreMet(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes a while")
	}
	c := startChromium(t)
	_, server := book(t)
	c.visit(server.URL+login.StorybookPath+"/story/signup/first", 400)
	c.ask(`password.focus()`)
	c.call("Input.insertText", map[string]any{"text": "abC1"})
	if met := c.ask(`[...document.querySelectorAll(".rules .met")].map((r) => r.dataset.rule).join(" ")`); met != "upper lower number" {
		t.Errorf("met: %v", met)
	}
	c.ask(`document.querySelector(".peek").click()`)
	if kind := c.ask(`password.type`); kind != "text" {
		t.Errorf("a shown password is of type %v", kind)
	}
	c.visit(server.URL+login.StorybookPath+"/story/confirm/again", 400)
	c.settle(`document.querySelector("[data-wait]").getAttribute("aria-disabled") === "true"`)
}

// TestEveryPageIsLight holds the pages to 30 KB, with their style and script; the two that are more than a form, portal and demo, to 38.
func TestEveryPageIsLight(t *testing.T) {
	t.Parallel()
	pages, server := book(t)
	get := func(address string) string {
		t.Helper()
		w := httptest.NewRecorder()
		server.Config.Handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d", address, w.Code)
		}
		return w.Body.String()
	}
	assets := regexp.MustCompile(`(?:href|src)="(/[^"]*/assets/[^"]+)"`)
	for _, story := range pages.Stories() {
		page := get(story)
		size := len(page)
		for _, a := range assets.FindAllStringSubmatch(page, -1) {
			size += len(get(a[1]))
		}
		most := 30 << 10
		if strings.Contains(story, "/portal/") || strings.Contains(story, "/demo/") {
			most = 38 << 10
		}
		if size > most || size < 5<<10 {
			t.Errorf("%s has %d bytes", story, size)
		}
	}
	list := get(login.StorybookPath)
	for _, story := range pages.Stories() {
		if !strings.Contains(list, `href="`+story+`?`) {
			t.Errorf("the list lacks %s", story)
		}
	}
}
