package login

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"cognate.dev/cognate/internal/branding"
	"cognate.dev/cognate/internal/front/login/frame"
	"cognate.dev/cognate/internal/front/login/wording"
	"cognate.dev/cognate/internal/telemetry"
)

// StorybookPath is where the storybook is; everything of it is below.
const StorybookPath = "/_cognate/storybook"

//go:embed storybook.html storybook.css
var storybookFiles embed.FS

// Storybook shows every page in every state with canned data, for those who work on them. It is for development: it is
// mounted nowhere else.
func (h *Pages) Storybook() (http.Handler, error) {
	t, err := template.ParseFS(storybookFiles, "storybook.html")
	if err != nil {
		return nil, fmt.Errorf("parse storybook: %w", err)
	}
	book := &storybook{h, t}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+StorybookPath, book.list)
	mux.HandleFunc("GET "+StorybookPath+"/storybook.css", book.style)
	mux.HandleFunc(StorybookPath+"/", book.link)
	mux.HandleFunc("GET "+StorybookPath+"/story/{page}/{story}", book.story)
	mux.Handle("GET "+StorybookPath+"/assets/", http.StripPrefix(StorybookPath, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !h.desk.Assets.Serve(w, r) && !h.desk.ServeStory(w, r, StorybookPath) {
			http.NotFound(w, r)
		}
	})))
	mux.Handle("GET "+StorybookPath+branding.Images, http.StripPrefix(StorybookPath, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !h.desk.ServeStory(w, r, StorybookPath) {
			http.NotFound(w, r)
		}
	})))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		telemetry.Operation(r.Context(), "storybook")
		telemetry.Quiet(r.Context())
		frame.Guard(w.Header())
		mux.ServeHTTP(w, r)
	}), nil
}

type storybook struct {
	pages    *Pages
	template *template.Template
}

// Chapter is a page in the list of stories.
type chapter struct {
	Name, Path string
	Stories    []string
}

func (s *storybook) list(w http.ResponseWriter, r *http.Request) {
	view := struct {
		Path, Lang, Mode string
		Languages        []wording.Language
		Chapters         []chapter
	}{Path: StorybookPath, Lang: "en", Mode: "light", Languages: wording.Languages()}
	if lang := r.URL.Query().Get("lang"); s.pages.desk.Book.Words(lang) != nil {
		view.Lang = lang
	}
	if r.URL.Query().Get("mode") == "dark" {
		view.Mode = "dark"
	}
	for _, page := range pages() {
		c := chapter{Name: page.Name, Path: page.Path}
		for _, story := range page.Stories {
			c.Stories = append(c.Stories, story.Name)
		}
		view.Chapters = append(view.Chapters, c)
	}
	var out bytes.Buffer
	if err := s.template.Execute(&out, view); err != nil {
		telemetry.Fail(r.Context(), err)
		http.Error(w, "Internal server error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	_, _ = out.WriteTo(w) // the browser may be gone
}

func (s *storybook) style(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-cache")
	http.ServeFileFS(w, r, storybookFiles, "storybook.css")
}

// story shows one page in one state.
func (s *storybook) story(w http.ResponseWriter, r *http.Request) {
	page := s.pages.byName[r.PathValue("page")]
	if page == nil {
		http.NotFound(w, r)
		return
	}
	for _, story := range page.Stories {
		if story.Name != r.PathValue("story") {
			continue
		}
		if err := s.pages.desk.Tell(w, r, StorybookPath, page, story); err != nil {
			telemetry.Fail(r.Context(), err)
			http.Error(w, "Internal server error", http.StatusInternalServerError)
		}
		return
	}
	http.NotFound(w, r)
}

// link leads from a link or form of a story to the first story of the page that it names.
func (s *storybook) link(w http.ResponseWriter, r *http.Request) {
	page := s.pages.byPath[strings.ToLower(strings.TrimPrefix(r.URL.Path, StorybookPath))]
	if page == nil {
		http.NotFound(w, r)
		return
	}
	location := StorybookPath + "/story/" + page.Name + "/" + page.Stories[0].Name
	if lang := r.URL.Query().Get("lang"); s.pages.desk.Book.Words(lang) != nil {
		location += "?lang=" + lang
	}
	w.Header().Set("Location", location)
	w.WriteHeader(http.StatusSeeOther)
}

// Stories lists what the storybook shows, as paths.
func (h *Pages) Stories() []string {
	var paths []string
	for _, page := range pages() {
		for _, story := range page.Stories {
			paths = append(paths, StorybookPath+"/story/"+page.Name+"/"+story.Name)
		}
	}
	return paths
}
