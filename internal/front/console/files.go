package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"cognate.dev/cognate/internal/telemetry"
)

// dist holds what console/pack.mjs has made of the app, in app/: each file compressed as NAME.br and NAME.gz, or as it is
// when it would not get smaller. Where nothing was built there is no app/.
//
//go:embed all:dist
var dist embed.FS

//go:embed unbuilt.html
var unbuilt []byte

// policy lets the app load what this server serves and talk to this server, and nothing else: no inline script or style, no
// frames in either direction, no form that leaves.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// hashed is the folder of files whose names change with what is in them.
const hashed = "assets/"

// kinds are the content types of the files that there are. The tables of the machine may say otherwise, or nothing.
var kinds = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".svg": "image/svg+xml", ".png": "image/png", ".woff2": "font/woff2", ".txt": "text/plain; charset=utf-8",
}

// file is one file in the forms that there are of it.
type file struct {
	kind, tag       string
	plain, gzip, br []byte
}

// files are those of the app, by name.
type files map[string]*file

// open reads what was built into the binary; empty when nothing was.
func open() (files, error) {
	root, err := fs.Sub(dist, "dist/app")
	if err != nil {
		return nil, err
	}
	return read(root)
}

// read takes the files of a folder as pack.mjs leaves it.
func read(root fs.FS) (files, error) {
	all := files{}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // nothing was built
		}
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		name, form := split(name)
		f := all[name]
		if f == nil {
			f = &file{kind: kindOf(name)}
			all[name] = f
		}
		switch form {
		case ".br":
			f.br = raw
		case ".gz":
			f.gzip = raw
		default:
			f.plain = raw
		}
		sum := sha256.Sum256(raw)
		f.tag += base64.RawURLEncoding.EncodeToString(sum[:9])
		return nil
	})
	return all, err
}

// split takes the form from a name.
func split(name string) (base, form string) {
	if ext := path.Ext(name); ext == ".br" || ext == ".gz" {
		return strings.TrimSuffix(name, ext), ext
	}
	return name, ""
}

func kindOf(name string) string {
	ext := path.Ext(name)
	if kind, ok := kinds[ext]; ok {
		return kind
	}
	if kind := mime.TypeByExtension(ext); kind != "" {
		return kind
	}
	return "application/octet-stream"
}

// ServeHTTP answers for the app's files. Every page of the app is one file; which one is meant stands behind the # and never
// comes here.
func (all files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	telemetry.Operation(r.Context(), "ConsoleFile")
	telemetry.Quiet(r.Context())
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "Only GET and HEAD are possible here.", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, Path)
	if name == "" {
		name = "index.html"
	}
	f := all[name]
	switch {
	case f != nil:
		f.serve(w, r, strings.HasPrefix(name, hashed))
	case len(all) == 0 && name == "index.html":
		h.Set("Content-Type", kinds[".html"])
		h.Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write(unbuilt)
	default:
		h.Set("Cache-Control", "no-store")
		http.Error(w, "There is no such file.", http.StatusNotFound)
	}
}

// serve gives the smallest form that the browser takes. Forever says that the name stands for this content and no other.
func (f *file) serve(w http.ResponseWriter, r *http.Request, forever bool) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "no-cache")
	if forever {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	body, form := f.plain, ""
	switch {
	case f.br != nil && takes(r, "br"):
		body, form = f.br, "br"
	case f.gzip != nil && takes(r, "gzip"):
		body, form = f.gzip, "gzip"
	case body == nil:
		var err error
		if body, err = unpack(f.gzip); err != nil {
			telemetry.Fail(r.Context(), err)
			http.Error(w, "The file cannot be read.", http.StatusInternalServerError)
			return
		}
	}
	tag := `"` + f.tag + form + `"`
	h.Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if form != "" {
		h.Set("Content-Encoding", form)
	}
	_, _ = w.Write(body) // the reader may be gone
}

// takes reports whether a browser takes a content coding (RFC 9110, section 12.5.3). One that it does not name is not taken.
func takes(r *http.Request, coding string) bool {
	for one := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		name, weight, _ := strings.Cut(strings.ReplaceAll(one, " ", ""), ";")
		if strings.EqualFold(name, coding) {
			return strings.Trim(strings.TrimPrefix(strings.ToLower(weight), "q="), "0.") != "" || weight == ""
		}
	}
	return false
}

func unpack(packed []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

var _ http.Handler = files{}
