// Package signup is the page on which people make an account: a name to sign in with, a password, and what the pool
// requires of everybody.
package signup

import (
	"embed"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/login/frame"
)

//go:embed signup.html
var files embed.FS

// Page is /signup.
func Page() *frame.Page {
	return &frame.Page{
		Name: "signup", Path: "/signup", Files: files, Title: frame.Fixed("signup.title"),
		Start: start, Take: take, View: view, Stories: stories(),
	}
}

func start(v *frame.Visit) (frame.Next, error) {
	if v.Site.Pool.AdminCreate.AdminOnly {
		v.Trouble("problem.nosignup")
		return frame.Show("signin")
	}
	return frame.Next{}, v.ReadTerms()
}

// prefix keeps the names of attributes apart from the other fields.
const prefix = "attribute."

func take(v *frame.Visit) (frame.Next, error) {
	if err := v.ReadTerms(); err != nil {
		return frame.Next{}, err
	}
	login, good := v.Need("username")
	login = frame.Phone(login)
	attributes := map[string]string{}
	for _, name := range asked(v.Site.Pool) {
		if optional(v.Site.Pool, name) && strings.TrimSpace(v.Form.Get(prefix+name)) == "" {
			continue
		}
		value, ok := v.Attribute(prefix, name)
		attributes[name], good = value, good && ok
	}
	if good = v.CheckNewPassword() && good; !good {
		return frame.Stay()
	}
	made, err := v.Accounts.SignUp(v.Context(), account.SignUp{
		Caller: v.Caller(login), Password: v.Form.Get("password"), Attributes: attributes,
	})
	undelivered := fault.Is(err, fault.Undelivered, "") && made != nil // the account is there all the same
	if err != nil && !undelivered {
		return frame.Next{}, err
	}
	v.State.Login, v.State.UserID = login, made.UserID
	switch {
	case undelivered:
		v.Trouble("problem.undelivered")
		return frame.Show("confirm")
	case made.Confirmed:
		return v.EnterConfirmed(made.UserID)
	case made.Delivery == nil:
		v.State.Notice = "notice.approval"
		return frame.Show("done")
	}
	v.NoteSent(made.Delivery)
	return frame.Show("confirm")
}

// asked lists the attributes to ask for: the required ones, and an address to send the code to where there is none.
func asked(p *directory.Pool) []string {
	var names []string
	for _, a := range p.Schema {
		if a.Required && a.Name != "sub" && !is(p.UsernameAttributes, a.Name) {
			names = append(names, a.Name)
		}
	}
	reachable := func(name string) bool {
		return slices.Contains(names, name) || slices.Contains(p.UsernameAttributes, name)
	}
	if len(p.AutoVerified) > 0 && !slices.ContainsFunc(p.AutoVerified, reachable) {
		names = append([]string{p.AutoVerified[0]}, names...)
	}
	return names
}

// is reports whether a list holds one name and nothing else.
func is(list []string, name string) bool { return len(list) == 1 && list[0] == name }

// optional attributes may be what was typed as the name already.
func optional(p *directory.Pool, name string) bool {
	return slices.Contains(p.UsernameAttributes, name)
}

type shown struct {
	Username   frame.Field
	Attributes []frame.Field
	Password   frame.Field
	Documents  []frame.Document
}

func view(v *frame.Visit) any {
	p := v.Site.Pool
	s := shown{Username: name(v, p), Password: v.NewPasswordInput("field.password"), Documents: v.Documents}
	for _, one := range asked(p) {
		f := v.AttributeInput(prefix, one)
		f.Optional = optional(p, one)
		s.Attributes = append(s.Attributes, f)
	}
	s.Username.Focus = v.Clear() || s.Username.Focus
	return s
}

// name is the field for what people will sign in with.
func name(v *frame.Visit, p *directory.Pool) frame.Field {
	f := v.Input("username", v.Words.Say("field.username"), "")
	f.Complete, f.Max = "username", 128
	email, phone := slices.Contains(p.UsernameAttributes, "email"), slices.Contains(p.UsernameAttributes, "phone_number")
	switch {
	case email && phone:
		f.Label = v.Words.Say("field.emailorphone")
	case email:
		f.Label, f.Type, f.Mode, f.Complete = v.Words.Say("field.email"), "email", "email", "email"
	case phone:
		f.Label, f.Type, f.Mode, f.Complete = v.Words.Say("field.phone"), "tel", "tel", "tel"
		f.Hint = v.Words.Say("hint.phone")
	}
	return f
}

func stories() []frame.Story {
	many := func(v *frame.Visit) {
		p := v.Site.Pool
		p.UsernameAttributes, p.AutoVerified = nil, []string{"email"}
		p.Schema = slices.Clone(p.Schema)
		for i, a := range p.Schema {
			if slices.Contains([]string{"email", "name", "birthdate", "phone_number"}, a.Name) {
				p.Schema[i].Required = true
			}
		}
	}
	return []frame.Story{
		{Name: "first", Set: func(*frame.Visit) {}},
		{Name: "many", Set: func(v *frame.Visit) {
			many(v)
			v.Documents = []frame.Document{
				{Key: "terms.terms-of-use", URL: "https://example.com/terms"}, {Key: "terms.privacy-policy", URL: "https://example.com/privacy"},
			}
		}},
		{Name: "wrong", Set: func(v *frame.Visit) {
			many(v)
			v.Form.Set("username", "alice")
			v.Form.Set(prefix+"email", "alice(at)example.com")
			v.Form.Set(prefix+"name", "Alice")
			v.Form.Set("password", "correct horse")
			v.Problem("username", v.Words.Say("problem.exists"))
			v.Problem(prefix+"email", v.Words.Say("problem.email"))
			v.Problem(prefix+"birthdate", v.Words.Say("problem.missing"))
			v.Problem("password", v.Words.Say("problem.password"))
		}},
	}
}
