package frame

import (
	"cmp"
	"fmt"
	"html/template"
	"maps"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/login/wording"
)

// paper is what the layout is filled from. The page's own part is V.
type paper struct {
	words    *wording.Words
	visit    *Visit
	query    string // of links
	Head     template.HTML
	Heading  string
	Look     Look
	Logo     *emblem // nil: none
	Graphic  []Picture
	State    string
	Action   string
	Notice   string
	Troubles []string
	Switch   *languageSwitch
	Wide     bool
	V        any
}

// T is a text in the visit's language.
func (p *paper) T(key string, pairs ...string) string { return p.words.Say(key, pairs...) }

// Link leads to another page.
func (p *paper) Link(path string) string { return p.visit.Site.Prefix + path + p.query }

// emblem is the logo of the form.
type emblem struct {
	Place    string // inside or outside of the card, above or below
	Side     string
	Pictures []Picture
}

func (l Look) emblem() *emblem {
	if l.Logo == nil {
		return nil
	}
	place := map[bool]string{false: "inside ", true: "outside "}[l.Logo.Outside] + map[bool]string{false: "above", true: "below"}[l.Logo.Below]
	return &emblem{place, l.Logo.Side, l.Show("logo", l.Logo.Image)}
}

// languageSwitch is a form that asks for the same page in another language. Pages that only a form leads to have none.
type languageSwitch struct {
	Label   string
	Action  string
	Keep    template.HTML // what the request says, in hidden fields
	Buttons template.HTML // one for each language
}

func (v *Visit) paper(p *Page) (*paper, error) {
	base := v.Site.Prefix
	if v.base != "" {
		base = v.base
	}
	out := &paper{words: v.Words, visit: v, query: v.Link("")[len(v.Site.Prefix):], Heading: v.Words.Say(p.Title(v)), Look: v.Look, Logo: v.Look.emblem()}
	out.Action = out.Link(p.Path)
	top := head{
		Lang: v.Words.Tag, Dir: v.Words.Dir, Mode: v.Look.Mode, Heading: out.Heading, Icon: v.Look.Icon(),
		Style: base + v.desk.Assets.Style, Script: base + v.desk.Assets.Script,
	}
	if own := v.desk.Assets.own[p.Name]; own != (Extras{}) {
		top.OwnStyle, top.OwnScript = prefixed(base, own.Style), prefixed(base, own.Script)
	}
	if v.Look.styled() && v.Client != nil {
		top.LookStyle = base + LookPath + "?" + url.Values{"client_id": {v.Client.ID}}.Encode()
	}
	var err error
	if out.Head, err = v.desk.pieces.get(top, "head", top); err != nil {
		return nil, err
	}
	if p.Graphic != nil {
		out.Graphic = v.Look.Show("graphic", v.Look.Graphics[p.Graphic(v)])
	}
	if v.State.Notice != "" {
		out.Notice = v.Words.Say(v.State.Notice)
	}
	for _, one := range v.Problems.list {
		if one.field == "" {
			out.Troubles = append(out.Troubles, one.text)
		}
	}
	if p.Start != nil {
		out.Switch = v.languageSwitch(p)
	}
	out.Wide = p.Wide
	out.V = p.View(v)
	if p.Take != nil && !v.sample {
		out.State = v.seal(p.Name)
	}
	return out, nil
}

// prefixed is a path below a base, where there is one.
func prefixed(base, path string) string {
	if path == "" {
		return ""
	}
	return base + path
}

// languageButtons writes the buttons of the switch, by the language of the page: they are the same on every page, and writing
// them is half of the work of a small one.
func languageButtons() (map[string]template.HTML, error) {
	t, err := template.New("").Parse(`{{range .Languages}}
<button name="lang" value="{{.Tag}}" lang="{{.Tag}}"{{if eq .Tag $.Current}} aria-current="true"{{end}}>{{.Name}}</button>{{end}}`)
	if err != nil {
		return nil, fmt.Errorf("parse language buttons: %w", err)
	}
	all := map[string]template.HTML{}
	for _, l := range wording.Languages() {
		var out strings.Builder
		if err := t.Execute(&out, map[string]any{"Languages": wording.Languages(), "Current": l.Tag}); err != nil {
			return nil, fmt.Errorf("write language buttons: %w", err)
		}
		all[l.Tag] = template.HTML(out.String()) // #nosec G203 -- a template has just escaped it
	}
	return all, nil
}

