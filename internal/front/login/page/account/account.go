// Package account is the page that offers to go on as who is signed in to the browser already.
package account

import (
	"embed"
	"strings"
	"unicode/utf8"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/login/frame"
)

//go:embed account.html account.css
var files embed.FS

// Page is /chooseAccount. The sign-in page leads here when somebody is signed in.
func Page() *frame.Page {
	return &frame.Page{
		Name: "account", Path: "/chooseaccount", Files: files, Title: frame.Fixed("account.title"),
		Take: take, View: view, Stories: stories(),
	}
}

func take(v *frame.Visit) (frame.Next, error) {
	if v.Form.Get("other") != "" {
		return frame.Show("signin")
	}
	s, person, err := v.Current()
	if err != nil || s == nil || s.UserID != v.State.UserID || !v.Authorizer.Counts(v.Request, s) { // gone, somebody else, or too old meanwhile
		return frame.Next{Page: "signin"}, err
	}
	return v.Ascend(s, person)
}

type shown struct{ Name, Detail, Initial string }

func view(v *frame.Visit) any {
	if v.Person == nil {
		return shown{}
	}
	v.State.UserID = v.Person.ID
	s := shown{Name: display(v.Person)}
	if email := v.Person.Attributes["email"]; email != s.Name {
		s.Detail = email
	}
	first, _ := utf8.DecodeRuneInString(s.Name)
	s.Initial = strings.ToUpper(string(first))
	return s
}

// display is what somebody is called on the page.
func display(u *directory.User) string {
	for _, name := range []string{"name", "preferred_username", "email", "phone_number"} {
		if value := strings.TrimSpace(u.Attributes[name]); value != "" {
			return value
		}
	}
	return u.Username
}

func stories() []frame.Story {
	return []frame.Story{
		{Name: "named", Set: func(v *frame.Visit) {
			v.Person = &directory.User{ID: "1", Username: "alice", Attributes: map[string]string{"name": "Alice", "email": "alice@example.com"}}
		}},
		{Name: "long", Set: func(v *frame.Visit) {
			v.Person = &directory.User{ID: "1", Username: strings.Repeat("alice.", 20) + "bob"}
		}},
	}
}
