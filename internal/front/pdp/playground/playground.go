// Package playground is a page of development mode to try out policies: policy, request, decision and trace side by
// side. What is typed decides nothing and is kept nowhere; it can be saved as a file and opened again. Its explorer is a
// page to try out the API. It leaves deciding to policy/cerbos and knowing people to front/pdp.
package playground

import (
	"context"
	"embed"
	"encoding/json"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing/fstest"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	runtimev1 "github.com/cerbos/cerbos/api/genpb/cerbos/runtime/v1"
	sourcev1 "github.com/cerbos/cerbos/api/genpb/cerbos/source/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"cognate.dev/cognate/internal/front/pdp"
	"cognate.dev/cognate/internal/policy"
	"cognate.dev/cognate/internal/policy/cerbos"
	"cognate.dev/cognate/internal/policy/explain"
	"cognate.dev/cognate/internal/telemetry"
)

// Path is where the page is; everything else of this package is below it.
const Path = "/_cognate/playground"

// maxBody bounds what one try may hold.
const maxBody = 4 << 20

//go:embed playground.html playground.css playground.js explorer.html explorer.css explorer.js
var assets embed.FS

// csp lets the page load its own style and script, talk to its own server and offer a file, and nothing else.
const csp = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// Parts is what the page works with.
type Parts struct {
	Engine *cerbos.Compiler
	Source policy.Source // of the policies that the page begins with
	// Server knows the people, as of now.
	Server func() *pdp.Server
}

// File is one file of a set of policies.
type File struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// try is what the page asks.
type try struct {
	Files   []File          `json:"files"`
	Request json.RawMessage `json:"request"`
}

// finding is what is wrong, and where.
type finding struct {
	File    string `json:"file,omitempty"`
	Line    uint32 `json:"line,omitempty"`
	Column  uint32 `json:"column,omitempty"`
	Message string `json:"message"`
}

// answer is one of the two: why it was decided so, or what is wrong.
type answer struct {
	Explanation *explain.Explanation `json:"explanation,omitempty"`
	Findings    []finding            `json:"findings,omitempty"`
}

// Handler serves Path and what is below it. Whoever mounts it decides who may ask.
func Handler(p Parts) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Path, asset("playground.html", "text/html; charset=utf-8"))
	mux.HandleFunc("GET "+Path+"/playground.css", asset("playground.css", "text/css; charset=utf-8"))
	mux.HandleFunc("GET "+Path+"/playground.js", asset("playground.js", "text/javascript; charset=utf-8"))
	mux.HandleFunc("GET "+Path+"/files", p.files)
	mux.HandleFunc("POST "+Path+"/try", p.try)
	return mux
}

func asset(name, kind string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		telemetry.Operation(r.Context(), "page")
		telemetry.Quiet(r.Context())
		body, err := assets.ReadFile(name)
		if err != nil {
			telemetry.Fail(r.Context(), err)
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		h := w.Header()
		h.Set("Content-Type", kind)
		h.Set("Content-Security-Policy", csp)
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		_, _ = w.Write(body) // the reader may be gone
	}
}

// files gives the policies that the server has.
func (p Parts) files(w http.ResponseWriter, r *http.Request) {
	telemetry.Operation(r.Context(), "files")
	list := []File{}
	fsys, err := p.Source.Files(r.Context())
	if err == nil {
		err = policy.Walk(r.Context(), fsys, func(name string, _ fs.DirEntry) error {
			raw, err := fs.ReadFile(fsys, name)
			list = append(list, File{name, string(raw)})
			return err
		})
	}
	if err != nil {
		telemetry.Fail(r.Context(), err)
		write(w, http.StatusInternalServerError, map[string]string{"message": "The policies could not be read; see the log."})
		return
	}
	write(w, http.StatusOK, map[string]any{"files": list})
}

