// Package addpasskey is the page on which somebody who is signed in adds a passkey: a client leads there, or it is
// offered after a sign-in by other means. The page that signs in with one is page/passkey.
package addpasskey

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/login/frame"
	"cognate.dev/cognate/internal/signin"
)

//go:embed addpasskey.html
var files embed.FS

const name = "addpasskey"

// Page is /passkeys/add. A link needs client_id and redirect_uri, and leads back with nothing but its state.
// https://docs.aws.amazon.com/cognito/latest/developerguide/managed-login-endpoints.html
func Page() *frame.Page {
	return &frame.Page{
		Name: name, Path: "/passkeys/add", Files: files, Title: frame.Fixed("addpasskey.title"), Graphic: frame.Pictured("passkey"),
		Assume: map[string]string{"response_type": "code"},
		Start:  start, Take: take, View: view, Stories: stories(),
	}
}

// start lets people sign in first.
func start(v *frame.Visit) (frame.Next, error) {
	v.State.Bare = v.Assumed
	_, person, err := v.Current()
	if err != nil {
		return frame.Next{}, err
	}
	if person == nil {
		v.State.Then = name
		return frame.Show("signin")
	}
	return prepare(v, person)
}

// prepare asks for what the browser needs. A pool without passkeys is told to the person, who can only go on.
func prepare(v *frame.Visit, person *directory.User) (frame.Next, error) {
	v.State.UserID, v.State.Params = person.ID, nil
	options, err := v.Factors.StartPasskey(v.Context(), v.Site.Pool, v.Client, person)
	switch f := fault.As(err); {
	case f == nil:
	case f.Kind == fault.Limited:
		v.Trouble("problem.passkeys")
		return frame.Show(name)
	case f.Subject == fault.Passkey:
		v.Trouble("problem.nopasskeys")
		return frame.Show(name)
	default:
		return frame.Next{}, err
	}
	document, err := json.Marshal(options)
	if err != nil {
		return frame.Next{}, fmt.Errorf("encode passkey options: %w", err)
	}
	v.State.Params = map[string]string{"OPTIONS": string(document)}
	return frame.Show(name)
}

// After is what follows a sign-in: this page for who came for it, or for who could have a passkey, has none, and has not
// said "not now" in this browser lately. The zero Next: nothing is to be added.
func After(v *frame.Visit, p *signin.Proven) (frame.Next, error) {
	if v.State.Then == name {
		v.State.Then = ""
		return prepare(v, p.User)
	}
	if !v.Client.Allows(directory.FlowChoice) || !slices.Contains(v.Site.Pool.FirstAuthFactors, "WEB_AUTHN") ||
		slices.Contains(p.Trail, signin.WebAuthn) || v.Postponed(name) {
		return frame.Next{}, nil
	}
	has, err := v.Factors.Passkeys(v.Context(), v.Site.Pool.ID, p.User.ID)
	if err != nil || len(has) > 0 {
		return frame.Next{}, err
	}
	next, err := prepare(v, p.User)
	if v.State.Params == nil { // it does not work, which is no news for somebody who did not ask
		v.Problems = frame.Problems{}
		return frame.Next{}, err
	}
	return next, err
}

func take(v *frame.Visit) (frame.Next, error) {
	s, person, err := v.Current()
	if err != nil {
		return frame.Next{}, err
	}
	if person == nil || person.ID != v.State.UserID { // gone, or somebody else meanwhile
		v.Trouble("problem.session")
		v.State.Then = name
		return frame.Show("signin")
	}
	leave := func() (frame.Next, error) {
		if v.State.Bare {
			return frame.Next{Location: v.Request.Home()}, nil
		}
		return v.Finish(s)
	}
	if v.Form.Get("later") != "" {
		v.Postpone(name, frame.Later)
		return leave()
	}
	credential := v.Form.Get("credential")
	if credential == "" {
		v.Trouble("problem.passkey.add")
		return prepare(v, person)
	}
	err = v.Factors.CompletePasskey(v.Context(), v.Site.Pool, v.Client, person, []byte(credential))
	if err == nil {
		return leave()
	}
	if fault.As(err).Kind == fault.Internal {
		return frame.Next{}, err
	}
	v.Trouble("problem.passkey.add")
	return prepare(v, person)
}

type shown struct{ Login, Options string }

func view(v *frame.Visit) any { return shown{v.State.Login, v.State.Params["OPTIONS"]} }

func stories() []frame.Story {
	ready := func(v *frame.Visit) { v.State.Params = map[string]string{"OPTIONS": "{}"} }
	return []frame.Story{
		{Name: "first", Set: ready},
		{Name: "failed", Set: func(v *frame.Visit) {
			ready(v)
			v.Trouble("problem.passkey.add")
		}},
		{Name: "impossible", Set: func(v *frame.Visit) { v.Trouble("problem.nopasskeys") }},
	}
}
