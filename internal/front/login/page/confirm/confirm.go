// Package confirm is the page that asks for the code of a sign-up, and where links in confirmation messages lead.
package confirm

import (
	"embed"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/login/frame"
)

//go:embed confirm.html
var files embed.FS

// Page is /confirmUser.
func Page() *frame.Page {
	return &frame.Page{
		Name: "confirm", Path: "/confirmuser", Files: files, Title: frame.Fixed("confirm.title"), Graphic: func(v *frame.Visit) string { return v.State.Sent.Pictured() }, Loose: true,
		Start: start, Take: take, View: view, Stories: stories(),
	}
}

// start fills in what a link carries. It only shows the page: programs that look into mail open links, too, and must not
// confirm anybody.
func start(v *frame.Visit) (frame.Next, error) {
	if v.Client == nil {
		return frame.Show("failure")
	}
	v.State.Login = v.Query.Get("user_name")
	return frame.Stay()
}

func take(v *frame.Visit) (frame.Next, error) {
	login := v.State.Login
	if login == "" {
		var there bool
		if login, there = v.Need("username"); !there {
			return frame.Stay()
		}
	}
	if v.Form.Get("again") != "" {
		return again(v, login)
	}
	code, there := v.Code()
	if !there {
		return frame.Stay()
	}
	err := v.Accounts.ConfirmSignUp(v.Context(), account.Confirmation{Caller: v.Caller(login), Code: code})
	if telling(err) {
		v.Problem("code", v.Words.Say("problem.code"))
		return frame.Stay()
	}
	if err != nil {
		return frame.Next{}, err
	}
	return confirmed(v, login)
}

// confirmed goes on to where the person wanted to go.
func confirmed(v *frame.Visit, login string) (frame.Next, error) {
	v.State.Login, v.State.Notice = login, "notice.confirmed"
	switch {
	case v.Request == nil:
		return frame.Show("done")
	case v.State.UserID == "":
		return frame.Show("signin")
	}
	return v.EnterConfirmed(v.State.UserID)
}

// telling reports whether a fault would tell that there is such a user: confirmed already, or disabled. To whoever tries
// names it is a wrong code like any other.
func telling(err error) bool {
	f := fault.As(err)
	return f != nil && f.Kind == fault.Denied && f.Subject == ""
}

// again sends another code. Whether there is anybody to send it to shows in nothing.
func again(v *frame.Visit, login string) (frame.Next, error) {
	if v.Cooling() > 0 {
		v.Trouble("problem.wait")
		return frame.Stay()
	}
	_, err := v.Accounts.ResendConfirmationCode(v.Context(), v.Caller(login))
	if f := fault.As(err); err != nil && !telling(err) && (f.Kind != fault.Invalid || f.Subject != "") {
		return frame.Next{}, err
	}
	v.State.Login = login
	known := v.State.Sent
	v.NoteSent(nil) // where a code goes would tell whether there is anybody, unless that was known before
	if known != nil {
		v.State.Sent.To, v.State.Sent.By = known.To, known.By
	}
	v.State.Notice = "notice.sent"
	return frame.Stay()
}

type shown struct {
	Named    bool
	Username frame.Field
	Code     frame.Field
	Sent     *frame.Sent
	Again    frame.Again
}

func view(v *frame.Visit) any {
	s := shown{Named: v.State.Login != "", Sent: v.State.Sent, Code: v.CodeInput(), Again: v.Again("code.again")}
	if s.Code.Value == "" {
		s.Code.Value = short(v.Query.Get("confirmation_code"))
	}
	if !s.Named {
		s.Username = v.Input("username", v.Words.Say("field.account"), "")
		s.Username.Complete, s.Username.Max = "username", 128
		s.Username.Focus, s.Code.Focus = v.Clear() || s.Username.Focus, s.Code.Focus && !v.Clear()
	}
	return s
}

func short(code string) string { return code[:min(len(code), 10)] }

func stories() []frame.Story {
	sent := func(v *frame.Visit) {
		v.State.Login, v.State.UserID = "alice@example.com", "1"
		v.State.Sent = &frame.Sent{To: "a***@e***", By: "EMAIL"}
	}
	return []frame.Story{
		{Name: "first", Set: sent},
		{Name: "wrong", Set: func(v *frame.Visit) {
			sent(v)
			v.Form.Set("code", "123456")
			v.Problem("code", v.Words.Say("problem.code"))
		}},
		{Name: "again", Set: func(v *frame.Visit) {
			sent(v)
			v.State.Notice, v.State.Sent.At = "notice.sent", v.Now().UnixMilli()
		}},
		{Name: "unconfirmed", Set: func(v *frame.Visit) {
			sent(v)
			v.State.Notice = "notice.unconfirmed"
		}},
		{Name: "link", Set: func(*frame.Visit) {}},
	}
}