// try decides a request with the policies that come with it.
func (p Parts) try(w http.ResponseWriter, r *http.Request) {
	telemetry.Operation(r.Context(), "try")
	telemetry.Quiet(r.Context()) // a page asks at each pause of typing
	var q try
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&q); err != nil {
		write(w, http.StatusBadRequest, map[string]string{"message": "This is no JSON of files and a request, or more than 4 MiB."})
		return
	}
	write(w, http.StatusOK, p.decide(r.Context(), q))
}

func (p Parts) decide(ctx context.Context, q try) answer {
	files := fstest.MapFS{}
	for _, f := range q.Files {
		if !fs.ValidPath(f.Name) || f.Name == "." {
			return wrong(finding{File: f.Name, Message: "This is no name of a file."})
		}
		if _, twice := files[f.Name]; twice {
			return wrong(finding{File: f.Name, Message: "Two files have this name."})
		}
		files[f.Name] = &fstest.MapFile{Data: []byte(f.Text), Mode: 0o444}
	}
	if clash := clashing(files); clash != "" {
		return wrong(finding{File: clash, Message: "This is the name of a file and of a folder."})
	}
	_, found, err := cerbos.Examine(ctx, files)
	switch {
	case err != nil:
		return wrong(finding{Message: err.Error()})
	case found != nil:
		return answer{Findings: findings(found)}
	}
	table, err := p.Engine.Compile(ctx, files)
	if err != nil {
		return wrong(finding{Message: err.Error()})
	}
	req := &requestv1.CheckResourcesRequest{}
	if err := protojson.Unmarshal(q.Request, req); err != nil {
		return wrong(finding{File: "request", Message: strings.TrimPrefix(err.Error(), "proto: ")})
	}
	e, err := p.Server().ExplainWith(ctx, table, tracer{p.Engine, files}, req)
	if err != nil {
		return wrong(finding{File: "request", Message: err.Error()})
	}
	return answer{Explanation: &e}
}

// clashing finds a name that is also the folder of another.
func clashing(files fstest.MapFS) string {
	for name := range files {
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			if _, both := files[dir]; both {
				return dir
			}
		}
	}
	return ""
}

func wrong(f finding) answer { return answer{Findings: []finding{f}} }

func findings(found *runtimev1.Errors) (list []finding) {
	at := func(file string, where *sourcev1.Position, text string) {
		list = append(list, finding{file, where.GetLine(), where.GetColumn(), text})
	}
	for _, e := range found.GetCompileErrors().GetErrors() {
		at(e.GetFile(), e.GetPosition(), e.GetDescription())
	}
	i := found.GetIndexBuildErrors()
	for _, e := range i.GetLoadFailures() {
		at(e.GetFile(), e.GetErrorDetails().GetPosition(), e.GetErrorDetails().GetMessage())
	}
	for _, e := range i.GetDuplicateDefs() {
		at(e.GetFile(), e.GetPosition(), e.GetPolicy()+" is also defined in "+e.GetOtherFile())
	}
	for _, e := range i.GetMissingImports() {
		at(e.GetImportingFile(), e.GetPosition(), e.GetDesc())
	}
	for _, e := range i.GetMissingScopeDetails() {
		at("", nil, e.GetMissingPolicy()+" is missing, and "+strings.Join(e.GetDescendants(), ", ")+" inherit from it")
	}
	for _, e := range i.GetScopePermissionsConflicts() {
		at("", nil, "the policies of scope "+e.GetScope()+" do not agree on scopePermissions")
	}
	slices.SortStableFunc(list, func(a, b finding) int { return strings.Compare(a.File, b.File) })
	return list
}

func write(w http.ResponseWriter, status int, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		raw, status = []byte(`{"message":"Internal error"}`), http.StatusInternalServerError
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(raw) // the page may be gone
}

// tracer traces with the files of one try.
type tracer struct {
	engine *cerbos.Compiler
	files  fs.FS
}

// Trace is pdp.Tracer's.
func (t tracer) Trace(ctx context.Context, inputs []*enginev1.CheckInput) ([]cerbos.Traced, error) {
	return t.engine.Trace(ctx, t.files, inputs)
}

var _ pdp.Tracer = tracer{}
