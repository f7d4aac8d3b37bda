// Package rest is the source of type http: an endpoint that answers with a JSON object about an id. It owns the templates
// of the URL and the body; HTTP itself is upstream's.
package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"cognate.dev/cognate/internal/enrich/field"
	"cognate.dev/cognate/internal/enrich/upstream"
)

// Config says what is asked. Without a URL there is none.
type Config struct {
	URL    string          `yaml:"url" doc:"what is asked; {id} is the key, {kind} the kind of a resource, both escaped. https, or http to this machine"`
	Method string          `yaml:"method" doc:"empty means GET, or POST when there is a body"`
	Body   string          `yaml:"body" doc:"JSON that is sent; {id} and {kind} stand inside of its strings"`
	Root   string          `yaml:"root" doc:"where in the answer the object is, such as data/0; empty means that the answer is the object. Nothing there means nobody of that id"`
	Server upstream.Config `yaml:"server"`
}

// Configured reports whether there is a URL.
func (c Config) Configured() bool { return c.URL != "" }

const idMark, kindMark = "{id}", "{kind}"

// Source asks an endpoint. Safe for concurrent use.
type Source struct {
	Config
	path, query string // of the URL
	root        field.Path
	client      *upstream.Client
}

// New makes a source.
func New(c Config) (*Source, error) {
	s := &Source{Config: c}
	if err := upstream.CheckURL(fill(c.URL, url.PathEscape, "x", "x"), c.Server.Plain); err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	_, rest, _ := strings.Cut(c.URL, "://")
	if end := strings.IndexAny(rest, "/?"); strings.ContainsAny(rest[:max(end, 0)], "{}") || end < 0 && strings.Contains(rest, "{") {
		return nil, errors.New("url: an id must not choose the host")
	}
	if !strings.Contains(c.URL+c.Body, idMark) {
		return nil, fmt.Errorf("neither url nor body contains %s", idMark)
	}
	s.path, s.query, _ = strings.Cut(c.URL, "?")
	if c.Body != "" && !json.Valid([]byte(fill(c.Body, inString, "x", "x"))) {
		return nil, errors.New("body: it is no JSON")
	}
	if s.Method == "" {
		if s.Method = http.MethodGet; c.Body != "" {
			s.Method = http.MethodPost
		}
	}
	if s.Method != http.MethodGet && s.Method != http.MethodPost && s.Method != "QUERY" {
		return nil, fmt.Errorf("method: %s would change something; use GET, POST or QUERY", s.Method)
	}
	var err error
	if c.Root != "" {
		if s.root, err = parseRoot(c.Root); err != nil {
			return nil, fmt.Errorf("root: %w", err)
		}
	}
	s.client, err = upstream.New(c.Server)
	return s, err
}

func parseRoot(root string) (field.Path, error) {
	p, err := field.ParsePath(root)
	for _, name := range p {
		if name == field.Each {
			return nil, errors.New("it must lead to one object")
		}
	}
	return p, err
}

// Find asks about an id. Nobody of that id is nil.
func (s *Source) Find(ctx context.Context, kind, id string) (map[string]any, error) {
	if walks(id) || walks(kind) {
		return nil, nil // it would ask for another path than the configured one
	}
	target := fill(s.path, url.PathEscape, kind, id)
	if s.query != "" {
		target += "?" + fill(s.query, url.QueryEscape, kind, id)
	}
	var body io.Reader
	if s.Body != "" {
		body = strings.NewReader(fill(s.Body, inString, kind, id))
	}
	doc, err := s.client.Get(ctx, s.Method, target, body)
	if err != nil || doc == nil {
		return nil, err
	}
	for _, name := range s.root {
		doc = step(doc, name)
	}
	switch doc := doc.(type) {
	case nil:
		return nil, nil
	case map[string]any:
		return doc, nil
	}
	return nil, errors.New("the answer is no JSON object")
}

// step goes to a member of an object, or to an element of a list by its number.
func step(doc any, name string) any {
	switch doc := doc.(type) {
	case map[string]any:
		return doc[name]
	case []any:
		var i int
		if _, err := fmt.Sscanf(name, "%d", &i); err == nil && i >= 0 && i < len(doc) && fmt.Sprint(i) == name {
			return doc[i]
		}
	}
	return nil
}

// Close lets idle connections go.
func (s *Source) Close() error { return s.client.Close() }

// walks reports whether some server on the way could take an id for a path that leads elsewhere.
func walks(id string) bool {
	for part := range strings.FieldsFuncSeq(id, func(r rune) bool { return r == '/' || r == '\\' }) {
		if part == "." || part == ".." {
			return true
		}
	}
	return false
}

// fill puts the escaped words into a template, in one pass: what is put in is not looked at again.
func fill(template string, escape func(string) string, kind, id string) string {
	return strings.NewReplacer(idMark, escape(id), kindMark, escape(kind)).Replace(template)
}

// inString is s as it stands between the quotes of a JSON string.
func inString(s string) string {
	raw, _ := json.Marshal(strings.ToValidUTF8(s, "\uFFFD")) // a string always can be
	return string(raw[1 : len(raw)-1])
}
