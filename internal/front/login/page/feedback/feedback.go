// Package feedback is the page behind the links of a notification: was a sign-in yours or not? The link alone says
// nothing, because programs that look through mail open links, too; the button on the page does.
package feedback

import (
	"embed"

	"cognate.dev/cognate/internal/front/login/frame"
)

//go:embed feedback.html
var files embed.FS

// Page is /feedback.
func Page() *frame.Page {
	return &frame.Page{
		Name: "feedback", Path: "/feedback", Files: files, Title: frame.Fixed("feedback.title"), Loose: true,
		Start: start, Take: take, View: view, Stories: stories(),
	}
}

func start(v *frame.Visit) (frame.Next, error) {
	token, value := v.Query.Get("token"), v.Query.Get("value")
	if v.Client == nil || token == "" || value != "Valid" && value != "Invalid" {
		v.Trouble("problem.feedback")
		return frame.Stay()
	}
	v.State.Feedback = &frame.Feedback{Token: token, Value: value}
	return frame.Stay()
}

func take(v *frame.Visit) (frame.Next, error) {
	f := v.State.Feedback
	if f == nil {
		v.Trouble("problem.feedback")
		return frame.Stay()
	}
	if err := v.Feedback.SayByLink(v.Context(), v.Site.Pool, f.Token, f.Value); err != nil {
		v.State.Feedback = nil
		return frame.Next{}, err
	}
	v.State.Notice = "notice.feedback.valid"
	if f.Value == "Invalid" {
		v.State.Notice = "notice.feedback.invalid"
	}
	return frame.Show("done")
}

type shown struct{ Text string } // the key of what is confirmed; empty: the link is dead

func view(v *frame.Visit) any {
	switch f := v.State.Feedback; {
	case f == nil:
		return shown{}
	case f.Value == "Valid":
		return shown{"feedback.valid"}
	}
	return shown{"feedback.invalid"}
}

func stories() []frame.Story {
	return []frame.Story{
		{Name: "valid", Set: func(v *frame.Visit) { v.State.Feedback = &frame.Feedback{Value: "Valid"} }},
		{Name: "invalid", Set: func(v *frame.Visit) { v.State.Feedback = &frame.Feedback{Value: "Invalid"} }},
		{Name: "dead", Set: func(v *frame.Visit) { v.Trouble("problem.feedback") }},
	}
}
