package frame

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	"cognate.dev/cognate/internal/branding"
)

// storySettings are those of the style.
const storySettings = `{
	"categories": {
		"form": {"location": {"horizontal": "END", "vertical": "CENTER"}},
		"global": {"pageHeader": {"enabled": true}, "pageFooter": {"enabled": true}, "spacingDensity": "COMPACT"}
	},
	"componentClasses": {
		"buttons": {"borderRadius": 24}, "input": {"borderRadius": 2},
		"link": {
			"lightMode": {"defaults": {"textColor": "14532dff"}, "hover": {"textColor": "052e16ff"}},
			"darkMode": {"defaults": {"textColor": "86efacff"}, "hover": {"textColor": "bbf7d0ff"}}
		}
	},
	"components": {
		"form": {
			"borderRadius": 4, "logo": {"enabled": true, "location": "START"}, "backgroundImage": {"enabled": true},
			"lightMode": {"backgroundColor": "fffdf5ff"}, "darkMode": {"backgroundColor": "10201aff"}
		},
		"pageBackground": {"image": {"enabled": true}, "lightMode": {"color": "e7f0e9ff"}, "darkMode": {"color": "07120dff"}},
		"pageHeader": {"logo": {"enabled": true, "location": "START"}, "lightMode": {"background": {"color": "14532dff"}}, "darkMode": {"background": {"color": "052e16ff"}}},
		"pageFooter": {"logo": {"enabled": true, "location": "CENTER"}, "backgroundImage": {"enabled": true}},
		"primaryButton": {
			"lightMode": {"defaults": {"backgroundColor": "166534ff", "textColor": "ffffffff"}, "hover": {"backgroundColor": "14532dff", "textColor": "ffffffff"}},
			"darkMode": {"defaults": {"backgroundColor": "86efacff", "textColor": "052e16ff"}, "hover": {"backgroundColor": "bbf7d0ff", "textColor": "052e16ff"}}
		}
	}
}`

// storyStyle is the style of branded stories: everything is other than by default.
func storyStyle() *branding.Style {
	const mark = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 32" width="120" height="32" fill="COLOUR"><circle cx="16" cy="16" r="12"/><rect x="36" y="10" width="80" height="12" rx="6"/></svg>`
	const leaf = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="96" height="96" fill="COLOUR"><path d="M8 56C8 24 24 8 56 8c0 32-16 48-48 48Z"/></svg>`
	const hills = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 800" width="1200" height="800" fill="COLOUR"><circle cx="240" cy="620" r="260" opacity=".18"/><circle cx="420" cy="300" r="140" opacity=".12"/></svg>`
	x := &branding.Style{PoolID: "storybook", ClientID: "storybook", Settings: []byte(storySettings)}
	for category, drawing := range map[string]string{
		"PAGE_HEADER_LOGO": mark, "PAGE_FOOTER_LOGO": mark, "FORM_LOGO": mark, "FAVICON_SVG": leaf, "SMS_GRAPHIC": leaf, "PASSKEY_GRAPHIC": leaf,
		"PAGE_BACKGROUND": hills, "FORM_BACKGROUND": hills, "PAGE_HEADER_BACKGROUND": hills, "PAGE_FOOTER_BACKGROUND": hills,
	} {
		for mode, colour := range map[string]string{"LIGHT": "#166534", "DARK": "#86efac"} {
			if category == "PAGE_HEADER_LOGO" {
				colour = "#f0fdf4"
			}
			x.Assets = append(x.Assets, branding.Asset{
				Category: category, ColorMode: mode, Extension: "SVG", Bytes: []byte(strings.ReplaceAll(drawing, "COLOUR", colour)),
			})
		}
	}
	x.Assets = append(x.Assets, branding.Asset{
		Category: branding.ProviderIcon, ColorMode: "DYNAMIC", Extension: "SVG", ResourceID: "Corporate", Bytes: []byte(strings.ReplaceAll(leaf, "COLOUR", "#b45309")),
	})
	return x
}

func storyLook(base string) Look { return Look{Look: *storyStyle().Look(), Site: base} }

// ServeStory answers the request of what only branded stories load, and reports whether it was one.
func (d *Desk) ServeStory(w http.ResponseWriter, r *http.Request, base string) bool {
	kind, body := "text/css; charset=utf-8", []byte(nil)
	if r.URL.Path == LookPath {
		body = []byte(storyLook(base).Style())
	} else if p := storyStyle().Picture(r.URL.Path); p != nil {
		kind, body = p.Type, p.Data
	}
	if body == nil {
		return false
	}
	w.Header().Set("Content-Type", kind)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	return true
}
