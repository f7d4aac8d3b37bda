// Package passkey is the page that lets the browser sign with a passkey. It is the one page that needs its script.
package passkey

import (
	"embed"

	"cognate.dev/cognate/internal/front/login/frame"
)

//go:embed passkey.html
var files embed.FS

// Page is /login/passkey.
func Page() *frame.Page {
	return &frame.Page{
		Name: "passkey", Path: "/login/passkey", Files: files, Life: frame.SignInLife, Title: frame.Fixed("passkey.title"), Graphic: frame.Pictured("passkey"),
		Take: take, View: view, Stories: stories(),
	}
}

func take(v *frame.Visit) (frame.Next, error) {
	credential := v.Form.Get("credential")
	if credential == "" {
		v.Trouble("problem.passkey")
		return frame.Stay()
	}
	next, err := v.Reply(map[string]string{"CREDENTIAL": credential})
	if err == nil {
		return next, nil
	}
	if err := v.Blame(err); err != nil {
		return frame.Next{}, err
	}
	return frame.Show("signin") // any answer uses the question up
}

type shown struct{ Login, Options string }

func view(v *frame.Visit) any {
	return shown{v.State.Login, v.State.Params["CREDENTIAL_REQUEST_OPTIONS"]}
}

func stories() []frame.Story {
	return []frame.Story{{Name: "first", Set: func(v *frame.Visit) { v.State.Login = "alice@example.com" }}}
}
