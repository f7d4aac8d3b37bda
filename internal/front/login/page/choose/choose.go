// Package choose is the page on which somebody with several second factors picks one.
package choose

import (
	"embed"
	"encoding/json"
	"slices"

	"cognate.dev/cognate/internal/front/login/frame"
	"cognate.dev/cognate/internal/signin"
)

//go:embed choose.html
var files embed.FS

// Page is /mfa/choose.
func Page() *frame.Page {
	return &frame.Page{
		Name: "choose", Path: "/mfa/choose", Files: files, Life: frame.FactorLife, Title: frame.Fixed("choose.title"),
		Take: take, View: view, Stories: stories(),
	}
}

func take(v *frame.Visit) (frame.Next, error) {
	factor := v.Form.Get("factor")
	if !slices.Contains(offered(v), signin.Kind(factor)) {
		v.Trouble("problem.factor")
		return frame.Stay()
	}
	return v.Reply(map[string]string{"ANSWER": factor})
}

// offered reads the machine's own list, so it always decodes.
func offered(v *frame.Visit) (kinds []signin.Kind) {
	_ = json.Unmarshal([]byte(v.State.Params["MFAS_CAN_CHOOSE"]), &kinds) // an empty list takes no choice
	return kinds
}

type choice struct{ Value, Name, Text string }

type shown struct{ Choices []choice }

func view(v *frame.Visit) any {
	var s shown
	for _, k := range offered(v) {
		s.Choices = append(s.Choices, choice{string(k), v.Words.Say("factor." + string(k)), v.Words.Say("factor." + string(k) + ".text")})
	}
	return s
}

func stories() []frame.Story {
	return []frame.Story{{Name: "three", Set: func(v *frame.Visit) {
		v.State.Params = map[string]string{"MFAS_CAN_CHOOSE": `["SMS_MFA","SOFTWARE_TOKEN_MFA","EMAIL_OTP"]`}
	}}}
}
