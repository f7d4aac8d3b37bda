package frame

import (
	"context"
	"regexp"
	"strings"

	"cognate.dev/cognate/internal/directory"
)

// Look is how the pages of a client look. The zero value is the default look.
type Look struct {
	Mode    string // light or dark; empty: as the person's system says
	Light   Palette
	Dark    Palette
	Logo    string // path of a picture on this site; empty: none
	Favicon string // the same
	CSS     string // added behind the pages' own style
}

// Palette replaces colours, each as #rrggbb. Empty or malformed ones keep the default.
type Palette struct {
	Ground, Card, Line, Ink, Soft, Accent, OnAccent, Danger string
}

// Looks finds the look of a client's pages.
type Looks interface {
	Look(ctx context.Context, pool *directory.Pool, client *directory.Client) (Look, error)
}

// styled reports whether the look needs a style of its own.
func (l Look) styled() bool { return l.Light != Palette{} || l.Dark != Palette{} || l.CSS != "" }

// dress finds the look of the visit's client.
func (v *Visit) dress() (err error) {
	if v.desk.Looks != nil && v.Client != nil {
		v.Look, err = v.desk.Looks.Look(v.Context(), v.Site.Pool, v.Client)
	}
	return err
}

var colourForm = regexp.MustCompile(`^#[0-9A-Fa-f]{6}$`)

// Style is the look as a style sheet.
func (l Look) Style() string {
	var b strings.Builder
	b.WriteString(":root{" + l.Light.variables() + "}\n")
	dark := l.Dark.variables()
	b.WriteString("@media (prefers-color-scheme:dark){:root:not([data-mode=light]){" + dark + "}}\n")
	b.WriteString(":root[data-mode=dark]{" + dark + "}\n")
	b.WriteString(l.CSS)
	return b.String()
}

func (p Palette) variables() string {
	var b strings.Builder
	for _, one := range []struct{ name, value string }{
		{"ground", p.Ground}, {"card", p.Card}, {"line", p.Line}, {"ink", p.Ink}, {"soft", p.Soft}, {"accent", p.Accent},
		{"on-accent", p.OnAccent}, {"danger", p.Danger},
	} {
		if colourForm.MatchString(one.value) {
			b.WriteString("--" + one.name + ":" + one.value + ";")
		}
	}
	return b.String()
}
