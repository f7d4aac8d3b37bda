// Package frame is what every sign-in page stands in: the layout and its style, fields and their problems, the sealed
// state of forms and the headers that keep others out. What a page asks and does is the page's; which page comes next
// is decided in package login.
package frame

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"time"

	"cognate.dev/cognate/internal/signin"
)

// Page is one page: how it begins, what it shows and what it makes of an answer.
type Page struct {
	Name string // binds the page's forms to it
	Path string // in lower case; paths are compared without case
	// Start prepares the page for a browser that comes by a link. Nil: people reach it only from another page, and
	// whoever asks for it begins at the sign-in.
	Start func(v *Visit) (Next, error)
	// Assume are parameters that a link to the page may leave out, and their values then; Visit.Assumed tells.
	Assume map[string]string
	// Loose pages can be opened without an authorization request.
	Loose bool
	// Alone pages have forms that need neither a request nor a client.
	Alone bool
	// Take is told what was typed. A fault becomes a problem on the same page; any other error means internal. Nil: the
	// page has no form.
	Take func(v *Visit) (Next, error)
	// Life is how long its form may be filled in; 0: an hour. Who comes later begins again at the page Anew, which says Late, the
	// key of a text; empty: at the sign-in, which asks to sign in again.
	Life       time.Duration
	Anew, Late string
	// Enter prepares the page when a challenge leads to it; v.State has the challenge. Nil: there is nothing to prepare.
	Enter func(v *Visit) (Next, error)
	// View is what the page's template shows.
	View func(v *Visit) any
	// Title is the key of the heading for this visit.
	Title func(v *Visit) string
	// Graphic is what the page asks for, by the name of the picture that a look has for it. Nil: it asks for nothing that has one.
	Graphic func(v *Visit) string
	// Files holds NAME.html, which defines "page", and perhaps NAME.css and NAME.js.
	Files embed.FS
	// Wide pages have more to show than a form. Their style is theirs alone, and no part of every page's.
	Wide bool
	// Speaks lets the page's script ask this site.
	Speaks bool
	// Stories are the states that the storybook shows.
	Stories []Story

	template *template.Template
}

// Story is one state of a page with canned data.
type Story struct {
	Name    string
	Set     func(v *Visit)
	Branded bool // with a look in which everything is other than by default
}

// How long people may take: as long as on Cognito's pages.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-managed-login.html
const (
	SignInLife = 5 * time.Minute // a name and a password, or how to go on
	FactorLife = 3 * time.Minute // a second factor
	ResetLife  = 8 * time.Minute // the code for a forgotten password
	otherLife  = time.Hour
)

// Next is where a visit goes. The zero value stays on the page.
type Next struct {
	Page     string         // shows this page, with the visit's state
	Answer   *signin.Answer // what the sign-in machine said: another challenge, or who somebody is
	Location string         // sends the browser there
}

// Stay shows the page (again).
func Stay() (Next, error) { return Next{}, nil }

// Show goes on with another page.
func Show(page string) (Next, error) { return Next{Page: page}, nil }

// Fixed is a title that never changes.
func Fixed(key string) func(*Visit) string { return func(*Visit) string { return key } }

// Pictured is a graphic that never changes.
func Pictured(name string) func(*Visit) string { return func(*Visit) string { return name } }

// Pictured is the graphic for a code that went somewhere.
func (s *Sent) Pictured() string {
	if s == nil {
		return ""
	}
	return map[string]string{"SMS": "sms", "EMAIL": "email"}[s.By]
}

//go:embed frame.html piece.html frame.css frame.js
var files embed.FS

// prepare parses a page's template into the layout.
func (p *Page) prepare() error {
	t, err := template.ParseFS(files, "frame.html", "piece.html")
	if err == nil {
		t, err = t.ParseFS(p.Files, p.Name+".html")
	}
	if err != nil {
		return fmt.Errorf("parse page %s: %w", p.Name, err)
	}
	p.template = t
	return nil
}

// own is a file of the page's own, by its suffix; many have none.
func (p *Page) own(suffix string) []byte {
	raw, err := fs.ReadFile(p.Files, p.Name+"."+suffix)
	if err != nil {
		return nil
	}
	return raw
}