func (v *Visit) languageSwitch(p *Page) *languageSwitch {
	s := &languageSwitch{Label: v.Words.Say("language"), Action: v.Site.Prefix + p.Path, Buttons: v.desk.languages[v.Words.Tag]}
	query := url.Values{}
	switch {
	case v.Request != nil:
		query = v.Request.Query()
	default:
		for _, name := range []string{"client_id", "error", "user_name", "confirmation_code", "token", "value", "post_logout_redirect_uri", "state", loginID, loginState} {
			if values := v.Query[name]; len(values) == 1 {
				query[name] = values
			}
		}
	}
	for name, values := range query {
		if _, assumed := p.Assume[name]; name == "lang" || len(values) != 1 || assumed && v.Assumed {
			delete(query, name)
		}
	}
	s.Keep = hidden(query)
	return s
}

// hidden writes fields that are not seen, in the order of their names. It is here and not in a template because these are half of
// what a page says about its visit.
func hidden(query url.Values) template.HTML {
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(query)) {
		out.WriteString(`<input type="hidden" name="`)
		template.HTMLEscape(&out, []byte(name))
		out.WriteString(`" value="`)
		template.HTMLEscape(&out, []byte(query[name][0]))
		out.WriteString(`">`)
	}
	return template.HTML(out.String()) // #nosec G203 -- both stand in quotes and are escaped
}

// choose finds the language: asked for, remembered, or what the browser says.
func (d *Desk) choose(v *Visit) *wording.Words {
	if w := d.Book.Words(v.Query.Get("lang")); w != nil {
		return w
	}
	if c, err := v.r.Cookie(languageCookie); err == nil {
		if w := d.Book.Words(c.Value); w != nil {
			return w
		}
	}
	return d.Book.Negotiate(v.r.Header.Get("Accept-Language"))
}

const (
	languageCookie = "lang"
	year           = 365 * 24 * 60 * 60
)

// remember keeps a language that was asked for.
func (v *Visit) remember(tag string) {
	w := v.desk.Book.Words(tag)
	if w == nil {
		return
	}
	v.Words = w
	http.SetCookie(v.w, &http.Cookie{ // #nosec G124 -- Secure where the site is; development speaks plain HTTP on loopback
		Name: languageCookie, Value: w.Tag, Path: v.Site.Prefix + "/", MaxAge: year, HttpOnly: true, Secure: v.Site.Secure(),
		SameSite: http.SameSiteLaxMode,
	})
}

// Guard sets the headers that every answer of the pages has.
func Guard(header http.Header) {
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("X-Robots-Tag", "noindex")
}

// policy lets a page load its own style, script and pictures, and post to its own server.
func (v *Visit) policy(p *Page) string {
	connect := ""
	if p.Speaks {
		connect = "; connect-src 'self'"
	}
	return "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:" + v.picture + "; form-action 'self'" + v.beyond() + connect +
		"; base-uri 'none'; frame-ancestors 'none'"
}

// beyond is where a form may lead besides this site. Chromium follows form-action through every redirect that answers a
// form, and the last one goes to the client and perhaps on from there; so the client's scheme has to be allowed.
func (v *Visit) beyond() string {
	switch {
	case v.abroad && v.Site.Secure():
		return " https:" + v.home()
	case v.abroad: // in development providers may be on this machine, too
		return " https: http://localhost:* http://127.0.0.1:*" + v.home()
	}
	return v.home()
}

// home is where the client is.
func (v *Visit) home() string {
	target := cmp.Or(v.leaving, v.State.Params["to"])
	if v.Request != nil {
		target = v.Request.RedirectURI
	}
	if target == "" {
		return ""
	}
	u, err := url.Parse(target)
	switch {
	case err != nil || !schemeForm.MatchString(u.Scheme):
		return ""
	case u.Scheme != "http":
		return " " + u.Scheme + ":"
	case !hostForm.MatchString(u.Hostname()):
		return ""
	case strings.Contains(u.Hostname(), ":"):
		return " http:" // no source expression has the form of an IPv6 address
	}
	return " http://" + net.JoinHostPort(u.Hostname(), "*")
}

var (
	schemeForm = regexp.MustCompile(`^[a-z][a-z0-9+.-]*$`)
	hostForm   = regexp.MustCompile(`^[A-Za-z0-9.:-]+$`)
)

func isMissing(err error) bool { return fault.Is(err, fault.Missing, "") }
