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
	Style, Script string // paths
	files         map[string]asset
}

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
		style = append(style, p.style()...)
	}
	script, err := files.ReadFile("frame.js")
	if err != nil {
		return nil, fmt.Errorf("read script: %w", err)
	}
	a := &Assets{files: map[string]asset{}}
	a.Style = a.add("login", "css", "text/css; charset=utf-8", style)
	a.Script = a.add("login", "js", "text/javascript; charset=utf-8", script)
	return a, nil
}

func (a *Assets) add(name, suffix, kind string, body []byte) string {
	sum := sha256.Sum256(body)
	path := "/assets/" + name + "-" + hex.EncodeToString(sum[:6]) + "." + suffix
	a.files[path] = asset{kind, body}
	return path
}

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
