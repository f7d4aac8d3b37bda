// Package code is the page that asks for the code of a second factor: sent by text message or email, or shown by an
// authenticator app.
package code

import (
	"embed"

	"cognate.dev/cognate/internal/front/login/frame"
	"cognate.dev/cognate/internal/signin"
)

//go:embed code.html
var files embed.FS

// Page is /mfa/code.
func Page() *frame.Page {
	return &frame.Page{
		Name: "code", Path: "/mfa/code", Files: files, Life: frame.FactorLife, Title: title, Graphic: graphic, Take: take, View: view, Stories: stories(),
	}
}

func title(v *frame.Visit) string {
	if v.State.Challenge == signin.SoftwareTokenMFA {
		return "code.title.app"
	}
	return "code.title"
}

// answerOf is the name of a challenge's answer.
var answerOf = map[signin.Kind]string{
	signin.SMSMFA: "SMS_MFA_CODE", signin.SMSOTP: "SMS_OTP_CODE", signin.EmailOTP: "EMAIL_OTP_CODE", signin.SoftwareTokenMFA: "SOFTWARE_TOKEN_MFA_CODE",
}

func take(v *frame.Visit) (frame.Next, error) {
	code, there := v.Code()
	if !there {
		return frame.Stay()
	}
	return v.Reply(map[string]string{answerOf[v.State.Challenge]: code})
}

type shown struct {
	App  bool
	Name string // of the app
	Sent *frame.Sent
	Code frame.Field
}

func view(v *frame.Visit) any {
	return shown{
		App: v.State.Challenge == signin.SoftwareTokenMFA, Name: v.State.Params["FRIENDLY_DEVICE_NAME"], Code: v.CodeInput(), Sent: sent(v),
	}
}

// sent is where the code went; nil: nowhere that may be told.
func sent(v *frame.Visit) *frame.Sent {
	to := v.State.Params["CODE_DELIVERY_DESTINATION"]
	if to == "" {
		return nil
	}
	return &frame.Sent{To: to, By: v.State.Params["CODE_DELIVERY_DELIVERY_MEDIUM"]}
}

func graphic(v *frame.Visit) string {
	if v.State.Challenge == signin.SoftwareTokenMFA {
		return "app"
	}
	return sent(v).Pictured()
}

func stories() []frame.Story {
	to := func(k signin.Kind, by, address string) func(*frame.Visit) {
		return func(v *frame.Visit) {
			v.State.Challenge = k
			v.State.Params = map[string]string{"CODE_DELIVERY_DESTINATION": address, "CODE_DELIVERY_DELIVERY_MEDIUM": by}
		}
	}
	return []frame.Story{
		{Name: "sms", Set: to(signin.SMSMFA, "SMS", "+*******0123")},
		{Name: "branded", Branded: true, Set: to(signin.SMSMFA, "SMS", "+*******0123")},
		{Name: "email", Set: to(signin.EmailOTP, "EMAIL", "a***@e***")},
		{Name: "app", Set: func(v *frame.Visit) {
			v.State.Challenge = signin.SoftwareTokenMFA
			v.State.Params = map[string]string{"FRIENDLY_DEVICE_NAME": "Phone"}
		}},
		{Name: "wrong", Set: func(v *frame.Visit) {
			to(signin.SMSMFA, "SMS", "+*******0123")(v)
			v.Form.Set("code", "123456")
			v.Problem("code", v.Words.Say("problem.code"))
		}},
	}
}
