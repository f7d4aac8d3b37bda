// Package newpassword is the page on which somebody with a temporary password chooses their own and fills in what the
// pool requires of everybody.
package newpassword

import (
	"embed"
	"encoding/json"
	"strings"

	"cognate.dev/cognate/internal/front/login/frame"
)

//go:embed newpassword.html
var files embed.FS

// Page is /changePassword.
func Page() *frame.Page {
	return &frame.Page{
		Name: "newpassword", Path: "/changepassword", Files: files, Title: frame.Fixed("newpassword.title"), Graphic: frame.Pictured("password"),
		Take: take, View: view, Stories: stories(),
	}
}

// prefix marks attributes in the challenge's parameters, its answers and the form.
const prefix = "userAttributes."

// required lists the attributes that the challenge asks for. It is the machine's own list, so it always decodes.
func required(v *frame.Visit) []string {
	var names []string
	_ = json.Unmarshal([]byte(v.State.Params["requiredAttributes"]), &names) // an empty list asks for nothing; the machine checks again
	for i := range names {
		names[i] = strings.TrimPrefix(names[i], prefix)
	}
	return names
}

func take(v *frame.Visit) (frame.Next, error) {
	answers := map[string]string{"NEW_PASSWORD": v.Form.Get("password")}
	good := v.CheckNewPassword()
	for _, name := range required(v) {
		value, ok := v.Attribute(prefix, name)
		answers[prefix+name], good = value, good && ok
	}
	if !good {
		return frame.Stay()
	}
	return v.Reply(answers)
}

type shown struct {
	Login    string
	Fields   []frame.Field
	Password frame.Field
}

func view(v *frame.Visit) any {
	s := shown{Login: v.State.Login, Password: v.NewPasswordInput("field.newpassword")}
	for _, name := range required(v) {
		s.Fields = append(s.Fields, v.AttributeInput(prefix, name))
	}
	if v.Clear() {
		s.Password.Focus = true
	}
	return s
}

func stories() []frame.Story {
	return []frame.Story{
		{Name: "first", Set: func(v *frame.Visit) { v.State.Login = "alice" }},
		{Name: "attributes", Set: func(v *frame.Visit) {
			v.State.Login = "alice"
			v.State.Params = map[string]string{"requiredAttributes": `["userAttributes.name","userAttributes.birthdate"]`}
			v.Form.Set(prefix+"name", "Alice")
			v.Problem(prefix+"birthdate", v.Words.Say("problem.missing"))
		}},
	}
}
