package sms

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"text/template"
)

// templates is a gateway that is described by templates.
type templates struct {
	Config
	body    *template.Template
	headers map[string]*template.Template
}

func newTemplates(c Config) (*templates, error) {
	g := &templates{Config: c, headers: map[string]*template.Template{}}
	var err error
	if g.body, err = parse("body", c.Body); err != nil {
		return nil, err
	}
	for name, value := range c.Headers {
		if g.headers[name], err = parse(name, value); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// parse reads a template, and tries it, so that a name that does not exist is found at the start.
func parse(name, source string) (*template.Template, error) {
	out, err := template.New(name).Option("missingkey=error").Funcs(template.FuncMap{"json": quoted, "query": url.QueryEscape}).Parse(source)
	if err == nil {
		err = out.Execute(new(strings.Builder), text{})
	}
	if err != nil {
		return nil, fmt.Errorf("message.sms: %s: %w", name, err)
	}
	return out, nil
}

// quoted is a text as JSON.
func quoted(s string) (string, error) {
	out, err := json.Marshal(s)
	return string(out), err
}

func (g *templates) request(ctx context.Context, t text) (*http.Request, error) {
	var body strings.Builder
	if err := g.body.Execute(&body, t); err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, g.URL, strings.NewReader(body.String()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", t.ID)
	for name, value := range g.headers {
		var filled strings.Builder
		if err := value.Execute(&filled, t); err != nil {
			return nil, err
		}
		request.Header.Set(name, filled.String())
	}
	return request, nil
}

// read takes what is about the request itself for final. A gateway that wants other credentials, or fewer messages, may
// be set up again.
func (g *templates) read(status int, _ []byte) (bool, error) {
	switch status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusGone, http.StatusUnprocessableEntity:
		return true, fmt.Errorf("status %d", status)
	}
	if !taken(status) {
		return false, fmt.Errorf("status %d", status)
	}
	return false, nil
}
