// Package signout is the page of strict OpenID Connect sites that asks whether to sign out, when nothing shows that it is
// the person who wants to.
package signout

import (
	"embed"

	"cognate.dev/cognate/internal/front/login/frame"
)

//go:embed signout.html
var files embed.FS

// Page is /signout. The logout endpoint leads here.
func Page() *frame.Page {
	return &frame.Page{
		Name: "signout", Path: "/signout", Files: files, Title: frame.Fixed("signout.title"), Loose: true, Alone: true,
		Start: start, Take: take, View: view, Stories: stories(),
	}
}

func start(v *frame.Visit) (frame.Next, error) { return v.AskToLeave() }

func take(v *frame.Visit) (frame.Next, error) { return v.Leave() }

func view(*frame.Visit) any { return nil }

func stories() []frame.Story { return []frame.Story{{Name: "ask", Set: func(*frame.Visit) {}}} }
