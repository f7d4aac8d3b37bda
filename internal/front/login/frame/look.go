package frame

import (
	"context"
	"html/template"
	"regexp"
	"strconv"
	"strings"

	"cognate.dev/cognate/internal/branding"
	"cognate.dev/cognate/internal/directory"
)

// Look is how the pages of a client look. The zero value is the default look.
type Look struct {
	branding.Look
	Site string // comes before the paths of pictures: the prefix of the site
	CSS  string // added behind the pages' own style
}

// Looks finds the look of a client's pages.
type Looks interface {
	Look(ctx context.Context, pool *directory.Pool, client *directory.Client) (Look, error)
}

// styled reports whether the look needs a style of its own.
func (l Look) styled() bool {
	none := branding.Image{}
	bands := l.Header != nil && l.Header.Background != none || l.Footer != nil && l.Footer.Background != none
	return len(l.Light)+len(l.Dark)+len(l.Radii) > 0 || l.CSS != "" || l.Compact || l.Across+l.Down != "" || l.Page != none || l.Form != none || bands
}

// dress finds the look of the visit's client.
func (v *Visit) dress() (err error) {
	if v.desk.Looks != nil && v.Client != nil {
		v.Look, err = v.desk.Looks.Look(v.Context(), v.Site.Pool, v.Client)
	}
	return err
}

var (
	colourForm = regexp.MustCompile(`^#[0-9A-Fa-f]{6}([0-9A-Fa-f]{2})?$`)
	// Of pictures that style sheets load; those of a sample are in their addresses.
	pathForm = regexp.MustCompile(`^(/[A-Za-z0-9/_.-]+|data:image/[a-z.+-]+;base64,[A-Za-z0-9+/=]+)$`)
)

// Style is the look as a style sheet.
func (l Look) Style() string {
	var b strings.Builder
	b.WriteString(":root{" + l.variables(l.Light, false) + l.shape() + "}\n")
	dark := l.variables(l.Dark, true)
	b.WriteString("@media (prefers-color-scheme:dark){:root:not([data-mode=light]){" + dark + "}}\n")
	b.WriteString(":root[data-mode=dark]{" + dark + "}\n")
	b.WriteString(l.CSS)
	return b.String()
}

// variables are the colours and pictures of one mode.
func (l Look) variables(p branding.Palette, dark bool) string {
	var b strings.Builder
	for _, role := range branding.Roles() {
		if colourForm.MatchString(p[role]) {
			b.WriteString("--" + role + ":" + p[role] + ";")
		}
	}
	back := map[string]branding.Image{"ground": l.Page, "card": l.Form}
	if l.Header != nil {
		back["header"] = l.Header.Background
	}
	if l.Footer != nil {
		back["footer"] = l.Footer.Background
	}
	for _, name := range []string{"ground", "card", "header", "footer"} {
		image := back[name]
		if image == (branding.Image{}) {
			continue
		}
		shown, value := image.Light, "none"
		if dark {
			shown = image.Dark
		}
		if path := l.URL(shown); pathForm.MatchString(path) {
			value = `url("` + path + `")`
		}
		b.WriteString("--" + name + "-image:" + value + ";")
	}
	return b.String()
}

// shape is what is the same in both modes.
func (l Look) shape() string {
	var b strings.Builder
	for _, part := range []string{"card", "button", "input", "alert"} {
		if radius, set := l.Radii[part]; set {
			b.WriteString("--" + part + "-radius:" + strconv.FormatFloat(radius, 'f', -1, 64) + "px;")
		}
	}
	if l.Compact {
		b.WriteString("--air:.6;--tall:2.5rem;")
	}
	place := map[string]string{"start": "flex-start", "end": "flex-end"}
	if at := place[l.Across]; at != "" {
		b.WriteString("--across:" + at + ";")
	}
	if at := place[l.Down]; at != "" {
		b.WriteString("--down:" + at + ";")
	}
	return b.String()
}

// URL is where a picture is; empty: nowhere.
func (l Look) URL(p *branding.Picture) string {
	if p == nil {
		return ""
	}
	return l.Site + p.Path
}

// Icon is the address of the favicon, the one that browsers prefer.
func (l Look) Icon() string {
	if len(l.Icons) == 0 {
		return ""
	}
	return l.URL(l.Icons[len(l.Icons)-1])
}

// Picture is one picture of a page, as Look.Show gives it.
type Picture struct{ URL, Class string }

// Source is the picture's address, which may hold the picture itself.
func (p Picture) Source() template.URL { return template.URL(p.URL) } //nolint:gosec // an image of a branding or a connection, loaded as one

// Show lists what stands in a page for an image: one picture, or two of which style sheets show the one of the mode.
func (l Look) Show(class string, image branding.Image) (list []Picture) {
	light, dark := image.Light, image.Dark
	switch {
	case l.Mode == "light":
		dark = light
	case l.Mode == "dark":
		light = dark
	}
	if light != nil && dark != nil && light.Path == dark.Path {
		return []Picture{{l.URL(light), class}}
	}
	if light != nil {
		list = append(list, Picture{l.URL(light), class + " on-light"})
	}
	if dark != nil {
		list = append(list, Picture{l.URL(dark), class + " on-dark"})
	}
	return list
}

// ProviderIcon lists what stands on the button of an outside provider.
func (l Look) ProviderIcon(name string) []Picture {
	image, own := l.Providers[name]
	if !own {
		image = l.Providers[""]
	}
	return l.Show("icon", image)
}
