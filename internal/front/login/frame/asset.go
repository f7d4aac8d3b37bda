package frame

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"

	"cognate.dev/cognate/internal/authorize"
)

// LookPath is where the style of a client's look is.
const LookPath = "/assets/look.css"

// Assets are the files that pages load. Their names change with their content, so browsers keep them for good.
type Assets struct {
	Style, Script string            // paths
	own           map[string]Extras // by page
	files         map[string]asset
}

// Extras are the paths of what a page loads beside what all do; empty: nothing.
type Extras struct{ Style, Script string }

type asset struct {
	kind string
	body []byte
}

func newAssets(pages []*Page) (*Assets, error) {
	style, err := files.ReadFile("frame.css")
	if err != nil {
		return nil, fmt.Errorf("read style: %w", err)
	}
	for _, p := range pages {
		if !p.Wide {
			style = append(style, p.own("css")...)
		}
	}
	script, err := files.ReadFile("frame.js")
	if err != nil {
		return nil, fmt.Errorf("read script: %w", err)
	}
	a := &Assets{files: map[string]asset{}, own: map[string]Extras{}}
	a.Style = a.add("login", "css", style)
	a.Script = a.add("login", "js", script)
	for _, p := range pages {
		var e Extras
		if own := p.own("css"); p.Wide && own != nil {
			e.Style = a.add(p.Name, "css", own)
		}
		if own := p.own("js"); own != nil {
			e.Script = a.add(p.Name, "js", own)
		}
		a.own[p.Name] = e
	}
	return a, nil
}

func (a *Assets) add(name, suffix string, body []byte) string {
	kind := map[string]string{"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}[suffix]
	sum := sha256.Sum256(body)
	path := "/assets/" + name + "-" + hex.EncodeToString(sum[:6]) + "." + suffix
	a.files[path] = asset{kind, body}
	return path
}

// Sheet is the style that all pages share.
func (a *Assets) Sheet() string { return string(a.files[a.Style].body) }

// Serve answers the request of a file and reports whether there is one.
func (a *Assets) Serve(w http.ResponseWriter, r *http.Request) bool {
	file, ok := a.files[r.URL.Path]
	if !ok {
		return false
	}
	w.Header().Set("Content-Type", file.kind)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(file.body))
	return true
}

// ServeLook answers with the style of a client's look. It holds nothing that is not shown to everybody.
func (d *Desk) ServeLook(w http.ResponseWriter, r *http.Request, site authorize.Site) error {
	v := d.Visit(w, r, site)
	if err := v.AskLoosely(); err != nil {
		return err
	}
	body := []byte(v.Look.Style())
	sum := sha256.Sum256(body)
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	return nil
}
