// Package reset is the page that takes the code for a forgotten password and the new password.
package reset

import (
	"embed"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/front/login/frame"
)

//go:embed reset.html
var files embed.FS

// Page is /confirmForgotPassword.
func Page() *frame.Page {
	return &frame.Page{
		Name: "reset", Path: "/confirmforgotpassword", Files: files, Life: frame.ResetLife, Anew: "forgot", Late: "problem.code.dead",
		Title: frame.Fixed("reset.title"), Graphic: func(v *frame.Visit) string { return v.State.Sent.Pictured() },
		Take: take, View: view, Stories: stories(),
	}
}

func take(v *frame.Visit) (frame.Next, error) {
	if v.Form.Get("again") != "" {
		return again(v)
	}
	code, there := v.Code()
	if good := v.CheckNewPassword(); !there || !good {
		return frame.Stay()
	}
	err := v.Accounts.ConfirmForgotPassword(v.Context(), account.Reset{
		Caller: v.Caller(v.State.Login), Code: code, Password: v.Form.Get("password"),
	})
	if err != nil {
		return frame.Next{}, err
	}
	v.State.Notice = "notice.changed"
	return frame.Show("signin")
}

func again(v *frame.Visit) (frame.Next, error) {
	if v.Cooling() > 0 {
		v.Trouble("problem.wait")
		return frame.Stay()
	}
	d, err := v.Accounts.ForgotPassword(v.Context(), v.Caller(v.State.Login))
	if err != nil {
		return frame.Next{}, err
	}
	v.NoteSent(d)
	v.State.Notice = "notice.sent"
	return frame.Stay()
}

type shown struct {
	Login          string
	Code, Password frame.Field
	Sent           *frame.Sent
	Again          frame.Again
}

func view(v *frame.Visit) any {
	return shown{
		Login: v.State.Login, Code: v.CodeInput(), Password: v.NewPasswordInput("field.newpassword"), Sent: v.State.Sent,
		Again: v.Again("code.again"),
	}
}

func stories() []frame.Story {
	sent := func(v *frame.Visit) {
		v.State.Login, v.State.Sent = "alice@example.com", &frame.Sent{To: "a***@e***", By: "EMAIL"}
	}
	return []frame.Story{
		{Name: "first", Set: sent},
		{Name: "weak", Set: func(v *frame.Visit) {
			sent(v)
			v.Form.Set("code", "123456")
			v.Form.Set("password", "abc1")
			v.Problem("password", v.Words.Say("problem.password"))
		}},
		{Name: "required", Set: func(v *frame.Visit) { v.State.Login, v.State.Notice = "alice", "notice.reset" }},
	}
}
