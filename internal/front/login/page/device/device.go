// Package device is the page that asks whether to remember a browser, so that it takes the place of the second factor
// from now on.
package device

import (
	"embed"

	"cognate.dev/cognate/internal/front/login/frame"
	"cognate.dev/cognate/internal/signin"
)

//go:embed device.html
var files embed.FS

const name = "device"

// Page is /mfa/device. A sign-in leads to it in pools that remember devices when their people want it.
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-device-tracking.html
func Page() *frame.Page {
	return &frame.Page{
		Name: name, Path: "/mfa/device", Files: files, Title: frame.Fixed("device.title"),
		Take: take, View: view, Stories: []frame.Story{{Name: "first", Set: func(*frame.Visit) {}}},
	}
}

// After is what follows a sign-in: nothing, the question, or, in pools that always remember, a device more.
func After(v *frame.Visit, p *signin.Proven) (frame.Next, error) {
	d := v.Site.Pool.Device
	switch {
	case d == nil:
		return frame.Next{}, nil
	case p.Device != "":
		return frame.Next{}, v.Factors.Authenticated(v.Context(), v.Site.Pool.ID, p.User.ID, p.Device, v.Address())
	case !d.OnlyOnPrompt:
		return frame.Next{}, v.Remember(p.User.ID)
	case !d.ChallengeOnNew || !p.Second || v.State.Then != "" || v.Postponed(name):
		return frame.Next{}, nil // to be remembered would change nothing
	}
	v.State.UserID = p.User.ID
	return frame.Show(name)
}

func take(v *frame.Visit) (frame.Next, error) {
	s, person, err := v.Current()
	if err != nil {
		return frame.Next{}, err
	}
	if person == nil || person.ID != v.State.UserID { // gone, or somebody else meanwhile
		v.Trouble("problem.session")
		return frame.Show("signin")
	}
	if v.Form.Get("yes") == "" {
		v.Postpone(name, frame.Later)
		return v.Finish(s)
	}
	if err := v.Remember(person.ID); err != nil {
		return frame.Next{}, err
	}
	return v.Finish(s)
}

func view(*frame.Visit) any { return nil }
