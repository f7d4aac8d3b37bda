// Package forgot is the page that sends a code to somebody who has forgotten their password.
package forgot

import (
	"embed"

	"cognate.dev/cognate/internal/front/login/frame"
)

//go:embed forgot.html
var files embed.FS

// Page is /forgotPassword.
func Page() *frame.Page {
	return &frame.Page{
		Name: "forgot", Path: "/forgotpassword", Files: files, Title: frame.Fixed("forgot.title"), Graphic: frame.Pictured("password"),
		Start: func(*frame.Visit) (frame.Next, error) { return frame.Stay() },
		Take:  take, View: view, Stories: stories(),
	}
}

func take(v *frame.Visit) (frame.Next, error) {
	login, there := v.Need("username")
	if !there {
		return frame.Stay()
	}
	d, err := v.Accounts.ForgotPassword(v.Context(), v.Caller(login))
	if err != nil {
		return frame.Next{}, err
	}
	v.State.Login = login
	v.NoteSent(d)
	return frame.Show("reset")
}

type shown struct{ Username frame.Field }

func view(v *frame.Visit) any {
	s := shown{v.Input("username", v.Words.Say("field.account"), v.State.Login)}
	s.Username.Complete, s.Username.Max = "username", 128
	s.Username.Focus = true
	return s
}

func stories() []frame.Story {
	return []frame.Story{
		{Name: "first", Set: func(*frame.Visit) {}},
		{Name: "limit", Set: func(v *frame.Visit) {
			v.Form.Set("username", "alice")
			v.Trouble("problem.limit")
		}},
	}
}
