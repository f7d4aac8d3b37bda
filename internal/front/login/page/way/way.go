// Package way is the page on which somebody chooses how to sign in: password, code or passkey.
package way

import (
	"embed"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/front/login/frame"
)

//go:embed way.html
var files embed.FS

// Page is /login/way.
func Page() *frame.Page {
	return &frame.Page{
		Name: "way", Path: "/login/way", Files: files, Life: frame.SignInLife, Title: frame.Fixed("way.title"), Take: take, View: view, Stories: stories(),
	}
}

func take(v *frame.Visit) (frame.Next, error) {
	way := v.Form.Get("way")
	if !slices.Contains(v.State.Offers, way) {
		v.Trouble("problem.factor")
		return frame.Stay()
	}
	return v.Reply(map[string]string{"ANSWER": way})
}

type choice struct{ Value, Name, Text string }

type shown struct {
	Login   string
	Choices []choice
}

func view(v *frame.Visit) any {
	s := shown{Login: v.State.Login}
	for _, k := range v.State.Offers {
		s.Choices = append(s.Choices, choice{k, v.Words.Say("way." + k), v.Words.Say("way." + k + ".text")})
	}
	return s
}

func stories() []frame.Story {
	four := func(v *frame.Visit) {
		v.State.Login, v.State.Offers = "alice@example.com", []string{"PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"}
	}
	return []frame.Story{
		{Name: "four", Set: four},
		{Name: "branded", Set: four, Branded: true},
		{Name: "long", Set: func(v *frame.Visit) {
			four(v)
			v.State.Login = strings.Repeat("alice.", 20) + "@example.com"
		}},
	}
}
