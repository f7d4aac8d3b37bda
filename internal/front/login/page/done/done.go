// Package done is the page on which something has come to its end and nobody waits for the person elsewhere: an account
// is confirmed or waits for approval, or somebody has signed out.
package done

import (
	"embed"

	"cognate.dev/cognate/internal/front/login/frame"
)

//go:embed done.html
var files embed.FS

// Page is /signedOut, and the end of journeys that began without a client waiting.
func Page() *frame.Page {
	return &frame.Page{
		Name: "done", Path: "/signedout", Files: files, Title: title, Loose: true,
		Start: func(v *frame.Visit) (frame.Next, error) {
			v.State.Notice = "notice.signedout"
			return frame.Stay()
		},
		View: view, Stories: stories(),
	}
}

func title(v *frame.Visit) string {
	switch v.State.Notice {
	case "notice.confirmed":
		return "done.confirmed"
	case "notice.approval":
		return "done.approval"
	case "notice.feedback.valid", "notice.feedback.invalid":
		return "done.feedback"
	}
	return "done.signedout"
}

type shown struct{ SignIn bool }

func view(v *frame.Visit) any { return shown{v.Request != nil && v.State.Notice != "notice.approval"} }

func stories() []frame.Story {
	with := func(key string) func(*frame.Visit) {
		return func(v *frame.Visit) { v.State.Notice = key }
	}
	return []frame.Story{
		{Name: "signed-out", Set: with("notice.signedout")}, {Name: "confirmed", Set: with("notice.confirmed")},
		{Name: "approval", Set: with("notice.approval")}, {Name: "feedback", Set: with("notice.feedback.invalid")},
	}
}
