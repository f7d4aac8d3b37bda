// Package portal is the page on which people see and end what a workspace knows of them.
package portal

import (
	"embed"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/login/frame"
	room "cognate.dev/cognate/internal/portal"
	"cognate.dev/cognate/internal/workspace"
)

//go:embed portal.html portal.css portal.js
var files embed.FS

// Page is /portal of workspaces.
func Page() *frame.Page {
	return &frame.Page{
		Name: "portal", Path: room.Path, Files: files, Title: frame.Fixed("portal.title"), Loose: true, Alone: true, Wide: true,
		Start: start, Take: take, View: view, Stories: stories(),
	}
}

// house finds the workspace's portal, if it has one.
func house(v *frame.Visit) error {
	if err := v.FindHouse(); err != nil {
		return err
	}
	if !v.House.Portal {
		return frame.ErrAbsent
	}
	return nil
}

func start(v *frame.Visit) (frame.Next, error) {
	if err := house(v); err != nil {
		return frame.Next{}, err
	}
	if v.Query.Has("state") {
		next, in, err := v.FinishPortal()
		if err != nil || in {
			return next, err
		}
		v.Trouble("portal.failed")
	}
	if v.Query.Has("login") {
		return v.BeginPortal()
	}
	return show(v)
}

// show finds who is signed in, and what they see.
func show(v *frame.Visit) (frame.Next, error) {
	err := v.FindResident()
	if err != nil || v.Resident == nil {
		return frame.Next{}, err
	}
	v.State.UserID = v.Resident.User.ID
	v.Holdings, err = v.Portal.Look(v.Context(), v.Resident)
	return frame.Next{}, err
}

// take carries out what a button says. A form counts for the person alone whom the page was shown to: who else is signed in by now
// sees their own page first.
func take(v *frame.Visit) (frame.Next, error) {
	if err := house(v); err != nil {
		return frame.Next{}, err
	}
	asked := v.State.UserID
	if err := v.FindResident(); err != nil {
		return frame.Next{}, err
	}
	if v.Resident == nil || v.Resident.User.ID != asked {
		v.Trouble("problem.session")
		return show(v)
	}
	if err := act(v); err != nil {
		return frame.Next{}, err
	}
	return show(v)
}

func act(v *frame.Visit) error {
	ctx, who, form := v.Context(), v.Resident, v.Form
	var err error
	switch {
	case form.Get("revoke") != "":
		v.State.Notice = "portal.revoked"
		err = v.Portal.Revoke(ctx, who, form.Get("revoke"))
	case form.Get("end") != "" && form.Get("end") != who.Session.BrowserID:
		v.State.Notice = "portal.ended"
		err = v.Portal.End(ctx, who, form.Get("end"))
	case form.Get("all") != "":
		v.State.Notice = "notice.signedout"
		if err = v.Portal.EndAll(ctx, who); err == nil {
			v.ForgetResident()
		}
	case form.Get("end") != "", form.Get("signout") != "":
		v.State.Notice = "notice.signedout"
		if err = v.Portal.Leave(ctx, who); err == nil {
			v.ForgetResident()
		}
	}
	if fault.Is(err, fault.Missing, "") { // it is gone already, which is what was asked for
		return nil
	}
	return err
}

type shown struct {
	Workspace, Person, Initial string
	In, Demo                   bool
	Connection                 string
	Launches                   []room.Launch
	Applications               []application
	Browsers                   []browser
	Attributes                 []attribute
}

type application struct {
	ID, Name, Initial, Gets string
	Scopes                  []string
	Since                   moment
}

type browser struct {
	room.Browser
	Since moment
}

type attribute struct{ Title, Value, From string }

// moment is a time for people, and for programs.
type moment struct{ Machine, Text string }

func at(t time.Time) moment {
	t = t.UTC()
	return moment{t.Format(time.RFC3339), t.Format("2006-01-02 15:04 UTC")}
}

func view(v *frame.Visit) any {
	s := shown{}
	if v.House != nil {
		s.Workspace, s.Demo = v.House.Workspace.Name, v.House.Demo
	}
	if v.Resident == nil || v.Holdings == nil {
		return s
	}
	h := v.Holdings
	s.In, s.Connection, s.Launches = true, h.Connection, h.Launches
	for _, name := range []string{"name", "email", "preferred_username", "phone_number"} {
		if s.Person == "" {
			s.Person = v.Resident.User.Attributes[name]
		}
	}
	if s.Person == "" {
		s.Person = v.Resident.User.Username
	}
	s.Initial = initial(s.Person)
	for _, a := range h.Applications {
		out := application{ID: a.ID, Name: a.Name, Initial: initial(a.Name), Since: at(a.Since)}
		for _, x := range a.Scopes {
			out.Scopes = append(out.Scopes, scope(v, x))
		}
		var claims []string
		for _, c := range a.Claims {
			claims = append(claims, title(v, c.Name, c.Description))
		}
		out.Gets = strings.Join(claims, " · ")
		s.Applications = append(s.Applications, out)
	}
	for _, b := range h.Browsers {
		s.Browsers = append(s.Browsers, browser{b, at(b.AuthTime)})
	}
	for _, a := range h.Attributes {
		if strings.HasSuffix(a.Name, "_verified") {
			continue
		}
		s.Attributes = append(s.Attributes, attribute{title(v, a.Name, ""), a.Value, a.From})
	}
	return s
}

// title is what people call an attribute or claim.
func title(v *frame.Visit, name, otherwise string) string {
	if key := "attribute." + name; v.Words.Has(key) {
		return v.Words.Say(key)
	}
	if otherwise != "" {
		return otherwise
	}
	name = strings.TrimPrefix(name, "custom:")
	first, size := utf8.DecodeRuneInString(name)
	return strings.ToUpper(string(first)) + name[size:]
}

// scope is what people call a scope: those of OpenID Connect in their language, others as the workspace says.
func scope(v *frame.Visit, x workspace.Scope) string {
	if key := "scope." + x.Name; v.Words.Has(key) {
		return v.Words.Say(key)
	}
	if x.DisplayName != "" {
		return x.DisplayName
	}
	return x.Name
}

func initial(name string) string {
	for _, r := range name {
		return strings.ToUpper(string(r))
	}
	return ""
}

// Login is where the buttons of somebody lead who is not signed in.
func (shown) Login() string { return "?" + url.Values{"login": {"1"}}.Encode() }
