// Package failure is the page that says what went wrong where no client can be told.
package failure

import (
	"embed"
	"net/http"
	"regexp"

	"cognate.dev/cognate/internal/front/login/frame"
)

//go:embed failure.html
var files embed.FS

// Page is /error.
func Page() *frame.Page {
	return &frame.Page{
		Name: "failure", Path: "/error", Files: files, Title: title, Loose: true,
		Start: func(v *frame.Visit) (frame.Next, error) {
			v.Status = http.StatusBadRequest // as Cognito's page of errors answers
			return frame.Stay()
		},
		View: view, Stories: stories(),
	}
}

func title(v *frame.Visit) string {
	if code(v) == "stale" {
		return "failure.stale.title"
	}
	return "failure.title"
}

var codeForm = regexp.MustCompile(`^[a-z_]{1,40}$`)

// code is the error as the link names it: a word of a protocol, or nothing.
func code(v *frame.Visit) string {
	if c := v.Query.Get("error"); codeForm.MatchString(c) {
		return c
	}
	return ""
}

type shown struct {
	Text, Code, ClientID string
	Again                string // where to begin again
}

func view(v *frame.Visit) any {
	s := shown{Text: v.Words.Say("failure.other"), Code: code(v)}
	if key := "failure." + s.Code; s.Code != "" && v.Words.Has(key) {
		s.Text = v.Words.Say(key)
	}
	if s.Code == "stale" {
		s.Code = ""
		if v.Request != nil {
			s.Again = v.Link("/login")
		}
	}
	if v.Client != nil && s.Code != "" {
		s.ClientID = v.Client.ID
	}
	return s
}

func stories() []frame.Story {
	with := func(code string) func(*frame.Visit) {
		return func(v *frame.Visit) { v.Query.Set("error", code) }
	}
	return []frame.Story{
		{Name: "redirect", Set: with("redirect_mismatch")}, {Name: "client", Set: with("invalid_client")},
		{Name: "server", Set: with("server_error")}, {Name: "stale", Set: with("stale")}, {Name: "unknown", Set: with("<b>")},
	}
}
