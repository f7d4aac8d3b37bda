// Package password is the page that asks for the password of a name that was given on the page before.
package password

import (
	"embed"
	"strings"

	"cognate.dev/cognate/internal/front/login/frame"
	"cognate.dev/cognate/internal/signin"
)

//go:embed password.html
var files embed.FS

// Page is /login/password.
func Page() *frame.Page {
	return &frame.Page{
		Name: "password", Path: "/login/password", Files: files, Life: frame.SignInLife, Title: frame.Fixed("password.title"), Graphic: frame.Pictured("password"),
		Take: take, View: view, Stories: stories(),
	}
}

func take(v *frame.Visit) (frame.Next, error) {
	password := v.Form.Get("password")
	if password == "" {
		v.Problem("password", v.Words.Say("problem.missing"))
		return frame.Stay()
	}
	return v.Reply(map[string]string{string(signin.Password): password})
}

type shown struct {
	Login    string
	Password frame.Field
}

func view(v *frame.Visit) any {
	s := shown{v.State.Login, v.PasswordInput("password")}
	s.Password.Focus = true
	return s
}

func stories() []frame.Story {
	return []frame.Story{
		{Name: "first", Set: func(v *frame.Visit) { v.State.Login = "alice@example.com" }},
		{Name: "long", Set: func(v *frame.Visit) { v.State.Login = strings.Repeat("alice.", 20) + "@example.com" }},
		{Name: "wrong", Set: func(v *frame.Visit) {
			v.State.Login = "alice@example.com"
			v.Trouble("problem.credentials")
		}},
	}
}
